/* math_ops_avx2.h - small helpers of the AVX2 registers, shared by the math_ops_avx2_*.c files; not
 * for anyone else.
 *
 * The files are compiled for any x86-64; only what is marked AVX2 uses such instructions, and none
 * of it runs where the processor has none. There is no FMA: a sum and a product are rounded each.
 */
#ifndef MATH_OPS_AVX2_H
#define MATH_OPS_AVX2_H

#include <immintrin.h>
#include <string.h>

#include "math/math_ops.h"

#define AVX2 __attribute__((target("avx2")))

static inline AVX2 __m256i load_si(const void *p) { return _mm256_loadu_si256(p); }
static inline AVX2 void store_si(void *p, __m256i x) { _mm256_storeu_si256(p, x); }
static inline AVX2 __m128i load_half(const void *p) { return _mm_loadu_si128(p); }
static inline AVX2 void store_half(void *p, __m128i x) { _mm_storeu_si128(p, x); }
static inline AVX2 __m128i load_quarter(const void *p) { return _mm_loadl_epi64(p); }

static inline AVX2 __m128i low_half(__m256i x) { return _mm256_castsi256_si128(x); }
static inline AVX2 __m128i high_half(__m256i x) { return _mm256_extracti128_si256(x, 1); }

/* Keeps a value in its register where it is used several times: a compiler would rather load it
 * again, and two loads a cycle are all there are. */
#define HOLD(x) __asm__("" : "+x"(x))

/* Two halves as one register. */
static inline AVX2 __m256i halves(__m128i low, __m128i high) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* Columns of eight rows of eight int16, in both halves of the registers by themselves. */
static inline AVX2 void transpose_8x8(__m256i v[8]) {
  __m256i pair[8], four[8];
  for (int k = 0; k < 4; k++) {
    pair[k] = _mm256_unpacklo_epi16(v[2 * k], v[2 * k + 1]);
    pair[k + 4] = _mm256_unpackhi_epi16(v[2 * k], v[2 * k + 1]);
  }
  for (int k = 0; k < 8; k += 2) {
    four[k] = _mm256_unpacklo_epi32(pair[k], pair[k + 1]);
    four[k + 1] = _mm256_unpackhi_epi32(pair[k], pair[k + 1]);
  }
  for (int k = 0; k < 2; k++) {
    v[4 * k] = _mm256_unpacklo_epi64(four[4 * k], four[4 * k + 2]);
    v[4 * k + 1] = _mm256_unpackhi_epi64(four[4 * k], four[4 * k + 2]);
    v[4 * k + 2] = _mm256_unpacklo_epi64(four[4 * k + 1], four[4 * k + 3]);
    v[4 * k + 3] = _mm256_unpackhi_epi64(four[4 * k + 1], four[4 * k + 3]);
  }
}

/* Each file puts its kernels over those in table. */
void math_ops_take_avx2_products(MathOps *table);
void math_ops_take_avx2_integers(MathOps *table);
void math_ops_take_avx2_floats(MathOps *table);

#endif
