/* bytes.h - numbers in the bytes of a file: little-endian, whatever the machine. */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>

static inline void put_u32(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> 8 * i);
}

static inline uint32_t get_u32(const uint8_t *at) {
  return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

#endif
