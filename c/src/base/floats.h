/* floats.h - the bits of a binary32 number, and the small functions that are made of them.
 *
 * All of them are exact or round once, so they are the same in every build.
 */
#ifndef FLOATS_H
#define FLOATS_H

#include <stdint.h>

/* Bits of a float and back. */
static inline uint32_t float_bits(float x) {
  union {
    float f;
    uint32_t u;
  } cast;
  cast.f = x;
  return cast.u;
}
static inline float float_from_bits(uint32_t u) {
  union {
    uint32_t u;
    float f;
  } cast;
  cast.u = u;
  return cast.f;
}

#define ROUND_MAGIC 12582912.0f /* 1.5 * 2^23: adding it rounds to an integer in the low bits */
#define TINY_SQUARE_BITS                                                                           \
  ((uint32_t)(127 - 90) << 23)                 /* 2^-90: Adam's second moment is 0 below it */
#define TINY_BITS ((uint32_t)(127 - 40) << 23) /* 2^-40 */
#define TINY 9.094947017729282e-13f            /* 2^-40 */

/* x, or +0 where |x| < 2^-40: keeps later products away from denormals. */
static inline float flush_tiny(float x) {
  return (float_bits(x) & 0x7fffffffu) < TINY_BITS ? 0.0f : x;
}

/* |x| */
static inline float float_abs(float x) { return float_from_bits(float_bits(x) & 0x7fffffffu); }

/* x within +-most. */
static inline float float_clamp(float x, float most) {
  return x > most ? most : x < -most ? -most : x;
}

/* x (|x| < 2^22) rounded to the nearest integer, ties to even. */
static inline int32_t float_round(float x) {
  return (int32_t)(float_bits(x + ROUND_MAGIC) - float_bits(ROUND_MAGIC));
}

/* 2^e for -126 <= e <= 127. */
static inline float float_exp2i(int e) { return float_from_bits((uint32_t)(e + 127) << 23); }

#endif
