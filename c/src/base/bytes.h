/* bytes.h - numbers in the bytes of a file: little-endian, whatever the machine. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void put_u16(uint8_t *at, uint16_t value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}

static inline uint16_t get_u16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }

static inline void put_u32(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> 8 * i);
}

static inline uint32_t get_u32(const uint8_t *at) {
  return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Values [bytes / width] of memory, each of width 1, 2 or 4, as they lie in a file: a machine that
 * has the highest byte first turns them round. */
static inline void put_values(uint8_t *to, const void *from, size_t bytes, size_t width) {
  if (width == 1) memcpy(to, from, bytes);
  for (size_t i = 0; width == 2 && i < bytes; i += 2) {
    uint16_t half;
    memcpy(&half, (const uint8_t *)from + i, sizeof half);
    put_u16(to + i, half);
  }
  for (size_t i = 0; width == 4 && i < bytes; i += 4) {
    uint32_t word;
    memcpy(&word, (const uint8_t *)from + i, sizeof word);
    put_u32(to + i, word);
  }
}

/* The other way. */
static inline void get_values(void *to, const uint8_t *from, size_t bytes, size_t width) {
  if (width == 1) memcpy(to, from, bytes);
  for (size_t i = 0; width == 2 && i < bytes; i += 2) {
    const uint16_t half = get_u16(from + i);
    memcpy((uint8_t *)to + i, &half, sizeof half);
  }
  for (size_t i = 0; width == 4 && i < bytes; i += 4) {
    const uint32_t word = get_u32(from + i);
    memcpy((uint8_t *)to + i, &word, sizeof word);
  }
}

#endif
