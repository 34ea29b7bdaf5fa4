/* products_sse.c - the three products with SSE1 intrinsics: four sums at a time in registers, so
 * that each load serves several multiplications, and panels that fit the first-level cache.
 *
 * Loads are aligned where every row begins at a multiple of 16 bytes. */
#include "baseline/baseline.h"
#include "baseline/loops.h"

#if defined(USE_SSE_BUILD)
#include <xmmintrin.h>

/* Inlined where `aligned` is a constant, so that each form has its own loads. */
#define SPECIALISED static inline __attribute__((always_inline))

enum { PANEL = 8 }; /* rows of weights that stay in the cache while all positions use them */

SPECIALISED __m128 load4(const float *p, bool aligned) {
  return aligned ? _mm_load_ps(p) : _mm_loadu_ps(p);
}
SPECIALISED void store4(float *p, __m128 v, bool aligned) {
  aligned ? _mm_store_ps(p, v) : _mm_storeu_ps(p, v);
}

static bool all_aligned(const float *a, const float *b, int width) {
  return (((uintptr_t)a | (uintptr_t)b) & 15) == 0 && width % 4 == 0;
}

/* ---- forward: dot products, four positions at a time ---- */

/* The sum of each of four vectors. */
static inline __m128 sums_of_4(__m128 a, __m128 b, __m128 c, __m128 d) {
  _MM_TRANSPOSE4_PS(a, b, c, d);
  return _mm_add_ps(_mm_add_ps(a, b), _mm_add_ps(c, d));
}

/* y[i] = w . x[i] for the rows i = 0..3 of x [4,C]. */
SPECIALISED void dot_by_4(float y[4], const float *w, const float *x, int C, bool aligned) {
  const float *x1 = x + C, *x2 = x1 + C, *x3 = x2 + C;
  __m128 s0 = _mm_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
  int c = 0;
  for (; c + 4 <= C; c += 4) {
    const __m128 v = load4(w + c, aligned);
    s0 = _mm_add_ps(s0, _mm_mul_ps(v, load4(x + c, aligned)));
    s1 = _mm_add_ps(s1, _mm_mul_ps(v, load4(x1 + c, aligned)));
    s2 = _mm_add_ps(s2, _mm_mul_ps(v, load4(x2 + c, aligned)));
    s3 = _mm_add_ps(s3, _mm_mul_ps(v, load4(x3 + c, aligned)));
  }
  _mm_storeu_ps(y, sums_of_4(s0, s1, s2, s3));
  for (; c < C; c++) {
    y[0] += w[c] * x[c], y[1] += w[c] * x1[c];
    y[2] += w[c] * x2[c], y[3] += w[c] * x3[c];
  }
}

SPECIALISED void forward_any(float *y, const float *w, const float *x, int n, int R, int C,
                             bool aligned) {
  for (int first = 0; first < R; first += PANEL) {
    const int end = first + PANEL < R ? first + PANEL : R;
    int t = 0;
    for (; t + 4 <= n; t += 4)
      for (int r = first; r < end; r++) {
        float sums[4];
        dot_by_4(sums, w + r * C, x + t * C, C, aligned);
        for (int i = 0; i < 4; i++) y[(t + i) * R + r] = sums[i];
      }
    for (; t < n; t++) {
      int r = first;
      for (; r + 4 <= end; r += 4) dot_by_4(y + t * R + r, x + t * C, w + r * C, C, aligned);
      for (; r < end; r++) y[t * R + r] = dot_loop(x + t * C, w + r * C, C);
    }
  }
}

static void forward(float *y, const float *w, const float *x, int n, int R, int C) {
  if (all_aligned(w, x, C))
    forward_any(y, w, x, n, R, C, true);
  else
    forward_any(y, w, x, n, R, C, false);
}

/* ---- gradients: sums of outer products, two rows of eight columns at a time ---- */

/* A sum out[i,C] += sum_k a(i,k) b[k,C], a(i,k) = a[i * row_step + k * sum_step]. */
typedef struct {
  float *out;
  const float *a, *b;
  int row_step, sum_step;
  int rows, sums, C;
} OuterSum;

/* Rows i and i+1, columns c .. c+7. */
SPECIALISED void outer_block(const OuterSum *o, int i, int c, bool aligned) {
  const int C = o->C, step = o->sum_step;
  float *out0 = o->out + i * C + c, *out1 = out0 + C;
  const float *a = o->a + i * o->row_step, *a1 = a + o->row_step, *b = o->b + c;
  __m128 s00 = load4(out0, aligned), s01 = load4(out0 + 4, aligned);
  __m128 s10 = load4(out1, aligned), s11 = load4(out1 + 4, aligned);
  for (int k = 0; k < o->sums; k++, a += step, a1 += step, b += C) {
    const __m128 b0 = load4(b, aligned), b1 = load4(b + 4, aligned);
    const __m128 top = _mm_set1_ps(*a), bottom = _mm_set1_ps(*a1);
    s00 = _mm_add_ps(s00, _mm_mul_ps(top, b0));
    s01 = _mm_add_ps(s01, _mm_mul_ps(top, b1));
    s10 = _mm_add_ps(s10, _mm_mul_ps(bottom, b0));
    s11 = _mm_add_ps(s11, _mm_mul_ps(bottom, b1));
  }
  store4(out0, s00, aligned), store4(out0 + 4, s01, aligned);
  store4(out1, s10, aligned), store4(out1 + 4, s11, aligned);
}

/* Row i, columns c .. C-1: what is left over. */
static void outer_rest(const OuterSum *o, int i, int c) {
  for (int k = 0; k < o->sums; k++)
    axpy_loop(o->out + i * o->C + c, o->a[i * o->row_step + k * o->sum_step], o->b + k * o->C + c,
              o->C - c);
}

SPECIALISED void outer_any(const OuterSum *o, bool aligned) {
  const int even = o->rows / 2 * 2, whole = o->C / 8 * 8;
  for (int c = 0; c < whole; c += 8)
    for (int i = 0; i < even; i += 2) outer_block(o, i, c, aligned);
  for (int i = 0; i < o->rows; i++)
    if (i >= even || whole < o->C) outer_rest(o, i, i < even ? whole : 0);
}

static void outer_sum(const OuterSum *o) {
  if (all_aligned(o->out, o->b, o->C))
    outer_any(o, true);
  else
    outer_any(o, false);
}

static void input_gradient(float *dx, const float *w, const float *dy, int n, int R, int C) {
  const OuterSum sum = {
      .out = dx, .a = dy, .b = w, .row_step = R, .sum_step = 1, .rows = n, .sums = R, .C = C};
  outer_sum(&sum);
}

static void weight_gradient(float *dw, const float *dy, const float *x, int n, int R, int C) {
  const OuterSum sum = {
      .out = dw, .a = dy, .b = x, .row_step = 1, .sum_step = R, .rows = R, .sums = n, .C = C};
  outer_sum(&sum);
}

static const BaselineProducts products = {
    .name = "SSE1",
    .forward = forward,
    .input_gradient = input_gradient,
    .weight_gradient = weight_gradient,
};
const BaselineProducts *const baseline_products_sse = &products;
#else
const BaselineProducts *const baseline_products_sse = NULL;
#endif
