/* math_ops.h - every loop over numbers that is worth a fast version, behind one table.
 *
 * math_ops_plain is the specification: portable C99. math_ops_sse (SSE1 and MMX, Pentium III) and
 * math_ops_wasm (128-bit SIMD) mirror it bit for bit; test_llm.c compares them on random shapes.
 *
 * The arithmetic contract, which makes all builds agree:
 *   - products of big matrices are integer with exact int32 sums, so their order is free;
 *   - all else is IEEE binary32, one rounding per operation, to nearest, in one fixed order;
 *   - a sum over a vector uses four strided partial sums: element i goes to s[i mod 4], joined as
 *     (s0 + s1) + (s2 + s3);
 *   - max is a > b ? a : b; int to float only for |i| <= 2^24;
 *   - no multiply may give a denormal: tiny values are flushed to zero (flush_tiny) at the places
 *     marked in forward.c and backward.c. A Pentium II's x87 would round those twice.
 */
#ifndef MATH_OPS_H
#define MATH_OPS_H

#include "legacy_llm.h"

/* Constants of one Adam step; c1, c2 are the bias corrections 1 / (1 - b^t). */
typedef struct {
  float learning_rate, gradient_scale, c1, c2;
} AdamStep;

/* Constants of one momentum step: b1 for the direction, b2 for the average that is kept. */
typedef struct {
  float gradient_scale, beta_direction, beta_momentum;
} MomentumStep;

#define ADAM_BETA1 0.9f
#define ADAM_BETA2 0.99f
#define ADAM_EPSILON 1e-8f

typedef struct {
  const char *name;

  /* ---- integers: exact ---- */

  /* y[i] = x[i].  x int8 [n], y int16 [n] */
  void (*widen_i8)(int16_t *y, const int8_t *x, int n);

  /* Ternary weights of int8 latents: y[i] = +1 if x[i] >= threshold, -1 if x[i] <= -threshold,
   * else 0.  x int8 [n], y int16 [n], threshold 1..128 */
  void (*ternarize)(int16_t *y, const int8_t *x, int n, int threshold);

  /* y[i] = x[i] >= 0 ? 1 : -1.  x int8 [n], y int16 [n] */
  void (*signs)(int16_t *y, const int8_t *x, int n);

  /* y[i,r] = sum_c x[i,c] * w[r,c].  x int16 [n,cols], w int16 [rows,cols], y int32 [n, of rows
   * ld_y]. No sum of any of the products of one output may leave int32: so it is for int8 values
   * and cols
   * <= 132,000, and for the bounded rows of muon.c. The hot loop of the whole program. */
  void (*matmul_i16)(int32_t *y, int ld_y, const int16_t *x, const int16_t *w, int n, int rows,
                     int cols);

  /* sum_i x[i]^2.  x int8 [n], n <= 132,000 */
  int32_t (*sum_squares_i8)(const int8_t *x, int n);

  /* y[i] += x[i] * 2^shift, to the nearest integer (halves up), at most limit in size.
   * x int32 [n] with |x| <= 2^24, y int32 [n], limit >= 0; no sum y may leave int32 */
  void (*add_shifted)(int32_t *y, const int32_t *x, int shift, int32_t limit, int n);

  /* ---- between integers and floats ---- */

  /* q[i] = x[i] * k rounded to nearest (ties to even).  x float [n] with |x*k| <= 127.5, q int8 [n]
   */
  void (*quantize)(int8_t *q, const float *x, float k, int n);

  /* y[i] = a * q[i].  q int8 [n], y float [n] */
  void (*dequantize)(float *y, const int8_t *q, float a, int n);

  /* y[i] = s[i] * x[i].  x int32 [n] with |x| <= 2^24, s, y float [n] */
  void (*scale_rows)(float *y, const int32_t *x, const float *s, int n);

  /* y[i] += a * x[i].  x int32 [n] with |x| <= 2^24, y float [n] */
  void (*add_scaled_i32)(float *y, const int32_t *x, float a, int n);

  /* y[i] += x[i] * k rounded to nearest (ties to even), at most limit in size.
   * x float [n], 0 <= limit < 2^22, y int32 [n]; no sum y may leave int32 */
  void (*add_rounded)(int32_t *y, const float *x, float k, float limit, int n);

  /* y[i] = a * x[i], with x[i] rounded to a float first.  x int32 [n], any; y float [n] */
  void (*scale_fixed)(float *y, const int32_t *x, float a, int n);

  /* ---- floats: one fixed order ---- */

  /* max_i |x[i]|, 0 for n = 0.  x float [n] */
  float (*absmax)(const float *x, int n);

  /* max_i x[i].  x float [n], n >= 1 */
  float (*max)(const float *x, int n);

  /* sum_i x[i], four strided partial sums.  x float [n] */
  float (*sum)(const float *x, int n);

  /* sum_i x[i] * y[i], four strided partial sums.  x, y float [n] */
  float (*dot)(const float *x, const float *y, int n);

  /* sum_i flush_tiny(x[i])^2, four strided partial sums.  x float [n] */
  float (*sum_squares)(const float *x, int n);

  /* y[i] += a * x[i].  x, y float [n] */
  void (*axpy)(float *y, float a, const float *x, int n);

  /* y[i] = x[i] * s[i].  x, s, y float [n] */
  void (*multiply)(float *y, const float *x, const float *s, int n);

  /* x[i] = a * x[i], tiny results flushed to zero.  x float [n] */
  void (*scale_flush)(float *x, float a, int n);

  /* x[i] = exp(x[i] - shift); arguments below -80 count as -80.  x float [n], x[i] <= shift */
  void (*exp_shifted)(float *x, float shift, int n);

  /* Backward of RMS normalisation from its int8 output q and the gradient dh of the output:
   * dx[i] += flush_tiny(inv * (dh[i] - mean * q[i])).  q int8 [n], dh, dx float [n] */
  void (*norm_backward)(float *dx, const float *dh, const int8_t *q, float inv, float mean, int n);

  /* Adam (Kingma and Ba, 2014) for float parameters, in place.  w, g, m, v float [n];
   * m = b1 m + (1-b1) gs g;  v = b2 v + (1-b2) (gs g)^2;  w -= lr * (m c1) / (sqrt(v c2) + eps) */
  void (*adam)(float *w, const float *g, float *m, float *v, int n, const AdamStep *step);

  /* A gradient and its moving average, mixed twice (with g scaled by step->gradient_scale):
   * direction[i] = b1 m[i] + (1-b1) g[i];  m[i] = flush_tiny(b2 m[i] + (1-b2) g[i]).
   * m (dequantized momentum), g, direction float [n] */
  void (*momentum)(float *direction, float *m, const float *g, int n, const MomentumStep *step);
} MathOps;

/* The specification. */
extern const MathOps math_ops_plain;

/* What this build computes with: the specification, where the build has nothing faster. */
extern const MathOps *const ops;

/* First call of main. Fills *ops, and sets the x87 unit of 32-bit x86 to 24-bit precision, round to
 * nearest, nothing trapped; unless KEEP_X87_PRECISION is defined, for a build that rounds at each
 * store instead (-ffloat-store) and so is a second witness: where a denormal leaks, the two differ.
 */
void math_ops_init(void);

/* Whether *ops has the fast kernels of this build, as after math_ops_init, or only the plain ones:
 * for `bench`, which compares the two. */
void math_ops_use(bool fast);

/* Puts the fast kernels of this build over the plain ones in table (math_ops_sse.c, ..._wasm.c). */
void math_ops_take_fast(MathOps *table);

/* ---- scalar mathematics, plain C in every build ---- */

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

/* Correctly rounded square root, x >= 0. */
float float_sqrt(float x);

/* e^x for x <= 88; below -80 it is e^-80. Error below 2e-7 relative. */
float float_exp(float x);

/* Natural logarithm of a normal x > 0. Error below 1e-6 absolute for x in 2^-40..2^40. */
float float_log(float x);

/* Sine and cosine for 0 <= x <= 2048. Error below 1e-6 absolute. */
void float_sincos(float x, float *sine, float *cosine);

/* b^n, n >= 0, by repeated squaring. */
float float_power(float b, uint32_t n);

/* x (|x| < 2^22) rounded to the nearest integer, ties to even. */
int32_t float_round(float x);

/* Exact or once-rounded float of any int32: the high part times 4096 is exact. */
float float_of_i32(int32_t i);

/* 2^e for -126 <= e <= 127. */
static inline float float_exp2i(int e) { return float_from_bits((uint32_t)(e + 127) << 23); }

/* A hash of (key, counter) with the quality of a random generator: lowbias32 (Wellons, 2018). No
 * state: what is drawn depends only on what it is for, so any order of work gives the same. */
uint32_t random_u32(uint32_t key, uint32_t counter);

/* A key for one purpose (stream) of one step. */
uint32_t random_key(uint32_t seed, uint32_t stream, uint32_t step);

#endif
