/* loops.h - the two inner loops of everything here, and e^x, to be inlined.
 *
 * Reciprocal roots call float_sqrt of math_ops.h: inlined, gcc would make them the estimate of
 * rsqrtss, whose bits differ between processors. */
#ifndef BASELINE_LOOPS_H
#define BASELINE_LOOPS_H

#include "math/math_ops.h"

/* sum_i x[i] y[i] */
static inline float dot_loop(const float *restrict x, const float *restrict y, int n) {
  float sum = 0.0f;
  for (int i = 0; i < n; i++) sum += x[i] * y[i];
  return sum;
}

/* y[i] += a x[i] */
static inline void axpy_loop(float *restrict y, float a, const float *restrict x, int n) {
  for (int i = 0; i < n; i++) y[i] += a * x[i];
}

/* A root to be inlined where its result may be an estimate; see above. */
#ifdef HAS_ROOT
#define root_inline(x) root_instruction(x)
#else
#define root_inline(x) float_sqrt(x)
#endif

/* e^x for x <= 0, relative error below 1e-5. Not float_exp: a call in the loop, and its rounding by
 * a magic addition would not survive -ffast-math. */
static inline float exp_inline(float x) {
  x = x < -80.0f ? -80.0f : x;
  const int k = (int)(x * 1.44269504f - 0.5f);
  const float r = x - (float)k * 0.693147181f;
  float p = 8.3334519e-3f;
  p = p * r + 4.1665796e-2f;
  p = p * r + 0.16666667f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return p * float_exp2i(k);
}

#endif
