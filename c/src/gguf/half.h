/* half.h - binary16 numbers (IEEE 754), in which GGUF files hold embeddings and the factors of
 * blocks.
 */
#ifndef HALF_H
#define HALF_H

#include "base/floats.h"

#define HALF_LARGEST 65504.0f

/* The binary16 nearest to x, ties to even; |x| <= HALF_LARGEST. */
static inline uint16_t half_of_float(float x) {
  const uint32_t bits = float_bits(x), sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
  const int exponent = (int)(size >> 23) - 127;
  if (exponent < -25) return (uint16_t)sign;
  /* The significant bits, of which so many fall away. */
  const uint32_t whole = (size & 0x7fffffu) | 0x800000u;
  const int drop = exponent < -14 ? -1 - exponent : 13;
  const uint32_t kept = whole >> drop, rest = whole & ((1u << drop) - 1), half = 1u << (drop - 1);
  const uint32_t rounded = kept + (rest > half || (rest == half && (kept & 1u)));
  const uint32_t above = exponent < -14 ? 0 : (uint32_t)(exponent + 14) << 10;
  return (uint16_t)(sign | (above + rounded)); /* the implicit bit makes the exponent one more */
}

/* And back, exactly, infinities and NaN as well. */
static inline float float_of_half(uint16_t h) {
  const uint32_t sign = (uint32_t)(h & 0x8000u) << 16, size = h & 0x7fffu;
  if (size >= 0x7c00u) return float_from_bits(sign | 0x7f800000u | (size & 0x3ffu) << 13);
  if (size >= 0x400u) return float_from_bits(sign | ((size << 13) + ((127u - 15u) << 23)));
  const float small = (float)(int32_t)size * 5.9604644775390625e-8f; /* 2^-24 */
  return sign ? -small : small;
}

#endif
