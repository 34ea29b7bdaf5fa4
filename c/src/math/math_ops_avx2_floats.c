/* math_ops_avx2_floats.c - the float kernels with AVX2.
 *
 * Each mirrors the plain kernel of the same name bit for bit. Where elements are independent, eight
 * are done at once; a sum keeps its four strided parts, so it stays in half a register. Compiled to
 * nothing unless USE_AVX2_BUILD is defined.
 */
#include "math/math_ops.h"

#if defined(USE_AVX2_BUILD)
#include "math/math_ops_avx2.h"

/* ---- helpers ---- */

static inline AVX2 __m256 load_8(const float *x) { return _mm256_loadu_ps(x); }
static inline AVX2 void store_8(float *y, __m256 x) { _mm256_storeu_ps(y, x); }
static inline AVX2 __m256 all_8(float x) { return _mm256_set1_ps(x); }

static inline AVX2 __m256 bits_8(uint32_t bits) {
  return _mm256_castsi256_ps(_mm256_set1_epi32((int)bits));
}
static inline AVX2 __m256 abs_8(__m256 x) { return _mm256_and_ps(x, bits_8(0x7fffffffu)); }

/* flush_tiny of eight, and of four */
static inline AVX2 __m256 flush_8(__m256 x) {
  return _mm256_and_ps(x, _mm256_cmp_ps(abs_8(x), all_8(TINY), _CMP_GE_OQ));
}
static inline AVX2 __m128 flush_4(__m128 x) {
  const __m128 size = _mm_and_ps(x, _mm_castsi128_ps(_mm_set1_epi32(0x7fffffff)));
  return _mm_and_ps(x, _mm_cmpge_ps(size, _mm_set1_ps(TINY)));
}

static inline AVX2 __m128 low_4(__m256 x) { return _mm256_castps256_ps128(x); }
static inline AVX2 __m128 high_4(__m256 x) { return _mm256_extractf128_ps(x, 1); }

/* The last n < 4 floats, zeros above. */
static inline AVX2 __m128 load_tail(const float *x, int n) {
  float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int i = 0; i < n; i++) lane[i] = x[i];
  return _mm_loadu_ps(lane);
}

/* (s0 + s1) + (s2 + s3) */
static inline AVX2 float join(__m128 s) {
  float lane[4];
  _mm_storeu_ps(lane, s);
  return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* Eight int8, int16 or int32 to floats. */
static inline AVX2 __m256 float_of_i8x8(const int8_t *q) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(load_quarter(q)));
}
static inline AVX2 __m256 float_of_i16x8(const int16_t *q) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(load_half(q)));
}
static inline AVX2 __m256 float_of_i32x8(const int32_t *x) {
  return _mm256_cvtepi32_ps(load_si(x));
}

/* ---- between integers and floats: rounding is to nearest, ties to even, as ROUND_MAGIC does ----
 */

/* Sixteen floats times k to int16, in the order 0-3, 8-11, 4-7, 12-15. */
static inline AVX2 __m256i round_16(const float *x, __m256 k) {
  return _mm256_packs_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(load_8(x), k)),
                            _mm256_cvtps_epi32(_mm256_mul_ps(load_8(x + 8), k)));
}

static AVX2 void avx2_quantize(int8_t *q, const float *x, float k, int n) {
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256 kk = all_8(k);
  int i = 0;
  for (; i + 32 <= n; i += 32) {
    const __m256i bytes = _mm256_packs_epi16(round_16(x + i, kk), round_16(x + i + 16, kk));
    store_si(q + i, _mm256_permutevar8x32_epi32(bytes, order));
  }
  for (; i + 16 <= n; i += 16) {
    const __m256i words = _mm256_permute4x64_epi64(round_16(x + i, kk), 0xd8);
    store_half(q + i, _mm_packs_epi16(low_half(words), high_half(words)));
  }
  for (; i < n; i++) q[i] = (int8_t)float_round(x[i] * k);
}

static AVX2 void avx2_quantize_i16(int16_t *q, const float *x, float k, int n) {
  const __m256 kk = all_8(k);
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m256i low = _mm256_cvtps_epi32(_mm256_mul_ps(kk, flush_8(load_8(x + i))));
    const __m256i high = _mm256_cvtps_epi32(_mm256_mul_ps(kk, flush_8(load_8(x + i + 8))));
    store_si(q + i, _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8));
  }
  if (i < n) math_ops_plain.quantize_i16(q + i, x + i, k, n - i);
}

static AVX2 void avx2_quantize_scaled(int16_t *q, const float *x, const float *s, float k, int n) {
  const __m256 kk = all_8(k);
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m256 low = _mm256_mul_ps(load_8(x + i), load_8(s + i));
    const __m256 high = _mm256_mul_ps(load_8(x + i + 8), load_8(s + i + 8));
    const __m256i words = _mm256_packs_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(low, kk)),
                                             _mm256_cvtps_epi32(_mm256_mul_ps(high, kk)));
    store_si(q + i, _mm256_permute4x64_epi64(words, 0xd8));
  }
  if (i < n) math_ops_plain.quantize_scaled(q + i, x + i, s + i, k, n - i);
}

static AVX2 void avx2_dequantize(float *y, const int8_t *q, float a, int n) {
  const __m256 aa = all_8(a);
  int i = 0;
  for (; i + 8 <= n; i += 8) store_8(y + i, _mm256_mul_ps(aa, float_of_i8x8(q + i)));
  for (; i < n; i++) y[i] = a * (float)q[i];
}

static AVX2 void avx2_dequantize_i16(float *y, const int16_t *q, float a, int n) {
  const __m256 aa = all_8(a);
  int i = 0;
  for (; i + 8 <= n; i += 8) store_8(y + i, _mm256_mul_ps(aa, float_of_i16x8(q + i)));
  for (; i < n; i++) y[i] = a * (float)q[i];
}

static AVX2 void avx2_multiply_i8(float *y, const int8_t *q, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) store_8(y + i, _mm256_mul_ps(load_8(y + i), float_of_i8x8(q + i)));
  for (; i < n; i++) y[i] = y[i] * (float)q[i];
}

static AVX2 void avx2_scale_rows(float *y, const int32_t *x, const float *s, float a, int n) {
  const __m256 aa = all_8(a);
  int i = 0;
  for (; i + 8 <= n; i += 8)
    store_8(y + i, _mm256_mul_ps(_mm256_mul_ps(aa, load_8(s + i)), float_of_i32x8(x + i)));
  for (; i < n; i++) y[i] = (a * s[i]) * (float)x[i];
}

static AVX2 void avx2_add_scaled_i32(float *y, const int32_t *x, float a, int n) {
  const __m256 aa = all_8(a);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256 term = _mm256_mul_ps(aa, float_of_i32x8(x + i));
    store_8(y + i, _mm256_add_ps(load_8(y + i), term));
  }
  for (; i < n; i++) y[i] = y[i] + a * (float)x[i];
}

static AVX2 void avx2_add_rounded(int32_t *y, const float *x, float k, float limit, int n) {
  const __m256 kk = all_8(k), most = all_8(limit), least = all_8(-limit);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256 v = _mm256_min_ps(_mm256_mul_ps(load_8(x + i), kk), most);
    const __m256i whole = _mm256_cvtps_epi32(_mm256_max_ps(v, least));
    store_si(y + i, _mm256_add_epi32(load_si(y + i), whole));
  }
  if (i < n) math_ops_plain.add_rounded(y + i, x + i, k, limit, n - i);
}

/* Most groups of eight get no share, which their sum tells. */
static AVX2 void avx2_take_shares(ShareList *list, const float *x, float k, int32_t at, int log,
                                  int n) {
  const __m256 kk = all_8(k);
  int i = 0;
  list->count = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256i units = _mm256_cvtps_epi32(_mm256_mul_ps(load_8(x + i), kk));
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(units), _mm256_extracti128_si256(units, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
    const int32_t end = at + _mm_cvtsi128_si32(sum);
    if (end >> log != at >> log) {
      int32_t unit[8];
      store_si(unit, units);
      share_list_add(list, unit, at, log, i, 8);
    }
    at = end;
  }
  share_list_from(list, x, k, at, log, i, n);
}

static AVX2 void avx2_add_multiple(int32_t *y, const int16_t *x, int a, int shift, int n) {
  const __m256i half = _mm256_set1_epi32(shift > 0 ? 1 << (shift - 1) : 0);
  const __m256i aa = _mm256_set1_epi32(a);
  const __m128i count = _mm_cvtsi32_si128(shift);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256i wide = _mm256_cvtepi16_epi32(_mm_loadu_si128((const void *)(x + i)));
    const __m256i sum = _mm256_add_epi32(_mm256_mullo_epi32(wide, aa), half);
    store_si(y + i, _mm256_add_epi32(load_si(y + i), _mm256_sra_epi32(sum, count)));
  }
  if (i < n) math_ops_plain.add_multiple(y + i, x + i, a, shift, n - i);
}

static AVX2 void avx2_mix_i16(int32_t *y, const int16_t *a, const uint16_t *index,
                              const int16_t *rows, int count, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    __m256i sum = _mm256_setzero_si256();
    for (int j = 0; j < count; j++) {
      const __m128i x = _mm_loadu_si128((const void *)(rows + index[j] * n + i));
      const __m256i product = _mm256_mullo_epi32(_mm256_cvtepi16_epi32(x), _mm256_set1_epi32(a[j]));
      sum = _mm256_add_epi32(sum, product);
    }
    store_si(y + i, sum);
  }
  if (i < n) mix_i16_from(y, a, index, rows, count, i, n);
}

/* cvtdq2ps rounds once, to nearest: as float_of_i32 does. */
static AVX2 void avx2_scale_fixed(float *y, const int32_t *x, float a, int n) {
  const __m256 aa = all_8(a);
  int i = 0;
  for (; i + 8 <= n; i += 8) store_8(y + i, _mm256_mul_ps(aa, float_of_i32x8(x + i)));
  if (i < n) math_ops_plain.scale_fixed(y + i, x + i, a, n - i);
}

/* ---- reductions ---- */

static inline AVX2 float join_max(__m256 x) {
  float lane[4];
  _mm_storeu_ps(lane, _mm_max_ps(low_4(x), high_4(x)));
  const float a = lane[0] > lane[1] ? lane[0] : lane[1], b = lane[2] > lane[3] ? lane[2] : lane[3];
  return a > b ? a : b;
}

static AVX2 float avx2_absmax(const float *x, int n) {
  __m256 largest = _mm256_setzero_ps();
  int i = 0;
  for (; i + 8 <= n; i += 8) largest = _mm256_max_ps(largest, abs_8(load_8(x + i)));
  float best = join_max(largest);
  for (; i < n; i++) {
    const float a = float_abs(x[i]);
    best = a > best ? a : best;
  }
  return best;
}

static AVX2 float avx2_max(const float *x, int n) {
  __m256 largest = all_8(x[0]);
  int i = 0;
  for (; i + 8 <= n; i += 8) largest = _mm256_max_ps(largest, load_8(x + i));
  float best = join_max(largest);
  for (; i < n; i++) best = x[i] > best ? x[i] : best;
  return best;
}

static AVX2 float avx2_sum(const float *x, int n) {
  __m128 s = _mm_setzero_ps();
  int i = 0;
  for (; i + 4 <= n; i += 4) s = _mm_add_ps(s, _mm_loadu_ps(x + i));
  return join(_mm_add_ps(s, load_tail(x + i, n - i)));
}

static AVX2 float avx2_dot(const float *x, const float *y, int n) {
  __m128 s = _mm_setzero_ps();
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256 product = _mm256_mul_ps(load_8(x + i), load_8(y + i));
    s = _mm_add_ps(_mm_add_ps(s, low_4(product)), high_4(product));
  }
  for (; i + 4 <= n; i += 4)
    s = _mm_add_ps(s, _mm_mul_ps(_mm_loadu_ps(x + i), _mm_loadu_ps(y + i)));
  return join(_mm_add_ps(s, _mm_mul_ps(load_tail(x + i, n - i), load_tail(y + i, n - i))));
}

static AVX2 float avx2_sum_squares(const float *x, int n) {
  __m128 s = _mm_setzero_ps();
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256 v = flush_8(load_8(x + i)), square = _mm256_mul_ps(v, v);
    s = _mm_add_ps(_mm_add_ps(s, low_4(square)), high_4(square));
  }
  for (; i < n; i += 4) {
    const __m128 v = flush_4(load_tail(x + i, n - i < 4 ? n - i : 4));
    s = _mm_add_ps(s, _mm_mul_ps(v, v));
  }
  return join(s);
}

/* ---- vectors ---- */

static AVX2 void avx2_axpy(float *y, float a, const float *x, int n) {
  const __m256 aa = all_8(a);
  int i = 0;
  for (; i + 8 <= n; i += 8)
    store_8(y + i, _mm256_add_ps(load_8(y + i), _mm256_mul_ps(aa, load_8(x + i))));
  for (; i < n; i++) y[i] = y[i] + a * x[i];
}

static AVX2 void avx2_scale(float *y, const float *x, float a, int n) {
  const __m256 aa = all_8(a);
  int i = 0;
  for (; i + 8 <= n; i += 8) store_8(y + i, _mm256_mul_ps(aa, load_8(x + i)));
  for (; i < n; i++) y[i] = a * x[i];
}

static AVX2 void avx2_relu(float *x, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) store_8(x + i, _mm256_max_ps(load_8(x + i), _mm256_setzero_ps()));
  for (; i < n; i++) x[i] = x[i] > 0.0f ? x[i] : 0.0f;
}

static AVX2 void avx2_multiply(float *y, const float *x, const float *s, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) store_8(y + i, _mm256_mul_ps(load_8(x + i), load_8(s + i)));
  for (; i < n; i++) y[i] = x[i] * s[i];
}

static AVX2 void avx2_scale_flush(float *x, float a, int n) {
  const __m256 aa = all_8(a);
  int i = 0;
  for (; i + 8 <= n; i += 8) store_8(x + i, flush_8(_mm256_mul_ps(aa, load_8(x + i))));
  for (; i < n; i++) x[i] = flush_tiny(a * x[i]);
}

static AVX2 void avx2_softmax_backward(float *dp, const float *p, float mean, int n) {
  const __m256 mm = all_8(mean);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256 d = flush_8(_mm256_sub_ps(load_8(dp + i), mm));
    store_8(dp + i, flush_8(_mm256_mul_ps(load_8(p + i), d)));
  }
  for (; i < n; i++) dp[i] = flush_tiny(p[i] * flush_tiny(dp[i] - mean));
}

static AVX2 void avx2_norm_backward(float *dx, const float *dh, const float *q, float inv,
                                    float mean, int n) {
  const __m256 ii = all_8(inv), mm = all_8(mean);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256 along = _mm256_mul_ps(mm, load_8(q + i));
    const __m256 d = flush_8(_mm256_mul_ps(ii, _mm256_sub_ps(load_8(dh + i), along)));
    store_8(dx + i, _mm256_add_ps(load_8(dx + i), d));
  }
  for (; i < n; i++) dx[i] = dx[i] + flush_tiny(inv * (dh[i] - mean * q[i]));
}

static AVX2 void avx2_rope(float *x, const float *cosine, const float *sine, int size,
                           bool inverse) {
  const int half = size / 2;
  const __m256 flip = inverse ? all_8(-0.0f) : _mm256_setzero_ps();
  if (half % 8 != 0) {
    math_ops_plain.rope(x, cosine, sine, size, inverse);
    return;
  }
  for (int i = 0; i < half; i += 8) {
    const __m256 a = load_8(x + i), b = load_8(x + i + half);
    const __m256 c = load_8(cosine + i), s = _mm256_xor_ps(load_8(sine + i), flip);
    store_8(x + i, _mm256_sub_ps(_mm256_mul_ps(a, c), _mm256_mul_ps(b, s)));
    store_8(x + i + half, _mm256_add_ps(_mm256_mul_ps(a, s), _mm256_mul_ps(b, c)));
  }
}

/* Eight float_exp: see there for the polynomial. */
static inline AVX2 __m256 exp_8(__m256 x) {
  static const float coefficient[5] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f,
                                       1.6666665459e-1f, 5.0000001201e-1f};
  const __m256 magic = all_8(ROUND_MAGIC);
  const __m256i bias = _mm256_set1_epi32((int)(float_bits(ROUND_MAGIC) - 127u));
  x = _mm256_max_ps(x, all_8(-80.0f));
  const __m256 shifted = _mm256_add_ps(_mm256_mul_ps(x, all_8(1.44269504088896341f)), magic);
  const __m256 k = _mm256_sub_ps(shifted, magic);
  __m256 r = _mm256_sub_ps(x, _mm256_mul_ps(k, all_8(0.693359375f)));
  r = _mm256_sub_ps(r, _mm256_mul_ps(k, all_8(-2.12194440e-4f)));
  __m256 p = all_8(1.9875691500e-4f);
  for (int j = 0; j < 5; j++) p = _mm256_add_ps(_mm256_mul_ps(p, r), all_8(coefficient[j]));
  p = _mm256_add_ps(_mm256_mul_ps(p, _mm256_mul_ps(r, r)), r);
  p = _mm256_add_ps(p, all_8(1.0f));
  const __m256i power = _mm256_slli_epi32(_mm256_sub_epi32(_mm256_castps_si256(shifted), bias), 23);
  return _mm256_mul_ps(p, _mm256_castsi256_ps(power));
}

static AVX2 void avx2_exp_shifted(float *x, float shift, int n) {
  const __m256 s = all_8(shift);
  int i = 0;
  for (; i + 8 <= n; i += 8) store_8(x + i, exp_8(_mm256_sub_ps(load_8(x + i), s)));
  for (; i < n; i++) x[i] = float_exp(x[i] - shift);
}

/* ---- many rows, so that a vector stays in registers ---- */

/* Four dots at once; the halves of a register add to the four parts one after the other. */
static inline AVX2 void dots_4(float *y, const float *x, const float *rows, int n) {
  const ptrdiff_t ld = n;
  __m128 s[4];
  int i = 0;
  for (int k = 0; k < 4; k++) s[k] = _mm_setzero_ps();
  for (; i + 8 <= n; i += 8) {
    const __m256 v = load_8(x + i);
    for (int k = 0; k < 4; k++) {
      const __m256 product = _mm256_mul_ps(v, load_8(rows + k * ld + i));
      s[k] = _mm_add_ps(_mm_add_ps(s[k], low_4(product)), high_4(product));
    }
  }
  for (; i < n; i += 4) {
    const int left = n - i < 4 ? n - i : 4;
    const __m128 v = load_tail(x + i, left);
    for (int k = 0; k < 4; k++)
      s[k] = _mm_add_ps(s[k], _mm_mul_ps(v, load_tail(rows + k * ld + i, left)));
  }
  _MM_TRANSPOSE4_PS(s[0], s[1], s[2], s[3]);
  _mm_storeu_ps(y, _mm_add_ps(_mm_add_ps(s[0], s[1]), _mm_add_ps(s[2], s[3])));
}

static AVX2 void avx2_dots(float *y, const float *x, const float *rows, int count, int n) {
  int j = 0;
  for (; j + 4 <= count; j += 4) dots_4(y + j, x, rows + (ptrdiff_t)j * n, n);
  for (; j < count; j++) y[j] = avx2_dot(x, rows + (ptrdiff_t)j * n, n);
}

static inline AVX2 __m256 add_product(__m256 y, __m256 a, const float *x) {
  return _mm256_add_ps(y, _mm256_mul_ps(a, load_8(x)));
}

static AVX2 void avx2_mix(float *y, const float *a, const float *rows, int count, int n) {
  int i = 0;
  for (; i + 32 <= n; i += 32) {
    const float *row = rows + i;
    __m256 y0 = load_8(y + i), y1 = load_8(y + i + 8);
    __m256 y2 = load_8(y + i + 16), y3 = load_8(y + i + 24);
    for (int j = 0; j < count; j++, row += n) {
      const __m256 aa = all_8(a[j]);
      y0 = add_product(y0, aa, row), y1 = add_product(y1, aa, row + 8);
      y2 = add_product(y2, aa, row + 16), y3 = add_product(y3, aa, row + 24);
    }
    store_8(y + i, y0), store_8(y + i + 8, y1);
    store_8(y + i + 16, y2), store_8(y + i + 24, y3);
  }
  for (; i + 8 <= n; i += 8) {
    __m256 sum = load_8(y + i);
    for (int j = 0; j < count; j++) sum = add_product(sum, all_8(a[j]), rows + j * n + i);
    store_8(y + i, sum);
  }
  for (; i < n; i++)
    for (int j = 0; j < count; j++) y[i] = y[i] + a[j] * rows[j * n + i];
}

static inline AVX2 void add_to(float *y, __m256 a, __m256 x) {
  store_8(y, _mm256_add_ps(load_8(y), _mm256_mul_ps(a, x)));
}

static AVX2 void avx2_outer(float *y, int ld_y, const float *a, const float *x, int count, int n) {
  int i = 0;
  for (; i + 32 <= n; i += 32) {
    float *row = y + i;
    const __m256 x0 = load_8(x + i), x1 = load_8(x + i + 8);
    const __m256 x2 = load_8(x + i + 16), x3 = load_8(x + i + 24);
    for (int j = 0; j < count; j++, row += ld_y) {
      const __m256 aa = all_8(a[j]);
      add_to(row, aa, x0), add_to(row + 8, aa, x1);
      add_to(row + 16, aa, x2), add_to(row + 24, aa, x3);
    }
  }
  for (; i < n; i += 8)
    for (int j = 0; j < count; j++) avx2_axpy(y + j * ld_y + i, a[j], x + i, n - i < 8 ? n - i : 8);
}

static AVX2 void avx2_outer_pair(float *y, int ld_y, const float *a, const float *x, const float *b,
                                 const float *z, int count, int n) {
  for (int j = 0; j < count; j++, y += ld_y) {
    const __m256 aa = all_8(a[j]), bb = all_8(b[j]);
    int i = 0;
    for (; i + 8 <= n; i += 8) {
      add_to(y + i, aa, load_8(x + i));
      add_to(y + i, bb, load_8(z + i));
    }
    for (; i < n; i++) y[i] = (y[i] + a[j] * x[i]) + b[j] * z[i];
  }
}

/* ---- the optimizers ---- */

static AVX2 void avx2_adam(float *w, const float *g, float *m, float *v, int n,
                           const AdamStep *step) {
  const __m256 b1 = all_8(ADAM_BETA1), rest1 = all_8(1.0f - ADAM_BETA1);
  const __m256 b2 = all_8(ADAM_BETA2), rest2 = all_8(1.0f - ADAM_BETA2);
  const __m256 gs = all_8(step->gradient_scale), lr = all_8(step->learning_rate);
  const __m256 c1 = all_8(step->c1), c2 = all_8(step->c2), eps = all_8(ADAM_EPSILON);
  const __m256 smallest = bits_8(TINY_SQUARE_BITS);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256 gi = flush_8(_mm256_mul_ps(gs, flush_8(load_8(g + i))));
    const __m256 mi =
        flush_8(_mm256_add_ps(_mm256_mul_ps(b1, load_8(m + i)), _mm256_mul_ps(rest1, gi)));
    const __m256 square = _mm256_mul_ps(rest2, _mm256_mul_ps(gi, gi));
    __m256 vi = _mm256_add_ps(_mm256_mul_ps(b2, load_8(v + i)), square);
    vi = _mm256_and_ps(vi, _mm256_cmp_ps(vi, smallest, _CMP_GE_OQ));
    store_8(m + i, mi);
    store_8(v + i, vi);
    const __m256 root = _mm256_add_ps(_mm256_sqrt_ps(_mm256_mul_ps(vi, c2)), eps);
    const __m256 change = _mm256_mul_ps(lr, _mm256_div_ps(_mm256_mul_ps(mi, c1), root));
    store_8(w + i, flush_8(_mm256_sub_ps(load_8(w + i), change)));
  }
  if (i < n) math_ops_plain.adam(w + i, g + i, m + i, v + i, n - i, step);
}

static AVX2 void avx2_momentum(float *direction, float *m, const float *g, int n,
                               const MomentumStep *step) {
  const float beta1 = step->beta_direction, beta2 = step->beta_momentum;
  const __m256 b1 = all_8(beta1), rest1 = all_8(1.0f - beta1);
  const __m256 b2 = all_8(beta2), rest2 = all_8(1.0f - beta2), gs = all_8(step->gradient_scale);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const __m256 gi = flush_8(_mm256_mul_ps(gs, flush_8(load_8(g + i)))), mi = load_8(m + i);
    store_8(direction + i, _mm256_add_ps(_mm256_mul_ps(b1, mi), _mm256_mul_ps(rest1, gi)));
    store_8(m + i, flush_8(_mm256_add_ps(_mm256_mul_ps(b2, mi), _mm256_mul_ps(rest2, gi))));
  }
  if (i < n) math_ops_plain.momentum(direction + i, m + i, g + i, n - i, step);
}

void math_ops_take_avx2_floats(MathOps *table) {
  table->quantize = avx2_quantize;
  table->dequantize = avx2_dequantize;
  table->quantize_i16 = avx2_quantize_i16;
  table->quantize_scaled = avx2_quantize_scaled;
  table->dequantize_i16 = avx2_dequantize_i16;
  table->multiply_i8 = avx2_multiply_i8;
  table->scale_rows = avx2_scale_rows;
  table->add_scaled_i32 = avx2_add_scaled_i32;
  table->add_rounded = avx2_add_rounded;
  table->take_shares = avx2_take_shares;
  table->add_multiple = avx2_add_multiple;
  table->mix_i16 = avx2_mix_i16;
  table->scale_fixed = avx2_scale_fixed;
  table->absmax = avx2_absmax;
  table->max = avx2_max;
  table->sum = avx2_sum;
  table->dot = avx2_dot;
  table->sum_squares = avx2_sum_squares;
  table->axpy = avx2_axpy;
  table->scale = avx2_scale;
  table->relu = avx2_relu;
  table->multiply = avx2_multiply;
  table->scale_flush = avx2_scale_flush;
  table->softmax_backward = avx2_softmax_backward;
  table->norm_backward = avx2_norm_backward;
  table->rope = avx2_rope;
  table->exp_shifted = avx2_exp_shifted;
  table->dots = avx2_dots;
  table->mix = avx2_mix;
  table->outer = avx2_outer;
  table->outer_pair = avx2_outer_pair;
  table->adam = avx2_adam;
  table->momentum = avx2_momentum;
}
#else
typedef int math_ops_avx2_floats_not_built; /* ISO C wants a translation unit to hold something */
#endif
