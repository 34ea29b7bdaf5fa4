/* math_ops_sse.c - the float kernels for a Pentium III: SSE1, beside the integers of math_ops_mmx.c.
 *
 * Each mirrors the plain kernel of the same name bit for bit; its order of sums is the
 * specification's. No SSE2, no rcpps or rsqrtps (their 12 bits differ between processors). MMX and
 * x87 share registers, so each kernel that used MMX ends with emms, and none mixes the two.
 * Compiled to nothing unless USE_SSE_BUILD is defined.
 */
#include "math_ops.h"

#if defined(USE_SSE_BUILD)
#include <xmmintrin.h>

#include "math_ops_mmx.h"

/* ---- helpers: loads, stores, the tail of a vector ---- */

/* The last n < 4 floats, zeros above. */
static inline __m128 load_tail(const float *x, int n) {
  float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int i = 0; i < n; i++) lane[i] = x[i];
  return _mm_loadu_ps(lane);
}

/* (s0 + s1) + (s2 + s3) */
static inline float join(__m128 s) {
  float lane[4];
  _mm_storeu_ps(lane, s);
  return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

static inline __m128 bits_ps(uint32_t bits) { return _mm_set1_ps(float_from_bits(bits)); }

static inline __m128 abs_ps(__m128 x) { return _mm_and_ps(x, bits_ps(0x7fffffffu)); }

/* flush_tiny of four */
static inline __m128 flush_ps(__m128 x) {
  return _mm_and_ps(x, _mm_cmpge_ps(abs_ps(x), _mm_set1_ps(TINY)));
}

/* Four int8 to four floats, exact. */
static inline __m128 float_of_i8(const int8_t *q) {
  return _mm_setr_ps((float)q[0], (float)q[1], (float)q[2], (float)q[3]);
}

/* Four int32 to four floats. */
static inline __m128 float_of_i32x4(const int32_t *x) {
  __m128 low = _mm_cvtpi32_ps(_mm_setzero_ps(), load_mm(x));
  __m128 high = _mm_cvtpi32_ps(_mm_setzero_ps(), load_mm(x + 2));
  return _mm_movelh_ps(low, high);
}

/* ---- between integers and floats ---- */

static void sse_quantize(int8_t *q, const float *x, float k, int n) {
  const __m128 kk = _mm_set1_ps(k), magic = _mm_set1_ps(ROUND_MAGIC);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    union {
      float f[4];
      int8_t b[16];
    } lane;
    _mm_storeu_ps(lane.f, _mm_add_ps(_mm_mul_ps(_mm_loadu_ps(x + i), kk), magic));
    for (int j = 0; j < 4; j++) q[i + j] = lane.b[4 * j]; /* the integer's low byte */
  }
  for (; i < n; i++) q[i] = (int8_t)float_round(x[i] * k);
}

static void sse_dequantize(float *y, const int8_t *q, float a, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4) _mm_storeu_ps(y + i, _mm_mul_ps(aa, float_of_i8(q + i)));
  for (; i < n; i++) y[i] = a * (float)q[i];
}

static void sse_scale_rows(float *y, const int32_t *x, const float *s, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4)
    _mm_storeu_ps(y + i, _mm_mul_ps(_mm_loadu_ps(s + i), float_of_i32x4(x + i)));
  _mm_empty();
  for (; i < n; i++) y[i] = s[i] * (float)x[i];
}

static void sse_add_scaled_i32(float *y, const int32_t *x, float a, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 term = _mm_mul_ps(aa, float_of_i32x4(x + i));
    _mm_storeu_ps(y + i, _mm_add_ps(_mm_loadu_ps(y + i), term));
  }
  _mm_empty();
  for (; i < n; i++) y[i] = y[i] + a * (float)x[i];
}

static void sse_add_rounded(int32_t *y, const float *x, float k, float limit, int n) {
  const __m128 kk = _mm_set1_ps(k), magic = _mm_set1_ps(ROUND_MAGIC);
  const __m128 most = _mm_set1_ps(limit), least = _mm_set1_ps(-limit);
  const __m64 bias = _mm_set1_pi32((int)float_bits(ROUND_MAGIC));
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    float bits[4];
    __m128 v = _mm_mul_ps(_mm_loadu_ps(x + i), kk);
    v = _mm_max_ps(_mm_min_ps(v, most), least);
    _mm_storeu_ps(bits, _mm_add_ps(v, magic));
    add_mm(y + i, _mm_sub_pi32(load_mm(bits), bias));
    add_mm(y + i + 2, _mm_sub_pi32(load_mm(bits + 2), bias));
  }
  _mm_empty();
  if (i < n) math_ops_plain.add_rounded(y + i, x + i, k, limit, n - i);
}

/* Four times float_of_i32. */
static inline __m128 float_of_fixed(const int32_t *x) {
  int32_t high[4], low[4];
  const __m64 mask = _mm_set1_pi32(4095);
  for (int j = 0; j < 4; j += 2) {
    __m64 v = load_mm(x + j);
    store_mm(high + j, _mm_srai_pi32(v, 12));
    store_mm(low + j, _mm_and_si64(v, mask));
  }
  return _mm_add_ps(_mm_mul_ps(float_of_i32x4(high), _mm_set1_ps(4096.0f)), float_of_i32x4(low));
}

static void sse_scale_fixed(float *y, const int32_t *x, float a, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4) _mm_storeu_ps(y + i, _mm_mul_ps(aa, float_of_fixed(x + i)));
  _mm_empty();
  if (i < n) math_ops_plain.scale_fixed(y + i, x + i, a, n - i);
}

/* ---- floats ---- */

static void sse_multiply(float *y, const float *x, const float *s, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4)
    _mm_storeu_ps(y + i, _mm_mul_ps(_mm_loadu_ps(x + i), _mm_loadu_ps(s + i)));
  for (; i < n; i++) y[i] = x[i] * s[i];
}

static float join_max(__m128 x) {
  float lane[4];
  _mm_storeu_ps(lane, x);
  float a = lane[0] > lane[1] ? lane[0] : lane[1], b = lane[2] > lane[3] ? lane[2] : lane[3];
  return a > b ? a : b;
}

static float sse_absmax(const float *x, int n) {
  __m128 largest = _mm_setzero_ps();
  int i = 0;
  for (; i + 4 <= n; i += 4) largest = _mm_max_ps(largest, abs_ps(_mm_loadu_ps(x + i)));
  return join_max(_mm_max_ps(largest, abs_ps(load_tail(x + i, n - i))));
}

static float sse_max(const float *x, int n) {
  __m128 largest = _mm_set1_ps(x[0]);
  int i = 0;
  for (; i + 4 <= n; i += 4) largest = _mm_max_ps(largest, _mm_loadu_ps(x + i));
  float best = join_max(largest);
  for (; i < n; i++) best = x[i] > best ? x[i] : best;
  return best;
}

static float sse_sum(const float *x, int n) {
  __m128 s = _mm_setzero_ps();
  int i = 0;
  for (; i + 4 <= n; i += 4) s = _mm_add_ps(s, _mm_loadu_ps(x + i));
  return join(_mm_add_ps(s, load_tail(x + i, n - i)));
}

static float sse_dot(const float *x, const float *y, int n) {
  __m128 s = _mm_setzero_ps();
  int i = 0;
  for (; i + 4 <= n; i += 4)
    s = _mm_add_ps(s, _mm_mul_ps(_mm_loadu_ps(x + i), _mm_loadu_ps(y + i)));
  return join(_mm_add_ps(s, _mm_mul_ps(load_tail(x + i, n - i), load_tail(y + i, n - i))));
}

static float sse_sum_squares(const float *x, int n) {
  __m128 s = _mm_setzero_ps();
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 v = flush_ps(_mm_loadu_ps(x + i));
    s = _mm_add_ps(s, _mm_mul_ps(v, v));
  }
  __m128 v = flush_ps(load_tail(x + i, n - i));
  return join(_mm_add_ps(s, _mm_mul_ps(v, v)));
}

static void sse_axpy(float *y, float a, const float *x, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    _mm_storeu_ps(y + i, _mm_add_ps(_mm_loadu_ps(y + i), _mm_mul_ps(aa, _mm_loadu_ps(x + i))));
  for (; i < n; i++) y[i] = y[i] + a * x[i];
}

static void sse_scale_flush(float *x, float a, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4) _mm_storeu_ps(x + i, flush_ps(_mm_mul_ps(aa, _mm_loadu_ps(x + i))));
  for (; i < n; i++) x[i] = flush_tiny(a * x[i]);
}

/* Four float_exp: see there for the polynomial. */
static inline __m128 exp_ps(__m128 x) {
  const __m128 magic = _mm_set1_ps(ROUND_MAGIC), one = _mm_set1_ps(1.0f);
  x = _mm_max_ps(x, _mm_set1_ps(-80.0f));
  __m128 shifted = _mm_add_ps(_mm_mul_ps(x, _mm_set1_ps(1.44269504088896341f)), magic);
  __m128 k = _mm_sub_ps(shifted, magic);
  __m128 r = _mm_sub_ps(x, _mm_mul_ps(k, _mm_set1_ps(0.693359375f)));
  r = _mm_sub_ps(r, _mm_mul_ps(k, _mm_set1_ps(-2.12194440e-4f)));
  static const float coefficient[5] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                                       1.6666665459e-1f, 5.0000001201e-1f};
  __m128 p = _mm_set1_ps(1.9875691500e-4f);
  for (int j = 0; j < 5; j++) p = _mm_add_ps(_mm_mul_ps(p, r), _mm_set1_ps(coefficient[j]));
  p = _mm_add_ps(_mm_mul_ps(p, _mm_mul_ps(r, r)), r);
  p = _mm_add_ps(p, one);
  union {
    float f[4];
    uint32_t u[4];
  } power;
  _mm_storeu_ps(power.f, shifted);
  for (int j = 0; j < 4; j++) power.u[j] = (power.u[j] - float_bits(ROUND_MAGIC) + 127u) << 23;
  return _mm_mul_ps(p, _mm_loadu_ps(power.f));
}

static void sse_exp_shifted(float *x, float shift, int n) {
  const __m128 s = _mm_set1_ps(shift);
  int i = 0;
  for (; i + 4 <= n; i += 4) _mm_storeu_ps(x + i, exp_ps(_mm_sub_ps(_mm_loadu_ps(x + i), s)));
  for (; i < n; i++) x[i] = float_exp(x[i] - shift);
}

static void sse_norm_backward(float *dx, const float *dh, const int8_t *q, float inv, float mean,
                              int n) {
  const __m128 ii = _mm_set1_ps(inv), mm = _mm_set1_ps(mean);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 along = _mm_mul_ps(mm, float_of_i8(q + i));
    __m128 d = flush_ps(_mm_mul_ps(ii, _mm_sub_ps(_mm_loadu_ps(dh + i), along)));
    _mm_storeu_ps(dx + i, _mm_add_ps(_mm_loadu_ps(dx + i), d));
  }
  for (; i < n; i++) dx[i] = dx[i] + flush_tiny(inv * (dh[i] - mean * (float)q[i]));
}

static void sse_adam(float *w, const float *g, float *m, float *v, int n, const AdamStep *step) {
  const __m128 b1 = _mm_set1_ps(ADAM_BETA1), rest1 = _mm_set1_ps(1.0f - ADAM_BETA1);
  const __m128 b2 = _mm_set1_ps(ADAM_BETA2), rest2 = _mm_set1_ps(1.0f - ADAM_BETA2);
  const __m128 gs = _mm_set1_ps(step->gradient_scale), lr = _mm_set1_ps(step->learning_rate);
  const __m128 c1 = _mm_set1_ps(step->c1), c2 = _mm_set1_ps(step->c2);
  const __m128 eps = _mm_set1_ps(ADAM_EPSILON);
  const __m128 smallest = bits_ps(TINY_SQUARE_BITS);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 gi = flush_ps(_mm_mul_ps(gs, flush_ps(_mm_loadu_ps(g + i))));
    __m128 mi = flush_ps(_mm_add_ps(_mm_mul_ps(b1, _mm_loadu_ps(m + i)), _mm_mul_ps(rest1, gi)));
    __m128 square = _mm_mul_ps(rest2, _mm_mul_ps(gi, gi));
    __m128 vi = _mm_add_ps(_mm_mul_ps(b2, _mm_loadu_ps(v + i)), square);
    vi = _mm_and_ps(vi, _mm_cmpge_ps(vi, smallest));
    _mm_storeu_ps(m + i, mi);
    _mm_storeu_ps(v + i, vi);
    __m128 root = _mm_add_ps(_mm_sqrt_ps(_mm_mul_ps(vi, c2)), eps);
    __m128 change = _mm_mul_ps(lr, _mm_div_ps(_mm_mul_ps(mi, c1), root));
    _mm_storeu_ps(w + i, flush_ps(_mm_sub_ps(_mm_loadu_ps(w + i), change)));
  }
  if (i < n) math_ops_plain.adam(w + i, g + i, m + i, v + i, n - i, step);
}

static void sse_momentum(float *direction, float *m, const float *g, int n,
                         const MomentumStep *step) {
  const float beta1 = step->beta_direction, beta2 = step->beta_momentum;
  const __m128 b1 = _mm_set1_ps(beta1), rest1 = _mm_set1_ps(1.0f - beta1);
  const __m128 b2 = _mm_set1_ps(beta2), rest2 = _mm_set1_ps(1.0f - beta2);
  const __m128 gs = _mm_set1_ps(step->gradient_scale);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 gi = flush_ps(_mm_mul_ps(gs, flush_ps(_mm_loadu_ps(g + i)))), mi = _mm_loadu_ps(m + i);
    _mm_storeu_ps(direction + i, _mm_add_ps(_mm_mul_ps(b1, mi), _mm_mul_ps(rest1, gi)));
    _mm_storeu_ps(m + i, flush_ps(_mm_add_ps(_mm_mul_ps(b2, mi), _mm_mul_ps(rest2, gi))));
  }
  if (i < n) math_ops_plain.momentum(direction + i, m + i, g + i, n - i, step);
}

void math_ops_take_fast(MathOps *table) {
  math_ops_take_mmx(table);
  table->name = "SSE1 and MMX";
  table->quantize = sse_quantize;
  table->dequantize = sse_dequantize;
  table->scale_rows = sse_scale_rows;
  table->add_scaled_i32 = sse_add_scaled_i32;
  table->add_rounded = sse_add_rounded;
  table->scale_fixed = sse_scale_fixed;
  table->multiply = sse_multiply;
  table->absmax = sse_absmax;
  table->max = sse_max;
  table->sum = sse_sum;
  table->dot = sse_dot;
  table->sum_squares = sse_sum_squares;
  table->axpy = sse_axpy;
  table->scale_flush = sse_scale_flush;
  table->exp_shifted = sse_exp_shifted;
  table->norm_backward = sse_norm_backward;
  table->adam = sse_adam;
  table->momentum = sse_momentum;
}
#else
typedef int math_ops_sse_not_built; /* ISO C wants a translation unit to hold something */
#endif
