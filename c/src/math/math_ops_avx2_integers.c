/* math_ops_avx2_integers.c - the small integer kernels with AVX2; exact, as all of them.
 *
 * Compiled to nothing unless USE_AVX2_BUILD is defined.
 */
#include "math/math_ops.h"

#if defined(USE_AVX2_BUILD)
#include "math/math_ops_avx2.h"
#include "math/random.h"

/* ---- codes of weights ---- */

static AVX2 void avx2_ternarize(int8_t *y, const int8_t *x, int n, int threshold) {
  const __m256i bound = _mm256_set1_epi8((char)(threshold - 1));
  const __m256i minus_bound = _mm256_set1_epi8((char)(1 - threshold));
  int i = 0;
  for (; i + 32 <= n; i += 32) {
    const __m256i v = load_si(x + i);
    const __m256i above = _mm256_cmpgt_epi8(v, bound);       /* -1 where x >= threshold */
    const __m256i below = _mm256_cmpgt_epi8(minus_bound, v); /* -1 where x <= -threshold */
    store_si(y + i, _mm256_sub_epi8(below, above));
  }
  if (i < n) math_ops_plain.ternarize(y + i, x + i, n - i, threshold);
}

static AVX2 void avx2_signs(int8_t *y, const int8_t *x, int n) {
  const __m256i one = _mm256_set1_epi8(1);
  int i = 0;
  for (; i + 32 <= n; i += 32) /* -1 or 0, with its lowest bit set */
    store_si(y + i,
             _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_setzero_si256(), load_si(x + i)), one));
  if (i < n) math_ops_plain.signs(y + i, x + i, n - i);
}

/* Thirty-two trits of one output to eight groups in int16. */
static inline AVX2 __m128i groups_of_32(const int8_t *trits) {
  const __m256i threes = _mm256_set1_epi16(0x0301), nines = _mm256_set1_epi32(0x00090001);
  const __m256i pairs = _mm256_maddubs_epi16(threes, load_si(trits));
  const __m256i groups = _mm256_add_epi32(_mm256_madd_epi16(pairs, nines), _mm256_set1_epi32(40));
  return _mm_packs_epi32(low_half(groups), high_half(groups));
}

static AVX2 void avx2_group_row(uint8_t *groups, const int8_t *trits, int inputs, int outputs) {
  const size_t stride = (size_t)outputs * GROUPS_OF_BLOCK;
  int i = 0;
  for (; i + 2 * BLOCK_INPUTS <= inputs; i += 2 * BLOCK_INPUTS, groups += 2 * stride) {
    const __m128i eight = groups_of_32(trits + i), bytes = _mm_packus_epi16(eight, eight);
    const int first = _mm_cvtsi128_si32(bytes), second = _mm_extract_epi32(bytes, 1);
    memcpy(groups, &first, sizeof first);
    memcpy(groups + stride, &second, sizeof second);
  }
  if (i < inputs) math_ops_plain.group_row(groups, trits + i, inputs - i, outputs);
}

/* Four rows of trits to the groups of thirty-two outputs, one byte each. */
static inline AVX2 __m256i groups_of_rows(const int8_t *trits, int ld) {
  __m256i v = load_si(trits + 3 * ld);
  for (int k = 2; k >= 0; k--)
    v = _mm256_add_epi8(load_si(trits + k * ld), _mm256_add_epi8(v, _mm256_add_epi8(v, v)));
  return _mm256_add_epi8(v, _mm256_set1_epi8(40));
}

static AVX2 void avx2_group_block(uint8_t *groups, const int8_t *trits, int inputs, int outputs) {
  int o = 0;
  if (inputs == BLOCK_INPUTS)
    for (; o + 32 <= outputs; o += 32) {
      const int8_t *at = trits + o;
      const __m256i g0 = groups_of_rows(at, outputs),
                    g1 = groups_of_rows(at + 4 * outputs, outputs);
      const __m256i g2 = groups_of_rows(at + 8 * outputs, outputs);
      const __m256i g3 = groups_of_rows(at + 12 * outputs, outputs);
      const __m256i low01 = _mm256_unpacklo_epi8(g0, g1), high01 = _mm256_unpackhi_epi8(g0, g1);
      const __m256i low23 = _mm256_unpacklo_epi8(g2, g3), high23 = _mm256_unpackhi_epi8(g2, g3);
      const __m256i four[4] = {
          _mm256_unpacklo_epi16(low01, low23), _mm256_unpackhi_epi16(low01, low23),
          _mm256_unpacklo_epi16(high01, high23), _mm256_unpackhi_epi16(high01, high23)};
      uint8_t *to = groups + (size_t)o * GROUPS_OF_BLOCK;
      for (int k = 0; k < 4; k++) {
        store_half(to + 16 * k, low_half(four[k]));
        store_half(to + 64 + 16 * k, high_half(four[k]));
      }
    }
  group_block_from(groups, trits, inputs, outputs, o);
}

/* ---- widening and transposing ---- */

static AVX2 void avx2_widen_i8(int16_t *y, const int8_t *x, int n) {
  int i = 0;
  for (; i + 16 <= n; i += 16) store_si(y + i, _mm256_cvtepi8_epi16(load_half(x + i)));
  for (; i < n; i++) y[i] = x[i];
}

/* Eight columns of four int8, 4 bytes each, to int16 rows ld_y apart. */
static inline AVX2 void put_columns_of_4(int16_t *y, int ld_y, __m128i columns) {
  const __m256i wide = _mm256_cvtepi8_epi16(columns);
  const __m128i low = low_half(wide), high = high_half(wide);
  _mm_storel_epi64((void *)y, low);
  _mm_storel_epi64((void *)(y + ld_y), _mm_unpackhi_epi64(low, low));
  _mm_storel_epi64((void *)(y + 2 * ld_y), high);
  _mm_storel_epi64((void *)(y + 3 * ld_y), _mm_unpackhi_epi64(high, high));
}

/* Four int8 [16] rows to sixteen columns of int16 [4]. */
static inline AVX2 void transpose_i8_4x16(int16_t *y, int ld_y, const int8_t *x, int cols) {
  const __m128i a = load_half(x), b = load_half(x + cols);
  const __m128i c = load_half(x + 2 * cols), d = load_half(x + 3 * cols);
  const __m128i ab = _mm_unpacklo_epi8(a, b), cd = _mm_unpacklo_epi8(c, d);
  const __m128i ab_high = _mm_unpackhi_epi8(a, b), cd_high = _mm_unpackhi_epi8(c, d);
  put_columns_of_4(y, ld_y, _mm_unpacklo_epi16(ab, cd));
  put_columns_of_4(y + 4 * ld_y, ld_y, _mm_unpackhi_epi16(ab, cd));
  put_columns_of_4(y + 8 * ld_y, ld_y, _mm_unpacklo_epi16(ab_high, cd_high));
  put_columns_of_4(y + 12 * ld_y, ld_y, _mm_unpackhi_epi16(ab_high, cd_high));
}

static AVX2 void avx2_transpose_i8(int16_t *y, int ld_y, const int8_t *x, int rows, int cols) {
  const int even_rows = rows & ~3, even_cols = cols & ~15;
  for (int r = 0; r < even_rows; r += 4)
    for (int c = 0; c < even_cols; c += 16)
      transpose_i8_4x16(y + c * ld_y + r, ld_y, x + r * cols + c, cols);
  for (int r = 0; r < rows; r++)
    for (int c = r < even_rows ? even_cols : 0; c < cols; c++) y[c * ld_y + r] = x[r * cols + c];
}

/* Eight rows of sixteen int16 to sixteen columns. */
static inline AVX2 void transpose_i16_8x16(int16_t *y, int ld_y, const int16_t *x, int ld_x) {
  __m256i v[8];
  for (int k = 0; k < 8; k++) v[k] = load_si(x + k * ld_x);
  transpose_8x8(v);
  for (int k = 0; k < 8; k++) {
    store_half(y + k * ld_y, low_half(v[k]));
    store_half(y + (k + 8) * ld_y, high_half(v[k]));
  }
}

static AVX2 void avx2_transpose_i16(int16_t *y, int ld_y, const int16_t *x, int ld_x, int rows,
                                    int cols) {
  const int even_rows = rows & ~7, even_cols = cols & ~15;
  for (int r = 0; r < even_rows; r += 8)
    for (int c = 0; c < even_cols; c += 16)
      transpose_i16_8x16(y + c * ld_y + r, ld_y, x + r * ld_x + c, ld_x);
  for (int r = 0; r < rows; r++)
    for (int c = r < even_rows ? even_cols : 0; c < cols; c++) y[c * ld_y + r] = x[r * ld_x + c];
}

/* ---- sixteen-bit arithmetic ---- */

/* Sixteen int32, saturated to +-32767, whose halves are in the order of _mm256_packs_epi32. */
static inline AVX2 __m256i pack_symmetric(__m256i low, __m256i high) {
  const __m256i packed = _mm256_packs_epi32(low, high);
  return _mm256_max_epi16(packed, _mm256_set1_epi16(-32767));
}

static AVX2 void avx2_shift_sums(int16_t *y, const int32_t *sums, int bits, int n) {
  const __m256i half = _mm256_set1_epi32(1 << (bits - 1));
  const __m128i count = _mm_cvtsi32_si128(bits);
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m256i low = _mm256_sra_epi32(_mm256_add_epi32(load_si(sums + i), half), count);
    const __m256i high = _mm256_sra_epi32(_mm256_add_epi32(load_si(sums + i + 8), half), count);
    store_si(y + i, _mm256_permute4x64_epi64(pack_symmetric(low, high), 0xd8));
  }
  if (i < n) math_ops_plain.shift_sums(y + i, sums + i, bits, n - i);
}

static AVX2 void avx2_combine_i16(int16_t *y, const int16_t *x, int a, const int16_t *z, int b,
                                  int bits, int n) {
  const __m256i factors = _mm256_set1_epi32((int)((uint32_t)(uint16_t)b << 16 | (uint16_t)a));
  const __m256i half = _mm256_set1_epi32(1 << (bits - 1));
  const __m128i count = _mm_cvtsi32_si128(bits);
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m256i u = load_si(x + i), v = load_si(z + i);
    __m256i low = _mm256_madd_epi16(_mm256_unpacklo_epi16(u, v), factors);
    __m256i high = _mm256_madd_epi16(_mm256_unpackhi_epi16(u, v), factors);
    low = _mm256_sra_epi32(_mm256_add_epi32(low, half), count);
    high = _mm256_sra_epi32(_mm256_add_epi32(high, half), count);
    store_si(y + i, pack_symmetric(low, high));
  }
  if (i < n) math_ops_plain.combine_i16(y + i, x + i, a, z + i, b, bits, n - i);
}

/* ---- sums ---- */

/* The sum of eight int32. */
static inline AVX2 int32_t join_eight(__m256i x) {
  __m128i four = _mm_add_epi32(low_half(x), high_half(x));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
}

static AVX2 int32_t avx2_sum_squares_i8(const int8_t *x, int n) {
  __m256i sum = _mm256_setzero_si256();
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m256i v = _mm256_cvtepi8_epi16(load_half(x + i));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(v, v));
  }
  int32_t total = join_eight(sum);
  for (; i < n; i++) total += x[i] * x[i];
  return total;
}

static AVX2 void avx2_magnitudes(const int8_t *x, int n, int least, int32_t *sum, int32_t *count) {
  const __m256i zero = _mm256_setzero_si256(), below = _mm256_set1_epi8((char)(least - 1));
  __m256i sums = zero, counts = zero; /* of 64 bits, below 2^31 */
  int i = 0;
  for (; i + 32 <= n; i += 32) {
    const __m256i v = _mm256_abs_epi8(load_si(x + i));
    const __m256i counted = _mm256_cmpgt_epi8(v, below);
    sums = _mm256_add_epi32(sums, _mm256_sad_epu8(_mm256_and_si256(v, counted), zero));
    counts = _mm256_add_epi32(counts, _mm256_sad_epu8(_mm256_sub_epi8(zero, counted), zero));
  }
  *sum += join_eight(sums);
  *count += join_eight(counts);
  if (i < n) math_ops_plain.magnitudes(x + i, n - i, least, sum, count);
}

/* Where no value can reach the limit, which is nearly always, the shift is all there is to do. */
static AVX2 void avx2_add_shifted(int32_t *y, const int32_t *x, int shift, int32_t limit, int n) {
  const bool left = shift >= 0;
  const int32_t reach = 1 << 24; /* an int8 product over any context is not larger */
  if (shift < -30 || shift > 6 || (left ? reach << shift : reach) > limit) {
    math_ops_plain.add_shifted(y, x, shift, limit, n);
    return;
  }
  const __m256i half = _mm256_set1_epi32(left ? 0 : 1 << (-shift - 1));
  const __m128i count = _mm_cvtsi32_si128(left ? shift : -shift);
  int i = 0;
  for (; left && i + 8 <= n; i += 8)
    store_si(y + i, _mm256_add_epi32(load_si(y + i), _mm256_sll_epi32(load_si(x + i), count)));
  for (; i + 8 <= n; i += 8) {
    const __m256i d = _mm256_sra_epi32(_mm256_add_epi32(load_si(x + i), half), count);
    store_si(y + i, _mm256_add_epi32(load_si(y + i), d));
  }
  if (i < n) math_ops_plain.add_shifted(y + i, x + i, shift, limit, n - i);
}

/* (r^2 + 63) / 127 of sixteen: see RELU_SQUARE_FACTOR. */
static inline AVX2 __m256i squares(__m256i r) {
  const __m256i v = _mm256_add_epi16(_mm256_mullo_epi16(r, r), _mm256_set1_epi16(RELU_SQUARE_ADD));
  return _mm256_mulhi_epi16(v, _mm256_set1_epi16(RELU_SQUARE_FACTOR));
}

static AVX2 void avx2_relu_square(int8_t *y, const int8_t *x, int n) {
  const __m256i zero = _mm256_setzero_si256();
  int i = 0;
  for (; i + 32 <= n; i += 32) {
    const __m256i v = load_si(x + i);
    const __m256i low = squares(_mm256_unpacklo_epi8(v, zero));
    store_si(y + i, _mm256_packs_epi16(low, squares(_mm256_unpackhi_epi8(v, zero))));
  }
  if (i < n) math_ops_plain.relu_square(y + i, x + i, n - i);
}

/* ---- latents ---- */

/* Eight random_half. */
static inline AVX2 __m256i random_eight(__m256i key, __m256i counter) {
  const __m256i odd = _mm256_and_si256(counter, _mm256_set1_epi32(1));
  const __m256i pair = _mm256_or_si256(_mm256_slli_epi32(_mm256_srli_epi32(counter, 2), 1), odd);
  const __m256i shift = _mm256_slli_epi32(_mm256_and_si256(counter, _mm256_set1_epi32(2)), 3);
  __m256i x = _mm256_xor_si256(_mm256_mullo_epi32(pair, _mm256_set1_epi32((int)0x9e3779b9u)), key);
  x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
  x = _mm256_mullo_epi32(x, _mm256_set1_epi32(0x7feb352d));
  x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 15));
  x = _mm256_mullo_epi32(x, _mm256_set1_epi32((int)0x846ca68bu));
  x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
  return _mm256_and_si256(_mm256_srlv_epi32(x, shift), _mm256_set1_epi32(0xffff));
}

/* Eight latents less their steps, in int32. */
static inline AVX2 __m256i moved_eight(const int8_t *latents, const float *steps, __m256i random) {
  const __m256 most = _mm256_set1_ps(LARGEST_MOVE), least = _mm256_set1_ps(-LARGEST_MOVE);
  const __m256 step = _mm256_max_ps(_mm256_min_ps(_mm256_loadu_ps(steps), most), least);
  const __m256i move = _mm256_cvtps_epi32(_mm256_mul_ps(step, _mm256_set1_ps((float)LATENT_ONE)));
  const __m256i latent = _mm256_slli_epi32(_mm256_cvtepi8_epi32(load_quarter(latents)), 16);
  const __m256i exact = _mm256_sub_epi32(latent, move);
  return _mm256_srai_epi32(_mm256_add_epi32(exact, random), 16);
}

static AVX2 void avx2_move_latents(int8_t *latents, const float *steps, int n, uint32_t key,
                                   uint32_t first) {
  const __m256i keys = _mm256_set1_epi32((int)key), eight = _mm256_set1_epi32(8);
  __m256i counter =
      _mm256_add_epi32(_mm256_set1_epi32((int)first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  int i = 0;
  for (; i + 8 <= n; i += 8, counter = _mm256_add_epi32(counter, eight)) {
    const __m256i moved = moved_eight(latents + i, steps + i, random_eight(keys, counter));
    __m128i packed = _mm_packs_epi32(low_half(moved), high_half(moved));
    packed = _mm_max_epi8(_mm_packs_epi16(packed, packed), _mm_set1_epi8(-127));
    _mm_storel_epi64((void *)(latents + i), packed);
  }
  if (i < n) math_ops_plain.move_latents(latents + i, steps + i, n - i, key, first + (uint32_t)i);
}

void math_ops_take_avx2_integers(MathOps *table) {
  table->ternarize = avx2_ternarize;
  table->signs = avx2_signs;
  table->group_row = avx2_group_row;
  table->group_block = avx2_group_block;
  table->widen_i8 = avx2_widen_i8;
  table->transpose_i8 = avx2_transpose_i8;
  table->transpose_i16 = avx2_transpose_i16;
  table->shift_sums = avx2_shift_sums;
  table->combine_i16 = avx2_combine_i16;
  table->sum_squares_i8 = avx2_sum_squares_i8;
  table->magnitudes = avx2_magnitudes;
  table->add_shifted = avx2_add_shifted;
  table->relu_square = avx2_relu_square;
  table->move_latents = avx2_move_latents;
}
#else
typedef int math_ops_avx2_integers_not_built; /* ISO C wants a translation unit to hold something */
#endif
