/* crc32.c - four bits a step: a table of 16 entries is small and quick enough. */
#include "base/crc32.h"

uint32_t crc32(uint32_t crc, const void *bytes, size_t size) {
  static const uint32_t table[16] = {
      0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
      0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
      0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
  };
  const uint8_t *byte = bytes;
  crc = ~crc;
  while (size--) {
    crc ^= *byte++;
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

/* A product of polynomials modulo that of the sum; the highest bit of a word is x^0. */
static uint32_t multiply(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = 0x80000000u; bit; bit >>= 1) {
    if (a & bit) product ^= b;
    b = b & 1 ? b >> 1 ^ 0xedb88320u : b >> 1;
  }
  return product;
}

/* Each byte behind a sum is worth x^8. */
uint32_t crc32_join(uint32_t first, uint32_t second, uint64_t second_bytes) {
  uint32_t power = 0x00800000u;
  for (uint64_t n = second_bytes; n; n >>= 1) {
    if (n & 1) first = multiply(first, power);
    power = multiply(power, power);
  }
  return first ^ second;
}
