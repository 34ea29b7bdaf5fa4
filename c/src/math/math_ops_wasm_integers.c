/* math_ops_wasm_integers.c - the small integer kernels with WebAssembly's 128-bit SIMD; exact, as
 * all of them.
 *
 * Compiled to nothing unless USE_WASM_SIMD_BUILD is defined.
 */
#include "math/math_ops.h"

#if defined(USE_WASM_SIMD_BUILD)
#include "math/math_ops_wasm.h"
#include "math/random.h"

/* ---- codes of weights ---- */

static void wasm_ternarize(int8_t *y, const int8_t *x, int n, int threshold) {
  const v128_t bound = wasm_i8x16_splat((int8_t)(threshold - 1));
  const v128_t minus_bound = wasm_i8x16_splat((int8_t)(1 - threshold));
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const v128_t v = wasm_v128_load(x + i);
    const v128_t above = wasm_i8x16_gt(v, bound);       /* -1 where x >= threshold */
    const v128_t below = wasm_i8x16_gt(minus_bound, v); /* -1 where x <= -threshold */
    wasm_v128_store(y + i, wasm_i8x16_sub(below, above));
  }
  if (i < n) math_ops_plain.ternarize(y + i, x + i, n - i, threshold);
}

/* The four groups of sixteen trits, in int32. */
static inline v128_t groups_of_16(const int8_t *trits) {
  const v128_t places = wasm_i16x8_make(1, 3, 9, 27, 1, 3, 9, 27);
  const v128_t low = wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(trits), places);
  const v128_t high = wasm_i32x4_dot_i16x8(wasm_i16x8_load8x8(trits + 8), places);
  return wasm_i32x4_add(wasm_i32x4_splat(40),
                        wasm_i32x4_add(wasm_i32x4_shuffle(low, high, 0, 2, 4, 6),
                                       wasm_i32x4_shuffle(low, high, 1, 3, 5, 7)));
}

static void wasm_group_row(uint8_t *groups, const int8_t *trits, int inputs, int outputs) {
  const size_t stride = (size_t)outputs * GROUPS_OF_BLOCK;
  int i = 0;
  for (; i + BLOCK_INPUTS <= inputs; i += BLOCK_INPUTS, groups += stride) {
    const v128_t four = groups_of_16(trits + i), words = wasm_i16x8_narrow_i32x4(four, four);
    wasm_v128_store32_lane(groups, wasm_u8x16_narrow_i16x8(words, words), 0);
  }
  if (i < inputs) math_ops_plain.group_row(groups, trits + i, inputs - i, outputs);
}

/* Four rows of trits to the groups of sixteen outputs, one byte each. */
static inline v128_t groups_of_rows(const int8_t *trits, int ld) {
  v128_t v = wasm_v128_load(trits + 3 * ld);
  for (int k = 2; k >= 0; k--)
    v = wasm_i8x16_add(wasm_v128_load(trits + k * ld), wasm_i8x16_add(v, wasm_i8x16_add(v, v)));
  return wasm_i8x16_add(v, wasm_i8x16_splat(40));
}

static void wasm_group_block(uint8_t *groups, const int8_t *trits, int inputs, int outputs) {
  int o = 0;
  if (inputs == BLOCK_INPUTS)
    for (; o + 16 <= outputs; o += 16) {
      const int8_t *at = trits + o;
      const v128_t g0 = groups_of_rows(at, outputs), g1 = groups_of_rows(at + 4 * outputs, outputs);
      const v128_t g2 = groups_of_rows(at + 8 * outputs, outputs);
      const v128_t g3 = groups_of_rows(at + 12 * outputs, outputs);
      const v128_t low01 = weave_low_8(g0, g1), high01 = weave_high_8(g0, g1);
      const v128_t low23 = weave_low_8(g2, g3), high23 = weave_high_8(g2, g3);
      uint8_t *to = groups + (size_t)o * GROUPS_OF_BLOCK;
      wasm_v128_store(to, weave_low_16(low01, low23));
      wasm_v128_store(to + 16, weave_high_16(low01, low23));
      wasm_v128_store(to + 32, weave_low_16(high01, high23));
      wasm_v128_store(to + 48, weave_high_16(high01, high23));
    }
  group_block_from(groups, trits, inputs, outputs, o);
}

/* ---- transposing ---- */

static void wasm_transpose_i8(int16_t *y, int ld_y, const int8_t *x, int rows, int cols) {
  const int even_rows = rows & ~7, even_cols = cols & ~7;
  for (int r = 0; r < even_rows; r += 8)
    for (int c = 0; c < even_cols; c += 8) {
      v128_t v[8];
      for (int k = 0; k < 8; k++) v[k] = wasm_i16x8_load8x8(x + (r + k) * cols + c);
      transpose_8x8(v);
      for (int k = 0; k < 8; k++) wasm_v128_store(y + (c + k) * ld_y + r, v[k]);
    }
  for (int r = 0; r < rows; r++)
    for (int c = r < even_rows ? even_cols : 0; c < cols; c++) y[c * ld_y + r] = x[r * cols + c];
}

static void wasm_transpose_i16(int16_t *y, int ld_y, const int16_t *x, int ld_x, int rows,
                               int cols) {
  const int even_rows = rows & ~7, even_cols = cols & ~7;
  for (int r = 0; r < even_rows; r += 8)
    for (int c = 0; c < even_cols; c += 8) {
      v128_t v[8];
      for (int k = 0; k < 8; k++) v[k] = wasm_v128_load(x + (r + k) * ld_x + c);
      transpose_8x8(v);
      for (int k = 0; k < 8; k++) wasm_v128_store(y + (c + k) * ld_y + r, v[k]);
    }
  for (int r = 0; r < rows; r++)
    for (int c = r < even_rows ? even_cols : 0; c < cols; c++) y[c * ld_y + r] = x[r * ld_x + c];
}

/* ---- sixteen-bit arithmetic ---- */

/* Eight int32, saturated to +-32767. */
static inline v128_t pack_symmetric(v128_t low, v128_t high) {
  return wasm_i16x8_max(wasm_i16x8_narrow_i32x4(low, high), wasm_i16x8_splat(-32767));
}

static void wasm_shift_sums(int16_t *y, const int32_t *sums, int bits, int n) {
  const v128_t half = wasm_i32x4_splat(1 << (bits - 1));
  const uint32_t by = (uint32_t)bits;
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const v128_t low = wasm_i32x4_add(wasm_v128_load(sums + i), half);
    const v128_t high = wasm_i32x4_add(wasm_v128_load(sums + i + 4), half);
    wasm_v128_store(y + i, pack_symmetric(wasm_i32x4_shr(low, by), wasm_i32x4_shr(high, by)));
  }
  if (i < n) math_ops_plain.shift_sums(y + i, sums + i, bits, n - i);
}

static void wasm_combine_i16(int16_t *y, const int16_t *x, int a, const int16_t *z, int b, int bits,
                             int n) {
  const v128_t factors = wasm_i32x4_splat((int)((uint32_t)(uint16_t)b << 16 | (uint16_t)a));
  const v128_t half = wasm_i32x4_splat(1 << (bits - 1));
  const uint32_t by = (uint32_t)bits;
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const v128_t u = wasm_v128_load(x + i), v = wasm_v128_load(z + i);
    const v128_t low = wasm_i32x4_dot_i16x8(weave_low_16(u, v), factors);
    const v128_t high = wasm_i32x4_dot_i16x8(weave_high_16(u, v), factors);
    wasm_v128_store(y + i, pack_symmetric(wasm_i32x4_shr(wasm_i32x4_add(low, half), by),
                                          wasm_i32x4_shr(wasm_i32x4_add(high, half), by)));
  }
  if (i < n) math_ops_plain.combine_i16(y + i, x + i, a, z + i, b, bits, n - i);
}

/* ---- sums ---- */

static int32_t wasm_sum_squares_i8(const int8_t *x, int n) {
  v128_t sum = wasm_i32x4_splat(0);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const v128_t v = wasm_i16x8_load8x8(x + i);
    sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(v, v));
  }
  int32_t total = join_i32(sum);
  for (; i < n; i++) total += x[i] * x[i];
  return total;
}

/* s + the sums of four bytes each, 0..127 */
static inline v128_t add_bytes(v128_t s, v128_t bytes) {
  return wasm_i32x4_add(
      s, wasm_i32x4_dot_i16x8(wasm_i16x8_extadd_pairwise_i8x16(bytes), wasm_i16x8_splat(1)));
}

static void wasm_magnitudes(const int8_t *x, int n, int least, int32_t *sum, int32_t *count) {
  const v128_t below = wasm_i8x16_splat((int8_t)(least - 1)), one = wasm_i8x16_splat(1);
  v128_t sums = wasm_i32x4_splat(0), counts = sums;
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const v128_t v = wasm_i8x16_abs(wasm_v128_load(x + i)), counted = wasm_i8x16_gt(v, below);
    sums = add_bytes(sums, wasm_v128_and(v, counted));
    counts = add_bytes(counts, wasm_v128_and(one, counted));
  }
  *sum += join_i32(sums);
  *count += join_i32(counts);
  if (i < n) math_ops_plain.magnitudes(x + i, n - i, least, sum, count);
}

/* (r^2 + 63) / 127 of eight, r = 0..127: 258 / 2^15 is 1 / 127 closely enough, and this
 * multiplication adds half a bit before it shifts. */
static inline v128_t squares(v128_t r) {
  const v128_t v = wasm_i16x8_add(wasm_i16x8_mul(r, r), wasm_i16x8_splat(1));
  return wasm_i16x8_q15mulr_sat(v, wasm_i16x8_splat(RELU_SQUARE_FACTOR / 2));
}

static void wasm_relu_square(int8_t *y, const int8_t *x, int n) {
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const v128_t low = squares(wasm_i16x8_load8x8(x + i));
    const v128_t high = squares(wasm_i16x8_load8x8(x + i + 8));
    wasm_v128_store(y + i, wasm_i8x16_narrow_i16x8(low, high));
  }
  if (i < n) math_ops_plain.relu_square(y + i, x + i, n - i);
}

/* ---- latents ---- */

/* Four random_half. */
static inline v128_t random_four(v128_t key, v128_t counter) {
  const v128_t one = wasm_i32x4_splat(1), two = wasm_i32x4_splat(2);
  const v128_t above = wasm_i32x4_shl(wasm_u32x4_shr(counter, 2), 1);
  const v128_t pair = wasm_v128_or(above, wasm_v128_and(counter, one));
  const v128_t second = wasm_i32x4_eq(wasm_v128_and(counter, two), two);
  v128_t x = wasm_v128_xor(wasm_i32x4_mul(pair, wasm_i32x4_splat((int)0x9e3779b9u)), key);
  x = wasm_v128_xor(x, wasm_u32x4_shr(x, 16));
  x = wasm_i32x4_mul(x, wasm_i32x4_splat(0x7feb352d));
  x = wasm_v128_xor(x, wasm_u32x4_shr(x, 15));
  x = wasm_i32x4_mul(x, wasm_i32x4_splat((int)0x846ca68bu));
  x = wasm_v128_xor(x, wasm_u32x4_shr(x, 16));
  const v128_t low = wasm_v128_and(x, wasm_i32x4_splat(0xffff));
  return wasm_v128_bitselect(wasm_u32x4_shr(x, 16), low, second);
}

/* Four latents, in int32, less their steps. */
static inline v128_t moved_four(v128_t latents, const float *steps, v128_t random) {
  const v128_t magic = wasm_f32x4_splat(ROUND_MAGIC);
  v128_t step = wasm_f32x4_pmin(wasm_v128_load(steps), wasm_f32x4_splat(LARGEST_MOVE));
  step = wasm_f32x4_pmax(step, wasm_f32x4_splat(-LARGEST_MOVE));
  step = wasm_f32x4_add(wasm_f32x4_mul(step, wasm_f32x4_splat((float)LATENT_ONE)), magic);
  const v128_t exact = wasm_i32x4_sub(wasm_i32x4_shl(latents, 16), wasm_i32x4_sub(step, magic));
  return wasm_i32x4_shr(wasm_i32x4_add(exact, random), 16);
}

static void wasm_move_latents(int8_t *latents, const float *steps, int n, uint32_t key,
                              uint32_t first) {
  const v128_t keys = wasm_i32x4_splat((int)key), four = wasm_i32x4_splat(4);
  v128_t counter = wasm_i32x4_add(wasm_i32x4_splat((int)first), wasm_i32x4_make(0, 1, 2, 3));
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    const v128_t next = wasm_i32x4_add(counter, four), v = wasm_i16x8_load8x8(latents + i);
    const v128_t low =
        moved_four(wasm_i32x4_extend_low_i16x8(v), steps + i, random_four(keys, counter));
    const v128_t high =
        moved_four(wasm_i32x4_extend_high_i16x8(v), steps + i + 4, random_four(keys, next));
    const v128_t words = wasm_i16x8_narrow_i32x4(low, high);
    const v128_t bytes = wasm_i8x16_narrow_i16x8(words, words);
    wasm_v128_store64_lane(latents + i, wasm_i8x16_max(bytes, wasm_i8x16_splat(-127)), 0);
    counter = wasm_i32x4_add(next, four);
  }
  if (i < n) math_ops_plain.move_latents(latents + i, steps + i, n - i, key, first + (uint32_t)i);
}

void math_ops_take_wasm_integers(MathOps *table) {
  table->ternarize = wasm_ternarize;
  table->group_row = wasm_group_row;
  table->group_block = wasm_group_block;
  table->transpose_i8 = wasm_transpose_i8;
  table->transpose_i16 = wasm_transpose_i16;
  table->shift_sums = wasm_shift_sums;
  table->combine_i16 = wasm_combine_i16;
  table->sum_squares_i8 = wasm_sum_squares_i8;
  table->magnitudes = wasm_magnitudes;
  table->relu_square = wasm_relu_square;
  table->move_latents = wasm_move_latents;
}
#else
typedef int math_ops_wasm_integers_not_built; /* ISO C wants a translation unit to hold something */
#endif
