/* math_ops_wasm_products.c - the products, with WebAssembly's 128-bit SIMD: of trits and many
 * positions, of int16 rows, and of pairs of positions.
 *
 * All sums are exact, so they owe nothing to an order. Compiled to nothing unless
 * USE_WASM_SIMD_BUILD is defined.
 */
#include "math/math_ops.h"

#if defined(USE_WASM_SIMD_BUILD)
#include "math/math_ops_wasm.h"
#include "math/panels.h"

/* ---- product with trits, many positions: eight positions in one register ----
 *
 * As in math_ops_mmx.c: a table of the 81 sums of each group of four inputs, here of eight
 * positions in int16; then one look-up and one addition do 32 products. */

enum {
  LANES = 8,         /* positions in a register */
  FLUSH_BLOCKS = 16, /* 16 * 16 * 127 < 2^15: so many blocks fit int16 */
  TILE_OUTPUTS = 512 /* whose sums lie in the first-level cache, beside the tables */
};

typedef v128_t GroupTables[GROUPS_OF_BLOCK][GROUP_VALUES];

/* The entries `count` and 2 * count places after table[0 .. count-1] add x once and twice. */
static inline void extend(v128_t *table, int count, v128_t x) {
  for (int i = 0; i < count; i++) {
    const v128_t once = wasm_i16x8_add(table[i], x);
    table[count + i] = once;
    table[2 * count + i] = wasm_i16x8_add(once, x);
  }
}

/* table[value] = (t0, t1, t2, t3 of value) . x. x: four inputs of all lanes. */
static inline void group_table(v128_t *table, const v128_t x[4]) {
  const v128_t low = wasm_i16x8_add(x[0], x[1]), high = wasm_i16x8_add(x[2], x[3]);
  table[0] = wasm_i16x8_neg(wasm_i16x8_add(low, high));
  extend(table, 1, x[0]);
  extend(table, 3, x[1]);
  extend(table, 9, x[2]);
  extend(table, 27, x[3]);
}

/* The tables of one block of positions x [n of inputs]. */
static void block_tables(GroupTables tables, const int16_t *x, int n, int first, int inputs) {
  int16_t padded[LANES * BLOCK_INPUTS];
  const int16_t *from = x + first;
  int ld = inputs;
  if (n < LANES || first + BLOCK_INPUTS > inputs) {
    pad_block(padded, LANES, x, n, first, inputs);
    from = padded;
    ld = BLOCK_INPUTS;
  }
  for (int g = 0; g < GROUPS_OF_BLOCK; g += 2, from += 2 * GROUP_INPUTS) {
    v128_t lanes[2 * GROUP_INPUTS];
    for (int i = 0; i < LANES; i++) lanes[i] = wasm_v128_load(from + i * ld);
    transpose_8x8(lanes);
    group_table(tables[g], lanes);
    group_table(tables[g + 1], lanes + GROUP_INPUTS);
  }
}

/* sums[o] += one block of inputs . their trits of output o, for outputs [count]; the first block
 * takes the place of what was there. */
static inline void add_block(const bool first, v128_t *sums, GroupTables tables,
                             const uint8_t *groups, int count) {
  for (int o = 0; o < count; o++, groups += GROUPS_OF_BLOCK) {
    uint32_t four;
    memcpy(&four, groups, sizeof four);
    const v128_t a = wasm_i16x8_add(tables[0][four & 0xff], tables[1][four >> 8 & 0xff]);
    const v128_t b = wasm_i16x8_add(tables[2][four >> 16 & 0xff], tables[3][four >> 24]);
    const v128_t both = wasm_i16x8_add(a, b);
    sums[o] = first ? both : wasm_i16x8_add(sums[o], both);
  }
}

/* Eight int16 to eight int32, which are added to memory or take its place. */
static inline void put_widened(int32_t *y, v128_t v, bool add) {
  const v128_t low = wasm_i32x4_extend_low_i16x8(v), high = wasm_i32x4_extend_high_i16x8(v);
  wasm_v128_store(y, add ? wasm_i32x4_add(wasm_v128_load(y), low) : low);
  wasm_v128_store(y + 4, add ? wasm_i32x4_add(wasm_v128_load(y + 4), high) : high);
}

/* Sums [count] of eight positions to y [n of rows ld]. */
static void put_sums(int32_t *y, int ld, const v128_t *sums, int n, int count, bool add) {
  int o = 0;
  for (; o + LANES <= count; o += LANES) {
    v128_t rows[LANES];
    for (int k = 0; k < LANES; k++) rows[k] = sums[o + k];
    transpose_8x8(rows);
    for (int i = 0; i < n; i++) put_widened(y + i * ld + o, rows[i], add);
  }
  for (; o < count; o++) {
    int16_t lanes[LANES];
    wasm_v128_store(lanes, sums[o]);
    for (int i = 0; i < n; i++) y[i * ld + o] = (add ? y[i * ld + o] : 0) + lanes[i];
  }
}

/* Outputs of one tile for up to eight positions. */
static void product_tile(int32_t *y, int ld, const int16_t *x, const uint8_t *groups, int n,
                         int count, int inputs, bool add) {
  const int blocks = (inputs + BLOCK_INPUTS - 1) / BLOCK_INPUTS;
  GroupTables tables;
  v128_t sums[TILE_OUTPUTS];
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

static void wasm_group_product(int32_t *y, const int16_t *x, const uint8_t *groups, int n,
                               int outputs, int inputs, bool add) {
  for (int i = 0; i < n; i += LANES)
    for (int o = 0; o < outputs; o += TILE_OUTPUTS)
      product_tile(y + i * outputs + o, outputs, x + i * inputs,
                   groups + (size_t)o * GROUPS_OF_BLOCK, min_int(LANES, n - i),
                   min_int(TILE_OUTPUTS, outputs - o), inputs, add);
}

/* ---- product of int16 rows ---- */

/* s + products of eight columns, in pairs */
static inline v128_t add_dot(v128_t s, v128_t x, v128_t w) {
  return wasm_i32x4_add(s, wasm_i32x4_dot_i16x8(x, w));
}

/* y[k] += products of columns first .. cols-1, at most 7, of a row of x and `count` rows of w. */
static __attribute__((noinline)) void
add_last_columns(int32_t *y, const int16_t *x, const int16_t *w, int count, int first, int cols) {
  for (int k = 0; k < count; k++, w += cols)
    for (int c = first; c < cols; c++) y[k] += x[c] * w[c];
}

/* Sums of two rows with another. */
typedef struct {
  v128_t first, second;
} TwoSums;

static inline void add_dots(TwoSums *s, v128_t w, v128_t x0, v128_t x1) {
  s->first = add_dot(s->first, x0, w);
  s->second = add_dot(s->second, x1, w);
}

/* Two rows of x by four of w, to y [2 of rows ld]: what is loaded is used at least twice. */
static inline void two_by_4(int32_t *y, size_t ld, const int16_t *x, const int16_t *w, int cols) {
  const int whole = cols & ~7;
  const int16_t *x1 = x + cols, *w1 = w + cols, *w2 = w1 + cols, *w3 = w2 + cols;
  const v128_t zero = wasm_i32x4_splat(0);
  TwoSums a = {zero, zero}, b = a, c = a, d = a;
  for (int k = 0; k < whole; k += 8) {
    const v128_t u = wasm_v128_load(x + k), v = wasm_v128_load(x1 + k);
    add_dots(&a, wasm_v128_load(w + k), u, v);
    add_dots(&b, wasm_v128_load(w1 + k), u, v);
    add_dots(&c, wasm_v128_load(w2 + k), u, v);
    add_dots(&d, wasm_v128_load(w3 + k), u, v);
  }
  wasm_v128_store(y, join_four(a.first, b.first, c.first, d.first));
  wasm_v128_store(y + ld, join_four(a.second, b.second, c.second, d.second));
  if (whole == cols) return;
  add_last_columns(y, x, w, 4, whole, cols);
  add_last_columns(y + ld, x1, w, 4, whole, cols);
}

/* One row of x by four of w, to y [4]. */
static inline void one_by_4(int32_t *y, const int16_t *x, const int16_t *w, int cols) {
  const int whole = cols & ~7;
  const int16_t *w1 = w + cols, *w2 = w1 + cols, *w3 = w2 + cols;
  v128_t a = wasm_i32x4_splat(0), b = a, c = a, d = a;
  for (int k = 0; k < whole; k += 8) {
    const v128_t v = wasm_v128_load(x + k);
    a = add_dot(a, v, wasm_v128_load(w + k));
    b = add_dot(b, v, wasm_v128_load(w1 + k));
    c = add_dot(c, v, wasm_v128_load(w2 + k));
    d = add_dot(d, v, wasm_v128_load(w3 + k));
  }
  wasm_v128_store(y, join_four(a, b, c, d));
  if (whole < cols) add_last_columns(y, x, w, 4, whole, cols);
}

static int32_t dot_i16(const int16_t *x, const int16_t *w, int cols) {
  v128_t sum = wasm_i32x4_splat(0);
  int c = 0;
  for (; c + 8 <= cols; c += 8) sum = add_dot(sum, wasm_v128_load(x + c), wasm_v128_load(w + c));
  int32_t total = join_i32(sum);
  for (; c < cols; c++) total += x[c] * w[c];
  return total;
}

/* Four rows of w stay in the first-level cache while pairs of rows of x go past them. */
static void wasm_matmul_i16(int32_t *y, int ld_y, const int16_t *x, const int16_t *w, int n,
                            int rows, int cols) {
  const size_t ld = (size_t)ld_y, k = (size_t)cols;
  const int pairs = n & ~1, fours = rows & ~3;
  for (int r = 0; r < fours; r += 4) {
    const int16_t *four = w + (size_t)r * k;
    for (int i = 0; i < pairs; i += 2)
      two_by_4(y + (size_t)i * ld + r, ld, x + (size_t)i * k, four, cols);
    if (pairs < n) one_by_4(y + (size_t)pairs * ld + r, x + (size_t)pairs * k, four, cols);
  }
  for (int i = 0; i < n; i++)
    for (int r = fours; r < rows; r++)
      y[(size_t)i * ld + (size_t)r] = dot_i16(x + (size_t)i * k, w + (size_t)r * k, cols);
}

/* ---- sums of products: x in pairs of positions, see panels.h ---- */

enum { PANEL = 8 };

/* One pair of positions of eight columns. */
static inline void lay_pair(int16_t *to, const int8_t *x, int cols) {
  const v128_t both = weave_low_8(wasm_v128_load64_zero(x), wasm_v128_load64_zero(x + cols));
  wasm_v128_store(to, wasm_i16x8_extend_low_i8x16(both));
  wasm_v128_store(to + PANEL, wasm_i16x8_extend_high_i8x16(both));
}

static void wasm_lay_columns(int16_t *laid, const int8_t *x, int n, int cols) {
  int c = 0;
  if (n % 2 != 0) {
    math_ops_plain.lay_columns(laid, x, n, cols);
    return;
  }
  for (; c + PANEL <= cols; c += PANEL)
    for (int i = 0; i < n; i += 2, laid += 2 * PANEL) lay_pair(laid, x + i * cols + c, cols);
  lay_last_columns(laid, x, n, cols, c);
}

/* How a sum is shifted before it is added: one of left and right is 0. */
typedef struct {
  v128_t half;
  uint32_t left, right;
} Shift;

static inline Shift make_shift(int shift) {
  return (Shift){wasm_i32x4_splat(shift < 0 ? 1 << (-shift - 1) : 0),
                 (uint32_t)(shift > 0 ? shift : 0), (uint32_t)(shift < 0 ? -shift : 0)};
}

static inline void add_four(int32_t *y, v128_t sums, const Shift *by) {
  sums = wasm_i32x4_shr(wasm_i32x4_add(sums, by->half), by->right);
  if (by->left) sums = wasm_i32x4_shl(sums, by->left);
  wasm_v128_store(y, wasm_i32x4_add(wasm_v128_load(y), sums));
}

static inline void add_eight(int32_t *y, const TwoSums *sums, const Shift *by) {
  add_four(y, sums->first, by), add_four(y + 4, sums->second, by);
}

/* Four rows of u [4 of n] times a panel, to y [4 of rows ld]. */
static inline void panel_by_4(int32_t *y, int ld, const int16_t *u, const int16_t *panel, int n,
                              const Shift *by) {
  const int16_t *u1 = u + n, *u2 = u1 + n, *u3 = u2 + n;
  const v128_t zero = wasm_i32x4_splat(0);
  TwoSums a = {zero, zero}, b = a, c = a, d = a;
  for (int i = 0; i < n; i += 2, panel += 2 * PANEL) {
    const v128_t low = wasm_v128_load(panel), high = wasm_v128_load(panel + PANEL);
    add_dots(&a, wasm_v128_load32_splat(u + i), low, high);
    add_dots(&b, wasm_v128_load32_splat(u1 + i), low, high);
    add_dots(&c, wasm_v128_load32_splat(u2 + i), low, high);
    add_dots(&d, wasm_v128_load32_splat(u3 + i), low, high);
  }
  add_eight(y, &a, by), add_eight(y + ld, &b, by);
  add_eight(y + 2 * ld, &c, by), add_eight(y + 3 * ld, &d, by);
}

static void add_panels(int32_t *y, const int16_t *u, const int16_t *laid, int first, int end,
                       int rows, const ProductSum *sum) {
  const int n = sum->n, cols = sum->cols;
  const Shift by = make_shift(sum->shift);
  for (int r = 0; r < rows; r += 4)
    for (int c = first; c < end; c += PANEL)
      panel_by_4(y + r * cols + c, cols, u + r * n, laid + c * n, n, &by);
}

static void wasm_add_products(int32_t *y, int32_t *tile, const int16_t *u, const int16_t *laid,
                              const ProductSum *sum) {
  const Panels panels = {PANEL, add_panels, wasm_matmul_i16};
  add_products_by_panels(&panels, y, tile, u, laid, sum);
}

void math_ops_take_wasm_products(MathOps *table) {
  table->group_product = wasm_group_product;
  table->matmul_i16 = wasm_matmul_i16;
  table->lay_columns = wasm_lay_columns;
  table->add_products = wasm_add_products;
}
#else
typedef int math_ops_wasm_products_not_built; /* ISO C wants a translation unit to hold something */
#endif
