/* math_ops_wasm.c - the kernels for WebAssembly's 128-bit SIMD.
 *
 * Only the kernels that carry the time have a version here; the rest of the table is the plain one,
 * which the compiler vectorises itself where it may. Same bits as the specification.
 * Compiled to nothing unless USE_WASM_SIMD_BUILD is defined.
 */
#include "math/math_ops.h"

#if defined(USE_WASM_SIMD_BUILD)
#include <wasm_simd128.h>

/* ---- helpers ---- */

static inline float join(v128_t s) {
  return (wasm_f32x4_extract_lane(s, 0) + wasm_f32x4_extract_lane(s, 1)) +
         (wasm_f32x4_extract_lane(s, 2) + wasm_f32x4_extract_lane(s, 3));
}

static inline int32_t join_i32(v128_t s) {
  return wasm_i32x4_extract_lane(s, 0) + wasm_i32x4_extract_lane(s, 1) +
         wasm_i32x4_extract_lane(s, 2) + wasm_i32x4_extract_lane(s, 3);
}

/* The last n < 4 floats, zeros above. */
static inline v128_t load_tail(const float *x, int n) {
  float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int i = 0; i < n; i++) lane[i] = x[i];
  return wasm_v128_load(lane);
}

static inline v128_t flush_f32x4(v128_t x) {
  return wasm_v128_and(x, wasm_f32x4_ge(wasm_f32x4_abs(x), wasm_f32x4_splat(TINY)));
}

static inline v128_t add_product(v128_t sum, v128_t a, v128_t b) {
  return wasm_f32x4_add(sum, wasm_f32x4_mul(a, b));
}

/* ---- integers ---- */

static int32_t dot_i16(const int16_t *x, const int16_t *w, int cols) {
  v128_t sum = wasm_i32x4_splat(0);
  int c = 0;
  for (; c + 8 <= cols; c += 8)
    sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_v128_load(x + c), wasm_v128_load(w + c)));
  int32_t total = join_i32(sum);
  for (; c < cols; c++) total += x[c] * w[c];
  return total;
}

/* One row of x by four rows of w: each load of x serves four products. */
static void block_1x4(int32_t *y, const int16_t *x, const int16_t *w, int cols) {
  const int16_t *w1 = w + cols, *w2 = w1 + cols, *w3 = w2 + cols;
  v128_t s0 = wasm_i32x4_splat(0), s1 = s0, s2 = s0, s3 = s0;
  int c = 0;
  for (; c + 8 <= cols; c += 8) {
    v128_t a = wasm_v128_load(x + c);
    s0 = wasm_i32x4_add(s0, wasm_i32x4_dot_i16x8(a, wasm_v128_load(w + c)));
    s1 = wasm_i32x4_add(s1, wasm_i32x4_dot_i16x8(a, wasm_v128_load(w1 + c)));
    s2 = wasm_i32x4_add(s2, wasm_i32x4_dot_i16x8(a, wasm_v128_load(w2 + c)));
    s3 = wasm_i32x4_add(s3, wasm_i32x4_dot_i16x8(a, wasm_v128_load(w3 + c)));
  }
  y[0] = join_i32(s0), y[1] = join_i32(s1), y[2] = join_i32(s2), y[3] = join_i32(s3);
  for (; c < cols; c++)
    y[0] += x[c] * w[c], y[1] += x[c] * w1[c], y[2] += x[c] * w2[c], y[3] += x[c] * w3[c];
}

static void simd_matmul_i16(int32_t *y, int ld_y, const int16_t *x, const int16_t *w, int n,
                            int rows, int cols) {
  for (int i = 0; i < n; i++) {
    const int16_t *xi = x + (size_t)i * (size_t)cols;
    int32_t *yi = y + (size_t)i * (size_t)ld_y;
    int r = 0;
    for (; r + 4 <= rows; r += 4) block_1x4(yi + r, xi, w + (size_t)r * (size_t)cols, cols);
    for (; r < rows; r++) yi[r] = dot_i16(xi, w + (size_t)r * (size_t)cols, cols);
  }
}

static void simd_group_product(int32_t *y, const int16_t *x, const uint8_t *groups, int n,
                               int outputs, int inputs, bool add) {
  group_product_by(simd_matmul_i16, y, x, groups, n, outputs, inputs, add);
}

/* ---- floats ---- */

static float simd_absmax(const float *x, int n) {
  v128_t largest = wasm_f32x4_splat(0.0f);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    largest = wasm_f32x4_max(largest, wasm_f32x4_abs(wasm_v128_load(x + i)));
  largest = wasm_f32x4_max(largest, wasm_f32x4_abs(load_tail(x + i, n - i)));
  float a = wasm_f32x4_extract_lane(largest, 0), b = wasm_f32x4_extract_lane(largest, 1);
  float c = wasm_f32x4_extract_lane(largest, 2), d = wasm_f32x4_extract_lane(largest, 3);
  a = a > b ? a : b;
  c = c > d ? c : d;
  return a > c ? a : c;
}

static float simd_sum(const float *x, int n) {
  v128_t s = wasm_f32x4_splat(0.0f);
  int i = 0;
  for (; i + 4 <= n; i += 4) s = wasm_f32x4_add(s, wasm_v128_load(x + i));
  return join(wasm_f32x4_add(s, load_tail(x + i, n - i)));
}

static float simd_dot(const float *x, const float *y, int n) {
  v128_t s = wasm_f32x4_splat(0.0f);
  int i = 0;
  for (; i + 4 <= n; i += 4) s = add_product(s, wasm_v128_load(x + i), wasm_v128_load(y + i));
  return join(add_product(s, load_tail(x + i, n - i), load_tail(y + i, n - i)));
}

static float simd_sum_squares(const float *x, int n) {
  v128_t s = wasm_f32x4_splat(0.0f);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    v128_t v = flush_f32x4(wasm_v128_load(x + i));
    s = add_product(s, v, v);
  }
  v128_t v = flush_f32x4(load_tail(x + i, n - i));
  return join(add_product(s, v, v));
}

static void simd_axpy(float *y, float a, const float *x, int n) {
  const v128_t aa = wasm_f32x4_splat(a);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    wasm_v128_store(y + i, add_product(wasm_v128_load(y + i), aa, wasm_v128_load(x + i)));
  for (; i < n; i++) y[i] = y[i] + a * x[i];
}

/* ---- floats: many rows, so that a vector stays in registers ---- */

static void simd_dots(float *y, const float *x, const float *rows, int count, int n) {
  int j = 0;
  for (; j + 2 <= count; j += 2) {
    const float *a = rows + j * n, *b = a + n;
    v128_t s0 = wasm_f32x4_splat(0.0f), s1 = s0;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      const v128_t v = wasm_v128_load(x + i);
      s0 = add_product(s0, v, wasm_v128_load(a + i));
      s1 = add_product(s1, v, wasm_v128_load(b + i));
    }
    const v128_t v = load_tail(x + i, n - i);
    y[j] = join(add_product(s0, v, load_tail(a + i, n - i)));
    y[j + 1] = join(add_product(s1, v, load_tail(b + i, n - i)));
  }
  for (; j < count; j++) y[j] = simd_dot(x, rows + j * n, n);
}

static void simd_mix(float *y, const float *a, const float *rows, int count, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const float *row = rows + i;
    v128_t y0 = wasm_v128_load(y + i), y1 = wasm_v128_load(y + i + 4);
    for (int j = 0; j < count; j++, row += n) {
      const v128_t aa = wasm_f32x4_splat(a[j]);
      y0 = add_product(y0, aa, wasm_v128_load(row));
      y1 = add_product(y1, aa, wasm_v128_load(row + 4));
    }
    wasm_v128_store(y + i, y0), wasm_v128_store(y + i + 4, y1);
  }
  for (; i + 4 <= n; i += 4) {
    v128_t sum = wasm_v128_load(y + i);
    for (int j = 0; j < count; j++)
      sum = add_product(sum, wasm_f32x4_splat(a[j]), wasm_v128_load(rows + j * n + i));
    wasm_v128_store(y + i, sum);
  }
  for (; i < n; i++)
    for (int j = 0; j < count; j++) y[i] = y[i] + a[j] * rows[j * n + i];
}

static void simd_outer(float *y, int ld_y, const float *a, const float *x, int count, int n) {
  for (int j = 0; j < count; j++) simd_axpy(y + j * ld_y, a[j], x, n);
}

static void simd_outer_pair(float *y, int ld_y, const float *a, const float *x, const float *b,
                            const float *z, int count, int n) {
  simd_outer(y, ld_y, a, x, count, n);
  simd_outer(y, ld_y, b, z, count, n);
}

/* Four float_exp: see there for the polynomial. */
static inline v128_t exp_f32x4(v128_t x) {
  const v128_t magic = wasm_f32x4_splat(ROUND_MAGIC);
  x = wasm_f32x4_pmax(wasm_f32x4_splat(-80.0f), x);
  v128_t shifted = add_product(magic, x, wasm_f32x4_splat(1.44269504088896341f));
  v128_t k = wasm_f32x4_sub(shifted, magic);
  v128_t r = wasm_f32x4_sub(x, wasm_f32x4_mul(k, wasm_f32x4_splat(0.693359375f)));
  r = wasm_f32x4_sub(r, wasm_f32x4_mul(k, wasm_f32x4_splat(-2.12194440e-4f)));
  static const float coefficient[5] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                                       1.6666665459e-1f, 5.0000001201e-1f};
  v128_t p = wasm_f32x4_splat(1.9875691500e-4f);
  for (int j = 0; j < 5; j++) p = add_product(wasm_f32x4_splat(coefficient[j]), p, r);
  p = add_product(r, p, wasm_f32x4_mul(r, r));
  p = wasm_f32x4_add(p, wasm_f32x4_splat(1.0f));
  v128_t exponent = wasm_i32x4_add(wasm_i32x4_sub(shifted, magic), wasm_i32x4_splat(127));
  return wasm_f32x4_mul(p, wasm_i32x4_shl(exponent, 23));
}

static void simd_exp_shifted(float *x, float shift, int n) {
  const v128_t s = wasm_f32x4_splat(shift);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    wasm_v128_store(x + i, exp_f32x4(wasm_f32x4_sub(wasm_v128_load(x + i), s)));
  for (; i < n; i++) x[i] = float_exp(x[i] - shift);
}

static void simd_add_products(int32_t *y, int32_t *tile, const int16_t *u, const int16_t *laid,
                              const ProductSum *sum) {
  add_products_by(simd_matmul_i16, math_ops_plain.add_shifted, y, tile, u, laid, sum);
}

void math_ops_take_fast(MathOps *table) {
  table->name = "WebAssembly SIMD";
  table->matmul_i16 = simd_matmul_i16;
  table->add_products = simd_add_products;
  table->absmax = simd_absmax;
  table->sum = simd_sum;
  table->dot = simd_dot;
  table->sum_squares = simd_sum_squares;
  table->axpy = simd_axpy;
  table->group_product = simd_group_product;
  table->dots = simd_dots;
  table->mix = simd_mix;
  table->outer = simd_outer;
  table->outer_pair = simd_outer_pair;
  table->exp_shifted = simd_exp_shifted;
}
#else
typedef int math_ops_wasm_not_built; /* ISO C wants a translation unit to hold something */
#endif
