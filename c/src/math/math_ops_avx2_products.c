/* math_ops_avx2_products.c - the products, with AVX2: of trits and many positions, of int16 rows,
 * and of packed rows with one position.
 *
 * All sums are exact, so they owe nothing to an order. Compiled to nothing unless USE_AVX2_BUILD is
 * defined.
 */
#include "math/math_ops.h"

#if defined(USE_AVX2_BUILD)
#include "math/math_ops_avx2.h"
#include "math/packing.h"
#include "math/panels.h"

/* ---- product with trits, many positions: sixteen positions in one register ----
 *
 * As in math_ops_mmx.c: a table of the 81 sums of each group of four inputs, here of sixteen
 * positions in int16; then one look-up and one addition do 64 products. */

enum {
  LANES = 16,        /* positions in a register */
  HALF = LANES / 2,  /* those of its halves: 0..7 and 8..15 */
  FLUSH_BLOCKS = 16, /* 16 * 16 * 127 < 2^15: so many blocks fit int16 */
  TILE_OUTPUTS = 512 /* whose sums lie in the first-level cache, beside the tables */
};

typedef __m256i GroupTables[GROUPS_OF_BLOCK][GROUP_VALUES];

/* The entries `count` and 2 * count places after table[0 .. count-1] add x once and twice. */
static inline AVX2 void extend(__m256i *table, int count, __m256i x) {
  for (int i = 0; i < count; i++) {
    const __m256i once = _mm256_add_epi16(table[i], x);
    table[count + i] = once;
    table[2 * count + i] = _mm256_add_epi16(once, x);
  }
}

/* table[value] = (t0, t1, t2, t3 of value) . x. x: four inputs of all lanes. */
static inline AVX2 void group_table(__m256i *table, const __m256i x[4]) {
  const __m256i low = _mm256_add_epi16(x[0], x[1]), high = _mm256_add_epi16(x[2], x[3]);
  table[0] = _mm256_sub_epi16(_mm256_setzero_si256(), _mm256_add_epi16(low, high));
  extend(table, 1, x[0]);
  extend(table, 3, x[1]);
  extend(table, 9, x[2]);
  extend(table, 27, x[3]);
}

/* Eight inputs of sixteen positions that lie ld apart: one register an input. */
static inline AVX2 void load_lanes(__m256i v[8], const int16_t *x, int ld) {
  for (int i = 0; i < HALF; i++)
    v[i] = halves(load_half(x + i * ld), load_half(x + (i + HALF) * ld));
  transpose_8x8(v);
}

/* The tables of one block. */
static AVX2 void block_tables(GroupTables tables, const int16_t *x, int n, int first, int inputs) {
  int16_t padded[LANES * BLOCK_INPUTS];
  const int16_t *from = x + first;
  int ld = inputs;
  if (n < LANES || first + BLOCK_INPUTS > inputs) {
    pad_block(padded, LANES, x, n, first, inputs);
    from = padded;
    ld = BLOCK_INPUTS;
  }
  for (int g = 0; g < GROUPS_OF_BLOCK; g += 2, from += 2 * GROUP_INPUTS) {
    __m256i lanes[2 * GROUP_INPUTS];
    load_lanes(lanes, from, ld);
    group_table(tables[g], lanes);
    group_table(tables[g + 1], lanes + GROUP_INPUTS);
  }
}

/* sums[o] += one block of inputs . their trits of output o, for outputs [count]; the first block
 * takes the place of what was there. */
static inline AVX2 void add_block(const bool first, __m256i *sums, GroupTables tables,
                                  const uint8_t *groups, int count) {
  for (int o = 0; o < count; o++, groups += GROUPS_OF_BLOCK) {
    uint32_t four;
    memcpy(&four, groups, sizeof four);
    const __m256i a = _mm256_add_epi16(tables[0][four & 0xff], tables[1][four >> 8 & 0xff]);
    const __m256i b = _mm256_add_epi16(tables[2][four >> 16 & 0xff], tables[3][four >> 24]);
    const __m256i both = _mm256_add_epi16(a, b);
    sums[o] = first ? both : _mm256_add_epi16(sums[o], both);
  }
}

/* Eight int16 to eight int32, which are added to memory or take its place. */
static inline AVX2 void put_widened(int32_t *y, __m128i v, bool add) {
  const __m256i wide = _mm256_cvtepi16_epi32(v);
  store_si(y, add ? _mm256_add_epi32(load_si(y), wide) : wide);
}

/* Sums of eight outputs to y [n of rows ld]. */
static AVX2 void put_eight(int32_t *y, int ld, const __m256i *sums, int n, bool add) {
  __m256i rows[HALF];
  for (int k = 0; k < HALF; k++) rows[k] = sums[k];
  transpose_8x8(rows);
  for (int i = 0; i < HALF && i < n; i++) put_widened(y + i * ld, low_half(rows[i]), add);
  for (int i = HALF; i < n; i++) put_widened(y + i * ld, high_half(rows[i - HALF]), add);
}

/* Sums [count] of sixteen positions to y [n of rows ld]. */
static AVX2 void put_sums(int32_t *y, int ld, const __m256i *sums, int n, int count, bool add) {
  int o = 0;
  for (; o + HALF <= count; o += HALF) put_eight(y + o, ld, sums + o, n, add);
  for (; o < count; o++) {
    int16_t lanes[LANES];
    store_si(lanes, sums[o]);
    for (int i = 0; i < n; i++) y[i * ld + o] = (add ? y[i * ld + o] : 0) + lanes[i];
  }
}

/* Outputs of one tile for up to sixteen positions. */
static AVX2 void product_tile(int32_t *y, int ld, const int16_t *x, const uint8_t *groups, int n,
                              int count, int inputs, bool add) {
  const int blocks = (inputs + BLOCK_INPUTS - 1) / BLOCK_INPUTS;
  GroupTables tables;
  __m256i sums[TILE_OUTPUTS];
  for (int b = 0; b < blocks; b++, groups += (size_t)ld * GROUPS_OF_BLOCK) {
    block_tables(tables, x, n, b * BLOCK_INPUTS, inputs);
    if (b % FLUSH_BLOCKS == 0)
      add_block(true, sums, tables, groups, count);
    else
      add_block(false, sums, tables, groups, count);
    if ((b + 1) % FLUSH_BLOCKS != 0 && b + 1 < blocks) continue;
    put_sums(y, ld, sums, n, count, add);
    add = true;
  }
}

static void avx2_group_product(int32_t *y, const int16_t *x, const uint8_t *groups, int n,
                               int outputs, int inputs, bool add) {
  for (int i = 0; i < n; i += LANES)
    for (int o = 0; o < outputs; o += TILE_OUTPUTS)
      product_tile(y + i * outputs + o, outputs, x + i * inputs,
                   groups + (size_t)o * GROUPS_OF_BLOCK, min_int(LANES, n - i),
                   min_int(TILE_OUTPUTS, outputs - o), inputs, add);
}

/* ---- product of int16 rows ---- */

/* Sums of one factor with two others. */
typedef struct {
  __m256i first, second;
} TwoSums;

/* Each factor is used as soon as it is loaded: with eight sums, few registers are left. */
static inline AVX2 void add_products(TwoSums *s, __m256i v, __m256i first, __m256i second) {
  HOLD(v);
  HOLD(first);
  HOLD(second);
  s->first = _mm256_add_epi32(s->first, _mm256_madd_epi16(v, first));
  s->second = _mm256_add_epi32(s->second, _mm256_madd_epi16(v, second));
  HOLD(s->first);
  HOLD(s->second);
}

/* (a, b, c, d), each the sum of its parts. */
static inline AVX2 __m128i join_four(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(low_half(all), high_half(all));
}

/* y[k] += products of columns first .. cols-1, at most 15, of a row of x and `count` rows of w. */
static __attribute__((noinline)) void
add_last_columns(int32_t *y, const int16_t *x, const int16_t *w, int count, int first, int cols) {
  for (int k = 0; k < count; k++, w += cols)
    for (int c = first; c < cols; c++) y[k] += x[c] * w[c];
}

/* Two rows of x by four of w, to y [2 of rows ld]: what is loaded is used at least twice. */
static inline AVX2 void two_by_4(int32_t *y, size_t ld, const int16_t *x, const int16_t *w,
                                 int cols) {
  const int whole = cols & ~15;
  const ptrdiff_t at = cols;
  const __m256i zero = _mm256_setzero_si256();
  TwoSums a = {zero, zero}, b = a, c = a, d = a;
  for (int k = 0; k < whole; k += 16) {
    const __m256i x0 = load_si(x + k), x1 = load_si(x + at + k);
    add_products(&a, load_si(w + k), x0, x1);
    add_products(&b, load_si(w + at + k), x0, x1);
    add_products(&c, load_si(w + 2 * at + k), x0, x1);
    add_products(&d, load_si(w + 3 * at + k), x0, x1);
  }
  store_half(y, join_four(a.first, b.first, c.first, d.first));
  store_half(y + ld, join_four(a.second, b.second, c.second, d.second));
  if (whole == cols) return;
  add_last_columns(y, x, w, 4, whole, cols);
  add_last_columns(y + ld, x + at, w, 4, whole, cols);
}

/* One row of x by eight of w, to y [8]. */
static inline AVX2 void one_by_8(int32_t *y, const int16_t *x, const int16_t *w, int cols) {
  const int whole = cols & ~15;
  const ptrdiff_t at = cols;
  const __m256i zero = _mm256_setzero_si256();
  TwoSums a = {zero, zero}, b = a, c = a, d = a;
  for (int k = 0; k < whole; k += 16) {
    const __m256i v = load_si(x + k);
    add_products(&a, v, load_si(w + k), load_si(w + at + k));
    add_products(&b, v, load_si(w + 2 * at + k), load_si(w + 3 * at + k));
    add_products(&c, v, load_si(w + 4 * at + k), load_si(w + 5 * at + k));
    add_products(&d, v, load_si(w + 6 * at + k), load_si(w + 7 * at + k));
  }
  store_half(y, join_four(a.first, a.second, b.first, b.second));
  store_half(y + 4, join_four(c.first, c.second, d.first, d.second));
  if (whole < cols) add_last_columns(y, x, w, 8, whole, cols);
}

static AVX2 int32_t dot_i16(const int16_t *x, const int16_t *w, int cols) {
  __m256i parts = _mm256_setzero_si256();
  int c = 0;
  for (; c + 16 <= cols; c += 16)
    parts = _mm256_add_epi32(parts, _mm256_madd_epi16(load_si(x + c), load_si(w + c)));
  int32_t sum = _mm_cvtsi128_si32(join_four(parts, parts, parts, parts));
  for (; c < cols; c++) sum += x[c] * w[c];
  return sum;
}

/* One row of x by all rows of w, to y [rows]. */
static AVX2 void one_row(int32_t *y, const int16_t *x, const int16_t *w, int rows, int cols) {
  const size_t k = (size_t)cols;
  int r = 0;
  for (; r + 8 <= rows; r += 8) one_by_8(y + r, x, w + (size_t)r * k, cols);
  for (; r < rows; r++) y[r] = dot_i16(x, w + (size_t)r * k, cols);
}

/* Four rows of w stay in the first-level cache while pairs of rows of x go past them. */
static AVX2 void avx2_matmul_i16(int32_t *y, int ld_y, const int16_t *x, const int16_t *w, int n,
                                 int rows, int cols) {
  const size_t ld = (size_t)ld_y, k = (size_t)cols;
  const int pairs = n & ~1, fours = rows & ~3;
  for (int r = 0; r < fours; r += 4)
    for (int i = 0; i < pairs; i += 2)
      two_by_4(y + (size_t)i * ld + r, ld, x + (size_t)i * k, w + (size_t)r * k, cols);
  for (int i = 0; i < pairs; i++)
    for (int r = fours; r < rows; r++)
      y[(size_t)i * ld + (size_t)r] = dot_i16(x + (size_t)i * k, w + (size_t)r * k, cols);
  if (n > pairs) one_row(y + (size_t)pairs * ld, x + (size_t)pairs * k, w, rows, cols);
}

/* ---- sums of products: x in pairs of positions, see panels.h ---- */

enum { PANEL = 16 };

/* One pair of positions of sixteen columns. */
static inline AVX2 void lay_pair(int16_t *to, const int8_t *x, int cols) {
  const __m128i first = load_half(x), second = load_half(x + cols);
  store_si(to, _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(first, second)));
  store_si(to + PANEL, _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(first, second)));
}

static AVX2 void avx2_lay_columns(int16_t *laid, const int8_t *x, int n, int cols) {
  int c = 0;
  if (n % 2 != 0) {
    math_ops_plain.lay_columns(laid, x, n, cols);
    return;
  }
  for (; c + PANEL <= cols; c += PANEL)
    for (int i = 0; i < n; i += 2, laid += 2 * PANEL) lay_pair(laid, x + i * cols + c, cols);
  lay_last_columns(laid, x, n, cols, c);
}

/* How a sum is shifted before it is added. */
typedef struct {
  __m256i half;
  __m128i left, right;
} Shift;

static inline AVX2 Shift make_shift(int shift) {
  return (Shift){_mm256_set1_epi32(shift < 0 ? 1 << (-shift - 1) : 0),
                 _mm_cvtsi32_si128(shift > 0 ? shift : 0),
                 _mm_cvtsi32_si128(shift < 0 ? -shift : 0)};
}

static inline AVX2 void add_eight(int32_t *y, __m256i sums, const Shift *by) {
  sums = _mm256_sra_epi32(_mm256_add_epi32(sums, by->half), by->right);
  store_si(y, _mm256_add_epi32(load_si(y), _mm256_sll_epi32(sums, by->left)));
}

static inline AVX2 void add_sixteen(int32_t *y, const TwoSums *sums, const Shift *by) {
  add_eight(y, sums->first, by), add_eight(y + 8, sums->second, by);
}

/* Two positions of one row of u, eight times. */
static inline AVX2 __m256i pair_of(const int16_t *u) {
  int32_t pair;
  memcpy(&pair, u, sizeof pair);
  return _mm256_set1_epi32(pair);
}

/* Four rows of u [4 of n] times a panel, to y [4 of rows ld]. */
static inline AVX2 void panel_by_4(int32_t *y, int ld, const int16_t *u, const int16_t *panel,
                                   int n, const Shift *by) {
  const __m256i zero = _mm256_setzero_si256();
  const ptrdiff_t at = n;
  TwoSums a = {zero, zero}, b = a, c = a, d = a;
  for (int i = 0; i < n; i += 2, panel += 2 * PANEL) {
    const __m256i low = load_si(panel), high = load_si(panel + PANEL);
    add_products(&a, pair_of(u + i), low, high);
    add_products(&b, pair_of(u + at + i), low, high);
    add_products(&c, pair_of(u + 2 * at + i), low, high);
    add_products(&d, pair_of(u + 3 * at + i), low, high);
  }
  add_sixteen(y, &a, by), add_sixteen(y + ld, &b, by);
  add_sixteen(y + 2 * ld, &c, by), add_sixteen(y + 3 * ld, &d, by);
}

static AVX2 void add_panels(int32_t *y, const int16_t *u, const int16_t *laid, int first, int end,
                            int rows, const ProductSum *sum) {
  const int n = sum->n, cols = sum->cols;
  const Shift by = make_shift(sum->shift);
  for (int r = 0; r < rows; r += 4)
    for (int c = first; c < end; c += PANEL)
      panel_by_4(y + r * cols + c, cols, u + r * n, laid + c * n, n, &by);
}

static void avx2_add_products(int32_t *y, int32_t *tile, const int16_t *u, const int16_t *laid,
                              const ProductSum *sum) {
  const Panels panels = {PANEL, add_panels, avx2_matmul_i16};
  add_products_by_panels(&panels, y, tile, u, laid, sum);
}

/* ---- packed trits and one position: eight rows at once ----
 *
 * A register holds four bytes of each of eight rows, so twenty inputs of eight outputs. Its digits
 * come off one after the other, the highest first; each is 0, 1 or 2, the trit plus one, and a
 * digit of all bytes is multiplied with the inputs that belong to it:
 *
 *   strip       row 0                     row 1                           row 7
 *             +------+------+------+------+------+------+------+------+-----+------+
 *             | b0   | b1   | b2   | b3   | b0   | b1   | b2   | b3   | ... | b3   |
 *             +------+------+------+------+------+------+------+------+-----+------+
 *   inputs     0..4   5..9   ..14   ..19   of the strip
 *   digit k    k      5+k    10+k   15+k   its inputs, the same for all rows
 *
 * vpmaddubsw adds two products of a row, each at most 254, in 16 bits; a strip adds five of them.
 */

enum {
  STRIP_ROWS = 8,
  STRIP_BYTES = 4,
  STRIP_INPUTS = STRIP_BYTES * BYTE_TRITS,
  FLUSH_STRIPS = 12, /* 12 * 5 * 2 * 254 < 2^15: so many strips fit int16 */
  MOST_STRIPS = (HIDDEN_PER_DIM * MAX_DIM + STRIP_INPUTS - 1) / STRIP_INPUTS
};

/* The inputs of each strip by digit, zeros behind the last. */
typedef int8_t StripInputs[MOST_STRIPS][BYTE_TRITS][STRIP_BYTES];

/* Fills them from x [cols], and returns the sum of x, which the digits count once too often. */
static int32_t spread_inputs(StripInputs inputs, const int8_t *x, int cols) {
  const int strips = (cols + STRIP_INPUTS - 1) / STRIP_INPUTS;
  int32_t sum = 0;
  int i = 0;
  memset(inputs, 0, (size_t)strips * sizeof inputs[0]);
  for (int s = 0; s < strips; s++)
    for (int b = 0; b < STRIP_BYTES; b++)
      for (int k = 0; k < BYTE_TRITS && i < cols; k++, i++) sum += inputs[s][k][b] = x[i];
  return sum;
}

/* A table of sixteen bytes for vpshufb, in both halves. */
static inline AVX2 __m256i look_up(const int8_t table[16], __m256i index) {
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(load_half(table)), index);
}

/* The highest digit of each byte 0..242, and what is left of it, 0..80. */
static inline AVX2 __m256i top_digit(__m256i *left) {
  static const int8_t times_81[16] = {0, 81, (int8_t)162};
  const __m256i v = _mm256_xor_si256(*left, _mm256_set1_epi8(-128)); /* compared as signed */
  const __m256i one = _mm256_cmpgt_epi8(v, _mm256_set1_epi8(80 - 128));
  const __m256i two = _mm256_cmpgt_epi8(v, _mm256_set1_epi8(161 - 128));
  const __m256i digit = _mm256_abs_epi8(_mm256_add_epi8(one, two));
  *left = _mm256_sub_epi8(*left, look_up(times_81, digit));
  return digit;
}

/* Bytes 0..80 divided by 9, and what is left of them: 57 / 512 is 1 / 9 closely enough. */
static inline AVX2 __m256i divide_by_9(__m256i *left) {
  static const int8_t times_9[16] = {0, 9, 18, 27, 36, 45, 54, 63, 72};
  const __m256i even = _mm256_maddubs_epi16(*left, _mm256_set1_epi16(57));
  const __m256i odd = _mm256_maddubs_epi16(*left, _mm256_set1_epi16(57 << 8));
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(odd, 1), _mm256_set1_epi16(0x0f00));
  const __m256i quotient = _mm256_or_si256(_mm256_srli_epi16(even, 9), high);
  *left = _mm256_sub_epi8(*left, look_up(times_9, quotient));
  return quotient;
}

/* Four inputs of one digit, for every row. */
static inline AVX2 __m256i inputs_of(const int8_t inputs[STRIP_BYTES]) {
  int32_t four;
  memcpy(&four, inputs, sizeof four);
  return _mm256_set1_epi32(four);
}

static inline AVX2 __m256i add_digit(__m256i sums, __m256i digit, const int8_t *inputs) {
  return _mm256_add_epi16(sums, _mm256_maddubs_epi16(digit, inputs_of(inputs)));
}

/* sums, two int16 a row, and the products of one strip. */
static inline AVX2 __m256i add_strip(__m256i sums, __m256i bytes,
                                     int8_t inputs[BYTE_TRITS][STRIP_BYTES]) {
  static const int8_t high_of_9[16] = {0, 0, 0, 1, 1, 1, 2, 2, 2};
  static const int8_t low_of_9[16] = {0, 1, 2, 0, 1, 2, 0, 1, 2};
  sums = add_digit(sums, top_digit(&bytes), inputs[4]);
  const __m256i nines = divide_by_9(&bytes);
  sums = add_digit(sums, look_up(high_of_9, nines), inputs[3]);
  sums = add_digit(sums, look_up(low_of_9, nines), inputs[2]);
  sums = add_digit(sums, look_up(high_of_9, bytes), inputs[1]);
  return add_digit(sums, look_up(low_of_9, bytes), inputs[0]);
}

/* A strip of fewer rows or bytes, zeros elsewhere. */
static AVX2 __m256i load_narrow(const uint8_t *strip, int rows, int bytes) {
  uint8_t padded[STRIP_ROWS][STRIP_BYTES] = {{0}};
  for (int r = 0; r < rows; r++) memcpy(padded[r], strip + r * bytes, (size_t)bytes);
  return load_si(padded);
}

/* Up to eight rows [rows, of row_bytes] in strips times the inputs. */
static AVX2 __m256i rows_product(const uint8_t *strips, StripInputs inputs, int rows,
                                 int row_bytes) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i total = _mm256_setzero_si256(), sums = total;
  for (int b = 0, s = 0; b < row_bytes; b += STRIP_BYTES, s++) {
    const int bytes = min_int(STRIP_BYTES, row_bytes - b);
    const bool whole = rows == STRIP_ROWS && bytes == STRIP_BYTES;
    sums = add_strip(sums, whole ? load_si(strips) : load_narrow(strips, rows, bytes), inputs[s]);
    strips += rows * bytes;
    if ((s + 1) % FLUSH_STRIPS != 0) continue;
    total = _mm256_add_epi32(total, _mm256_madd_epi16(sums, ones));
    sums = _mm256_setzero_si256();
  }
  return _mm256_add_epi32(total, _mm256_madd_epi16(sums, ones));
}

static AVX2 void avx2_packed_product(int32_t *y, const uint8_t *const *strips, int count,
                                     const int8_t *x, int rows, int cols) {
  StripInputs inputs;
  const int row_bytes = (int)packed_row_bytes(CODES_TRITS, cols);
  const __m256i sum = _mm256_set1_epi32(spread_inputs(inputs, x, cols));
  for (int k = 0; k < count; k++)
    for (int r = 0; r < rows; r += STRIP_ROWS) {
      const int height = min_int(STRIP_ROWS, rows - r);
      const __m256i sums = rows_product(strips[k] + r * row_bytes, inputs, height, row_bytes);
      int32_t eight[STRIP_ROWS];
      store_si(eight, _mm256_sub_epi32(sums, sum));
      memcpy(y + k * rows + r, eight, (size_t)height * sizeof *y);
    }
}

void math_ops_take_avx2_products(MathOps *table) {
  table->strips = (StripShape){STRIP_ROWS, STRIP_BYTES};
  table->packed_product = avx2_packed_product;
  table->lay_columns = avx2_lay_columns;
  table->add_products = avx2_add_products;
  table->group_product = avx2_group_product;
  table->matmul_i16 = avx2_matmul_i16;
}
#else
typedef int math_ops_avx2_products_not_built; /* ISO C wants a translation unit to hold something */
#endif
