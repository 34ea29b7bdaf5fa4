/* math_ops_mmx.c - the integer kernels for MMX: a Pentium II has it, and a Pentium III.
 *
 * All of these are exact, so they owe nothing to an order of sums. MMX shares its registers with
 * x87, so each kernel that used it ends with emms, and none mixes the two. Floats are not here: see
 * math_ops_sse.c. Compiled to nothing unless USE_MMX_BUILD or USE_SSE_BUILD is defined.
 */
#include "math/math_ops.h"

#if defined(USE_MMX_BUILD) || defined(USE_SSE_BUILD)
#include <mmintrin.h>
#include <string.h>

#include "math/math_ops_mmx.h"
#include "math/math_ops_x87.h"

/* ---- codes of weights ---- */

/* Trits of eight latents: -1, 0 or 1. */
static inline __m64 trits_of(__m64 v, __m64 bound, __m64 minus_bound) {
  const __m64 above = _mm_cmpgt_pi8(v, bound);       /* -1 where x >= threshold */
  const __m64 below = _mm_cmpgt_pi8(minus_bound, v); /* -1 where x <= -threshold */
  return _mm_sub_pi8(below, above);
}

static void mmx_ternarize(int8_t *y, const int8_t *x, int n, int threshold) {
  int i = 0;
  const __m64 bound = _mm_set1_pi8((char)(threshold - 1));
  const __m64 minus_bound = _mm_set1_pi8((char)(1 - threshold));
  for (; i + 32 <= n; i += 32) {
    FETCH_AHEAD(x + i);
    for (int k = 0; k < 32; k += 8)
      store_mm(y + i + k, trits_of(load_mm(x + i + k), bound, minus_bound));
  }
  for (; i + 8 <= n; i += 8) store_mm(y + i, trits_of(load_mm(x + i), bound, minus_bound));
  _mm_empty();
  for (; i < n; i++) y[i] = (int8_t)((x[i] >= threshold) - (x[i] <= -threshold));
}

static void mmx_signs(int8_t *y, const int8_t *x, int n) {
  int i = 0;
  const __m64 minus = _mm_set1_pi8(-1);
  for (; i + 8 <= n; i += 8) {
    __m64 positive = _mm_cmpgt_pi8(load_mm(x + i), minus); /* -1 where x >= 0 */
    store_mm(y + i, _mm_sub_pi8(_mm_sub_pi8(minus, positive), positive));
  }
  _mm_empty();
  for (; i < n; i++) y[i] = (int8_t)(x[i] >= 0 ? 1 : -1);
}

/* Eight trits of one output to two groups in int32. A pair of digits d0, d1 is the number
 * d0 + 256 d1, whose product by 1 + 3 / 256 has d0 + 3 d1 at the place of the 256. */
static inline __m64 groups_of_8(const int8_t *trits) {
  const __m64 weights = _mm_set_pi16(9, 1, 9, 1);
  const __m64 digits = _mm_add_pi8(load_mm(trits), _mm_set1_pi8(1));
  const __m64 pairs = _mm_srli_pi16(_mm_mullo_pi16(digits, _mm_set1_pi16(256 + 3)), 8);
  return _mm_madd_pi16(pairs, weights);
}

static void mmx_group_row(uint8_t *groups, const int8_t *trits, int inputs, int outputs) {
  const size_t stride = (size_t)outputs * GROUPS_OF_BLOCK;
  int i = 0;
  for (; i + BLOCK_INPUTS <= inputs; i += BLOCK_INPUTS, groups += stride) {
    __m64 four = _mm_packs_pi32(groups_of_8(trits + i), groups_of_8(trits + i + 8));
    const int bytes = _mm_cvtsi64_si32(_mm_packs_pu16(four, four));
    memcpy(groups, &bytes, sizeof bytes);
  }
  _mm_empty();
  if (i < inputs) math_ops_plain.group_row(groups, trits + i, inputs - i, outputs);
}

/* Four rows of trits to the groups of eight outputs, one byte each. */
static inline __m64 groups_of_rows(const int8_t *trits, int ld) {
  __m64 v = load_mm(trits + 3 * ld);
  for (int k = 2; k >= 0; k--)
    v = _mm_add_pi8(load_mm(trits + k * ld), _mm_add_pi8(v, _mm_add_pi8(v, v)));
  return _mm_add_pi8(v, _mm_set1_pi8(40));
}

static void mmx_group_block(uint8_t *groups, const int8_t *trits, int inputs, int outputs) {
  int o = 0;
  if (inputs == BLOCK_INPUTS)
    for (; o + 8 <= outputs; o += 8) {
      const int8_t *at = trits + o;
      __m64 g0 = groups_of_rows(at, outputs), g1 = groups_of_rows(at + 4 * outputs, outputs);
      __m64 g2 = groups_of_rows(at + 8 * outputs, outputs);
      __m64 g3 = groups_of_rows(at + 12 * outputs, outputs);
      __m64 low01 = _mm_unpacklo_pi8(g0, g1), high01 = _mm_unpackhi_pi8(g0, g1);
      __m64 low23 = _mm_unpacklo_pi8(g2, g3), high23 = _mm_unpackhi_pi8(g2, g3);
      uint8_t *to = groups + (size_t)o * GROUPS_OF_BLOCK;
      store_mm(to, _mm_unpacklo_pi16(low01, low23));
      store_mm(to + 8, _mm_unpackhi_pi16(low01, low23));
      store_mm(to + 16, _mm_unpacklo_pi16(high01, high23));
      store_mm(to + 24, _mm_unpackhi_pi16(high01, high23));
    }
  _mm_empty();
  group_block_from(groups, trits, inputs, outputs, o);
}

/* ---- product with trits, many positions: four positions in one register ----
 *
 * A group has 81 values, so 81 sums of its four inputs; a table of them is made for each group, of
 * four positions at a time in int16. Then one look-up and one addition do 16 products. */

enum {
  LANES = 4,        /* positions in a register */
  FLUSH_BLOCKS = 16 /* 16 * 16 * 127 < 2^15: so many blocks fit int16 */
};

/* Four int16 [4] rows to their transpose. */
static inline void transpose_4x4(__m64 out[4], __m64 a, __m64 b, __m64 c, __m64 d) {
  __m64 ab_low = _mm_unpacklo_pi16(a, b), ab_high = _mm_unpackhi_pi16(a, b);
  __m64 cd_low = _mm_unpacklo_pi16(c, d), cd_high = _mm_unpackhi_pi16(c, d);
  out[0] = _mm_unpacklo_pi32(ab_low, cd_low);
  out[1] = _mm_unpackhi_pi32(ab_low, cd_low);
  out[2] = _mm_unpacklo_pi32(ab_high, cd_high);
  out[3] = _mm_unpackhi_pi32(ab_high, cd_high);
}

/* The sums of three values of t0, each 0..2, which go through a table side by side. */
typedef struct {
  __m64 a, b, c;
} ThreeSums;

static inline void move_sums(ThreeSums *s, __m64 by) {
  s->a = _mm_add_pi16(s->a, by), s->b = _mm_add_pi16(s->b, by), s->c = _mm_add_pi16(s->c, by);
}

/* Three entries, and on to the next three. */
static inline void put_3(__m64 *table, ThreeSums *s, __m64 by) {
  table[0] = s->a, table[1] = s->b, table[2] = s->c;
  move_sums(s, by);
}

static inline void put_9(__m64 *table, ThreeSums *s, __m64 x, __m64 by) {
  put_3(table, s, x), put_3(table + 3, s, x), put_3(table + 6, s, by);
}

static inline void put_27(__m64 *table, ThreeSums *s, const __m64 x[2], __m64 by) {
  put_9(table, s, x[0], x[1]), put_9(table + 9, s, x[0], x[1]), put_9(table + 18, s, x[0], by);
}

/* table[value] = (t0, t1, t2, t3 of value) . x. x: four inputs of four positions. Written out,
 * since for few outputs the tables cost as much as the look-ups; and each entry is the one three
 * places before it plus a step, so that nothing is loaded and a P6 core stores once a cycle. */
static inline void group_table(__m64 *table, const __m64 x[4]) {
  const __m64 rest = _mm_add_pi16(_mm_add_pi16(x[1], x[2]), x[3]);
  const __m64 middle = _mm_sub_pi16(_mm_setzero_si64(), rest);
  ThreeSums s = {_mm_sub_pi16(middle, x[0]), middle, _mm_add_pi16(middle, x[0])};
  /* from the last of three values of a trit to the first, and the next trit on by one */
  const __m64 back = _mm_add_pi16(x[1], x[1]);
  const __m64 steps[2] = {x[1], _mm_sub_pi16(x[2], back)};
  const __m64 third = _mm_sub_pi16(x[3], _mm_add_pi16(_mm_add_pi16(x[2], x[2]), back));
  put_27(table, &s, steps, third), put_27(table + 27, &s, steps, third);
  put_27(table + 54, &s, steps, third);
}

typedef __m64 GroupTables[GROUPS_OF_BLOCK][GROUP_VALUES];

/* The tables of one block. */
static __attribute__((noinline)) void block_tables(GroupTables tables, const int16_t *x, int n,
                                                   int first, int inputs) {
  int16_t padded[LANES * BLOCK_INPUTS];
  const int16_t *from = x + first;
  int ld = inputs;
  if (n < LANES || first + BLOCK_INPUTS > inputs) {
    pad_block(padded, LANES, x, n, first, inputs);
    from = padded;
    ld = BLOCK_INPUTS;
  }
  for (int g = 0; g < GROUPS_OF_BLOCK; g++, from += GROUP_INPUTS) {
    __m64 lanes[4];
    transpose_4x4(lanes, load_mm(from), load_mm(from + ld), load_mm(from + 2 * ld),
                  load_mm(from + 3 * ld));
    group_table(tables[g], lanes);
  }
}

/* The four groups are loaded as one word: a P6 core has one load port, and two for the shifts. */
static inline __m64 look_up(GroupTables tables, const uint8_t *group, __m64 sum) {
  uint32_t four;
  memcpy(&four, group, sizeof four);
  sum = _mm_add_pi16(sum, tables[0][four & 0xff]);
  sum = _mm_add_pi16(sum, tables[1][four >> 8 & 0xff]);
  four >>= 16;
  HOLD_WORD(four);
  sum = _mm_add_pi16(sum, tables[2][four & 0xff]);
  return _mm_add_pi16(sum, tables[3][four >> 8]);
}

enum { BLOCKS_AT_ONCE = 4 };

/* sums[o] = (`more` ? sums[o] : 0) + `blocks` blocks of inputs . their trits of output o, for
 * outputs [count], count >= 1. The groups of one block lie `stride` bytes behind those of the block
 * before.
 */
static inline __attribute__((always_inline)) void add_blocks(__m64 *sums, GroupTables *tables,
                                                             const uint8_t *groups, size_t stride,
                                                             int count, const int blocks,
                                                             const bool more) {
  const uint8_t *last = groups + (size_t)(blocks - 1) * stride;
  do {
    __m64 sum = more ? *sums : _mm_setzero_si64();
    for (int b = 0; b < blocks - 1; b++) sum = look_up(tables[b], groups + (size_t)b * stride, sum);
    *sums++ = look_up(tables[blocks - 1], last, sum);
    groups += GROUPS_OF_BLOCK, last += GROUPS_OF_BLOCK;
    HOLD_POINTER(groups);
    HOLD_POINTER(last);
  } while (--count);
}

/* Two int32, which are added to memory or take its place. */
static inline void put_pair(int32_t *y, __m64 v, bool add) {
  store_mm(y, add ? _mm_add_pi32(load_mm(y), v) : v);
}

/* Two sums of four positions each to y [n of rows ld]: products by 1 and 0 widen every other one.
 */
static inline void put_two(int32_t *y, int ld, __m64 a, __m64 b, int n, bool add) {
  const __m64 even = _mm_set1_pi32(1), odd = _mm_set1_pi32(1 << 16);
  const __m64 a02 = _mm_madd_pi16(a, even), b02 = _mm_madd_pi16(b, even);
  const __m64 a13 = _mm_madd_pi16(a, odd), b13 = _mm_madd_pi16(b, odd);
  put_pair(y, _mm_unpacklo_pi32(a02, b02), add);
  if (n > 1) put_pair(y + ld, _mm_unpacklo_pi32(a13, b13), add);
  if (n > 2) put_pair(y + 2 * ld, _mm_unpackhi_pi32(a02, b02), add);
  if (n > 3) put_pair(y + 3 * ld, _mm_unpackhi_pi32(a13, b13), add);
}

/* Sums [count] of four positions to y [n of rows ld]. */
static inline __attribute__((always_inline)) void put_sums(int32_t *y, int ld, const __m64 *sums,
                                                           int n, int count, bool add) {
  int o = 0;
  for (; n == LANES && o + 8 <= count; o += 8, y += 8) {
    FETCH_AHEAD(y), FETCH_AHEAD(y + ld), FETCH_AHEAD(y + 2 * ld), FETCH_AHEAD(y + 3 * ld);
    for (int k = 0; k < 8; k += 2) put_two(y + k, ld, sums[o + k], sums[o + k + 1], LANES, add);
  }
  for (; o + 2 <= count; o += 2, y += 2) put_two(y, ld, sums[o], sums[o + 1], n, add);
  if (o < count) {
    int16_t lanes[LANES];
    store_mm(lanes, sums[o]);
    for (int i = 0; i < n; i++) y[i * ld] = (add ? y[i * ld] : 0) + lanes[i];
  }
}

enum { TILE_OUTPUTS = 512 }; /* their sums and the tables share a first-level cache of 16 KB */

/* Adds `blocks` blocks of inputs from `first` on, at most BLOCKS_AT_ONCE. */
static __attribute__((noinline)) void some_blocks(__m64 *sums, const int16_t *x,
                                                  const uint8_t *groups, size_t stride, int n,
                                                  int count, int inputs, int first, int blocks,
                                                  bool more) {
  GroupTables tables[BLOCKS_AT_ONCE];
  for (int b = 0; b < blocks; b++)
    block_tables(tables[b], x, n, (first + b) * BLOCK_INPUTS, inputs);
  if (blocks == BLOCKS_AT_ONCE && more) {
    add_blocks(sums, tables, groups, stride, count, BLOCKS_AT_ONCE, true);
    return;
  }
  if (blocks == BLOCKS_AT_ONCE) {
    add_blocks(sums, tables, groups, stride, count, BLOCKS_AT_ONCE, false);
    return;
  }
  if (!more) memset(sums, 0, (size_t)count * sizeof *sums);
  for (int b = 0; b < blocks; b++, groups += stride)
    add_blocks(sums, &tables[b], groups, stride, count, 1, true);
}

/* Outputs of one tile for up to four positions. */
static void product_tile(int32_t *y, int ld, const int16_t *x, const uint8_t *groups, int n,
                         int count, int inputs, bool add) {
  const size_t stride = (size_t)ld * GROUPS_OF_BLOCK;
  const int blocks = (inputs + BLOCK_INPUTS - 1) / BLOCK_INPUTS;
  __m64 sums[TILE_OUTPUTS];
  for (int b = 0; b < blocks; b += BLOCKS_AT_ONCE, groups += BLOCKS_AT_ONCE * stride) {
    const int left = blocks - b, done = b + BLOCKS_AT_ONCE;
    some_blocks(sums, x, groups, stride, n, count, inputs, b,
                left < BLOCKS_AT_ONCE ? left : BLOCKS_AT_ONCE, b % FLUSH_BLOCKS != 0);
    if (done % FLUSH_BLOCKS != 0 && done < blocks) continue;
    if (add)
      put_sums(y, ld, sums, n, count, true);
    else
      put_sums(y, ld, sums, n, count, false);
    add = true;
  }
}

static void mmx_group_product(int32_t *y, const int16_t *x, const uint8_t *groups, int n,
                              int outputs, int inputs, bool add) {
  for (int i = 0; i < n; i += LANES)
    for (int o = 0; o < outputs; o += TILE_OUTPUTS)
      product_tile(y + i * outputs + o, outputs, x + i * inputs,
                   groups + (size_t)o * GROUPS_OF_BLOCK, n - i < LANES ? n - i : LANES,
                   outputs - o < TILE_OUTPUTS ? outputs - o : TILE_OUTPUTS, inputs, add);
  _mm_empty();
}

/* From sums [count] to sums [3 * count]: minus, without and plus x, which the first ones already
 * have subtracted. The last first: a store may write three entries too many, which the next ones
 * overwrite. */
static inline void extend_by_trit(int16_t *table, int count, int x) {
  const __m64 xx = _mm_set1_pi16((short)x);
  for (int i = (count - 1) / 4 * 4; i >= 0; i -= 4) {
    const __m64 once = _mm_add_pi16(load_mm(table + i), xx);
    store_mm(table + count + i, once);
    store_mm(table + 2 * count + i, _mm_add_pi16(once, xx));
  }
}

static void mmx_trit_table(int16_t *table, const int8_t *x, int count) {
  if (count < 5) {
    math_ops_plain.trit_table(table, x, count);
    return;
  }
  int lowest = -x[0] - x[1] - x[2] - x[3] - x[4];
  for (int i = 0; i < 9; i += 3, lowest += x[1]) {
    table[i] = (int16_t)lowest;
    table[i + 1] = (int16_t)(lowest + x[0]);
    table[i + 2] = (int16_t)(lowest + 2 * x[0]);
  }
  extend_by_trit(table, 9, x[2]);
  extend_by_trit(table, 27, x[3]);
  extend_by_trit(table, 81, x[4]);
  _mm_empty();
}

static void mmx_packed_product(int32_t *y, const uint8_t *const *strips, int count, const int8_t *x,
                               int rows, int cols) {
  packed_product_by(mmx_trit_table, y, strips, count, x, rows, cols);
}

/* ---- product of int16 rows ---- */

/* Columns [first, cols) of one output. */
static int32_t dot_tail(const int16_t *x, const int16_t *w, int first, int cols) {
  int32_t sum = 0;
  for (int c = first; c < cols; c++) sum += x[c] * w[c];
  return sum;
}

static inline __m64 add_products(__m64 sum, __m64 x, const int16_t *w) {
  __m64 products = load_mm(w);
  HOLD_MM(products);
  return _mm_add_pi32(sum, _mm_madd_pi16(products, x));
}

/* (a0 + a1, b0 + b1) */
static inline __m64 join_pairs(__m64 a, __m64 b) {
  return _mm_add_pi32(_mm_unpacklo_pi32(a, b), _mm_unpackhi_pi32(a, b));
}

/* Sums of products, each in two parts: of one row of x with four of w, or of two with two. */
typedef struct {
  __m64 a, b, c, d;
} FourSums;

static inline const int16_t *bytes_on(const int16_t *x, ptrdiff_t bytes) {
  return (const int16_t *)(const void *)((const char *)x + bytes);
}

/* ---- two rows of x by two of w ----
 *
 * Four loads for 16 products, where one row by four would take five. All eight registers are
 * needed, which a 32-bit gcc does not manage by itself: it moves sums to and fro. Every other time
 * a load takes the place of a copy, so that the load port and the other two have the same to do. */

#if defined(__i386__) && defined(__GNUC__)
#define FOUR_COLUMNS(at, copied)                                                                   \
  "movq " #at "(%[x]), %[u]\n\tmovq " #at "(%[x],%[ld]), %[v]\n\t"                                 \
  "movq " #at "(%[w]), %[p]\n\tmovq " copied ", %[q]\n\t"                                          \
  "pmaddwd %[u], %[p]\n\tpmaddwd %[v], %[q]\n\t"                                                   \
  "paddd %[p], %[a]\n\tpaddd %[q], %[c]\n\t"                                                       \
  "movq " #at "(%[w],%[ld]), %[p]\n\t"                                                             \
  "pmaddwd %[p], %[u]\n\tpmaddwd %[v], %[p]\n\t"                                                   \
  "paddd %[u], %[b]\n\tpaddd %[p], %[d]\n\t"
#define FIRST_FOUR_COLUMNS                                                                         \
  "movq (%[x]), %[b]\n\tmovq (%[x],%[ld]), %[v]\n\t"                                               \
  "movq (%[w]), %[a]\n\tmovq (%[w]), %[c]\n\tmovq (%[w],%[ld]), %[d]\n\t"                          \
  "pmaddwd %[b], %[a]\n\tpmaddwd %[v], %[c]\n\t"                                                   \
  "pmaddwd %[d], %[b]\n\tpmaddwd %[v], %[d]\n\t"
#define LAST_12_COLUMNS(at)                                                                        \
  FOUR_COLUMNS(at + 8, "%[p]")                                                                     \
  FOUR_COLUMNS(at + 16, #at "+16(%[w])")                                                           \
  FOUR_COLUMNS(at + 24, "%[p]")
#define SIXTEEN_COLUMNS(at) FOUR_COLUMNS(at, #at "(%[w])") LAST_12_COLUMNS(at)

#define FIRST_16_COLUMNS FIRST_FOUR_COLUMNS LAST_12_COLUMNS(0)
#define THIRTY_TWO_COLUMNS FIRST_16_COLUMNS SIXTEEN_COLUMNS(32)
#define SIXTY_FOUR_COLUMNS                                                                         \
  SIXTEEN_COLUMNS(0) SIXTEEN_COLUMNS(32) SIXTEEN_COLUMNS(64) SIXTEEN_COLUMNS(96)

/* Adds the products of so many columns of rows that lie ld bytes apart. */
#define TWO_BY_TWO(columns)                                                                        \
  __m64 u, v, p, q;                                                                                \
  __asm__(columns                                                                                  \
          : [a] "+y"(s->a), [b] "+y"(s->b), [c] "+y"(s->c), [d] "+y"(s->d), [u] "=&y"(u),          \
            [v] "=&y"(v), [p] "=&y"(p), [q] "=&y"(q)                                               \
          : [x] "r"(x), [w] "r"(w), [ld] "r"(ld)                                                   \
          : "memory")

static inline void add_64(FourSums *s, const int16_t *x, const int16_t *w, ptrdiff_t ld) {
  TWO_BY_TWO(SIXTY_FOUR_COLUMNS);
}
static inline void add_16(FourSums *s, const int16_t *x, const int16_t *w, ptrdiff_t ld) {
  TWO_BY_TWO(SIXTEEN_COLUMNS(0));
}

/* As TWO_BY_TWO, with the first products in place of what was in the sums. */
#define FIRST_TWO_BY_TWO(columns)                                                                  \
  FourSums s;                                                                                      \
  __m64 u, v, p, q;                                                                                \
  __asm__(columns                                                                                  \
          : [a] "=&y"(s.a), [b] "=&y"(s.b), [c] "=&y"(s.c), [d] "=&y"(s.d), [u] "=&y"(u),          \
            [v] "=&y"(v), [p] "=&y"(p), [q] "=&y"(q)                                               \
          : [x] "r"(x), [w] "r"(w), [ld] "r"(ld)                                                   \
          : "memory");                                                                             \
  return s

/* The sums of the first 16, 32 and 64 columns. */
static inline FourSums first_16(const int16_t *x, const int16_t *w, ptrdiff_t ld) {
  FIRST_TWO_BY_TWO(FIRST_16_COLUMNS);
}
static inline FourSums first_32(const int16_t *x, const int16_t *w, ptrdiff_t ld) {
  FIRST_TWO_BY_TWO(THIRTY_TWO_COLUMNS);
}
static inline FourSums first_64(const int16_t *x, const int16_t *w, ptrdiff_t ld) {
  FIRST_TWO_BY_TWO(THIRTY_TWO_COLUMNS SIXTEEN_COLUMNS(64) SIXTEEN_COLUMNS(96));
}

#else
static inline void add_16(FourSums *s, const int16_t *x, const int16_t *w, ptrdiff_t ld) {
  const int16_t *x1 = bytes_on(x, ld), *w1 = bytes_on(w, ld);
  for (int k = 0; k < 16; k += 4) {
    s->a = add_products(s->a, load_mm(x + k), w + k);
    s->b = add_products(s->b, load_mm(x + k), w1 + k);
    s->c = add_products(s->c, load_mm(x1 + k), w + k);
    s->d = add_products(s->d, load_mm(x1 + k), w1 + k);
  }
}

static inline void add_64(FourSums *s, const int16_t *x, const int16_t *w, ptrdiff_t ld) {
  for (int k = 0; k < 64; k += 16) add_16(s, x + k, w + k, ld);
}

static inline FourSums first_16(const int16_t *x, const int16_t *w, ptrdiff_t ld) {
  const __m64 zero = _mm_setzero_si64();
  FourSums s = {zero, zero, zero, zero};
  add_16(&s, x, w, ld);
  return s;
}

static inline FourSums first_32(const int16_t *x, const int16_t *w, ptrdiff_t ld) {
  FourSums s = first_16(x, w, ld);
  add_16(&s, x + 16, w + 16, ld);
  return s;
}

static inline FourSums first_64(const int16_t *x, const int16_t *w, ptrdiff_t ld) {
  FourSums s = first_32(x, w, ld);
  add_16(&s, x + 32, w + 32, ld), add_16(&s, x + 48, w + 48, ld);
  return s;
}
#endif

/* The sums of all columns but the last cols % 16. */
static inline FourSums two_by_two(const int16_t *x, const int16_t *w, int cols) {
  const ptrdiff_t ld = cols * (ptrdiff_t)sizeof *w;
  const __m64 zero = _mm_setzero_si64();
  FourSums s = {zero, zero, zero, zero};
  int k = 0;
  if (cols >= 64) s = first_64(x, w, ld), k = 64;
  for (; k + 64 <= cols; k += 64) add_64(&s, x + k, w + k, ld);
  for (; k + 16 <= cols; k += 16) add_16(&s, x + k, w + k, ld);
  return s;
}

/* Adds columns first .. cols-1, at most 15, of rows of x [m] and of w [k], m * k = 4, to y [m of
 * rows ld]. */
static __attribute__((noinline)) void add_last_columns(int32_t *y, size_t ld, const int16_t *x,
                                                       const int16_t *w, int m, int k, int first,
                                                       int cols) {
  for (int i = 0; i < m; i++)
    for (int r = 0; r < k; r++)
      y[(size_t)i * ld + (size_t)r] += dot_tail(x + i * cols, w + r * cols, first, cols);
}

/* Pairs of rows of x [n,cols], n even, by two rows of w, to y [n of rows ld]. known: cols where the
 * compiler knows it, 16, 32 or 64, else 0. */
static inline __attribute__((always_inline)) void two_rows(const int known, int32_t *y, size_t ld,
                                                           const int16_t *x, const int16_t *w,
                                                           int n, int cols) {
  const ptrdiff_t bytes = known * (ptrdiff_t)sizeof *w;
  for (int i = 0; i < n; i += 2, x += 2 * cols, y += 2 * ld) {
    const FourSums s = known == 64   ? first_64(x, w, bytes)
                       : known == 32 ? first_32(x, w, bytes)
                       : known == 16 ? first_16(x, w, bytes)
                                     : two_by_two(x, w, cols);
    store_mm(y, join_pairs(s.a, s.b));
    store_mm(y + ld, join_pairs(s.c, s.d));
    if (!known && cols % 16 != 0) add_last_columns(y, ld, x, w, 2, 2, cols & ~15, cols);
  }
}

/* Adds the products of 16 columns of one row of x and four of w that lie ld bytes apart. */
static inline void four_sums(FourSums *s, const int16_t *x, const int16_t *w, const int16_t *w3,
                             ptrdiff_t ld) {
  const int16_t *w1 = bytes_on(w, ld), *w2 = bytes_on(w, 2 * ld);
  for (int k = 0; k < 16; k += 4) {
    __m64 v = load_mm(x + k);
    HOLD_MM(v);
    s->a = add_products(s->a, v, w + k);
    s->b = add_products(s->b, v, w1 + k);
    s->c = add_products(s->c, v, w2 + k);
    s->d = add_products(s->d, v, w3 + k);
  }
}

/* One row of x by four rows of w, to y [4]. */
static inline void four_rows(int32_t *y, const int16_t *x, const int16_t *w, int cols) {
  const ptrdiff_t bytes = cols * (ptrdiff_t)sizeof *w;
  const __m64 zero = _mm_setzero_si64();
  FourSums s = {zero, zero, zero, zero};
  const int whole = cols & ~15;
  const int16_t *xc = x, *wc = w, *w3c = w + 3 * cols;
  for (; xc != x + whole; xc += 16, wc += 16, w3c += 16) four_sums(&s, xc, wc, w3c, bytes);
  store_mm(y, join_pairs(s.a, s.b));
  store_mm(y + 2, join_pairs(s.c, s.d));
  if (whole < cols) add_last_columns(y, 0, x, w, 1, 4, whole, cols);
}

static void one_row(int32_t *y, size_t ld, const int16_t *x, const int16_t *w, int n, int cols) {
  for (int i = 0; i < n; i++, x += cols, y += ld) {
    __m64 sum = _mm_setzero_si64();
    int c = 0;
    for (; c + 4 <= cols; c += 4) sum = add_products(sum, load_mm(x + c), w + c);
    *y = _mm_cvtsi64_si32(join_pairs(sum, sum)) + dot_tail(x, w, c, cols);
  }
}

/* x [n,cols], n even, by all rows of w, to y [n of rows ld]. Two rows of w stay in the first-level
 * cache while all of x, a tile itself, goes past them. */
static void matmul_pairs(int32_t *y, size_t ld, const int16_t *x, const int16_t *w, int n, int rows,
                         int cols) {
  const size_t k = (size_t)cols;
  int r = 0;
  if (cols == 64)
    for (; r + 2 <= rows; r += 2) two_rows(64, y + r, ld, x, w + (size_t)r * k, n, 64);
  if (cols == 16)
    for (; r + 2 <= rows; r += 2) two_rows(16, y + r, ld, x, w + (size_t)r * k, n, 16);
  if (cols == 32)
    for (; r + 2 <= rows; r += 2) two_rows(32, y + r, ld, x, w + (size_t)r * k, n, 32);
  for (; r + 2 <= rows; r += 2) two_rows(0, y + r, ld, x, w + (size_t)r * k, n, cols);
  if (r < rows) one_row(y + r, ld, x, w + (size_t)r * k, n, cols);
}

/* x [16], in registers, by w [16]: two sums that are one together. */
static inline __m64 sum_of_16(const __m64 x[4], const int16_t *w) {
  const __m64 a =
      _mm_add_pi32(_mm_madd_pi16(load_mm(w), x[0]), _mm_madd_pi16(load_mm(w + 4), x[1]));
  const __m64 b =
      _mm_add_pi32(_mm_madd_pi16(load_mm(w + 8), x[2]), _mm_madd_pi16(load_mm(w + 12), x[3]));
  return _mm_add_pi32(a, b);
}

/* One row x [16], as of a query's head, by pairs of rows of w; returns how many rows those are. */
static int pairs_of_16(int32_t *y, const int16_t *x, const int16_t *w, int rows) {
  const __m64 xs[4] = {load_mm(x), load_mm(x + 4), load_mm(x + 8), load_mm(x + 12)};
  int r = 0;
  for (; r + 2 <= rows; r += 2, w += 32)
    store_mm(y + r, join_pairs(sum_of_16(xs, w), sum_of_16(xs, w + 16)));
  return r;
}

/* One row x [cols] by all rows of w. */
static void matmul_row(int32_t *y, const int16_t *x, const int16_t *w, int rows, int cols) {
  const size_t k = (size_t)cols;
  int r = cols == 16 ? pairs_of_16(y, x, w, rows) : 0;
  for (; r + 4 <= rows; r += 4) four_rows(y + r, x, w + (size_t)r * k, cols);
  for (; r < rows; r++) one_row(y + r, 0, x, w + (size_t)r * k, 1, cols);
}

static void mmx_matmul_i16(int32_t *y, int ld_y, const int16_t *x, const int16_t *w, int n,
                           int rows, int cols) {
  const int even = n & ~1;
  matmul_pairs(y, (size_t)ld_y, x, w, even, rows, cols);
  if (even < n) matmul_row(y + even * ld_y, x + even * cols, w, rows, cols);
  _mm_empty();
}

/* ---- other integers ---- */

static void mmx_widen_i8(int16_t *y, const int8_t *x, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    __m64 v = load_mm(x + i);
    store_mm(y + i, widen_low(v));
    store_mm(y + i + 4, widen_high(v));
  }
  _mm_empty();
  for (; i < n; i++) y[i] = x[i];
}

/* Four int8 [8] rows to eight columns of int16 [4]. */
static inline void transpose_i8_4x8(int16_t *y, int ld_y, const int8_t *x, int cols) {
  __m64 a = load_mm(x), b = load_mm(x + cols), c = load_mm(x + 2 * cols), d = load_mm(x + 3 * cols);
  __m64 ab = _mm_unpacklo_pi8(a, b), cd = _mm_unpacklo_pi8(c, d);
  __m64 low = _mm_unpacklo_pi16(ab, cd), high = _mm_unpackhi_pi16(ab, cd);
  store_mm(y, widen_low(low));
  store_mm(y + ld_y, widen_high(low));
  store_mm(y + 2 * ld_y, widen_low(high));
  store_mm(y + 3 * ld_y, widen_high(high));
  ab = _mm_unpackhi_pi8(a, b), cd = _mm_unpackhi_pi8(c, d);
  low = _mm_unpacklo_pi16(ab, cd), high = _mm_unpackhi_pi16(ab, cd);
  y += 4 * ld_y;
  store_mm(y, widen_low(low));
  store_mm(y + ld_y, widen_high(low));
  store_mm(y + 2 * ld_y, widen_low(high));
  store_mm(y + 3 * ld_y, widen_high(high));
}

static void mmx_transpose_i8(int16_t *y, int ld_y, const int8_t *x, int rows, int cols) {
  enum { LINE = 16 }; /* rows that fill a line of y */
  const int even_rows = rows & ~3, even_cols = cols & ~7;
  for (int first = 0; first < even_rows; first += LINE) {
    const int end = first + LINE < even_rows ? first + LINE : even_rows;
    for (int c = 0; c < even_cols; c += 8)
      for (int r = first; r < end; r += 4)
        transpose_i8_4x8(y + c * ld_y + r, ld_y, x + r * cols + c, cols);
  }
  _mm_empty();
  for (int r = 0; r < rows; r++)
    for (int c = r < even_rows ? even_cols : 0; c < cols; c++) y[c * ld_y + r] = x[r * cols + c];
}

static void mmx_transpose_i16(int16_t *y, int ld_y, const int16_t *x, int ld_x, int rows,
                              int cols) {
  const int even_rows = rows & ~3, even_cols = cols & ~3;
  for (int r = 0; r < even_rows; r += 4)
    for (int c = 0; c < even_cols; c += 4) {
      const int16_t *from = x + r * ld_x + c;
      int16_t *to = y + c * ld_y + r;
      __m64 out[4];
      transpose_4x4(out, load_mm(from), load_mm(from + ld_x), load_mm(from + 2 * ld_x),
                    load_mm(from + 3 * ld_x));
      for (int k = 0; k < 4; k++) store_mm(to + k * ld_y, out[k]);
    }
  _mm_empty();
  for (int r = 0; r < rows; r++)
    for (int c = r < even_rows ? even_cols : 0; c < cols; c++) y[c * ld_y + r] = x[r * ld_x + c];
}

/* Four int32, saturated to +-32767. */
static inline __m64 pack_symmetric(__m64 low, __m64 high) {
  __m64 packed = _mm_packs_pi32(low, high); /* -32768 + 1 where it is -32768 */
  return _mm_sub_pi16(packed, _mm_cmpeq_pi16(packed, _mm_set1_pi16(-32768)));
}

static void mmx_shift_sums(int16_t *y, const int32_t *sums, int bits, int n) {
  const __m64 half = _mm_set1_pi32(1 << (bits - 1)), count = _mm_cvtsi32_si64(bits);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m64 low = _mm_sra_pi32(_mm_add_pi32(load_mm(sums + i), half), count);
    __m64 high = _mm_sra_pi32(_mm_add_pi32(load_mm(sums + i + 2), half), count);
    store_mm(y + i, pack_symmetric(low, high));
  }
  _mm_empty();
  if (i < n) math_ops_plain.shift_sums(y + i, sums + i, bits, n - i);
}

static void mmx_combine_i16(int16_t *y, const int16_t *x, int a, const int16_t *z, int b, int bits,
                            int n) {
  const __m64 factors = _mm_set_pi16((short)b, (short)a, (short)b, (short)a);
  const __m64 half = _mm_set1_pi32(1 << (bits - 1)), count = _mm_cvtsi32_si64(bits);
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    __m64 u = load_mm(x + i), v = load_mm(z + i);
    __m64 low = _mm_madd_pi16(_mm_unpacklo_pi16(u, v), factors);
    __m64 high = _mm_madd_pi16(_mm_unpackhi_pi16(u, v), factors);
    low = _mm_sra_pi32(_mm_add_pi32(low, half), count);
    high = _mm_sra_pi32(_mm_add_pi32(high, half), count);
    store_mm(y + i, pack_symmetric(low, high));
  }
  _mm_empty();
  if (i < n) math_ops_plain.combine_i16(y + i, x + i, a, z + i, b, bits, n - i);
}

static int32_t mmx_sum_squares_i8(const int8_t *x, int n) {
  __m64 sum = _mm_setzero_si64();
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    __m64 v = load_mm(x + i), low = widen_low(v), high = widen_high(v);
    sum = _mm_add_pi32(sum, _mm_madd_pi16(low, low));
    sum = _mm_add_pi32(sum, _mm_madd_pi16(high, high));
  }
  int32_t total = _mm_cvtsi64_si32(join_pairs(sum, sum));
  _mm_empty();
  for (; i < n; i++) total += x[i] * x[i];
  return total;
}

static void mmx_magnitudes(const int8_t *x, int n, int least, int32_t *sum, int32_t *count) {
  const __m64 zero = _mm_setzero_si64(), ones = _mm_set1_pi16(1), one = _mm_set1_pi8(1);
  const __m64 below = _mm_set1_pi8((char)(least - 1));
  __m64 sums = zero, counts = zero;
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    __m64 v = load_mm(x + i), sign = _mm_cmpgt_pi8(zero, v);
    v = _mm_sub_pi8(_mm_xor_si64(v, sign), sign);
    __m64 counted = _mm_cmpgt_pi8(v, below), number = _mm_and_si64(counted, one);
    v = _mm_and_si64(v, counted);
    __m64 pairs = _mm_add_pi16(_mm_unpacklo_pi8(v, zero), _mm_unpackhi_pi8(v, zero));
    sums = _mm_add_pi32(sums, _mm_madd_pi16(pairs, ones));
    pairs = _mm_add_pi16(_mm_unpacklo_pi8(number, zero), _mm_unpackhi_pi8(number, zero));
    counts = _mm_add_pi32(counts, _mm_madd_pi16(pairs, ones));
  }
  *sum += _mm_cvtsi64_si32(join_pairs(sums, sums));
  *count += _mm_cvtsi64_si32(join_pairs(counts, counts));
  _mm_empty();
  if (i < n) math_ops_plain.magnitudes(x + i, n - i, least, sum, count);
}

/* Where no value can reach the limit, which is nearly always, the shift is all there is to do. */
static void mmx_add_shifted(int32_t *y, const int32_t *x, int shift, int32_t limit, int n) {
  const bool left = shift >= 0;
  const int32_t reach = 1 << 24; /* an int8 product over any context is not larger */
  if (shift < -30 || shift > 6 || (left ? reach << shift : reach) > limit) {
    math_ops_plain.add_shifted(y, x, shift, limit, n);
    return;
  }
  int i = 0;
  const __m64 half = _mm_set1_pi32(left ? 0 : 1 << (-shift - 1));
  const __m64 count = _mm_cvtsi32_si64(left ? shift : -shift);
  for (; left && i + 8 <= n; i += 8) {
    FETCH_AHEAD(y + i);
    for (int k = 0; k < 8; k += 2) add_mm(y + i + k, _mm_sll_pi32(load_mm(x + i + k), count));
  }
  for (; !left && i + 8 <= n; i += 8) {
    FETCH_AHEAD(y + i);
    for (int k = 0; k < 8; k += 2)
      add_mm(y + i + k, _mm_sra_pi32(_mm_add_pi32(load_mm(x + i + k), half), count));
  }
  _mm_empty();
  if (i < n) math_ops_plain.add_shifted(y + i, x + i, shift, limit, n - i);
}

/* Four of x times a, and half of what the shift drops, which is a product with 1. */
static inline void add_multiple_4(int32_t *y, __m64 x, __m64 factors, __m64 shift) {
  const __m64 ones = _mm_set1_pi16(1);
  const __m64 low = _mm_madd_pi16(_mm_unpacklo_pi16(x, ones), factors);
  const __m64 high = _mm_madd_pi16(_mm_unpackhi_pi16(x, ones), factors);
  add_mm(y, _mm_sra_pi32(low, shift));
  add_mm(y + 2, _mm_sra_pi32(high, shift));
}

static void mmx_add_multiple(int32_t *y, const int16_t *x, int a, int shift, int n) {
  const int half = shift > 0 ? 1 << (shift - 1) : 0;
  const __m64 factors = _mm_set1_pi32((int)((uint32_t)half << 16 | (uint16_t)a));
  const __m64 count = _mm_cvtsi32_si64(shift);
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    add_multiple_4(y + i, load_mm(x + i), factors, count);
    add_multiple_4(y + i + 4, load_mm(x + i + 4), factors, count);
  }
  _mm_empty();
  if (i < n) math_ops_plain.add_multiple(y + i, x + i, a, shift, n - i);
}

/* Eight columns of rows a and b, each times its factor, which alternate in `factors`. */
static inline void mix_two_rows(__m64 sums[4], const int16_t *a, const int16_t *b, __m64 factors) {
  for (int k = 0; k < 2; k++) {
    const __m64 x = load_mm(a + 4 * k), z = load_mm(b + 4 * k);
    const __m64 low = _mm_madd_pi16(_mm_unpacklo_pi16(x, z), factors);
    const __m64 high = _mm_madd_pi16(_mm_unpackhi_pi16(x, z), factors);
    sums[2 * k] = _mm_add_pi32(sums[2 * k], low);
    sums[2 * k + 1] = _mm_add_pi32(sums[2 * k + 1], high);
  }
}

/* Eight columns of all rows, two at a time; a last one without another goes with itself, times 0.
 */
static void mix_columns(int32_t *y, const int16_t *a, const uint16_t *index, const int16_t *rows,
                        int count, int n) {
  __m64 sums[4] = {_mm_setzero_si64(), _mm_setzero_si64(), _mm_setzero_si64(), _mm_setzero_si64()};
  for (int j = 0; j < count; j += 2) {
    const bool pair = j + 1 < count;
    const uint32_t other = pair ? (uint16_t)a[j + 1] : 0;
    const __m64 factors = _mm_set1_pi32((int)(other << 16 | (uint16_t)a[j]));
    mix_two_rows(sums, rows + index[j] * n, rows + index[pair ? j + 1 : j] * n, factors);
  }
  for (int k = 0; k < 4; k++) store_mm(y + 2 * k, sums[k]);
}

static void mmx_mix_i16(int32_t *y, const int16_t *a, const uint16_t *index, const int16_t *rows,
                        int count, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) mix_columns(y + i, a, index, rows + i, count, n);
  _mm_empty();
  if (i < n) mix_i16_from(y, a, index, rows, count, i, n);
}

static void mmx_lay_columns(int16_t *laid, const int8_t *x, int n, int cols) {
  mmx_transpose_i8(laid, n, x, n, cols);
}

static void mmx_add_products(int32_t *y, int32_t *tile, const int16_t *u, const int16_t *laid,
                             const ProductSum *sum) {
  add_products_by(mmx_matmul_i16, mmx_add_shifted, y, tile, u, laid, sum);
}

/* (r^2 + 63) / 127 of four: r^2 + 63 < 2^14, and 516 / 2^16 is 1 / 127 closely enough after 64 more
 * (the test goes through all r). */
static inline __m64 squares(__m64 r) {
  __m64 v = _mm_add_pi16(_mm_mullo_pi16(r, r), _mm_set1_pi16(RELU_SQUARE_ADD));
  return _mm_mulhi_pi16(v, _mm_set1_pi16(RELU_SQUARE_FACTOR));
}

static void mmx_relu_square(int8_t *y, const int8_t *x, int n) {
  int i = 0;
  const __m64 zero = _mm_setzero_si64();
  for (; i + 8 <= n; i += 8) {
    __m64 v = load_mm(x + i);
    __m64 low = squares(_mm_unpacklo_pi8(v, zero)), high = squares(_mm_unpackhi_pi8(v, zero));
    store_mm(y + i, _mm_packs_pi16(low, high));
  }
  _mm_empty();
  if (i < n) math_ops_plain.relu_square(y + i, x + i, n - i);
}

void math_ops_take_mmx(MathOps *table) {
  table->name = "MMX";
  table->widen_i8 = mmx_widen_i8;
  table->ternarize = mmx_ternarize;
  table->signs = mmx_signs;
  table->group_row = mmx_group_row;
  table->group_block = mmx_group_block;
  table->group_product = mmx_group_product;
  table->trit_table = mmx_trit_table;
  table->packed_product = mmx_packed_product;
  table->transpose_i8 = mmx_transpose_i8;
  table->transpose_i16 = mmx_transpose_i16;
  table->matmul_i16 = mmx_matmul_i16;
  table->shift_sums = mmx_shift_sums;
  table->combine_i16 = mmx_combine_i16;
  table->sum_squares_i8 = mmx_sum_squares_i8;
  table->magnitudes = mmx_magnitudes;
  table->add_shifted = mmx_add_shifted;
  table->add_multiple = mmx_add_multiple;
  table->mix_i16 = mmx_mix_i16;
  table->lay_columns = mmx_lay_columns;
  table->add_products = mmx_add_products;
  table->relu_square = mmx_relu_square;
}

#if !defined(USE_SSE_BUILD)
void math_ops_take_fast(MathOps *table) {
  math_ops_take_mmx(table);
  math_ops_take_x87(table);
}
#endif
#else
typedef int math_ops_mmx_not_built; /* ISO C wants a translation unit to hold something */
#endif
