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

/* Inputs first .. first+15 of positions x[0..n-1], n <= 16; what is missing counts as 0. */
static void load_block(int16_t block[LANES][BLOCK_INPUTS], const int16_t *x, int n, int first,
                       int inputs) {
  const int left = inputs - first, count = left < BLOCK_INPUTS ? left : BLOCK_INPUTS;
  memset(block, 0, sizeof(int16_t) * LANES * BLOCK_INPUTS);
  for (int i = 0; i < n; i++)
    memcpy(block[i], x + i * inputs + first, (size_t)count * sizeof(int16_t));
}

/* Eight inputs of sixteen positions that lie ld apart: one register an input. */
static inline AVX2 void load_lanes(__m256i v[8], const int16_t *x, int ld) {
  for (int i = 0; i < HALF; i++)
    v[i] = halves(load_half(x + i * ld), load_half(x + (i + HALF) * ld));
  transpose_8x8(v);
}

/* The tables of one block. */
static AVX2 void block_tables(GroupTables tables, const int16_t *x, int n, int first, int inputs) {
  int16_t padded[LANES][BLOCK_INPUTS];
  const int16_t *from = x + first;
  int ld = inputs;
  if (n < LANES || first + BLOCK_INPUTS > inputs) {
    load_block(padded, x, n, first, inputs);
    from = padded[0];
    ld = BLOCK_INPUTS;
  }
  for (int g = 0; g < GROUPS_OF_BLOCK; g += 2, from += 2 * GROUP_INPUTS) {
    __m256i lanes[2 * GROUP_INPUTS];
    load_lanes(lanes, from, ld);
    group_table(tables[g], lanes);
    group_table(tables[g + 1], lanes + GROUP_INPUTS);
  }
}

/* sums[o] += one block of inputs . their trits of output o, for outputs [count]. */
static AVX2 void add_block(__m256i *sums, GroupTables tables, const uint8_t *groups, int count) {
  for (int o = 0; o < count; o++, groups += GROUPS_OF_BLOCK) {
    uint32_t four;
    memcpy(&four, groups, sizeof four);
    const __m256i a = _mm256_add_epi16(tables[0][four & 0xff], tables[1][four >> 8 & 0xff]);
    const __m256i b = _mm256_add_epi16(tables[2][four >> 16 & 0xff], tables[3][four >> 24]);
    sums[o] = _mm256_add_epi16(sums[o], _mm256_add_epi16(a, b));
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

/* Sums [count] of sixteen positions to y [n of rows ld], and clears them. */
static AVX2 void flush_sums(int32_t *y, int ld, __m256i *sums, int n, int count, bool add) {
  int o = 0;
  for (; o + HALF <= count; o += HALF) put_eight(y + o, ld, sums + o, n, add);
  for (; o < count; o++) {
    int16_t lanes[LANES];
    store_si(lanes, sums[o]);
    for (int i = 0; i < n; i++) y[i * ld + o] = (add ? y[i * ld + o] : 0) + lanes[i];
  }
  memset(sums, 0, (size_t)count * sizeof *sums);
}

/* Outputs of one tile for up to sixteen positions. */
static AVX2 void product_tile(int32_t *y, int ld, const int16_t *x, const uint8_t *groups, int n,
                              int count, int inputs, bool add) {
  const int blocks = (inputs + BLOCK_INPUTS - 1) / BLOCK_INPUTS;
  GroupTables tables;
  __m256i sums[TILE_OUTPUTS];
  memset(sums, 0, (size_t)count * sizeof *sums);
  for (int b = 0; b < blocks; b++, groups += (size_t)ld * GROUPS_OF_BLOCK) {
    block_tables(tables, x, n, b * BLOCK_INPUTS, inputs);
    add_block(sums, tables, groups, count);
    if ((b + 1) % FLUSH_BLOCKS != 0 && b + 1 < blocks) continue;
    flush_sums(y, ld, sums, n, count, add);
    add = true;
  }
}

static int min_int(int a, int b) { return a < b ? a : b; }

static void avx2_group_product(int32_t *y, const int16_t *x, const uint8_t *groups, int n,
                               int outputs, int inputs, bool add) {
  for (int i = 0; i < n; i += LANES)
    for (int o = 0; o < outputs; o += TILE_OUTPUTS)
      product_tile(y + i * outputs + o, outputs, x + i * inputs,
                   groups + (size_t)o * GROUPS_OF_BLOCK, min_int(LANES, n - i),
                   min_int(TILE_OUTPUTS, outputs - o), inputs, add);
}

/* ---- product of int16 rows ---- */

/* Sums of one row of x with four rows of w, of eight strided parts each. */
typedef struct {
  __m256i a, b, c, d;
} FourSums;

/* Sixteen columns of four rows of w. */
typedef struct {
  __m256i a, b, c, d;
} FourRows;

static inline AVX2 FourRows load_rows(const int16_t *w, ptrdiff_t ld) {
  return (FourRows){load_si(w), load_si(w + ld), load_si(w + 2 * ld), load_si(w + 3 * ld)};
}

static inline AVX2 FourSums no_sums(void) {
  const __m256i zero = _mm256_setzero_si256();
  return (FourSums){zero, zero, zero, zero};
}

static inline AVX2 void add_products(FourSums *s, __m256i x, const FourRows *w) {
  s->a = _mm256_add_epi32(s->a, _mm256_madd_epi16(x, w->a));
  s->b = _mm256_add_epi32(s->b, _mm256_madd_epi16(x, w->b));
  s->c = _mm256_add_epi32(s->c, _mm256_madd_epi16(x, w->c));
  s->d = _mm256_add_epi32(s->d, _mm256_madd_epi16(x, w->d));
}

/* (a, b, c, d), each the sum of its parts. */
static inline AVX2 __m128i join_four(FourSums s) {
  const __m256i ab = _mm256_hadd_epi32(s.a, s.b), cd = _mm256_hadd_epi32(s.c, s.d);
  const __m256i all = _mm256_hadd_epi32(ab, cd);
  return _mm_add_epi32(low_half(all), high_half(all));
}

/* Adds the products of columns first .. cols-1, at most 15, of one row of x and four of w. */
static __attribute__((noinline)) void add_last_columns(int32_t *y, const int16_t *x,
                                                       const int16_t *w, int first, int cols) {
  for (int k = 0; k < 4; k++, w += cols)
    for (int c = first; c < cols; c++) y[k] += x[c] * w[c];
}

/* All rows of x [n,cols] by four rows of w, to y [n of rows ld]: two rows of x at a time, so that
 * each register that is loaded is used at least twice. */
static AVX2 void rows_by_4(int32_t *y, size_t ld, const int16_t *x, const int16_t *w, int n,
                           int cols) {
  const int whole = cols & ~15;
  int i = 0;
  for (; i < n; i += 2, x += 2 * cols, y += 2 * ld) {
    const ptrdiff_t next = i + 1 < n ? cols : 0; /* the last row alone counts twice */
    FourSums first = no_sums(), second = no_sums();
    for (int c = 0; c < whole; c += 16) {
      const FourRows rows = load_rows(w + c, cols);
      add_products(&first, load_si(x + c), &rows);
      add_products(&second, load_si(x + next + c), &rows);
    }
    store_half(y, join_four(first));
    if (whole < cols) add_last_columns(y, x, w, whole, cols);
    if (next == 0) return;
    store_half(y + ld, join_four(second));
    if (whole < cols) add_last_columns(y + ld, x + cols, w, whole, cols);
  }
}

static int32_t dot_i16(const int16_t *x, const int16_t *w, int cols) {
  int32_t sum = 0;
  for (int c = 0; c < cols; c++) sum += x[c] * w[c];
  return sum;
}

/* Four rows of w stay in the first-level cache while all of x goes past them. */
static AVX2 void avx2_matmul_i16(int32_t *y, int ld_y, const int16_t *x, const int16_t *w, int n,
                                 int rows, int cols) {
  const size_t ld = (size_t)ld_y, k = (size_t)cols;
  int r = 0;
  for (; r + 4 <= rows; r += 4) rows_by_4(y + r, ld, x, w + (size_t)r * k, n, cols);
  for (; r < rows; r++)
    for (int i = 0; i < n; i++)
      y[(size_t)i * ld + (size_t)r] = dot_i16(x + (size_t)i * k, w + (size_t)r * k, cols);
}

void math_ops_take_avx2_products(MathOps *table) {
  table->group_product = avx2_group_product;
  table->matmul_i16 = avx2_matmul_i16;
}
#else
typedef int math_ops_avx2_products_not_built; /* ISO C wants a translation unit to hold something */
#endif
