/* math_ops_wasm_floats.c - the float kernels with WebAssembly's 128-bit SIMD.
 *
 * Each mirrors the plain kernel of the same name bit for bit. A kernel that is not here or in the
 * other math_ops_wasm_*.c files is the plain one, which the compiler vectorises itself. Compiled to
 * nothing unless USE_WASM_SIMD_BUILD is defined.
 */
#include "math/math_ops.h"

#if defined(USE_WASM_SIMD_BUILD)
#include "math/math_ops_wasm.h"

/* ---- helpers ---- */

static inline float join(v128_t s) {
  return (wasm_f32x4_extract_lane(s, 0) + wasm_f32x4_extract_lane(s, 1)) +
         (wasm_f32x4_extract_lane(s, 2) + wasm_f32x4_extract_lane(s, 3));
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

/* ---- between integers and floats: rounding is by ROUND_MAGIC, as in plain C ---- */

/* Four floats, |x| < 2^22, to int32, rounded to nearest, ties to even. */
static inline v128_t round_f32x4(v128_t x) {
  const v128_t magic = wasm_f32x4_splat(ROUND_MAGIC);
  return wasm_i32x4_sub(wasm_f32x4_add(x, magic), magic);
}

static void wasm_quantize(int8_t *q, const float *x, float k, int n) {
  const v128_t kk = wasm_f32x4_splat(k);
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    v128_t whole[4];
    for (int j = 0; j < 4; j++)
      whole[j] = round_f32x4(wasm_f32x4_mul(wasm_v128_load(x + i + 4 * j), kk));
    wasm_v128_store(q + i, wasm_i8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(whole[0], whole[1]),
                                                   wasm_i16x8_narrow_i32x4(whole[2], whole[3])));
  }
  for (; i < n; i++) q[i] = (int8_t)float_round(x[i] * k);
}

static void wasm_quantize_i16(int16_t *q, const float *x, float k, int n) {
  const v128_t kk = wasm_f32x4_splat(k);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const v128_t low = wasm_f32x4_mul(kk, flush_f32x4(wasm_v128_load(x + i)));
    const v128_t high = wasm_f32x4_mul(kk, flush_f32x4(wasm_v128_load(x + i + 4)));
    wasm_v128_store(q + i, wasm_i16x8_narrow_i32x4(round_f32x4(low), round_f32x4(high)));
  }
  if (i < n) math_ops_plain.quantize_i16(q + i, x + i, k, n - i);
}

/* Eight products of three factors each, to int16. */
static inline v128_t scaled_words(const float *x, const float *s, v128_t k) {
  const v128_t low = wasm_f32x4_mul(wasm_v128_load(x), wasm_v128_load(s));
  const v128_t high = wasm_f32x4_mul(wasm_v128_load(x + 4), wasm_v128_load(s + 4));
  return wasm_i16x8_narrow_i32x4(round_f32x4(wasm_f32x4_mul(low, k)),
                                 round_f32x4(wasm_f32x4_mul(high, k)));
}

static void wasm_quantize_scaled(int16_t *q, const float *x, const float *s, float k, int n) {
  const v128_t kk = wasm_f32x4_splat(k);
  int i = 0;
  for (; i + 8 <= n; i += 8) wasm_v128_store(q + i, scaled_words(x + i, s + i, kk));
  if (i < n) math_ops_plain.quantize_scaled(q + i, x + i, s + i, k, n - i);
}

/* Eight numbers to floats: the first four, and the last. */
static inline v128_t low_floats(v128_t x) {
  return wasm_f32x4_convert_i32x4(wasm_i32x4_extend_low_i16x8(x));
}
static inline v128_t high_floats(v128_t x) {
  return wasm_f32x4_convert_i32x4(wasm_i32x4_extend_high_i16x8(x));
}

static void wasm_dequantize(float *y, const int8_t *q, float a, int n) {
  const v128_t aa = wasm_f32x4_splat(a);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const v128_t v = wasm_i16x8_load8x8(q + i);
    wasm_v128_store(y + i, wasm_f32x4_mul(aa, low_floats(v)));
    wasm_v128_store(y + i + 4, wasm_f32x4_mul(aa, high_floats(v)));
  }
  for (; i < n; i++) y[i] = a * (float)q[i];
}

static void wasm_dequantize_i16(float *y, const int16_t *q, float a, int n) {
  const v128_t aa = wasm_f32x4_splat(a);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const v128_t v = wasm_v128_load(q + i);
    wasm_v128_store(y + i, wasm_f32x4_mul(aa, low_floats(v)));
    wasm_v128_store(y + i + 4, wasm_f32x4_mul(aa, high_floats(v)));
  }
  for (; i < n; i++) y[i] = a * (float)q[i];
}

static void wasm_multiply_i8(float *y, const int8_t *q, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const v128_t v = wasm_i16x8_load8x8(q + i);
    wasm_v128_store(y + i, wasm_f32x4_mul(wasm_v128_load(y + i), low_floats(v)));
    wasm_v128_store(y + i + 4, wasm_f32x4_mul(wasm_v128_load(y + i + 4), high_floats(v)));
  }
  for (; i < n; i++) y[i] = y[i] * (float)q[i];
}

static void wasm_scale_rows(float *y, const int32_t *x, const float *s, float a, int n) {
  const v128_t aa = wasm_f32x4_splat(a);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t factor = wasm_f32x4_mul(aa, wasm_v128_load(s + i));
    wasm_v128_store(y + i, wasm_f32x4_mul(factor, wasm_f32x4_convert_i32x4(wasm_v128_load(x + i))));
  }
  for (; i < n; i++) y[i] = (a * s[i]) * (float)x[i];
}

static void wasm_add_scaled_i32(float *y, const int32_t *x, float a, int n) {
  const v128_t aa = wasm_f32x4_splat(a);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    wasm_v128_store(y + i, add_product(wasm_v128_load(y + i), aa,
                                       wasm_f32x4_convert_i32x4(wasm_v128_load(x + i))));
  for (; i < n; i++) y[i] = y[i] + a * (float)x[i];
}

static void wasm_add_rounded(int32_t *y, const float *x, float k, float limit, int n) {
  const v128_t kk = wasm_f32x4_splat(k);
  const v128_t most = wasm_f32x4_splat(limit), least = wasm_f32x4_splat(-limit);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t v = wasm_f32x4_pmin(wasm_f32x4_mul(wasm_v128_load(x + i), kk), most);
    const v128_t whole = round_f32x4(wasm_f32x4_pmax(v, least));
    wasm_v128_store(y + i, wasm_i32x4_add(wasm_v128_load(y + i), whole));
  }
  if (i < n) math_ops_plain.add_rounded(y + i, x + i, k, limit, n - i);
}

/* Most groups of four get no share, which their sum tells. */
static void wasm_take_shares(ShareList *list, const float *x, float k, int32_t at, int log, int n) {
  const v128_t kk = wasm_f32x4_splat(k);
  int i = 0;
  list->count = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t units = round_f32x4(wasm_f32x4_mul(wasm_v128_load(x + i), kk));
    v128_t sum = wasm_i32x4_add(units, wasm_i32x4_shuffle(units, units, 2, 3, 0, 1));
    sum = wasm_i32x4_add(sum, wasm_i32x4_shuffle(sum, sum, 1, 0, 3, 2));
    const int32_t end = at + wasm_i32x4_extract_lane(sum, 0);
    if (end >> log != at >> log) {
      int32_t unit[4];
      wasm_v128_store(unit, units);
      share_list_add(list, unit, at, log, i, 4);
    }
    at = end;
  }
  share_list_from(list, x, k, at, log, i, n);
}

static void wasm_add_multiple(int32_t *y, const int16_t *x, int a, int shift, int n) {
  const v128_t half = wasm_i32x4_splat(shift > 0 ? 1 << (shift - 1) : 0);
  const v128_t aa = wasm_i32x4_splat(a);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t wide = wasm_i32x4_load16x4(x + i);
    const v128_t sum = wasm_i32x4_shr(wasm_i32x4_add(wasm_i32x4_mul(wide, aa), half), shift);
    wasm_v128_store(y + i, wasm_i32x4_add(wasm_v128_load(y + i), sum));
  }
  if (i < n) math_ops_plain.add_multiple(y + i, x + i, a, shift, n - i);
}

static void wasm_mix_i16(int32_t *y, const int16_t *a, const uint16_t *index, const int16_t *rows,
                         int count, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    v128_t low = wasm_i32x4_splat(0), high = low;
    for (int j = 0; j < count; j++) {
      const v128_t x = wasm_v128_load(rows + index[j] * n + i), aa = wasm_i16x8_splat(a[j]);
      low = wasm_i32x4_add(low, wasm_i32x4_extmul_low_i16x8(x, aa));
      high = wasm_i32x4_add(high, wasm_i32x4_extmul_high_i16x8(x, aa));
    }
    wasm_v128_store(y + i, low);
    wasm_v128_store(y + i + 4, high);
  }
  if (i < n) mix_i16_from(y, a, index, rows, count, i, n);
}

/* This conversion rounds once, to nearest: as float_of_i32 does. */
static void wasm_scale_fixed(float *y, const int32_t *x, float a, int n) {
  const v128_t aa = wasm_f32x4_splat(a);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    wasm_v128_store(y + i, wasm_f32x4_mul(aa, wasm_f32x4_convert_i32x4(wasm_v128_load(x + i))));
  if (i < n) math_ops_plain.scale_fixed(y + i, x + i, a, n - i);
}

/* ---- reductions ---- */

/* The largest of four: a > b ? a : b, as the kernel pmax(b, a) does for all lanes. */
static inline float join_max(v128_t x) {
  const float a = wasm_f32x4_extract_lane(x, 0), b = wasm_f32x4_extract_lane(x, 1);
  const float c = wasm_f32x4_extract_lane(x, 2), d = wasm_f32x4_extract_lane(x, 3);
  const float ab = a > b ? a : b, cd = c > d ? c : d;
  return ab > cd ? ab : cd;
}

static float wasm_absmax(const float *x, int n) {
  v128_t largest = wasm_f32x4_splat(0.0f);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    largest = wasm_f32x4_pmax(largest, wasm_f32x4_abs(wasm_v128_load(x + i)));
  return join_max(wasm_f32x4_pmax(largest, wasm_f32x4_abs(load_tail(x + i, n - i))));
}

static float wasm_max(const float *x, int n) {
  v128_t largest = wasm_f32x4_splat(x[0]);
  int i = 0;
  for (; i + 4 <= n; i += 4) largest = wasm_f32x4_pmax(largest, wasm_v128_load(x + i));
  float best = join_max(largest);
  for (; i < n; i++) best = x[i] > best ? x[i] : best;
  return best;
}

static float wasm_sum(const float *x, int n) {
  v128_t s = wasm_f32x4_splat(0.0f);
  int i = 0;
  for (; i + 4 <= n; i += 4) s = wasm_f32x4_add(s, wasm_v128_load(x + i));
  return join(wasm_f32x4_add(s, load_tail(x + i, n - i)));
}

static float wasm_dot(const float *x, const float *y, int n) {
  v128_t s = wasm_f32x4_splat(0.0f);
  int i = 0;
  for (; i + 4 <= n; i += 4) s = add_product(s, wasm_v128_load(x + i), wasm_v128_load(y + i));
  return join(add_product(s, load_tail(x + i, n - i), load_tail(y + i, n - i)));
}

static float wasm_sum_squares(const float *x, int n) {
  v128_t s = wasm_f32x4_splat(0.0f);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    v128_t v = flush_f32x4(wasm_v128_load(x + i));
    s = add_product(s, v, v);
  }
  v128_t v = flush_f32x4(load_tail(x + i, n - i));
  return join(add_product(s, v, v));
}

/* ---- vectors ---- */

static void wasm_axpy(float *y, float a, const float *x, int n) {
  const v128_t aa = wasm_f32x4_splat(a);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    wasm_v128_store(y + i, add_product(wasm_v128_load(y + i), aa, wasm_v128_load(x + i)));
  for (; i < n; i++) y[i] = y[i] + a * x[i];
}

static void wasm_relu(float *x, int n) {
  const v128_t zero = wasm_f32x4_splat(0.0f);
  int i = 0;
  for (; i + 4 <= n; i += 4) wasm_v128_store(x + i, wasm_f32x4_pmax(zero, wasm_v128_load(x + i)));
  for (; i < n; i++) x[i] = x[i] > 0.0f ? x[i] : 0.0f;
}

static void wasm_scale_flush(float *x, float a, int n) {
  const v128_t aa = wasm_f32x4_splat(a);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    wasm_v128_store(x + i, flush_f32x4(wasm_f32x4_mul(aa, wasm_v128_load(x + i))));
  for (; i < n; i++) x[i] = flush_tiny(a * x[i]);
}

static void wasm_softmax_backward(float *dp, const float *p, float mean, int n) {
  const v128_t mm = wasm_f32x4_splat(mean);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t d = flush_f32x4(wasm_f32x4_sub(wasm_v128_load(dp + i), mm));
    wasm_v128_store(dp + i, flush_f32x4(wasm_f32x4_mul(wasm_v128_load(p + i), d)));
  }
  for (; i < n; i++) dp[i] = flush_tiny(p[i] * flush_tiny(dp[i] - mean));
}

static void wasm_norm_backward(float *dx, const float *dh, const float *q, float inv, float mean,
                               int n) {
  const v128_t ii = wasm_f32x4_splat(inv), mm = wasm_f32x4_splat(mean);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t along = wasm_f32x4_mul(mm, wasm_v128_load(q + i));
    const v128_t d = flush_f32x4(wasm_f32x4_mul(ii, wasm_f32x4_sub(wasm_v128_load(dh + i), along)));
    wasm_v128_store(dx + i, wasm_f32x4_add(wasm_v128_load(dx + i), d));
  }
  for (; i < n; i++) dx[i] = dx[i] + flush_tiny(inv * (dh[i] - mean * q[i]));
}

static void wasm_rope(float *x, const float *cosine, const float *sine, int size, bool inverse) {
  const int half = size / 2;
  const v128_t flip = wasm_f32x4_splat(inverse ? -0.0f : 0.0f);
  if (half % 4 != 0) {
    math_ops_plain.rope(x, cosine, sine, size, inverse);
    return;
  }
  for (int i = 0; i < half; i += 4) {
    const v128_t a = wasm_v128_load(x + i), b = wasm_v128_load(x + i + half);
    const v128_t c = wasm_v128_load(cosine + i), s = wasm_v128_xor(wasm_v128_load(sine + i), flip);
    wasm_v128_store(x + i, wasm_f32x4_sub(wasm_f32x4_mul(a, c), wasm_f32x4_mul(b, s)));
    wasm_v128_store(x + i + half, add_product(wasm_f32x4_mul(a, s), b, c));
  }
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

static void wasm_exp_shifted(float *x, float shift, int n) {
  const v128_t s = wasm_f32x4_splat(shift);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    wasm_v128_store(x + i, exp_f32x4(wasm_f32x4_sub(wasm_v128_load(x + i), s)));
  for (; i < n; i++) x[i] = float_exp(x[i] - shift);
}

/* ---- many rows, so that a vector stays in registers ---- */

/* Four dots at once. */
static void dots_4(float *y, const float *x, const float *rows, int n) {
  v128_t s[4];
  int i = 0;
  for (int k = 0; k < 4; k++) s[k] = wasm_f32x4_splat(0.0f);
  for (; i + 4 <= n; i += 4) {
    const v128_t v = wasm_v128_load(x + i);
    for (int k = 0; k < 4; k++) s[k] = add_product(s[k], v, wasm_v128_load(rows + k * n + i));
  }
  const v128_t v = load_tail(x + i, n - i);
  for (int k = 0; k < 4; k++) s[k] = add_product(s[k], v, load_tail(rows + k * n + i, n - i));
  const v128_t low01 = weave_low_32(s[0], s[1]), high01 = weave_high_32(s[0], s[1]);
  const v128_t low23 = weave_low_32(s[2], s[3]), high23 = weave_high_32(s[2], s[3]);
  wasm_v128_store(
      y,
      wasm_f32x4_add(wasm_f32x4_add(weave_low_64(low01, low23), weave_high_64(low01, low23)),
                     wasm_f32x4_add(weave_low_64(high01, high23), weave_high_64(high01, high23))));
}

static void wasm_dots(float *y, const float *x, const float *rows, int count, int n) {
  int j = 0;
  for (; j + 4 <= count; j += 4) dots_4(y + j, x, rows + j * n, n);
  for (; j < count; j++) y[j] = wasm_dot(x, rows + j * n, n);
}

static void wasm_mix(float *y, const float *a, const float *rows, int count, int n) {
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const float *row = rows + i;
    v128_t sum[4];
    for (int k = 0; k < 4; k++) sum[k] = wasm_v128_load(y + i + 4 * k);
    for (int j = 0; j < count; j++, row += n) {
      const v128_t aa = wasm_v128_load32_splat(a + j);
      for (int k = 0; k < 4; k++) sum[k] = add_product(sum[k], aa, wasm_v128_load(row + 4 * k));
    }
    for (int k = 0; k < 4; k++) wasm_v128_store(y + i + 4 * k, sum[k]);
  }
  for (; i + 4 <= n; i += 4) {
    v128_t sum = wasm_v128_load(y + i);
    for (int j = 0; j < count; j++)
      sum = add_product(sum, wasm_v128_load32_splat(a + j), wasm_v128_load(rows + j * n + i));
    wasm_v128_store(y + i, sum);
  }
  for (; i < n; i++)
    for (int j = 0; j < count; j++) y[i] = y[i] + a[j] * rows[j * n + i];
}

static void wasm_outer(float *y, int ld_y, const float *a, const float *x, int count, int n) {
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    float *row = y + i;
    v128_t v[4];
    for (int k = 0; k < 4; k++) v[k] = wasm_v128_load(x + i + 4 * k);
    for (int j = 0; j < count; j++, row += ld_y) {
      const v128_t aa = wasm_v128_load32_splat(a + j);
      for (int k = 0; k < 4; k++)
        wasm_v128_store(row + 4 * k, add_product(wasm_v128_load(row + 4 * k), aa, v[k]));
    }
  }
  if (i < n)
    for (int j = 0; j < count; j++) wasm_axpy(y + j * ld_y + i, a[j], x + i, n - i);
}

static void wasm_outer_pair(float *y, int ld_y, const float *a, const float *x, const float *b,
                            const float *z, int count, int n) {
  for (int j = 0; j < count; j++, y += ld_y) {
    const v128_t aa = wasm_v128_load32_splat(a + j), bb = wasm_v128_load32_splat(b + j);
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      const v128_t sum = add_product(wasm_v128_load(y + i), aa, wasm_v128_load(x + i));
      wasm_v128_store(y + i, add_product(sum, bb, wasm_v128_load(z + i)));
    }
    for (; i < n; i++) y[i] = (y[i] + a[j] * x[i]) + b[j] * z[i];
  }
}

/* ---- the optimizers ---- */

static void wasm_adam(float *w, const float *g, float *m, float *v, int n, const AdamStep *step) {
  const v128_t b1 = wasm_f32x4_splat(ADAM_BETA1), rest1 = wasm_f32x4_splat(1.0f - ADAM_BETA1);
  const v128_t b2 = wasm_f32x4_splat(ADAM_BETA2), rest2 = wasm_f32x4_splat(1.0f - ADAM_BETA2);
  const v128_t gs = wasm_f32x4_splat(step->gradient_scale);
  const v128_t lr = wasm_f32x4_splat(step->learning_rate);
  const v128_t c1 = wasm_f32x4_splat(step->c1), c2 = wasm_f32x4_splat(step->c2);
  const v128_t eps = wasm_f32x4_splat(ADAM_EPSILON);
  const v128_t smallest = wasm_i32x4_splat((int)TINY_SQUARE_BITS);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t gi = flush_f32x4(wasm_f32x4_mul(gs, flush_f32x4(wasm_v128_load(g + i))));
    const v128_t mi =
        flush_f32x4(add_product(wasm_f32x4_mul(b1, wasm_v128_load(m + i)), rest1, gi));
    v128_t vi = wasm_f32x4_mul(b2, wasm_v128_load(v + i));
    vi = add_product(vi, rest2, wasm_f32x4_mul(gi, gi));
    vi = wasm_v128_and(vi, wasm_f32x4_ge(vi, smallest));
    wasm_v128_store(m + i, mi);
    wasm_v128_store(v + i, vi);
    const v128_t root = wasm_f32x4_add(wasm_f32x4_sqrt(wasm_f32x4_mul(vi, c2)), eps);
    const v128_t change = wasm_f32x4_mul(lr, wasm_f32x4_div(wasm_f32x4_mul(mi, c1), root));
    wasm_v128_store(w + i, flush_f32x4(wasm_f32x4_sub(wasm_v128_load(w + i), change)));
  }
  if (i < n) math_ops_plain.adam(w + i, g + i, m + i, v + i, n - i, step);
}

static void wasm_momentum(float *direction, float *m, const float *g, int n,
                          const MomentumStep *step) {
  const float beta1 = step->beta_direction, beta2 = step->beta_momentum;
  const v128_t b1 = wasm_f32x4_splat(beta1), rest1 = wasm_f32x4_splat(1.0f - beta1);
  const v128_t b2 = wasm_f32x4_splat(beta2), rest2 = wasm_f32x4_splat(1.0f - beta2);
  const v128_t gs = wasm_f32x4_splat(step->gradient_scale);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t gi = flush_f32x4(wasm_f32x4_mul(gs, flush_f32x4(wasm_v128_load(g + i))));
    const v128_t mi = wasm_v128_load(m + i);
    wasm_v128_store(direction + i, add_product(wasm_f32x4_mul(b1, mi), rest1, gi));
    wasm_v128_store(m + i, flush_f32x4(add_product(wasm_f32x4_mul(b2, mi), rest2, gi)));
  }
  if (i < n) math_ops_plain.momentum(direction + i, m + i, g + i, n - i, step);
}

void math_ops_take_wasm_floats(MathOps *table) {
  table->quantize = wasm_quantize;
  table->quantize_i16 = wasm_quantize_i16;
  table->quantize_scaled = wasm_quantize_scaled;
  table->dequantize = wasm_dequantize;
  table->dequantize_i16 = wasm_dequantize_i16;
  table->multiply_i8 = wasm_multiply_i8;
  table->scale_rows = wasm_scale_rows;
  table->add_scaled_i32 = wasm_add_scaled_i32;
  table->add_rounded = wasm_add_rounded;
  table->take_shares = wasm_take_shares;
  table->add_multiple = wasm_add_multiple;
  table->mix_i16 = wasm_mix_i16;
  table->scale_fixed = wasm_scale_fixed;
  table->absmax = wasm_absmax;
  table->max = wasm_max;
  table->sum = wasm_sum;
  table->dot = wasm_dot;
  table->sum_squares = wasm_sum_squares;
  table->axpy = wasm_axpy;
  table->relu = wasm_relu;
  table->scale_flush = wasm_scale_flush;
  table->softmax_backward = wasm_softmax_backward;
  table->norm_backward = wasm_norm_backward;
  table->rope = wasm_rope;
  table->exp_shifted = wasm_exp_shifted;
  table->dots = wasm_dots;
  table->mix = wasm_mix;
  table->outer = wasm_outer;
  table->outer_pair = wasm_outer_pair;
  table->adam = wasm_adam;
  table->momentum = wasm_momentum;
}

void math_ops_take_fast(MathOps *table) {
  table->name = "WebAssembly SIMD";
  math_ops_take_wasm_products(table);
  math_ops_take_wasm_integers(table);
  math_ops_take_wasm_floats(table);
}
#else
typedef int math_ops_wasm_floats_not_built; /* ISO C wants a translation unit to hold something */
#endif
