/* math_ops.c - the plain kernels, which are the specification, and the scalar mathematics.
 *
 * Nothing here knows of a model. Where a loop looks unusual (four partial sums, a rounding by a
 * magic addition), it is because another build must be able to give the same bits.
 */
#include "math/math_ops.h"

#include <string.h>

#include "base/bytes.h"
#include "math/random.h"

/* ---- scalar mathematics ---- */

float float_sqrt(float x) {
#ifdef HAS_ROOT
  return root_instruction(x);
#else
  return float_sqrt_by_integers(x);
#endif
}

/* x = m 2^(e-23) with e even and m of 24 or 25 bits, so the root is that of m 2^25, which has 25
 * bits, times 2^(e/2-24). They are found one by one, as by hand; the last one rounds. No root lies
 * just between two floats: its square would have too many bits. */
float float_sqrt_by_integers(float x) {
  uint32_t rest = float_bits(x);
  if (rest == 0 || rest >= 0x7f800000u) return x;
  int exponent = (int)(rest >> 23) - 127;
  rest = exponent == -127 ? rest << 1 : (rest & 0x007fffffu) | 0x00800000u;
  for (; rest < 0x00800000u; rest <<= 1) exponent--; /* denormals */
  const bool odd = exponent % 2 != 0;
  rest <<= odd ? 2 : 1;
  uint32_t root = 0, tried = 0; /* tried: twice the root, at the place of the bit */
  for (uint32_t bit = 1u << 24; bit; bit >>= 1, rest <<= 1)
    if (tried + bit <= rest) {
      rest -= tried + bit;
      tried += 2 * bit;
      root += bit;
    }
  return float_from_bits(((root + 1) >> 1) + (uint32_t)((exponent - odd) / 2 + 126) * 0x00800000u);
}

float float_of_i32(int32_t i) {
  float high = (float)(i >> 12), low = (float)(i & 4095);
  return high * 4096.0f + low;
}

/* exp(x) = 2^k * exp(r), r = x - k ln 2 in two parts; exp(r) by a polynomial of degree 6 whose
 * coefficients are those of Cephes' expf (Moshier). */
#define EXP_LOWEST (-80.0f)
#define LOG2_E 1.44269504088896341f
#define LN2_HIGH 0.693359375f
#define LN2_LOW (-2.12194440e-4f)

float float_exp(float x) {
  if (!(x > EXP_LOWEST)) x = EXP_LOWEST;
  float shifted = x * LOG2_E + ROUND_MAGIC;
  float k = shifted - ROUND_MAGIC;
  float r = x - k * LN2_HIGH;
  r = r - k * LN2_LOW;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r;
  p = p + 1.0f;
  return p * float_exp2i((int)(float_bits(shifted) - float_bits(ROUND_MAGIC)));
}

/* log(x) = e ln 2 + log(m), m in [sqrt(1/2), sqrt(2)); log(m) = 2 atanh(s), s = (m-1)/(m+1). */
float float_log(float x) {
  uint32_t bits = float_bits(x);
  int e = (int)(bits >> 23) - 127;
  float m = float_from_bits((bits & 0x007fffffu) | 0x3f800000u);
  if (m > 1.41421356f) {
    m = m * 0.5f;
    e++;
  }
  float s = (m - 1.0f) / (m + 1.0f), z = s * s;
  float p = 0.222222222f; /* the series 2 s (1 + z/3 + z^2/5 + z^3/7 + z^4/9) */
  p = p * z + 0.285714286f;
  p = p * z + 0.4f;
  p = p * z + 0.666666667f;
  return (float)e * 0.693147181f + (2.0f * s + s * (z * p));
}

/* Reduction by multiples of pi/2 in three parts, the first two of few enough bits that k times them
 * is exact for k < 2048; then Taylor polynomials on [-pi/4, pi/4]. */
void float_sincos(float x, float *sine, float *cosine) {
  int32_t k = float_round(x * 0.636619772f);
  float n = (float)k;
  float r = x - n * 1.5703125f;
  r = r - n * 4.837512969970703e-4f;
  r = r - n * 7.54978995489188e-8f;
  float z = r * r;
  float s = r + r * (z * (-0.166666667f + z * (8.33333333e-3f + z * -1.98412698e-4f)));
  float c = 1.0f + z * (-0.5f + z * (4.16666667e-2f + z * (-1.38888889e-3f + z * 2.48015873e-5f)));
  if (k & 1) {
    float swap = s;
    s = c;
    c = -swap;
  }
  *sine = (k & 2) ? -s : s;
  *cosine = (k & 2) ? -c : c;
}

float float_power(float b, uint32_t n) {
  float result = 1.0f;
  for (; n; n >>= 1) {
    if (n & 1) result = flush_tiny(result * b);
    b = flush_tiny(b * b);
  }
  return result;
}

/* ---- kernels on integers ---- */

static void plain_widen_i8(int16_t *y, const int8_t *x, int n) {
  for (int i = 0; i < n; i++) y[i] = x[i];
}

static void plain_ternarize(int8_t *y, const int8_t *x, int n, int threshold) {
  for (int i = 0; i < n; i++) y[i] = (int8_t)((x[i] >= threshold) - (x[i] <= -threshold));
}

static void plain_signs(int8_t *y, const int8_t *x, int n) {
  for (int i = 0; i < n; i++) y[i] = (int8_t)(x[i] >= 0 ? 1 : -1);
}

/* ---- groups of trits ---- */

/* The group of up to four trits that lie ld apart. */
static uint8_t group_of(const int8_t *trits, int ld, int count) {
  int value = 40, place = 1;
  for (int k = 0; k < count; k++, place *= 3) value += trits[k * ld] * place;
  return (uint8_t)value;
}

/* The four groups of one block of one output; inputs 1..16. */
static void block_of(uint8_t *groups, const int8_t *trits, int ld, int inputs) {
  for (int g = 0; g < GROUPS_OF_BLOCK; g++) {
    const int left = inputs - g * GROUP_INPUTS;
    groups[g] = group_of(trits + g * GROUP_INPUTS * ld, ld,
                         left < 0              ? 0
                         : left < GROUP_INPUTS ? left
                                               : GROUP_INPUTS);
  }
}

static void plain_group_row(uint8_t *groups, const int8_t *trits, int inputs, int outputs) {
  const size_t stride = (size_t)outputs * GROUPS_OF_BLOCK;
  for (int i = 0; i < inputs; i += BLOCK_INPUTS, groups += stride)
    block_of(groups, trits + i, 1, inputs - i);
}

void group_block_from(uint8_t *groups, const int8_t *trits, int inputs, int outputs, int first) {
  for (int o = first; o < outputs; o++)
    block_of(groups + o * GROUPS_OF_BLOCK, trits + o, outputs, inputs);
}

static void plain_group_block(uint8_t *groups, const int8_t *trits, int inputs, int outputs) {
  group_block_from(groups, trits, inputs, outputs, 0);
}

/* One output: the dot product of two rows. */
static int32_t dot_i16(const int16_t *x, const int16_t *w, int cols) {
  int32_t sum = 0;
  for (int c = 0; c < cols; c++) sum += x[c] * w[c];
  return sum;
}

/* Four outputs at once: a compiler that vectorises loads x once for all of them. */
static void dot_i16_by_4(int32_t y[4], const int16_t *x, const int16_t *w, int cols) {
  const int16_t *w1 = w + cols, *w2 = w1 + cols, *w3 = w2 + cols;
  int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  for (int c = 0; c < cols; c++) {
    s0 += x[c] * w[c];
    s1 += x[c] * w1[c];
    s2 += x[c] * w2[c];
    s3 += x[c] * w3[c];
  }
  y[0] = s0, y[1] = s1, y[2] = s2, y[3] = s3;
}

static void plain_matmul_i16(int32_t *y, int ld_y, const int16_t *x, const int16_t *w, int n,
                             int rows, int cols) {
  const size_t ld = (size_t)ld_y, k = (size_t)cols;
  for (int i = 0; i < n; i++) {
    int32_t *yi = y + (size_t)i * ld;
    const int16_t *xi = x + (size_t)i * k;
    int r = 0;
    for (; r + 4 <= rows; r += 4) dot_i16_by_4(yi + r, xi, w + (size_t)r * k, cols);
    for (; r < rows; r++) yi[r] = dot_i16(xi, w + (size_t)r * k, cols);
  }
}

enum { ROWS_AT_ONCE = 4 };

/* The trits of `count` outputs, [count,inputs] in int16. */
static void unpack_groups(int16_t *trits, const uint8_t *groups, int count, int outputs,
                          int inputs) {
  for (int first = 0; first < inputs; first += BLOCK_INPUTS) {
    for (int o = 0; o < count; o++)
      for (int i = 0; i < BLOCK_INPUTS && first + i < inputs; i++)
        trits[o * inputs + first + i] =
            trits_of_byte[groups[o * GROUPS_OF_BLOCK + i / GROUP_INPUTS]][i % GROUP_INPUTS];
    groups += (size_t)outputs * GROUPS_OF_BLOCK;
  }
}

void group_product_by(MatmulI16 *matmul, int32_t *y, const int16_t *x, const uint8_t *groups, int n,
                      int outputs, int inputs, bool add) {
  int16_t trits[ROWS_AT_ONCE * HIDDEN_PER_DIM * MAX_DIM];
  for (int o = 0; o < outputs; o += ROWS_AT_ONCE, groups += ROWS_AT_ONCE * GROUPS_OF_BLOCK) {
    const int count = outputs - o < ROWS_AT_ONCE ? outputs - o : ROWS_AT_ONCE;
    int32_t sums[ROWS_AT_ONCE];
    unpack_groups(trits, groups, count, outputs, inputs);
    for (int i = 0; i < n; i++) {
      matmul(sums, count, x + i * inputs, trits, 1, count, inputs);
      for (int k = 0; k < count; k++)
        y[i * outputs + o + k] = (add ? y[i * outputs + o + k] : 0) + sums[k];
    }
  }
}

void pad_block(int16_t *block, int lanes, const int16_t *x, int n, int first, int inputs) {
  const int left = inputs - first, count = left < BLOCK_INPUTS ? left : BLOCK_INPUTS;
  memset(block, 0, (size_t)(lanes * BLOCK_INPUTS) * sizeof *block);
  for (int i = 0; i < n; i++)
    memcpy(block + i * BLOCK_INPUTS, x + i * inputs + first, (size_t)count * sizeof *block);
}

static void plain_group_product(int32_t *y, const int16_t *x, const uint8_t *groups, int n,
                                int outputs, int inputs, bool add) {
  group_product_by(plain_matmul_i16, y, x, groups, n, outputs, inputs, add);
}

static void plain_trit_table(int16_t *table, const int8_t *x, int count) {
  int filled = 1, lowest = 0;
  for (int k = 0; k < count; k++) lowest -= x[k];
  table[0] = (int16_t)lowest;
  for (int k = 0; k < count; k++, filled *= 3)
    for (int i = 0; i < filled; i++) {
      table[filled + i] = (int16_t)(table[i] + x[k]);
      table[2 * filled + i] = (int16_t)(table[filled + i] + x[k]);
    }
}

/* ---- packed trits and one position ----
 *
 * A byte holds five trits, so it stands for one of 243 sums of five inputs: a table of them is made
 * for the inputs of each byte of a strip, and each row adds the sums that its bytes name. The bytes
 * are loaded as words of four, as a P6 core loads once a cycle and these loads are what it waits
 * for; and soon enough before they are used, as they come from memory. */

enum { STRIP_BYTES = 16, WORD_BYTES = 4 };
typedef int16_t TritTables[STRIP_BYTES][TRIT_TABLE];

/* sum plus the sums that the four bytes of a word name. */
static inline int32_t add_word(int32_t sum, int16_t tables[WORD_BYTES][TRIT_TABLE],
                               const uint8_t *at) {
  uint32_t bytes = get_u32(at);
  HOLD_WORD(bytes);
  sum += tables[0][bytes & 0xff];
  sum += tables[1][bytes >> 8 & 0xff];
  SHIFT_WORD_AFTER(bytes, sum);
  sum += tables[2][bytes & 0xff];
  return sum + tables[3][bytes >> 8];
}

/* y[r] += the sums of `words` words of each row of a strip, r = 0..rows-1. */
static inline void add_words(int32_t *y, TritTables tables, const uint8_t *strip, int width,
                             int rows, const int words) {
  for (int r = 0; r < rows; r++, strip += width) {
    int32_t sum = y[r];
    if (r % 2 == 0) FETCH_AHEAD(strip);
    for (int k = 0; k < words; k++)
      sum = add_word(sum, tables + k * WORD_BYTES, strip + k * WORD_BYTES);
    y[r] = sum;
  }
}

/* The same of a whole strip, byte by byte. */
static void add_bytes(int32_t *y, TritTables tables, const uint8_t *strip, int width, int rows) {
  for (int r = 0; r < rows; r++, strip += width)
    for (int k = 0; k < width; k++) y[r] += tables[k][strip[k]];
}

/* y[r] += row r of a strip times the inputs of the tables. The last word of a row may reach into
 * the next row, where the tables are zero; behind the last row there is none. */
static void add_strip(int32_t *y, TritTables tables, const uint8_t *strip, int width, int rows) {
  const int words = (width + WORD_BYTES - 1) / WORD_BYTES, last = width % WORD_BYTES ? 1 : 0;
  rows -= last;
  if (words == 1) add_words(y, tables, strip, width, rows, 1);
  if (words == 2) add_words(y, tables, strip, width, rows, 2);
  if (words == 3) add_words(y, tables, strip, width, rows, 3);
  if (words == 4) add_words(y, tables, strip, width, rows, 4);
  add_bytes(y + rows, tables, strip + (size_t)rows * (size_t)width, width, last);
}

/* The tables of the strip that begins at byte `first`; those behind the end of a row are zero. */
static void strip_tables(TritTable *make, TritTables tables, const int8_t *x, int cols, int first) {
  for (int k = 0; k < STRIP_BYTES; k++) {
    const int at = (first + k) * BYTE_TRITS, left = cols - at;
    if (left > 0)
      make(tables[k], x + at, min_int(BYTE_TRITS, left));
    else
      memset(tables[k], 0, sizeof tables[k]);
  }
}

void packed_product_by(TritTable *make, int32_t *y, const uint8_t *const *strips, int count,
                       const int8_t *x, int rows, int cols) {
  const StripShape shape = math_ops_plain.strips;
  const int row_bytes = (int)packed_row_bytes(CODES_TRITS, cols);
  TritTables tables;
  memset(y, 0, (size_t)(count * rows) * sizeof *y);
  for (int first = 0; first < row_bytes; first += STRIP_BYTES) {
    strip_tables(make, tables, x, cols, first);
    for (int i = 0; i < count; i++)
      add_strip(y + i * rows, tables, strips[i] + strip_at(shape, rows, row_bytes, 0, first),
                strip_width(shape, row_bytes, first), rows);
  }
}

static void plain_packed_product(int32_t *y, const uint8_t *const *strips, int count,
                                 const int8_t *x, int rows, int cols) {
  packed_product_by(plain_trit_table, y, strips, count, x, rows, cols);
}

/* ---- other kernels on integers ---- */

static void plain_transpose_i8(int16_t *y, int ld_y, const int8_t *x, int rows, int cols) {
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < cols; c++) y[c * ld_y + r] = x[r * cols + c];
}

static void plain_transpose_i16(int16_t *y, int ld_y, const int16_t *x, int ld_x, int rows,
                                int cols) {
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < cols; c++) y[c * ld_y + r] = x[r * ld_x + c];
}

/* x / 2^bits to nearest, within int16. The shift of a negative number goes down, as everywhere. */
static int16_t round_shift(int32_t x, int bits) {
  const int32_t rounded = (x + (1 << (bits - 1))) >> bits;
  return (int16_t)(rounded > 32767 ? 32767 : rounded < -32767 ? -32767 : rounded);
}

static void plain_shift_sums(int16_t *y, const int32_t *sums, int bits, int n) {
  for (int i = 0; i < n; i++) y[i] = round_shift(sums[i], bits);
}

static void plain_combine_i16(int16_t *y, const int16_t *x, int a, const int16_t *z, int b,
                              int bits, int n) {
  for (int i = 0; i < n; i++) y[i] = round_shift(a * x[i] + b * z[i], bits);
}

/* A float is clamped and rounded first, so that the rest is integers. */
static void plain_move_latents(int8_t *latents, const float *steps, int n, uint32_t key,
                               uint32_t first) {
  enum { OFFSET = 256 }; /* keeps what is divided positive */
  for (int i = 0; i < n; i++) {
    const float step = steps[i] > LARGEST_MOVE    ? LARGEST_MOVE
                       : steps[i] < -LARGEST_MOVE ? -LARGEST_MOVE
                                                  : steps[i];
    const uint32_t random = random_half(key, first + (uint32_t)i);
    const int32_t exact =
        (latents[i] + OFFSET) * LATENT_ONE - float_round(step * (float)LATENT_ONE);
    const int32_t moved = (exact + (int32_t)random) / LATENT_ONE - OFFSET;
    latents[i] = (int8_t)(moved > 127 ? 127 : moved < -127 ? -127 : moved);
  }
}

static void plain_relu_square(int8_t *y, const int8_t *x, int n) {
  for (int i = 0; i < n; i++) y[i] = (int8_t)((x[i] * x[i] + 63) / 127);
}

static void plain_magnitudes(const int8_t *x, int n, int least, int32_t *sum, int32_t *count) {
  for (int i = 0; i < n; i++) {
    const int size = x[i] < 0 ? -x[i] : x[i];
    *sum += size >= least ? size : 0;
    *count += size >= least;
  }
}

static int32_t plain_sum_squares_i8(const int8_t *x, int n) {
  int32_t sum = 0;
  for (int i = 0; i < n; i++) sum += x[i] * x[i];
  return sum;
}

static void plain_add_shifted(int32_t *y, const int32_t *x, int shift, int32_t limit, int n) {
  if (shift < -30) return;
  if (shift < 0) {
    for (int i = 0; i < n; i++) {
      const int32_t d = (x[i] + (1 << (-shift - 1))) >> -shift;
      y[i] += d > limit ? limit : d < -limit ? -limit : d;
    }
    return;
  }
  const int left = shift > 30 ? 30 : shift;
  const int32_t most = limit >> left; /* what still fits before the shift */
  for (int i = 0; i < n; i++)
    y[i] += x[i] > most ? limit : x[i] < -most ? -limit : x[i] * (1 << left);
}

/* ---- sums of products ---- */

static void plain_lay_columns(int16_t *laid, const int8_t *x, int n, int cols) {
  plain_transpose_i8(laid, n, x, n, cols);
}

void add_products_by(MatmulI16 *matmul, AddShifted *add, int32_t *y, int32_t *tile,
                     const int16_t *u, const int16_t *laid, const ProductSum *sum) {
  const int cols = sum->cols;
  for (int r = 0; r < sum->rows; r += PRODUCT_TILE) {
    const int rows = sum->rows - r < PRODUCT_TILE ? sum->rows - r : PRODUCT_TILE;
    matmul(tile, cols, u + r * sum->n, laid, rows, cols, sum->n);
    add(y + r * cols, tile, sum->shift, sum->limit, rows * cols);
  }
}

static void plain_add_products(int32_t *y, int32_t *tile, const int16_t *u, const int16_t *laid,
                               const ProductSum *sum) {
  add_products_by(plain_matmul_i16, plain_add_shifted, y, tile, u, laid, sum);
}

/* ---- kernels between integers and floats ---- */

static void plain_quantize(int8_t *q, const float *x, float k, int n) {
  for (int i = 0; i < n; i++) q[i] = (int8_t)float_round(x[i] * k);
}

static void plain_dequantize(float *y, const int8_t *q, float a, int n) {
  for (int i = 0; i < n; i++) y[i] = a * (float)q[i];
}

static void plain_quantize_i16(int16_t *q, const float *x, float k, int n) {
  for (int i = 0; i < n; i++) q[i] = (int16_t)float_round(k * flush_tiny(x[i]));
}

static void plain_quantize_scaled(int16_t *q, const float *x, const float *s, float k, int n) {
  for (int i = 0; i < n; i++) q[i] = (int16_t)float_round((x[i] * s[i]) * k);
}

static void plain_dequantize_i16(float *y, const int16_t *q, float a, int n) {
  for (int i = 0; i < n; i++) y[i] = a * (float)q[i];
}

static void plain_scale_rows(float *y, const int32_t *x, const float *s, float a, int n) {
  for (int i = 0; i < n; i++) y[i] = (a * s[i]) * (float)x[i];
}

static void plain_add_scaled_i32(float *y, const int32_t *x, float a, int n) {
  for (int i = 0; i < n; i++) y[i] = y[i] + a * (float)x[i];
}

static void plain_add_rounded(int32_t *y, const float *x, float k, float limit, int n) {
  for (int i = 0; i < n; i++) {
    float v = x[i] * k;
    v = v > limit ? limit : v;
    v = v < -limit ? -limit : v;
    y[i] += float_round(v);
  }
}

/* c >> log is how many multiples there are up to c. Together the numbers have one share more than
 * there are if rounding made their units more; no number may. */
void share_list_add(ShareList *list, const int32_t *units, int32_t at, int log, int first, int n) {
  const int32_t most = UNITS_OF_ONE >> log;
  for (int i = 0; i < n; i++) {
    const int32_t before = at >> log;
    at += units[i];
    const int32_t shares = (at >> log) - before;
    if (shares == 0 || list->count == MOST_WITH_SHARES) continue;
    list->index[list->count] = (uint16_t)(first + i);
    list->shares[list->count++] = (int16_t)(shares < most ? shares : most);
  }
}

void share_list_from(ShareList *list, const float *x, float k, int32_t at, int log, int first,
                     int end) {
  for (int i = first; i < end; i++) {
    const int32_t units = float_round(x[i] * k);
    share_list_add(list, &units, at, log, i, 1);
    at += units;
  }
}

static void plain_take_shares(ShareList *list, const float *x, float k, int32_t at, int log,
                              int n) {
  list->count = 0;
  share_list_from(list, x, k, at, log, 0, n);
}

static void plain_add_multiple(int32_t *y, const int16_t *x, int a, int shift, int n) {
  const int32_t half = shift > 0 ? 1 << (shift - 1) : 0;
  for (int i = 0; i < n; i++) y[i] += (a * x[i] + half) >> shift;
}

void mix_i16_from(int32_t *y, const int16_t *a, const uint16_t *index, const int16_t *rows,
                  int count, int first, int n) {
  for (int i = first; i < n; i++) y[i] = 0;
  for (int j = 0; j < count; j++) {
    const int16_t *row = rows + (size_t)index[j] * (size_t)n;
    for (int i = first; i < n; i++) y[i] += a[j] * row[i];
  }
}

static void plain_mix_i16(int32_t *y, const int16_t *a, const uint16_t *index, const int16_t *rows,
                          int count, int n) {
  mix_i16_from(y, a, index, rows, count, 0, n);
}

static void plain_scale_fixed(float *y, const int32_t *x, float a, int n) {
  for (int i = 0; i < n; i++) y[i] = a * float_of_i32(x[i]);
}

/* ---- kernels on floats ---- */

static float plain_absmax(const float *x, int n) {
  float largest = 0.0f;
  for (int i = 0; i < n; i++) {
    float a = float_abs(x[i]);
    largest = a > largest ? a : largest;
  }
  return largest;
}

static float plain_max(const float *x, int n) {
  float largest = x[0];
  for (int i = 1; i < n; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

static float plain_sum(const float *x, int n) {
  float s[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int i = 0; i < n; i++) s[i & 3] = s[i & 3] + x[i];
  return (s[0] + s[1]) + (s[2] + s[3]);
}

static float plain_dot(const float *x, const float *y, int n) {
  float s[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int i = 0; i < n; i++) s[i & 3] = s[i & 3] + x[i] * y[i];
  return (s[0] + s[1]) + (s[2] + s[3]);
}

static float plain_sum_squares(const float *x, int n) {
  float s[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  for (int i = 0; i < n; i++) {
    float a = flush_tiny(x[i]);
    s[i & 3] = s[i & 3] + a * a;
  }
  return (s[0] + s[1]) + (s[2] + s[3]);
}

static void plain_axpy(float *y, float a, const float *x, int n) {
  for (int i = 0; i < n; i++) y[i] = y[i] + a * x[i];
}

static void plain_dots(float *y, const float *x, const float *rows, int count, int n) {
  for (int j = 0; j < count; j++) y[j] = plain_dot(x, rows + j * n, n);
}

static void plain_mix(float *y, const float *a, const float *rows, int count, int n) {
  for (int j = 0; j < count; j++) plain_axpy(y, a[j], rows + j * n, n);
}

static void plain_outer(float *y, int ld_y, const float *a, const float *x, int count, int n) {
  for (int j = 0; j < count; j++) plain_axpy(y + j * ld_y, a[j], x, n);
}

static void plain_outer_pair(float *y, int ld_y, const float *a, const float *x, const float *b,
                             const float *z, int count, int n) {
  for (int j = 0; j < count; j++, y += ld_y)
    for (int i = 0; i < n; i++) y[i] = (y[i] + a[j] * x[i]) + b[j] * z[i];
}

static void plain_scale(float *y, const float *x, float a, int n) {
  for (int i = 0; i < n; i++) y[i] = a * x[i];
}

static void plain_relu(float *x, int n) {
  for (int i = 0; i < n; i++) x[i] = x[i] > 0.0f ? x[i] : 0.0f;
}

static void plain_multiply_i8(float *y, const int8_t *q, int n) {
  for (int i = 0; i < n; i++) y[i] = y[i] * (float)q[i];
}

static void plain_rope(float *x, const float *cosine, const float *sine, int size, bool inverse) {
  const int half = size / 2;
  for (int i = 0; i < half; i++) {
    float a = x[i], b = x[i + half], s = inverse ? -sine[i] : sine[i];
    x[i] = a * cosine[i] - b * s;
    x[i + half] = a * s + b * cosine[i];
  }
}

static void plain_softmax_backward(float *dp, const float *p, float mean, int n) {
  for (int i = 0; i < n; i++) dp[i] = flush_tiny(p[i] * flush_tiny(dp[i] - mean));
}

static void plain_multiply(float *y, const float *x, const float *s, int n) {
  for (int i = 0; i < n; i++) y[i] = x[i] * s[i];
}

static void plain_scale_flush(float *x, float a, int n) {
  for (int i = 0; i < n; i++) x[i] = flush_tiny(a * x[i]);
}

static void plain_exp_shifted(float *x, float shift, int n) {
  for (int i = 0; i < n; i++) x[i] = float_exp(x[i] - shift);
}

static void plain_norm_backward(float *dx, const float *dh, const float *q, float inv, float mean,
                                int n) {
  for (int i = 0; i < n; i++) dx[i] = dx[i] + flush_tiny(inv * (dh[i] - mean * q[i]));
}

static void plain_adam(float *w, const float *g, float *m, float *v, int n, const AdamStep *step) {
  const float rest1 = 1.0f - ADAM_BETA1, rest2 = 1.0f - ADAM_BETA2;
  for (int i = 0; i < n; i++) {
    float gi = flush_tiny(step->gradient_scale * flush_tiny(g[i]));
    float mi = flush_tiny(ADAM_BETA1 * m[i] + rest1 * gi);
    float vi = ADAM_BETA2 * v[i] + rest2 * (gi * gi);
    if (float_bits(vi) < TINY_SQUARE_BITS) vi = 0.0f;
    m[i] = mi;
    v[i] = vi;
    float change = (mi * step->c1) / (float_sqrt(vi * step->c2) + ADAM_EPSILON);
    w[i] = flush_tiny(w[i] - step->learning_rate * change);
  }
}

static void plain_momentum(float *direction, float *m, const float *g, int n,
                           const MomentumStep *step) {
  const float beta1 = step->beta_direction, rest1 = 1.0f - beta1;
  const float beta2 = step->beta_momentum, rest2 = 1.0f - beta2;
  for (int i = 0; i < n; i++) {
    float gi = flush_tiny(step->gradient_scale * flush_tiny(g[i]));
    direction[i] = beta1 * m[i] + rest1 * gi;
    m[i] = flush_tiny(beta2 * m[i] + rest2 * gi);
  }
}

const MathOps math_ops_plain = {
    .name = "plain C",
    .widen_i8 = plain_widen_i8,
    .ternarize = plain_ternarize,
    .signs = plain_signs,
    .group_row = plain_group_row,
    .group_block = plain_group_block,
    .group_product = plain_group_product,
    .trit_table = plain_trit_table,
    .strips = {ALL_ROWS, STRIP_BYTES},
    .packed_product = plain_packed_product,
    .transpose_i8 = plain_transpose_i8,
    .transpose_i16 = plain_transpose_i16,
    .matmul_i16 = plain_matmul_i16,
    .lay_columns = plain_lay_columns,
    .add_products = plain_add_products,
    .shift_sums = plain_shift_sums,
    .relu_square = plain_relu_square,
    .add_shifted = plain_add_shifted,
    .magnitudes = plain_magnitudes,
    .sum_squares_i8 = plain_sum_squares_i8,
    .quantize = plain_quantize,
    .dequantize = plain_dequantize,
    .scale_rows = plain_scale_rows,
    .add_scaled_i32 = plain_add_scaled_i32,
    .add_rounded = plain_add_rounded,
    .take_shares = plain_take_shares,
    .add_multiple = plain_add_multiple,
    .mix_i16 = plain_mix_i16,
    .scale_fixed = plain_scale_fixed,
    .absmax = plain_absmax,
    .max = plain_max,
    .sum = plain_sum,
    .dot = plain_dot,
    .sum_squares = plain_sum_squares,
    .axpy = plain_axpy,
    .multiply = plain_multiply,
    .quantize_i16 = plain_quantize_i16,
    .quantize_scaled = plain_quantize_scaled,
    .dequantize_i16 = plain_dequantize_i16,
    .combine_i16 = plain_combine_i16,
    .move_latents = plain_move_latents,
    .dots = plain_dots,
    .mix = plain_mix,
    .outer = plain_outer,
    .outer_pair = plain_outer_pair,
    .scale = plain_scale,
    .relu = plain_relu,
    .multiply_i8 = plain_multiply_i8,
    .rope = plain_rope,
    .softmax_backward = plain_softmax_backward,
    .scale_flush = plain_scale_flush,
    .exp_shifted = plain_exp_shifted,
    .norm_backward = plain_norm_backward,
    .adam = plain_adam,
    .momentum = plain_momentum,
};
