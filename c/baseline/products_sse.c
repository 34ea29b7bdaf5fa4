/* products_sse.c - the products with SSE1 intrinsics, for the core and the caches of a Pentium III.
 *
 * That core multiplies and adds four floats in two cycles, in which it finishes six micro-ops: a
 * multiplication and an addition are two each, which leaves two to bring a factor. So in both loops
 * below one factor stays in a register, and the other one is loaded for the product alone.
 *
 * Blocks of weights fit the first-level cache of 16 KB beside a row of what goes by, so that each
 * line of the second level serves many products.
 */
#include "baseline/baseline.h"

#if defined(USE_SSE_BUILD)
#include <xmmintrin.h>

#include "base/compiler.h"
#include "base/ints.h"

/* Inlined where a count is a constant, so that each count has registers of its own. */
#define SPECIALISED static inline __attribute__((always_inline))

/* Four floats are loaded by halves: a Pentium III executes a load of 16 bytes in two parts in any
 * case, but decodes two instructions of one micro-op beside others, and they need no alignment. */
typedef struct {
  float x[2];
} Half;
#define HALF(p) (*(const Half *)(const void *)(p))

/* sum += factor * p[0..3]. Written out, as gcc would load all factors first, and then run out of
 * registers. */
SPECIALISED void add_product(__m128 *sum, __m128 factor, const float *p) {
#if defined(__i386__) && defined(__GNUC__)
  __m128 product;
  __asm__("movlps %2, %1\n\tmovhps %3, %1\n\tmulps %4, %1\n\taddps %1, %0"
          : "+x"(*sum), "=&x"(product)
          : "m"(HALF(p)), "m"(HALF(p + 2)), "x"(factor));
#else
  *sum = _mm_add_ps(*sum, _mm_mul_ps(factor, _mm_loadu_ps(p)));
#endif
}

SPECIALISED __m128 load4(const float *p) {
#if defined(__i386__) && defined(__GNUC__)
  __m128 v;
  __asm__("movlps %1, %0\n\tmovhps %2, %0" : "=&x"(v) : "m"(HALF(p)), "m"(HALF(p + 2)));
  return v;
#else
  return _mm_loadu_ps(p);
#endif
}

SPECIALISED void store4(float *p, __m128 v) {
  _mm_storel_pi((__m64 *)(void *)p, v), _mm_storeh_pi((__m64 *)(void *)(p + 2), v);
}

/* Both loops go through six rows at a time, which lie ld floats apart, and sixteen columns. */
enum { ROWS = 6, COLUMNS = 16 };

/* The next columns of row j, by two pointers that three rows each are addressed from. */
SPECIALISED const float *row_at(const float *rows, const float *r3, int ld, int j) {
  return j < 3 ? rows + j * ld : r3 + (j - 3) * ld;
}

/* ---- rows by one vector: y[j] (+)= rows[j] . x ---- */

/* The sum of each of four vectors. */
SPECIALISED __m128 sums_of_4(__m128 a, __m128 b, __m128 c, __m128 d) {
  _MM_TRANSPOSE4_PS(a, b, c, d);
  return _mm_add_ps(_mm_add_ps(a, b), _mm_add_ps(c, d));
}

/* The sums of two vectors, below. */
SPECIALISED __m128 sums_of_2(__m128 a, __m128 b) {
  const __m128 pairs = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
  return _mm_add_ps(pairs, _mm_movehl_ps(pairs, pairs));
}

/* sums[j] = x . row j, for `count` rows, which the compiler writes out. */
SPECIALISED void dot_rows(const int count, float sums[ROWS], const float *x, const float *rows,
                          int ld, int n) {
  const float *const end = x + n / COLUMNS * COLUMNS, *r3 = rows + (count > 3 ? 3 * ld : 0);
  __m128 s[ROWS];
  for (int j = 0; j < ROWS; j++) s[j] = _mm_setzero_ps();
  for (; x < end; x += COLUMNS, rows += COLUMNS, r3 += COLUMNS) {
    HOLD_POINTER(rows);
    HOLD_POINTER(r3);
    for (int k = 0; k < COLUMNS; k += 4) {
      const __m128 v = load4(x + k);
      for (int j = 0; j < count; j++) add_product(&s[j], v, row_at(rows, r3, ld, j) + k);
    }
  }
  if (count > 2) _mm_storeu_ps(sums, sums_of_4(s[0], s[1], s[2], s[3]));
  if (count <= 2) _mm_storel_pi((__m64 *)(void *)sums, sums_of_2(s[0], s[1]));
  if (count > 4) _mm_storel_pi((__m64 *)(void *)(sums + 4), sums_of_2(s[4], s[5]));
  for (int i = 0; i < n % COLUMNS; i++)
    for (int j = 0; j < count; j++) sums[j] += x[i] * row_at(rows, r3, ld, j)[i];
}

static void any_dot_rows(int count, float sums[ROWS], const float *x, const float *rows, int ld,
                         int n) {
  if (count == 6) dot_rows(6, sums, x, rows, ld, n);
  if (count == 5) dot_rows(5, sums, x, rows, ld, n);
  if (count == 4) dot_rows(4, sums, x, rows, ld, n);
  if (count == 3) dot_rows(3, sums, x, rows, ld, n);
  if (count == 2) dot_rows(2, sums, x, rows, ld, n);
  if (count == 1) dot_rows(1, sums, x, rows, ld, n);
}

static void add_dots(float *y, const float *x, const float *rows, int ld, int count, int n,
                     bool add) {
  int first = 0;
  for (; !add && first + ROWS <= count; first += ROWS)
    dot_rows(ROWS, y + first, x, rows + first * ld, ld, n);
  for (; first < count; first += ROWS) {
    const int some = min_int(count - first, ROWS);
    float sums[ROWS];
    any_dot_rows(some, sums, x, rows + first * ld, ld, n);
    for (int j = 0; j < some; j++) y[first + j] = (add ? y[first + j] : 0.0f) + sums[j];
  }
}

static void dots(float *y, const float *x, const float *rows, int ld, int count, int n) {
  add_dots(y, x, rows, ld, count, n, false);
}

enum { DOT_ROWS = 18, DOT_COLUMNS = 128 }; /* a block of weights: 9 KB */

static void forward(float *y, const float *w, const float *x, int n, int R, int C) {
  for (int c = 0; c < C; c += DOT_COLUMNS)
    for (int r = 0; r < R; r += DOT_ROWS)
      for (int t = 0; t < n; t++)
        add_dots(y + t * R + r, x + t * C + c, w + r * C + c, C, min_int(R - r, DOT_ROWS),
                 min_int(C - c, DOT_COLUMNS), c > 0);
}

/* ---- rows by one factor each: y += sum_j a[j * step] rows[j] ---- */

/* The same of `count` rows, which the compiler writes out. */
SPECIALISED void mix_rows(const int count, float *y, const float *a, int step, const float *rows,
                          int ld, int n) {
  const float *const end = y + n / COLUMNS * COLUMNS, *r3 = rows + (count > 3 ? 3 * ld : 0);
  __m128 factor[ROWS];
  for (int j = 0; j < count; j++) factor[j] = _mm_set1_ps(a[j * step]);
  for (; y < end; y += COLUMNS, rows += COLUMNS, r3 += COLUMNS) {
    HOLD_POINTER(rows);
    HOLD_POINTER(r3);
    for (int k = 0; k < COLUMNS; k += 4) {
      __m128 sum = load4(y + k);
      for (int j = 0; j < count; j++) add_product(&sum, factor[j], row_at(rows, r3, ld, j) + k);
      store4(y + k, sum);
    }
  }
  for (int i = 0; i < n % COLUMNS; i++)
    for (int j = 0; j < count; j++) y[i] += a[j * step] * row_at(rows, r3, ld, j)[i];
}

static void mix(float *y, const float *a, int step, const float *rows, int ld, int count, int n) {
  for (; count >= ROWS; count -= ROWS, a += ROWS * step, rows += ROWS * ld)
    mix_rows(ROWS, y, a, step, rows, ld, n);
  if (count == 5) mix_rows(5, y, a, step, rows, ld, n);
  if (count == 4) mix_rows(4, y, a, step, rows, ld, n);
  if (count == 3) mix_rows(3, y, a, step, rows, ld, n);
  if (count == 2) mix_rows(2, y, a, step, rows, ld, n);
  if (count == 1) mix_rows(1, y, a, step, rows, ld, n);
}

/* A sum out[i,C] += sum_k a(i,k) b[k,C], a(i,k) = a[i * row_step + k * sum_step]. */
typedef struct {
  float *out;
  const float *a, *b;
  int row_step, sum_step;
  int rows, sums, C;
} OuterSum;

enum { MIX_ROWS = 18, MIX_COLUMNS = 128 }; /* a block of b: 9 KB */

static void outer_sum(const OuterSum *o) {
  for (int c = 0; c < o->C; c += MIX_COLUMNS)
    for (int k = 0; k < o->sums; k += MIX_ROWS)
      for (int i = 0; i < o->rows; i++)
        mix(o->out + i * o->C + c, o->a + i * o->row_step + k * o->sum_step, o->sum_step,
            o->b + k * o->C + c, o->C, min_int(o->sums - k, MIX_ROWS),
            min_int(o->C - c, MIX_COLUMNS));
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
    .dots = dots,
    .mix = mix,
};
const BaselineProducts *const baseline_products_sse = &products;
#else
const BaselineProducts *const baseline_products_sse = NULL;
#endif
