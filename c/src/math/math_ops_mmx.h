/* math_ops_mmx.h - small helpers of the MMX registers, shared by math_ops_mmx.c and math_ops_sse.c;
 * not for anyone else. */
#ifndef MATH_OPS_MMX_H
#define MATH_OPS_MMX_H

#include <mmintrin.h>
#include <string.h>

#include "math/math_ops.h"

static inline __m64 load_mm(const void *p) {
  __m64 value;
  memcpy(&value, p, sizeof value);
  return value;
}
static inline void store_mm(void *p, __m64 value) { memcpy(p, &value, sizeof value); }

/* Keeps a value in its register where it is used several times: a P6 core loads once a cycle, but a
 * 32-bit gcc would rather load the value again than copy a register. */
#if defined(__i386__) && defined(__GNUC__)
#define HOLD_MM(x) __asm__("" : "+y"(x))
#else
#define HOLD_MM(x) (void)(x)
#endif

/* Adds two int32 to memory. */
static inline void add_mm(int32_t *y, __m64 x) {
  __m64 sum = load_mm(y);
  HOLD_MM(sum);
  store_mm(y, _mm_add_pi32(sum, x));
}

/* int8 [8] to two int16 [4]: the byte goes into the high half, the shift brings its sign down. */
static inline __m64 widen_low(__m64 x) { return _mm_srai_pi16(_mm_unpacklo_pi8(x, x), 8); }
static inline __m64 widen_high(__m64 x) { return _mm_srai_pi16(_mm_unpackhi_pi8(x, x), 8); }

/* int16, each twice, to int32 [2]. */
static inline __m64 widen_pair(__m64 doubled) { return _mm_srai_pi32(doubled, 16); }

/* Puts the MMX kernels over the plain ones in table. */
void math_ops_take_mmx(MathOps *table);

#endif
