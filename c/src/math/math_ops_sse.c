/* math_ops_sse.c - the float kernels for a Pentium III: SSE1, beside the integers of
 * math_ops_mmx.c.
 *
 * Each mirrors the plain kernel of the same name bit for bit; its order of sums is the
 * specification's. No SSE2, no rcpps or rsqrtps (their 12 bits differ between processors). MMX and
 * x87 share registers, so each kernel that used MMX ends with emms, and none mixes the two.
 * Compiled to nothing unless USE_SSE_BUILD is defined.
 */
#include "math/math_ops.h"
#include "math/random.h"

#if defined(USE_SSE_BUILD)
#include <xmmintrin.h>

#include "math/math_ops_mmx.h"

/* ---- helpers: loads, stores, the tail of a vector ---- */

/* Nearly all vectors begin at a multiple of 16 bytes, where a store is one instruction; elsewhere
 * it takes a Pentium III two. So each kernel is compiled for both. */
#define ALIGNABLE inline __attribute__((always_inline))

#if defined(__i386__) && defined(__GNUC__)
/* Half by half: each is one micro-op, which all three decoders of a P6 core take. An instruction of
 * 128 bits is two, which only the first decoder takes, and decoding is what most kernels here wait
 * for. */
static ALIGNABLE __m128 load_ps(const bool aligned, const float *x) {
  const __m64 *half = (const __m64 *)(const void *)x;
  __m128 v;
  (void)aligned;
  __asm__("movlps %1, %0\n\tmovhps %2, %0" : "=x"(v) : "m"(half[0]), "m"(half[1]));
  return v;
}

/* Two int32 to two floats; what is above them has no meaning. */
static inline __m128 float_of_pair(__m64 x) {
  __m128 v;
  __asm__("cvtpi2ps %1, %0" : "=x"(v) : "ym"(x));
  return v;
}
#else
static ALIGNABLE __m128 load_ps(const bool aligned, const float *x) {
  return aligned ? _mm_load_ps(x) : _mm_loadu_ps(x);
}
static inline __m128 float_of_pair(__m64 x) { return _mm_cvtpi32_ps(_mm_setzero_ps(), x); }
#endif

static ALIGNABLE void store_ps(const bool aligned, float *y, __m128 x) {
  if (aligned)
    _mm_store_ps(y, x);
  else
    _mm_storeu_ps(y, x);
}

/* Calls the one or the other. */
#define BY_ALIGNMENT(kernel, aligned, ...)                                                         \
  do {                                                                                             \
    if (aligned)                                                                                   \
      kernel(true, __VA_ARGS__);                                                                   \
    else                                                                                           \
      kernel(false, __VA_ARGS__);                                                                  \
  } while (0)

static inline bool is_aligned(const float *x) { return ((uintptr_t)x & 15) == 0; }
static inline bool are_aligned(const float *x, const float *y) {
  return (((uintptr_t)x | (uintptr_t)y) & 15) == 0;
}

/* The last n < 4 floats, zeros above. */
static inline __m128 load_tail(const float *x, int n) {
  float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int i = 0; i < n; i++) lane[i] = x[i];
  return _mm_loadu_ps(lane);
}

/* (s0 + s1) + (s2 + s3) */
static inline float join(__m128 s) {
  const __m128 pairs = _mm_add_ps(s, _mm_shuffle_ps(s, s, _MM_SHUFFLE(2, 3, 0, 1)));
  return _mm_cvtss_f32(_mm_add_ss(pairs, _mm_movehl_ps(pairs, pairs)));
}

static inline __m128 bits_ps(uint32_t bits) { return _mm_set1_ps(float_from_bits(bits)); }

static inline __m128 abs_ps(__m128 x) { return _mm_and_ps(x, bits_ps(0x7fffffffu)); }

/* flush_tiny of four */
static inline __m128 flush_ps(__m128 x) {
  return _mm_and_ps(x, _mm_cmpge_ps(abs_ps(x), _mm_set1_ps(TINY)));
}

/* Four int32 to four floats. */
static inline __m128 float_of_i32x4(const int32_t *x) {
  return _mm_movelh_ps(float_of_pair(load_mm(x)), float_of_pair(load_mm(x + 2)));
}

/* Four integers 0..65535 to four floats, each less by `offset`, all exact: with 0x4b00 above it, an
 * int16 is the float 2^23 + itself. */
#define FLOAT_MAGIC 8388608.0f /* 2^23 */
static inline __m128 float_of_u16x4(__m64 v, float offset) {
  const __m64 high_half = _mm_set1_pi16((short)(float_bits(FLOAT_MAGIC) >> 16));
  float lane[4];
  store_mm(lane, _mm_unpacklo_pi16(v, high_half));
  store_mm(lane + 2, _mm_unpackhi_pi16(v, high_half));
  return _mm_sub_ps(load_ps(false, lane), _mm_set1_ps(FLOAT_MAGIC + offset));
}

/* Four int16 to four floats, exact. */
static inline __m128 float_of_i16x4(__m64 v) {
  return float_of_u16x4(_mm_xor_si64(v, _mm_set1_pi16(-32768)), 32768.0f);
}

/* Eight int8 to two times four floats, exact. */
static inline void floats_of_i8x8(__m128 *low, __m128 *high, __m64 v) {
  const __m64 zero = _mm_setzero_si64();
  v = _mm_xor_si64(v, _mm_set1_pi8(-128));
  *low = float_of_u16x4(_mm_unpacklo_pi8(v, zero), 128.0f);
  *high = float_of_u16x4(_mm_unpackhi_pi8(v, zero), 128.0f);
}

/* ---- between integers and floats ---- */

/* Four floats to four int16, rounded to nearest, ties to even: as adding ROUND_MAGIC does. */
static inline __m64 round_ps(__m128 x) {
  return _mm_packs_pi32(_mm_cvtps_pi32(x), _mm_cvtps_pi32(_mm_movehl_ps(x, x)));
}

static ALIGNABLE void quantize(const bool aligned, int8_t *q, const float *x, float k, int n) {
  const __m128 kk = _mm_set1_ps(k);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    __m64 low = round_ps(_mm_mul_ps(load_ps(aligned, x + i), kk));
    __m64 high = round_ps(_mm_mul_ps(load_ps(aligned, x + i + 4), kk));
    store_mm(q + i, _mm_packs_pi16(low, high));
  }
  _mm_empty();
  for (; i < n; i++) q[i] = (int8_t)float_round(x[i] * k);
}
static void sse_quantize(int8_t *q, const float *x, float k, int n) {
  BY_ALIGNMENT(quantize, is_aligned(x), q, x, k, n);
}

static ALIGNABLE void quantize_i16(const bool aligned, int16_t *q, const float *x, float k, int n) {
  const __m128 kk = _mm_set1_ps(k);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    store_mm(q + i, round_ps(_mm_mul_ps(kk, flush_ps(load_ps(aligned, x + i)))));
  _mm_empty();
  for (; i < n; i++) q[i] = (int16_t)float_round(k * flush_tiny(x[i]));
}
static void sse_quantize_i16(int16_t *q, const float *x, float k, int n) {
  BY_ALIGNMENT(quantize_i16, is_aligned(x), q, x, k, n);
}

static ALIGNABLE void quantize_scaled(const bool aligned, int16_t *q, const float *x,
                                      const float *s, float k, int n) {
  const __m128 kk = _mm_set1_ps(k);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 scaled = _mm_mul_ps(load_ps(aligned, x + i), load_ps(aligned, s + i));
    store_mm(q + i, round_ps(_mm_mul_ps(scaled, kk)));
  }
  _mm_empty();
  for (; i < n; i++) q[i] = (int16_t)float_round((x[i] * s[i]) * k);
}
static void sse_quantize_scaled(int16_t *q, const float *x, const float *s, float k, int n) {
  BY_ALIGNMENT(quantize_scaled, are_aligned(x, s), q, x, s, k, n);
}

static ALIGNABLE void dequantize_i16(const bool aligned, float *y, const int16_t *q, float a,
                                     int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    store_ps(aligned, y + i, _mm_mul_ps(aa, float_of_i16x4(load_mm(q + i))));
  _mm_empty();
  for (; i < n; i++) y[i] = a * (float)q[i];
}
static void sse_dequantize_i16(float *y, const int16_t *q, float a, int n) {
  BY_ALIGNMENT(dequantize_i16, is_aligned(y), y, q, a, n);
}

static ALIGNABLE void dequantize(const bool aligned, float *y, const int8_t *q, float a, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    __m128 low, high;
    floats_of_i8x8(&low, &high, load_mm(q + i));
    store_ps(aligned, y + i, _mm_mul_ps(low, aa));
    store_ps(aligned, y + i + 4, _mm_mul_ps(high, aa));
  }
  _mm_empty();
  for (; i < n; i++) y[i] = a * (float)q[i];
}
static void sse_dequantize(float *y, const int8_t *q, float a, int n) {
  BY_ALIGNMENT(dequantize, is_aligned(y), y, q, a, n);
}

static ALIGNABLE void multiply_i8(const bool aligned, float *y, const int8_t *q, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    __m128 low, high;
    floats_of_i8x8(&low, &high, load_mm(q + i));
    store_ps(aligned, y + i, _mm_mul_ps(load_ps(aligned, y + i), low));
    store_ps(aligned, y + i + 4, _mm_mul_ps(load_ps(aligned, y + i + 4), high));
  }
  _mm_empty();
  for (; i < n; i++) y[i] = y[i] * (float)q[i];
}
static void sse_multiply_i8(float *y, const int8_t *q, int n) {
  BY_ALIGNMENT(multiply_i8, is_aligned(y), y, q, n);
}

static ALIGNABLE void scale_rows(const bool aligned, float *y, const int32_t *x, const float *s,
                                 float a, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 factor = _mm_mul_ps(aa, load_ps(aligned, s + i));
    store_ps(aligned, y + i, _mm_mul_ps(factor, float_of_i32x4(x + i)));
  }
  _mm_empty();
  for (; i < n; i++) y[i] = (a * s[i]) * (float)x[i];
}
static void sse_scale_rows(float *y, const int32_t *x, const float *s, float a, int n) {
  BY_ALIGNMENT(scale_rows, are_aligned(y, s), y, x, s, a, n);
}

static ALIGNABLE void add_scaled_i32(const bool aligned, float *y, const int32_t *x, float a,
                                     int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 term = _mm_mul_ps(aa, float_of_i32x4(x + i));
    store_ps(aligned, y + i, _mm_add_ps(load_ps(aligned, y + i), term));
  }
  _mm_empty();
  for (; i < n; i++) y[i] = y[i] + a * (float)x[i];
}
static void sse_add_scaled_i32(float *y, const int32_t *x, float a, int n) {
  BY_ALIGNMENT(add_scaled_i32, is_aligned(y), y, x, a, n);
}

/* Four of add_rounded. */
static inline void add_rounded_4(int32_t *y, __m128 v, __m128 most, __m128 least) {
  v = _mm_max_ps(_mm_min_ps(v, most), least);
  add_mm(y, _mm_cvtps_pi32(v));
  add_mm(y + 2, _mm_cvtps_pi32(_mm_movehl_ps(v, v)));
}

static ALIGNABLE void add_rounded(const bool aligned, int32_t *y, const float *x, float k,
                                  float limit, int n) {
  const __m128 kk = _mm_set1_ps(k), most = _mm_set1_ps(limit), least = _mm_set1_ps(-limit);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    add_rounded_4(y + i, _mm_mul_ps(load_ps(aligned, x + i), kk), most, least);
    add_rounded_4(y + i + 4, _mm_mul_ps(load_ps(aligned, x + i + 4), kk), most, least);
  }
  _mm_empty();
  if (i < n) math_ops_plain.add_rounded(y + i, x + i, k, limit, n - i);
}
static void sse_add_rounded(int32_t *y, const float *x, float k, float limit, int n) {
  BY_ALIGNMENT(add_rounded, is_aligned(x), y, x, k, limit, n);
}

/* Eight floats to whole units; returns the sum of all in both halves. */
static ALIGNABLE __m64 units_of_8(const bool aligned, __m64 units[4], const float *x, __m128 k) {
  const __m128 low = _mm_mul_ps(load_ps(aligned, x), k);
  const __m128 high = _mm_mul_ps(load_ps(aligned, x + 4), k);
  units[0] = _mm_cvtps_pi32(low), units[1] = _mm_cvtps_pi32(_mm_movehl_ps(low, low));
  units[2] = _mm_cvtps_pi32(high), units[3] = _mm_cvtps_pi32(_mm_movehl_ps(high, high));
  const __m64 pairs =
      _mm_add_pi32(_mm_add_pi32(units[0], units[1]), _mm_add_pi32(units[2], units[3]));
  return _mm_add_pi32(pairs, _mm_unpackhi_pi32(pairs, pairs));
}

/* Most groups of eight get no share, which their sum tells. */
static ALIGNABLE void take_shares(const bool aligned, ShareList *list, const float *x, float k,
                                  int32_t at, int log, int n) {
  const __m128 kk = _mm_set1_ps(k);
  int i = 0;
  list->count = 0;
  for (; i + 8 <= n; i += 8) {
    __m64 units[4];
    const __m64 sum = units_of_8(aligned, units, x + i, kk);
    const int32_t end = at + _mm_cvtsi64_si32(sum);
    if (end >> log != at >> log) {
      int32_t unit[8];
      for (int j = 0; j < 4; j++) store_mm(unit + 2 * j, units[j]);
      share_list_add(list, unit, at, log, i, 8);
    }
    at = end;
  }
  _mm_empty();
  share_list_from(list, x, k, at, log, i, n);
}
static void sse_take_shares(ShareList *list, const float *x, float k, int32_t at, int log, int n) {
  BY_ALIGNMENT(take_shares, is_aligned(x), list, x, k, at, log, n);
}

/* Random numbers one by one, as MMX has no 32-bit multiplication, but one for two latents. */

/* Two latents, in units of 1 / LATENT_ONE, less their moves, rounded by two random halves. */
static inline __m64 moved_pair(__m64 latents, __m64 moves, __m64 random) {
  return _mm_srai_pi32(_mm_add_pi32(_mm_sub_pi32(latents, moves), random), 16);
}

/* first: a multiple of four */
static ALIGNABLE void move_latents(const bool aligned, int8_t *latents, const float *steps, int n,
                                   uint32_t key, uint32_t first) {
  const __m128 most = _mm_set1_ps(LARGEST_MOVE), least = _mm_set1_ps(-LARGEST_MOVE);
  const __m128 one = _mm_set1_ps((float)LATENT_ONE);
  const __m64 zero = _mm_setzero_si64(), low_half = _mm_set1_pi32(0xffff);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const uint32_t pair = (first + (uint32_t)i) >> 1;
    const __m64 random = _mm_set_pi32((int)random_u32(key, pair + 1), (int)random_u32(key, pair));
    int32_t four;
    memcpy(&four, latents + i, sizeof four);
    const __m64 words = _mm_unpacklo_pi8(zero, _mm_cvtsi32_si64(four)); /* latent * 2^8 */
    __m128 v = _mm_max_ps(_mm_min_ps(load_ps(aligned, steps + i), most), least);
    v = _mm_mul_ps(v, one);
    const __m64 low = moved_pair(_mm_srai_pi32(_mm_unpacklo_pi16(zero, words), 8),
                                 _mm_cvtps_pi32(v), _mm_and_si64(random, low_half));
    const __m64 high = moved_pair(_mm_srai_pi32(_mm_unpackhi_pi16(zero, words), 8),
                                  _mm_cvtps_pi32(_mm_movehl_ps(v, v)), _mm_srli_pi32(random, 16));
    __m64 moved = _mm_packs_pi32(low, high);
    moved = _mm_packs_pi16(moved, moved);
    moved = _mm_sub_pi8(moved, _mm_cmpeq_pi8(moved, _mm_set1_pi8(-128))); /* -128 + 1 */
    four = _mm_cvtsi64_si32(moved);
    memcpy(latents + i, &four, sizeof four);
  }
  _mm_empty();
  if (i < n) math_ops_plain.move_latents(latents + i, steps + i, n - i, key, first + (uint32_t)i);
}
static void sse_move_latents(int8_t *latents, const float *steps, int n, uint32_t key,
                             uint32_t first) {
  if (first & 3)
    math_ops_plain.move_latents(latents, steps, n, key, first);
  else
    BY_ALIGNMENT(move_latents, is_aligned(steps), latents, steps, n, key, first);
}

/* cvtpi2ps rounds once, to nearest: as float_of_i32 does. */
static ALIGNABLE void scale_fixed(const bool aligned, float *y, const int32_t *x, float a, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    FETCH_AHEAD(x + i);
    FETCH_AHEAD(y + i);
    for (int k = i; k < i + 8; k += 4)
      store_ps(aligned, y + k, _mm_mul_ps(aa, float_of_i32x4(x + k)));
  }
  for (; i + 4 <= n; i += 4) store_ps(aligned, y + i, _mm_mul_ps(aa, float_of_i32x4(x + i)));
  _mm_empty();
  if (i < n) math_ops_plain.scale_fixed(y + i, x + i, a, n - i);
}
static void sse_scale_fixed(float *y, const int32_t *x, float a, int n) {
  BY_ALIGNMENT(scale_fixed, is_aligned(y), y, x, a, n);
}

/* ---- floats ---- */

static ALIGNABLE void multiply(const bool aligned, float *y, const float *x, const float *s,
                               int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4)
    store_ps(aligned, y + i, _mm_mul_ps(load_ps(aligned, x + i), load_ps(aligned, s + i)));
  for (; i < n; i++) y[i] = x[i] * s[i];
}
static void sse_multiply(float *y, const float *x, const float *s, int n) {
  BY_ALIGNMENT(multiply, are_aligned(y, x) && is_aligned(s), y, x, s, n);
}

static inline float join_max(__m128 x) {
  const __m128 pairs = _mm_max_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_max_ss(pairs, _mm_shuffle_ps(pairs, pairs, _MM_SHUFFLE(1, 1, 1, 1))));
}

static ALIGNABLE float absmax(const bool aligned, const float *x, int n) {
  __m128 largest = _mm_setzero_ps();
  int i = 0;
  for (; i + 4 <= n; i += 4) largest = _mm_max_ps(largest, abs_ps(load_ps(aligned, x + i)));
  if (i < n) largest = _mm_max_ps(largest, abs_ps(load_tail(x + i, n - i)));
  return join_max(largest);
}
static float sse_absmax(const float *x, int n) {
  return is_aligned(x) ? absmax(true, x, n) : absmax(false, x, n);
}

static ALIGNABLE float max(const bool aligned, const float *x, int n) {
  __m128 largest = _mm_set1_ps(x[0]);
  int i = 0;
  for (; i + 4 <= n; i += 4) largest = _mm_max_ps(largest, load_ps(aligned, x + i));
  float best = join_max(largest);
  for (; i < n; i++) best = x[i] > best ? x[i] : best;
  return best;
}
static float sse_max(const float *x, int n) {
  return is_aligned(x) ? max(true, x, n) : max(false, x, n);
}

static ALIGNABLE float sum(const bool aligned, const float *x, int n) {
  __m128 s = _mm_setzero_ps();
  int i = 0;
  for (; i + 4 <= n; i += 4) s = _mm_add_ps(s, load_ps(aligned, x + i));
  if (i < n) s = _mm_add_ps(s, load_tail(x + i, n - i));
  return join(s);
}
static float sse_sum(const float *x, int n) {
  return is_aligned(x) ? sum(true, x, n) : sum(false, x, n);
}

static ALIGNABLE float dot(const bool aligned, const float *x, const float *y, int n) {
  __m128 s = _mm_setzero_ps();
  int i = 0;
  for (; i + 4 <= n; i += 4)
    s = _mm_add_ps(s, _mm_mul_ps(load_ps(aligned, x + i), load_ps(aligned, y + i)));
  if (i < n) s = _mm_add_ps(s, _mm_mul_ps(load_tail(x + i, n - i), load_tail(y + i, n - i)));
  return join(s);
}
static float sse_dot(const float *x, const float *y, int n) {
  return are_aligned(x, y) ? dot(true, x, y, n) : dot(false, x, y, n);
}

static ALIGNABLE float sum_squares(const bool aligned, const float *x, int n) {
  __m128 s = _mm_setzero_ps();
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 v = flush_ps(load_ps(aligned, x + i));
    s = _mm_add_ps(s, _mm_mul_ps(v, v));
  }
  if (i < n) {
    __m128 v = flush_ps(load_tail(x + i, n - i));
    s = _mm_add_ps(s, _mm_mul_ps(v, v));
  }
  return join(s);
}
static float sse_sum_squares(const float *x, int n) {
  return is_aligned(x) ? sum_squares(true, x, n) : sum_squares(false, x, n);
}

static ALIGNABLE void axpy(const bool aligned, float *y, float a, const float *x, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    store_ps(aligned, y + i,
             _mm_add_ps(load_ps(aligned, y + i), _mm_mul_ps(aa, load_ps(aligned, x + i))));
  for (; i < n; i++) y[i] = y[i] + a * x[i];
}
static void sse_axpy(float *y, float a, const float *x, int n) {
  BY_ALIGNMENT(axpy, are_aligned(y, x), y, a, x, n);
}

static ALIGNABLE void scale(const bool aligned, float *y, const float *x, float a, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4) store_ps(aligned, y + i, _mm_mul_ps(aa, load_ps(aligned, x + i)));
  for (; i < n; i++) y[i] = a * x[i];
}
static void sse_scale(float *y, const float *x, float a, int n) {
  BY_ALIGNMENT(scale, are_aligned(y, x), y, x, a, n);
}

static ALIGNABLE void relu(const bool aligned, float *x, int n) {
  int i = 0;
  for (; i + 4 <= n; i += 4)
    store_ps(aligned, x + i, _mm_max_ps(load_ps(aligned, x + i), _mm_setzero_ps()));
  for (; i < n; i++) x[i] = x[i] > 0.0f ? x[i] : 0.0f;
}
static void sse_relu(float *x, int n) { BY_ALIGNMENT(relu, is_aligned(x), x, n); }

static ALIGNABLE void softmax_backward(const bool aligned, float *dp, const float *p, float mean,
                                       int n) {
  const __m128 mm = _mm_set1_ps(mean);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 d = flush_ps(_mm_sub_ps(load_ps(aligned, dp + i), mm));
    store_ps(aligned, dp + i, flush_ps(_mm_mul_ps(load_ps(aligned, p + i), d)));
  }
  for (; i < n; i++) dp[i] = flush_tiny(p[i] * flush_tiny(dp[i] - mean));
}
static void sse_softmax_backward(float *dp, const float *p, float mean, int n) {
  BY_ALIGNMENT(softmax_backward, are_aligned(dp, p), dp, p, mean, n);
}

/* ---- floats: many rows, so that a vector stays in registers ---- */

/* Four dots at once. */
static ALIGNABLE void dots_4(const bool aligned, float *y, const float *x, const float *rows,
                             int n) {
  const float *r1 = rows + n, *r2 = r1 + n, *r3 = r2 + n;
  __m128 s0 = _mm_setzero_ps(), s1 = s0, s2 = s0, s3 = s0;
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 v = load_ps(aligned, x + i);
    s0 = _mm_add_ps(s0, _mm_mul_ps(v, load_ps(aligned, rows + i)));
    s1 = _mm_add_ps(s1, _mm_mul_ps(v, load_ps(aligned, r1 + i)));
    s2 = _mm_add_ps(s2, _mm_mul_ps(v, load_ps(aligned, r2 + i)));
    s3 = _mm_add_ps(s3, _mm_mul_ps(v, load_ps(aligned, r3 + i)));
  }
  if (i < n) {
    __m128 v = load_tail(x + i, n - i);
    s0 = _mm_add_ps(s0, _mm_mul_ps(v, load_tail(rows + i, n - i)));
    s1 = _mm_add_ps(s1, _mm_mul_ps(v, load_tail(r1 + i, n - i)));
    s2 = _mm_add_ps(s2, _mm_mul_ps(v, load_tail(r2 + i, n - i)));
    s3 = _mm_add_ps(s3, _mm_mul_ps(v, load_tail(r3 + i, n - i)));
  }
  _MM_TRANSPOSE4_PS(s0, s1, s2, s3);
  store_ps(false, y, _mm_add_ps(_mm_add_ps(s0, s1), _mm_add_ps(s2, s3)));
}

static ALIGNABLE void dots_rows(const bool aligned, float *y, const float *x, const float *rows,
                                int count, int n) {
  int j = 0;
  for (; j + 4 <= count; j += 4) dots_4(aligned, y + j, x, rows + j * n, n);
  for (; j < count; j++) y[j] = dot(aligned, x, rows + j * n, n);
}
static void sse_dots(float *y, const float *x, const float *rows, int count, int n) {
  BY_ALIGNMENT(dots_rows, are_aligned(x, rows) && n % 4 == 0, y, x, rows, count, n);
}

static ALIGNABLE void mix_rows(const bool aligned, float *y, const float *a, const float *rows,
                               int count, int n) {
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const float *row = rows + i;
    __m128 y0 = load_ps(aligned, y + i), y1 = load_ps(aligned, y + i + 4);
    __m128 y2 = load_ps(aligned, y + i + 8), y3 = load_ps(aligned, y + i + 12);
    for (int j = 0; j < count; j++, row += n) {
      const __m128 aa = _mm_set1_ps(a[j]);
      y0 = _mm_add_ps(y0, _mm_mul_ps(aa, load_ps(aligned, row)));
      y1 = _mm_add_ps(y1, _mm_mul_ps(aa, load_ps(aligned, row + 4)));
      y2 = _mm_add_ps(y2, _mm_mul_ps(aa, load_ps(aligned, row + 8)));
      y3 = _mm_add_ps(y3, _mm_mul_ps(aa, load_ps(aligned, row + 12)));
    }
    store_ps(aligned, y + i, y0), store_ps(aligned, y + i + 4, y1);
    store_ps(aligned, y + i + 8, y2), store_ps(aligned, y + i + 12, y3);
  }
  for (; i + 4 <= n; i += 4) {
    __m128 sum = load_ps(aligned, y + i);
    for (int j = 0; j < count; j++)
      sum = _mm_add_ps(sum, _mm_mul_ps(_mm_set1_ps(a[j]), load_ps(aligned, rows + j * n + i)));
    store_ps(aligned, y + i, sum);
  }
  for (; i < n; i++)
    for (int j = 0; j < count; j++) y[i] = y[i] + a[j] * rows[j * n + i];
}
static void sse_mix(float *y, const float *a, const float *rows, int count, int n) {
  BY_ALIGNMENT(mix_rows, are_aligned(y, rows) && n % 4 == 0, y, a, rows, count, n);
}

static ALIGNABLE void add_to(const bool aligned, float *y, __m128 a, __m128 x) {
  store_ps(aligned, y, _mm_add_ps(load_ps(aligned, y), _mm_mul_ps(a, x)));
}

static ALIGNABLE void outer_rows(const bool aligned, float *y, int ld_y, const float *a,
                                 const float *x, int count, int n) {
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    float *row = y + i;
    const __m128 x0 = load_ps(aligned, x + i), x1 = load_ps(aligned, x + i + 4);
    const __m128 x2 = load_ps(aligned, x + i + 8), x3 = load_ps(aligned, x + i + 12);
    for (int j = 0; j < count; j++, row += ld_y) {
      const __m128 aa = _mm_set1_ps(a[j]);
      add_to(aligned, row, aa, x0), add_to(aligned, row + 4, aa, x1),
          add_to(aligned, row + 8, aa, x2);
      add_to(aligned, row + 12, aa, x3);
    }
  }
  for (; i + 4 <= n; i += 4)
    for (int j = 0; j < count; j++)
      add_to(aligned, y + j * ld_y + i, _mm_set1_ps(a[j]), load_ps(aligned, x + i));
  for (; i < n; i++)
    for (int j = 0; j < count; j++) y[j * ld_y + i] = y[j * ld_y + i] + a[j] * x[i];
}
static void sse_outer(float *y, int ld_y, const float *a, const float *x, int count, int n) {
  BY_ALIGNMENT(outer_rows, are_aligned(x, y) && ld_y % 4 == 0, y, ld_y, a, x, count, n);
}

/* y += a x + b z of four, in this order. */
static ALIGNABLE void add_pair(const bool aligned, float *y, __m128 a, const float *x, __m128 b,
                               const float *z) {
  const __m128 sum = _mm_add_ps(load_ps(aligned, y), _mm_mul_ps(load_ps(aligned, x), a));
  store_ps(aligned, y, _mm_add_ps(sum, _mm_mul_ps(load_ps(aligned, z), b)));
}

/* `width` columns, which the compiler writes out. */
static ALIGNABLE void outer_pair_columns(const bool aligned, float *y, int ld_y, const float *a,
                                         const float *x, const float *b, const float *z, int count,
                                         const int width) {
  for (int j = 0; j < count; j++, y += ld_y) {
    const __m128 aa = _mm_set1_ps(a[j]), bb = _mm_set1_ps(b[j]);
    HOLD_POINTER(x);
    HOLD_POINTER(z);
    for (int k = 0; k < width; k += 4) add_pair(aligned, y + k, aa, x + k, bb, z + k);
  }
}

static ALIGNABLE void outer_pair(const bool aligned, float *y, int ld_y, const float *a,
                                 const float *x, const float *b, const float *z, int count, int n) {
  int i = 0;
  for (; i + 16 <= n; i += 16)
    outer_pair_columns(aligned, y + i, ld_y, a, x + i, b, z + i, count, 16);
  for (; i + 4 <= n; i += 4) outer_pair_columns(aligned, y + i, ld_y, a, x + i, b, z + i, count, 4);
  for (; i < n; i++)
    for (int j = 0; j < count; j++) y[j * ld_y + i] = (y[j * ld_y + i] + a[j] * x[i]) + b[j] * z[i];
}
static void sse_outer_pair(float *y, int ld_y, const float *a, const float *x, const float *b,
                           const float *z, int count, int n) {
  BY_ALIGNMENT(outer_pair, are_aligned(x, y) && is_aligned(z) && ld_y % 4 == 0, y, ld_y, a, x, b, z,
               count, n);
}

static ALIGNABLE void scale_flush(const bool aligned, float *x, float a, int n) {
  const __m128 aa = _mm_set1_ps(a);
  int i = 0;
  for (; i + 4 <= n; i += 4)
    store_ps(aligned, x + i, flush_ps(_mm_mul_ps(aa, load_ps(aligned, x + i))));
  for (; i < n; i++) x[i] = flush_tiny(a * x[i]);
}
static void sse_scale_flush(float *x, float a, int n) {
  BY_ALIGNMENT(scale_flush, is_aligned(x), x, a, n);
}

/* The constants of float_exp, four of each: gcc would spread them anew in every call. */
enum {
  EXP_LEAST,
  EXP_LOG2_E,
  EXP_MAGIC,
  EXP_LN2_HIGH,
  EXP_LN2_LOW,
  EXP_ONE,
  EXP_SERIES,
  EXP_HELD = EXP_SERIES + 2
};
#define FOUR_OF(x)                                                                                 \
  { x, x, x, x }
static const float exp_constants[][4] __attribute__((aligned(16))) = {
    FOUR_OF(-80.0f),           FOUR_OF(1.44269504088896341f), FOUR_OF(ROUND_MAGIC),
    FOUR_OF(0.693359375f),     FOUR_OF(-2.12194440e-4f),      FOUR_OF(1.0f),
    FOUR_OF(1.9875691500e-4f), FOUR_OF(1.3981999507e-3f),     FOUR_OF(8.3334519073e-3f),
    FOUR_OF(4.1665795894e-2f), FOUR_OF(1.6666665459e-1f),     FOUR_OF(5.0000001201e-1f)};

/* Row `row` of them, half by half as load_ps does it, without a register for each address. */
#if defined(__i386__) && defined(__GNUC__)
static ALIGNABLE __m128 exp_constant(const float (*c)[4], const int row) {
  __m128 v;
  __asm__("movlps %c2(%1), %0\n\tmovhps %c3(%1), %0"
          : "=x"(v)
          : "r"(c), "i"(row * 16), "i"(row * 16 + 8));
  return v;
}
#else
static ALIGNABLE __m128 exp_constant(const float (*c)[4], const int row) {
  return _mm_load_ps(c[row]);
}
#endif

/* Four float_exp to y: see there for the polynomial. The bits of k + ROUND_MAGIC, shifted to where
 * a float has its exponent, are k alone, so adding them is the product by 2^k. */
static inline void exp_ps(float *y, __m128 x, const float (*c)[4], const __m128 *held) {
  float lane[4] __attribute__((aligned(16)));
  x = _mm_max_ps(x, _mm_load_ps(c[EXP_LEAST]));
  const __m128 magic = exp_constant(c, EXP_MAGIC);
  const __m128 shifted = _mm_add_ps(_mm_mul_ps(exp_constant(c, EXP_LOG2_E), x), magic);
  _mm_store_ps(lane, shifted);
  const __m64 low = _mm_slli_pi32(load_mm(lane), 23), high = _mm_slli_pi32(load_mm(lane + 2), 23);
  const __m128 k = _mm_sub_ps(shifted, magic);
  __m128 r = _mm_sub_ps(x, _mm_mul_ps(exp_constant(c, EXP_LN2_HIGH), k));
  r = _mm_sub_ps(r, _mm_mul_ps(k, _mm_load_ps(c[EXP_LN2_LOW])));
  __m128 p = _mm_mul_ps(exp_constant(c, EXP_SERIES), r);
  p = _mm_mul_ps(_mm_add_ps(p, _mm_load_ps(c[EXP_SERIES + 1])), r);
  for (int j = 0; j < 3; j++) p = _mm_mul_ps(_mm_add_ps(p, held[j]), r);
  p = _mm_add_ps(_mm_mul_ps(_mm_add_ps(p, held[3]), _mm_mul_ps(r, r)), r);
  _mm_store_ps(lane, _mm_add_ps(p, _mm_load_ps(c[EXP_ONE])));
  __m64 a = load_mm(lane), b = load_mm(lane + 2);
  HOLD_MM(a);
  HOLD_MM(b);
  store_mm(y, _mm_add_pi32(a, low));
  store_mm(y + 2, _mm_add_pi32(b, high));
}

static ALIGNABLE void exp_shifted(const bool aligned, float *x, float shift, int n) {
  const __m128 s = _mm_set1_ps(shift);
  const float(*constants)[4] = exp_constants;
  int i = 0;
  HOLD_POINTER(constants);
  const __m128 held[4] = {_mm_load_ps(constants[EXP_HELD]), _mm_load_ps(constants[EXP_HELD + 1]),
                          _mm_load_ps(constants[EXP_HELD + 2]),
                          _mm_load_ps(constants[EXP_HELD + 3])};
  for (; i + 4 <= n; i += 4) exp_ps(x + i, _mm_sub_ps(load_ps(aligned, x + i), s), constants, held);
  _mm_empty();
  for (; i < n; i++) x[i] = float_exp(x[i] - shift);
}
static void sse_exp_shifted(float *x, float shift, int n) {
  BY_ALIGNMENT(exp_shifted, is_aligned(x), x, shift, n);
}

static ALIGNABLE void norm_backward(const bool aligned, float *dx, const float *dh, const float *q,
                                    float inv, float mean, int n) {
  const __m128 ii = _mm_set1_ps(inv), mm = _mm_set1_ps(mean);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m128 along = _mm_mul_ps(mm, load_ps(aligned, q + i));
    __m128 d = flush_ps(_mm_mul_ps(ii, _mm_sub_ps(load_ps(aligned, dh + i), along)));
    store_ps(aligned, dx + i, _mm_add_ps(load_ps(aligned, dx + i), d));
  }
  for (; i < n; i++) dx[i] = dx[i] + flush_tiny(inv * (dh[i] - mean * q[i]));
}
static void sse_norm_backward(float *dx, const float *dh, const float *q, float inv, float mean,
                              int n) {
  BY_ALIGNMENT(norm_backward, are_aligned(dx, dh) && is_aligned(q), dx, dh, q, inv, mean, n);
}

static void sse_rope(float *x, const float *cosine, const float *sine, int size, bool inverse) {
  const int half = size / 2;
  const __m128 flip = inverse ? _mm_set1_ps(-0.0f) : _mm_setzero_ps();
  if (half % 4 != 0) {
    math_ops_plain.rope(x, cosine, sine, size, inverse);
    return;
  }
  for (int i = 0; i < half; i += 4) {
    const __m128 a = load_ps(false, x + i), b = load_ps(false, x + i + half);
    const __m128 c = load_ps(false, cosine + i), s = _mm_xor_ps(load_ps(false, sine + i), flip);
    _mm_storeu_ps(x + i, _mm_sub_ps(_mm_mul_ps(a, c), _mm_mul_ps(b, s)));
    _mm_storeu_ps(x + i + half, _mm_add_ps(_mm_mul_ps(a, s), _mm_mul_ps(b, c)));
  }
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
    __m128 gi = flush_ps(_mm_mul_ps(gs, flush_ps(load_ps(false, g + i))));
    __m128 mi = flush_ps(_mm_add_ps(_mm_mul_ps(b1, load_ps(false, m + i)), _mm_mul_ps(rest1, gi)));
    __m128 square = _mm_mul_ps(rest2, _mm_mul_ps(gi, gi));
    __m128 vi = _mm_add_ps(_mm_mul_ps(b2, load_ps(false, v + i)), square);
    vi = _mm_and_ps(vi, _mm_cmpge_ps(vi, smallest));
    _mm_storeu_ps(m + i, mi);
    _mm_storeu_ps(v + i, vi);
    __m128 root = _mm_add_ps(_mm_sqrt_ps(_mm_mul_ps(vi, c2)), eps);
    __m128 change = _mm_mul_ps(lr, _mm_div_ps(_mm_mul_ps(mi, c1), root));
    _mm_storeu_ps(w + i, flush_ps(_mm_sub_ps(load_ps(false, w + i), change)));
  }
  if (i < n) math_ops_plain.adam(w + i, g + i, m + i, v + i, n - i, step);
}

static ALIGNABLE void momentum(const bool aligned, float *direction, float *m, const float *g,
                               int n, const MomentumStep *step) {
  const float beta1 = step->beta_direction, beta2 = step->beta_momentum;
  const __m128 b1 = _mm_set1_ps(beta1), rest1 = _mm_set1_ps(1.0f - beta1);
  const __m128 b2 = _mm_set1_ps(beta2), rest2 = _mm_set1_ps(1.0f - beta2);
  const __m128 gs = _mm_set1_ps(step->gradient_scale);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    const __m128 gi = flush_ps(_mm_mul_ps(gs, flush_ps(load_ps(aligned, g + i))));
    const __m128 mi = load_ps(aligned, m + i);
    store_ps(aligned, direction + i, _mm_add_ps(_mm_mul_ps(b1, mi), _mm_mul_ps(rest1, gi)));
    store_ps(aligned, m + i, flush_ps(_mm_add_ps(_mm_mul_ps(b2, mi), _mm_mul_ps(rest2, gi))));
  }
  if (i < n) math_ops_plain.momentum(direction + i, m + i, g + i, n - i, step);
}
static void sse_momentum(float *direction, float *m, const float *g, int n,
                         const MomentumStep *step) {
  BY_ALIGNMENT(momentum, are_aligned(direction, m) && is_aligned(g), direction, m, g, n, step);
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
  table->quantize_i16 = sse_quantize_i16;
  table->quantize_scaled = sse_quantize_scaled;
  table->dequantize_i16 = sse_dequantize_i16;
  table->move_latents = sse_move_latents;
  table->dots = sse_dots;
  table->mix = sse_mix;
  table->take_shares = sse_take_shares;
  table->outer = sse_outer;
  table->outer_pair = sse_outer_pair;
  table->scale = sse_scale;
  table->relu = sse_relu;
  table->multiply_i8 = sse_multiply_i8;
  table->rope = sse_rope;
  table->softmax_backward = sse_softmax_backward;
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
