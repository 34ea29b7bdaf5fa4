/* test_kernels.c - the fast kernels against the plain ones, the plain ones by hand, mathematics. */
#include <string.h>

#include "base/crc32.h"
#include "math/packing.h"
#include "model/linear.h"
#include "tests/frame.h"

/* ---- kernels: fast against plain, bit for bit ---- */

enum { LONGEST = 70 };

/* Buffers of both kinds; index 0 for plain, 1 for fast. */
static struct {
  float x[LONGEST], y[LONGEST], a[2][LONGEST], b[2][LONGEST], c[2][LONGEST];
  int8_t q[LONGEST], r[2][LONGEST];
  int32_t s[LONGEST];
  int16_t w[2][LONGEST];
} buffer;

static void same(const char *kernel, int n, const void *a, const void *b, size_t bytes) {
  check(memcmp(a, b, bytes) == 0, "%s differs from plain C at length %d", kernel, n);
}
static void same_float(const char *kernel, int n, float a, float b) {
  same(kernel, n, &a, &b, sizeof a);
}

static void fill_buffers(void) {
  draw_floats(buffer.x, LONGEST, 4.0f);
  draw_floats(buffer.y, LONGEST, 4.0f);
  draw_i8(buffer.q, LONGEST);
  for (int i = 0; i < LONGEST; i++) buffer.s[i] = (int32_t)(draw() >> 8) - (1 << 23);
  for (int i = 0; i < LONGEST; i++)
    if (draw() % 5 == 0) buffer.x[i] = buffer.x[i] * float_exp2i(-41); /* what flushes */
  memcpy(buffer.a[0], buffer.y, sizeof buffer.y);
  memcpy(buffer.a[1], buffer.y, sizeof buffer.y);
  for (int k = 0; k < LONGEST; k++) buffer.b[0][k] = buffer.b[1][k] = draw_float(0.1f);
  for (int k = 0; k < LONGEST; k++)
    buffer.c[0][k] = buffer.c[1][k] =
        float_abs(draw_float(0.01f)) * float_exp2i(-(int)(draw() % 99));
}

static void compare_conversions(const MathOps *plain, const MathOps *fast, int n) {
  const int threshold = 1 + (int)(draw() % 128);
  plain->widen_i8(buffer.w[0], buffer.q, n), fast->widen_i8(buffer.w[1], buffer.q, n);
  same("widen_i8", n, buffer.w[0], buffer.w[1], (size_t)n * 2);
  plain->ternarize(buffer.r[0], buffer.q, n, threshold);
  fast->ternarize(buffer.r[1], buffer.q, n, threshold);
  same("ternarize", n, buffer.r[0], buffer.r[1], (size_t)n);
  plain->signs(buffer.r[0], buffer.q, n), fast->signs(buffer.r[1], buffer.q, n);
  same("signs", n, buffer.r[0], buffer.r[1], (size_t)n);
  const float k = 127.0f / plain->absmax(buffer.y, LONGEST);
  plain->quantize(buffer.r[0], buffer.y, k, n), fast->quantize(buffer.r[1], buffer.y, k, n);
  same("quantize", n, buffer.r[0], buffer.r[1], (size_t)n);
  plain->dequantize(buffer.a[0], buffer.q, 0.37f, n);
  fast->dequantize(buffer.a[1], buffer.q, 0.37f, n);
  same("dequantize", n, buffer.a[0], buffer.a[1], (size_t)n * 4);
  plain->scale_rows(buffer.a[0], buffer.s, buffer.y, 0.7f, n);
  fast->scale_rows(buffer.a[1], buffer.s, buffer.y, 0.7f, n);
  same("scale_rows", n, buffer.a[0], buffer.a[1], (size_t)n * 4);
  plain->add_scaled_i32(buffer.a[0], buffer.s, 0.11f, n);
  fast->add_scaled_i32(buffer.a[1], buffer.s, 0.11f, n);
  same("add_scaled_i32", n, buffer.a[0], buffer.a[1], (size_t)n * 4);
  int32_t counts[2][2] = {{5, 6}, {5, 6}};
  plain->magnitudes(buffer.q, n, n ? threshold : 0, &counts[0][0], &counts[0][1]);
  fast->magnitudes(buffer.q, n, n ? threshold : 0, &counts[1][0], &counts[1][1]);
  same("magnitudes", n, counts[0], counts[1], sizeof counts[0]);
  int32_t squares[2] = {plain->sum_squares_i8(buffer.q, n), fast->sum_squares_i8(buffer.q, n)};
  same("sum_squares_i8", n, &squares[0], &squares[1], 4);
}

/* What adds to gradients: shifts and limits of all sizes. */
static void compare_fixed_point(const MathOps *plain, const MathOps *fast, int n) {
  static int32_t sums[2][LONGEST];
  const int shift = (int)(draw() % 64) - 32;
  const int32_t limit = (int32_t)(draw() >> (1 + draw() % 31));
  for (int i = 0; i < LONGEST; i++) sums[0][i] = sums[1][i] = draw_int(1000);
  plain->add_shifted(sums[0], buffer.s, shift, limit / 2, n);
  fast->add_shifted(sums[1], buffer.s, shift, limit / 2, n);
  same("add_shifted", n, sums[0], sums[1], sizeof sums[0]);
  for (int i = 0; i < LONGEST; i++) sums[0][i] = sums[1][i] = draw_int(1000);
  plain->add_shifted(sums[0], buffer.s, shift / 8, INT32_MAX / 2, n);
  fast->add_shifted(sums[1], buffer.s, shift / 8, INT32_MAX / 2, n);
  same("add_shifted without a limit", n, sums[0], sums[1], sizeof sums[0]);
  const float per_unit = float_exp2i(shift), most = (float)(limit >> 10);
  plain->add_rounded(sums[0], buffer.x, per_unit, most, n);
  fast->add_rounded(sums[1], buffer.x, per_unit, most, n);
  same("add_rounded", n, sums[0], sums[1], sizeof sums[0]);
  for (int i = 0; i < LONGEST; i++) sums[0][i] = (int32_t)draw();
  plain->scale_fixed(buffer.a[0], sums[0], 0.37f, n);
  fast->scale_fixed(buffer.a[1], sums[0], 0.37f, n);
  same("scale_fixed", n, buffer.a[0], buffer.a[1], (size_t)n * 4);
}

/* Rows of int16 times shares: an odd number of rows and an even one, and none. */
static void compare_mix(const MathOps *plain, const MathOps *fast, int n) {
  enum { MOST = 9 };
  static int16_t rows[MOST * LONGEST], a[MOST];
  static int32_t sums[2][LONGEST];
  uint16_t index[MOST];
  const int count = (int)(draw() % (MOST + 1));
  for (int i = 0; i < MOST * n; i++) rows[i] = (int16_t)draw_int(INT16_MAX);
  for (int j = 0; j < count; j++) {
    index[j] = (uint16_t)(draw() % MOST);
    a[j] = (int16_t)draw_int(MOST_SHARES);
  }
  plain->mix_i16(sums[0], a, index, rows, count, n);
  fast->mix_i16(sums[1], a, index, rows, count, n);
  same("mix_i16", n, sums[0], sums[1], (size_t)n * sizeof sums[0][0]);
}

/* Shares of numbers of many sizes, some of them zero, from any place on; multiples of a row. */
static void compare_shares(const MathOps *plain, const MathOps *fast, int n) {
  static ShareList list[2];
  static float x[LONGEST];
  static int32_t sums[2][LONGEST];
  float total = 0.0f;
  for (int i = 0; i < LONGEST; i++) x[i] = draw() % 4 ? (float)(draw() % 1000 + 1) * 0.001f : 0.0f;
  for (int i = 0; i < n; i += 3) x[i] = x[i] * x[i] * x[i];
  for (int i = 0; i < n; i++) total += x[i];
  const float k = (float)UNITS_OF_ONE / (total > 0.0f ? total : 1.0f);
  const int log = 12 + (int)(draw() % 4);
  const int32_t at = (int32_t)(draw() >> (32 - log));
  memset(list, 0, sizeof list);
  plain->take_shares(&list[0], x, k, at, log, n);
  fast->take_shares(&list[1], x, k, at, log, n);
  same("take_shares", n, &list[0], &list[1], sizeof list[0]);
  for (int i = 0; i < LONGEST; i++) sums[0][i] = sums[1][i] = draw_int(1000);
  for (int i = 0; i < LONGEST; i++) buffer.w[0][i] = (int16_t)draw_int(16384);
  const int a = draw_int(MOST_SHARES), shift = (int)(draw() % 16);
  plain->add_multiple(sums[0], buffer.w[0], a, shift, n);
  fast->add_multiple(sums[1], buffer.w[0], a, shift, n);
  same("add_multiple", n, sums[0], sums[1], sizeof sums[0]);
  compare_mix(plain, fast, n);
}

/* Sixteen-bit numbers, and the random rounding of latents. */
static void compare_i16(const MathOps *plain, const MathOps *fast, int n) {
  static int16_t z[LONGEST];
  const uint32_t key = draw();
  for (int i = 0; i < LONGEST; i++) z[i] = (int16_t)draw_int(32767);
  plain->quantize_i16(buffer.w[0], buffer.x, 1000.0f, n);
  fast->quantize_i16(buffer.w[1], buffer.x, 1000.0f, n);
  same("quantize_i16", n, buffer.w[0], buffer.w[1], (size_t)n * 2);
  plain->quantize_scaled(buffer.w[0], buffer.x, buffer.y, 30.0f, n);
  fast->quantize_scaled(buffer.w[1], buffer.x, buffer.y, 30.0f, n);
  same("quantize_scaled", n, buffer.w[0], buffer.w[1], (size_t)n * 2);
  plain->dequantize_i16(buffer.a[0], z, 0.37f, n), fast->dequantize_i16(buffer.a[1], z, 0.37f, n);
  same("dequantize_i16", n, buffer.a[0], buffer.a[1], (size_t)n * 4);
  plain->combine_i16(buffer.w[0], z, 7000, buffer.w[0], -19558, 13, n);
  fast->combine_i16(buffer.w[1], z, 7000, buffer.w[1], -19558, 13, n);
  same("combine_i16", n, buffer.w[0], buffer.w[1], (size_t)n * 2);
  for (int i = 0; i < n; i++) buffer.b[0][i] = draw_float(i % 2 ? 60.0f : 0.6f);
  memcpy(buffer.r[0], buffer.q, LONGEST), memcpy(buffer.r[1], buffer.q, LONGEST);
  const uint32_t first = n % 2 ? 76 : 77; /* SSE takes four at once from multiples of four on */
  plain->move_latents(buffer.r[0], buffer.b[0], n, key, first);
  fast->move_latents(buffer.r[1], buffer.b[0], n, key, first);
  same("move_latents", n, buffer.r[0], buffer.r[1], (size_t)n);
  memcpy(buffer.b[0], buffer.b[1], sizeof buffer.b[0]);
}

static void compare_reductions(const MathOps *plain, const MathOps *fast, int n) {
  const float *x = buffer.x, *y = buffer.y;
  same_float("absmax", n, plain->absmax(x, n), fast->absmax(x, n));
  if (n > 0) same_float("max", n, plain->max(x, n), fast->max(x, n));
  same_float("sum", n, plain->sum(x, n), fast->sum(x, n));
  same_float("dot", n, plain->dot(x, y, n), fast->dot(x, y, n));
  same_float("sum_squares", n, plain->sum_squares(x, n), fast->sum_squares(x, n));
}

static void compare_vectors(const MathOps *plain, const MathOps *fast, int n) {
  const size_t bytes = (size_t)n * sizeof(float);
  plain->axpy(buffer.a[0], -0.7f, buffer.x, n), fast->axpy(buffer.a[1], -0.7f, buffer.x, n);
  same("axpy", n, buffer.a[0], buffer.a[1], bytes);
  plain->multiply(buffer.a[0], buffer.x, buffer.y, n);
  fast->multiply(buffer.a[1], buffer.x, buffer.y, n);
  same("multiply", n, buffer.a[0], buffer.a[1], bytes);
  plain->scale(buffer.a[0], buffer.x, 0.3f, n), fast->scale(buffer.a[1], buffer.x, 0.3f, n);
  same("scale", n, buffer.a[0], buffer.a[1], bytes);
  plain->multiply_i8(buffer.a[0], buffer.q, n), fast->multiply_i8(buffer.a[1], buffer.q, n);
  same("multiply_i8", n, buffer.a[0], buffer.a[1], bytes);
  const int size = n & ~1;
  plain->rope(buffer.a[0], buffer.x, buffer.y, size, n % 3 == 0);
  fast->rope(buffer.a[1], buffer.x, buffer.y, size, n % 3 == 0);
  same("rope", n, buffer.a[0], buffer.a[1], bytes);
  plain->relu(buffer.a[0], n), fast->relu(buffer.a[1], n);
  same("relu", n, buffer.a[0], buffer.a[1], bytes);
  plain->softmax_backward(buffer.a[0], buffer.x, 0.1f, n);
  fast->softmax_backward(buffer.a[1], buffer.x, 0.1f, n);
  same("softmax_backward", n, buffer.a[0], buffer.a[1], bytes);
  plain->norm_backward(buffer.a[0], buffer.x, buffer.y, 1.3f, 0.002f, n);
  fast->norm_backward(buffer.a[1], buffer.x, buffer.y, 1.3f, 0.002f, n);
  same("norm_backward", n, buffer.a[0], buffer.a[1], bytes);
  plain->scale_flush(buffer.a[0], 1e-12f, n), fast->scale_flush(buffer.a[1], 1e-12f, n);
  same("scale_flush", n, buffer.a[0], buffer.a[1], bytes);
  const AdamStep adam = {0.004f, 0.01f, 10.0f, 100.0f};
  plain->adam(buffer.a[0], buffer.x, buffer.b[0], buffer.c[0], n, &adam);
  fast->adam(buffer.a[1], buffer.x, buffer.b[1], buffer.c[1], n, &adam);
  same("adam weights", n, buffer.a[0], buffer.a[1], bytes);
  same("adam first moment", n, buffer.b[0], buffer.b[1], bytes);
  same("adam second moment", n, buffer.c[0], buffer.c[1], bytes);
  const MomentumStep momentum = {0.3f, 0.9f, 0.97f};
  plain->momentum(buffer.a[0], buffer.b[0], buffer.x, n, &momentum);
  fast->momentum(buffer.a[1], buffer.b[1], buffer.x, n, &momentum);
  same("momentum direction", n, buffer.a[0], buffer.a[1], bytes);
  same("momentum average", n, buffer.b[0], buffer.b[1], bytes);
  memcpy(buffer.a[0], buffer.y, bytes), memcpy(buffer.a[1], buffer.y, bytes);
  plain->exp_shifted(buffer.a[0], 4.0f, n), fast->exp_shifted(buffer.a[1], 4.0f, n);
  same("exp_shifted", n, buffer.a[0], buffer.a[1], bytes);
  for (int i = 0; i < n; i++) buffer.a[0][i] = buffer.a[1][i] = 30.0f * (buffer.y[i] - 4.0f);
  plain->exp_shifted(buffer.a[0], 0.0f, n), fast->exp_shifted(buffer.a[1], 0.0f, n);
  same("exp_shifted of small", n, buffer.a[0], buffer.a[1], bytes);
}

/* Values up to `largest`: int8 as in the layers, 16-bit as in muon.c. */
static void compare_matmul(const MathOps *plain, const MathOps *fast, int largest) {
  enum { N = 5, ROWS = 7, COLS = 150 };
  static int16_t x[N * COLS], w[ROWS * COLS];
  static int32_t y[2][N * (ROWS + 2)];
  for (int i = 0; i < N * COLS; i++) x[i] = (int16_t)draw_int(largest);
  for (int i = 0; i < ROWS * COLS; i++) w[i] = (int16_t)draw_int(largest);
  for (int n = 0; n <= N; n++)
    for (int rows = 0; rows <= ROWS; rows++)
      for (int cols = 1; cols <= COLS; cols += 1 + rows % 3) {
        memset(y, 0x5a, sizeof y);
        plain->matmul_i16(y[0], ROWS + 2, x, w, n, rows, cols);
        fast->matmul_i16(y[1], ROWS + 2, x, w, n, rows, cols);
        same("matmul_i16", n * 100 + rows, y[0], y[1], sizeof y[0]);
      }
}

/* Sums of products that are added, with shifts and limits of all sizes; an odd number of positions
 * too. */
static void compare_sums(const MathOps *plain, const MathOps *fast) {
  enum { N = 12, ROWS = 6, COLS = 37 };
  static int8_t x[N * COLS];
  static int16_t u[ROWS * N], laid[2][N * COLS];
  static int32_t y[2][ROWS * COLS], tile[PRODUCT_TILE * COLS];
  draw_i8(x, N * COLS);
  for (int i = 0; i < ROWS * N; i++) u[i] = (int16_t)(draw() % 7 ? draw_int(127) : -127);
  for (int n = 1; n <= N; n++)
    for (int rows = 1; rows <= ROWS; rows++)
      for (int cols = 1; cols <= COLS; cols += 1 + rows % 3 * 4) {
        const int32_t limit = draw() % 2 ? INT32_MAX / 2 : (int32_t)(draw() >> (8 + draw() % 20));
        const ProductSum sum = {rows, cols, n, (int)(draw() % 40) - 32, limit};
        for (int i = 0; i < ROWS * COLS; i++) y[0][i] = y[1][i] = draw_int(1000);
        plain->lay_columns(laid[0], x, n, cols), fast->lay_columns(laid[1], x, n, cols);
        plain->add_products(y[0], tile, u, laid[0], &sum);
        fast->add_products(y[1], tile, u, laid[1], &sum);
        same("add_products", n * 100 + rows, y[0], y[1], sizeof y[0]);
      }
}

/* Rows of floats at once: of any number and length. */
static void compare_float_rows(const MathOps *plain, const MathOps *fast, int count, int n) {
  enum { MOST = 11 };
  static float rows[2][MOST * LONGEST], y[2][MOST * LONGEST];
  draw_floats(rows[0], MOST * LONGEST, 4.0f);
  memset(y, 0, sizeof y);
  plain->dots(y[0], buffer.x, rows[0], count, n), fast->dots(y[1], buffer.x, rows[0], count, n);
  same("dots", n, y[0], y[1], sizeof y[0]);
  plain->mix(y[0], buffer.y, rows[0], count, n), fast->mix(y[1], buffer.y, rows[0], count, n);
  same("mix", n, y[0], y[1], sizeof y[0]);
  memcpy(rows[1], rows[0], sizeof rows[0]);
  plain->outer(rows[0], n + 1, buffer.y, buffer.x, count % 9, n % 60);
  fast->outer(rows[1], n + 1, buffer.y, buffer.x, count % 9, n % 60);
  same("outer", n, rows[0], rows[1], sizeof rows[0]);
  plain->outer_pair(rows[0], n + 1, buffer.y, buffer.x, buffer.x, buffer.y, count % 9, n % 60);
  fast->outer_pair(rows[1], n + 1, buffer.y, buffer.x, buffer.x, buffer.y, count % 9, n % 60);
  same("outer_pair", n, rows[0], rows[1], sizeof rows[0]);
}

/* Random trits, inputs and packed rows of one matrix, and room for what kernels make of them. */
enum { MOST_OUTPUTS = 21, MOST_INPUTS = 300, MOST_POSITIONS = 6 };
static struct {
  int8_t trits[MOST_OUTPUTS * MOST_INPUTS], x8[MOST_POSITIONS * MOST_INPUTS];
  int16_t x[MOST_POSITIONS * MOST_INPUTS], transposed[2][MOST_POSITIONS * MOST_INPUTS];
  uint8_t groups[2][MOST_OUTPUTS * (MOST_INPUTS + 16) / 4], packed[MOST_OUTPUTS * MOST_INPUTS];
  int32_t y[2][MOST_POSITIONS * MOST_OUTPUTS], sums[MOST_POSITIONS * MOST_INPUTS];
} matrix;

static void fill_matrix(int outputs, int inputs) {
  for (int i = 0; i < outputs * inputs; i++) matrix.trits[i] = (int8_t)(draw() % 3) - 1;
  for (int i = 0; i < MOST_POSITIONS * MOST_INPUTS; i++) {
    matrix.x8[i] = (int8_t)(draw() % 9 ? draw_int(127) : 127);
    matrix.x[i] = matrix.x8[i];
    matrix.sums[i] = (int32_t)(draw() >> 3) - (1 << 28);
  }
  const size_t row = packed_row_bytes(CODES_TRITS, inputs);
  for (int o = 0; o < outputs; o++)
    pack_codes(CODES_TRITS, matrix.packed + (size_t)o * row, matrix.trits + o * inputs, inputs);
  memset(matrix.groups, 0, sizeof matrix.groups);
}

/* What a product with trits must give. */
static int32_t trit_sum(int output, int position, int inputs) {
  int32_t sum = 0;
  for (int c = 0; c < inputs; c++)
    sum += matrix.trits[output * inputs + c] * matrix.x[position * inputs + c];
  return sum;
}

static void group_matrix(const MathOps *table, uint8_t *groups, int outputs, int inputs) {
  for (int o = 0; o < outputs; o++)
    table->group_row(groups + o * GROUPS_OF_BLOCK, matrix.trits + o * inputs, inputs, outputs);
}

/* Products of one matrix with n positions, by groups and packed. */
static void check_products(const MathOps *table, int n, int outputs, int inputs) {
  int32_t *y = matrix.y[0];
  memset(y, 0x5a, sizeof matrix.y[0]);
  table->group_product(y, matrix.x, matrix.groups[0], n, outputs, inputs, false);
  table->group_product(y, matrix.x, matrix.groups[0], n, outputs, inputs, true);
  for (int i = 0; i < n * outputs; i++)
    check(y[i] == 2 * trit_sum(i % outputs, i / outputs, inputs), "%s: group_product %dx%dx%d",
          table->name, n, outputs, inputs);
}

/* Two matrices in strips, here the same, with one position; and each row back from its strips. */
static void check_packed(const MathOps *table, int outputs, int inputs) {
  static uint8_t strips[sizeof matrix.packed], row[MOST_INPUTS];
  const int bytes = (int)packed_row_bytes(CODES_TRITS, inputs);
  const uint8_t *both[2] = {strips, strips};
  int32_t *y = matrix.y[0];
  for (int o = 0; o < outputs; o++)
    put_strips(table->strips, strips, matrix.packed + o * bytes, outputs, bytes, o);
  table->packed_product(y, both, 2, matrix.x8, outputs, inputs);
  for (int o = 0; o < 2 * outputs; o++)
    check(y[o] == trit_sum(o % outputs, 0, inputs), "%s: packed_product %dx%d", table->name,
          outputs, inputs);
  for (int o = 0; o < outputs; o++) {
    take_strips(table->strips, row, strips, outputs, bytes, o);
    check(memcmp(row, matrix.packed + o * bytes, (size_t)bytes) == 0, "%s: strips of %dx%d",
          table->name, outputs, inputs);
  }
}

static void compare_tables(const MathOps *plain, const MathOps *fast) {
  int16_t table[2][TRIT_TABLE];
  size_t values = 3;
  for (int count = 1; count <= 5; count++, values *= 3) {
    plain->trit_table(table[0], matrix.x8, count), fast->trit_table(table[1], matrix.x8, count);
    same("trit_table", count, table[0], table[1], values * sizeof table[0][0]);
  }
}

/* Groups of rows, and of blocks of columns: of a matrix whose rows are the inputs. */
static void compare_groups(const MathOps *plain, const MathOps *fast, int outputs, int inputs) {
  group_matrix(plain, matrix.groups[0], outputs, inputs);
  group_matrix(fast, matrix.groups[1], outputs, inputs);
  same("group_row", inputs, matrix.groups[0], matrix.groups[1], sizeof matrix.groups[0]);
  const int rows = 1 + inputs % BLOCK_INPUTS;
  plain->group_block(matrix.groups[0], matrix.trits, rows, outputs);
  fast->group_block(matrix.groups[1], matrix.trits, rows, outputs);
  same("group_block", rows, matrix.groups[0], matrix.groups[1], sizeof matrix.groups[0]);
}

static void compare_transposes(const MathOps *plain, const MathOps *fast, int rows, int cols) {
  const size_t bytes = sizeof matrix.transposed[0];
  plain->transpose_i8(matrix.transposed[0], rows, matrix.x8, rows, cols);
  fast->transpose_i8(matrix.transposed[1], rows, matrix.x8, rows, cols);
  same("transpose_i8", cols, matrix.transposed[0], matrix.transposed[1], bytes);
  plain->transpose_i16(matrix.transposed[0], rows, matrix.x, cols, rows, cols);
  fast->transpose_i16(matrix.transposed[1], rows, matrix.x, cols, rows, cols);
  same("transpose_i16", cols, matrix.transposed[0], matrix.transposed[1], bytes);
  const int bits = 1 + cols % 16;
  plain->shift_sums(matrix.transposed[0], matrix.sums, bits, rows * cols);
  fast->shift_sums(matrix.transposed[1], matrix.sums, bits, rows * cols);
  same("shift_sums", cols, matrix.transposed[0], matrix.transposed[1], bytes);
}

/* The largest sums there are: a sixteen-bit one that is not put away in time would wrap. */
static void check_largest_sums(void) {
  fill_matrix(5, MOST_INPUTS);
  for (int i = 0; i < 5 * MOST_INPUTS; i++) matrix.trits[i] = i / MOST_INPUTS % 2 ? -1 : 1;
  for (int i = 0; i < MOST_POSITIONS * MOST_INPUTS; i++) matrix.x[i] = 127;
  group_matrix(&math_ops_plain, matrix.groups[0], 5, MOST_INPUTS);
  check_products(&math_ops_plain, MOST_POSITIONS, 5, MOST_INPUTS);
  check_products(ops, MOST_POSITIONS, 5, MOST_INPUTS);
}

static void test_trits(void) {
  check_largest_sums();
  for (int inputs = 1; inputs <= MOST_INPUTS; inputs += inputs < 40 ? 1 : 43)
    for (int outputs = 1; outputs <= MOST_OUTPUTS; outputs += 4) {
      fill_matrix(outputs, inputs);
      compare_transposes(&math_ops_plain, ops, 1 + outputs % MOST_POSITIONS, inputs);
      compare_groups(&math_ops_plain, ops, outputs, inputs);
      compare_tables(&math_ops_plain, ops);
      check_packed(&math_ops_plain, outputs, inputs);
      check_packed(ops, outputs, inputs);
      group_matrix(&math_ops_plain, matrix.groups[0], outputs, inputs);
      for (int n = 1; n <= MOST_POSITIONS; n++) {
        check_products(&math_ops_plain, n, outputs, inputs);
        check_products(ops, n, outputs, inputs);
      }
    }
}

/* ---- values at every limit ---- */

/* Floats where a kernel does something else than beside them: 2^-40 and its neighbours, halves,
 * zeros of both signs. */
static void fill_limits(int first) {
  const float below = float_from_bits(TINY_BITS - 1), above = float_from_bits(TINY_BITS + 1);
  const float limits[] = {TINY, -TINY, below, -below, above, -above, 0.0f,   -0.0f,
                          0.5f, -0.5f, 1.5f,  -2.5f,  3.5f,  -3.5f,  126.5f, -126.5f};
  enum { LIMITS = sizeof limits / sizeof *limits };
  for (int i = 0; i < LONGEST; i++) buffer.x[i] = limits[(first + i) % LIMITS];
}

/* What flushes, and what rounds. */
static void compare_float_limits(const MathOps *plain, const MathOps *fast, int n) {
  const size_t bytes = (size_t)n * sizeof(float);
  static float zeros[LONGEST], ones[LONGEST];
  for (int i = 0; i < LONGEST; i++) ones[i] = 1.0f;
  compare_reductions(plain, fast, n);
  compare_vectors(plain, fast, n);
  plain->quantize(buffer.r[0], buffer.x, 1.0f, n), fast->quantize(buffer.r[1], buffer.x, 1.0f, n);
  same("quantize of halves", n, buffer.r[0], buffer.r[1], (size_t)n);
  const float most = 32767.0f / 126.5f;
  plain->quantize_i16(buffer.w[0], buffer.x, most, n);
  fast->quantize_i16(buffer.w[1], buffer.x, most, n);
  same("quantize_i16 to the end", n, buffer.w[0], buffer.w[1], (size_t)n * 2);
  plain->quantize_scaled(buffer.w[0], buffer.x, ones, most, n);
  fast->quantize_scaled(buffer.w[1], buffer.x, ones, most, n);
  same("quantize_scaled to the end", n, buffer.w[0], buffer.w[1], (size_t)n * 2);
  memcpy(buffer.a[0], buffer.x, bytes), memcpy(buffer.a[1], buffer.x, bytes);
  plain->scale_flush(buffer.a[0], 1.0f, n), fast->scale_flush(buffer.a[1], 1.0f, n);
  same("scale_flush at 2^-40", n, buffer.a[0], buffer.a[1], bytes);
  memcpy(buffer.a[0], buffer.x, bytes), memcpy(buffer.a[1], buffer.x, bytes);
  plain->softmax_backward(buffer.a[0], ones, 0.0f, n);
  fast->softmax_backward(buffer.a[1], ones, 0.0f, n);
  same("softmax_backward at 2^-40", n, buffer.a[0], buffer.a[1], bytes);
  memset(buffer.a, 0, sizeof buffer.a);
  plain->norm_backward(buffer.a[0], buffer.x, zeros, 1.0f, 0.0f, n);
  fast->norm_backward(buffer.a[1], buffer.x, zeros, 1.0f, 0.0f, n);
  same("norm_backward at 2^-40", n, buffer.a[0], buffer.a[1], bytes);
  for (int i = 0; i < n; i++)
    check(float_abs(buffer.a[0][i]) != float_from_bits(TINY_BITS - 1),
          "norm_backward keeps what is below 2^-40");
}

/* Sixteen bits to their ends, and sums that are cut off there. */
static void compare_i16_limits(const MathOps *plain, const MathOps *fast, int n) {
  static int16_t z[LONGEST];
  static int32_t sums[LONGEST];
  const int bits = 1 + n % 15; /* sums as large as they may be: 2^15 short of the ends of int32 */
  for (int i = 0; i < LONGEST; i++) {
    const int32_t ends[4] = {-32768, 32767, -32767, 0};
    const int64_t sum = (int64_t)ends[i % 4] * (1 << bits) + (i % 3 - 1) * (1 << (bits - 1));
    z[i] = (int16_t)ends[i % 4];
    sums[i] = (int32_t)sum;
  }
  plain->dequantize_i16(buffer.a[0], z, 0.37f, n), fast->dequantize_i16(buffer.a[1], z, 0.37f, n);
  same("dequantize_i16 of -32768", n, buffer.a[0], buffer.a[1], (size_t)n * 4);
  plain->shift_sums(buffer.w[0], sums, bits, n), fast->shift_sums(buffer.w[1], sums, bits, n);
  same("shift_sums to the ends", n, buffer.w[0], buffer.w[1], (size_t)n * 2);
  for (int i = 0; i < n; i++) check(buffer.w[0][i] >= -32767, "shift_sums gives -32768");
  plain->combine_i16(buffer.w[0], z, 32767, z, 32767, 1 + n % 16, n);
  fast->combine_i16(buffer.w[1], z, 32767, z, 32767, 1 + n % 16, n);
  same("combine_i16 to the ends", n, buffer.w[0], buffer.w[1], (size_t)n * 2);
  plain->transpose_i16(matrix.transposed[0], n, z, 1, n, 1);
  fast->transpose_i16(matrix.transposed[1], n, z, 1, n, 1);
  same("transpose_i16 of -32768", n, matrix.transposed[0], matrix.transposed[1], (size_t)n * 2);
  plain->matmul_i16(&sums[0], 1, z, z, 1, 1, 1), fast->matmul_i16(&sums[1], 1, z, z, 1, 1, 1);
  same("matmul_i16 of -32768", n, &sums[0], &sums[1], 4);
}

/* The largest sums of products: 127 * 127 over the longest context, of either sign, times 2^6 and
 * cut off at a limit. */
static void compare_largest_sums(const MathOps *plain, const MathOps *fast, int32_t limit) {
  enum { ROWS = 5, COLS = 19 };
  static int8_t x[MAX_CONTEXT * COLS];
  static int16_t u[ROWS * MAX_CONTEXT], laid[MAX_CONTEXT * COLS];
  static int32_t y[2][ROWS * COLS], tile[PRODUCT_TILE * COLS];
  const int32_t largest = 127 * 127 * MAX_CONTEXT * 64;
  const ProductSum sum = {ROWS, COLS, MAX_CONTEXT, 6, limit};
  memset(x, 127, sizeof x);
  memset(y, 0, sizeof y);
  for (int i = 0; i < ROWS * MAX_CONTEXT; i++) u[i] = i / MAX_CONTEXT % 2 ? -127 : 127;
  plain->lay_columns(laid, x, MAX_CONTEXT, COLS);
  plain->add_products(y[0], tile, u, laid, &sum);
  fast->lay_columns(laid, x, MAX_CONTEXT, COLS);
  fast->add_products(y[1], tile, u, laid, &sum);
  same("add_products of the largest sums", MAX_CONTEXT, y[0], y[1], sizeof y[0]);
  check(y[0][0] == (largest < limit ? largest : limit), "the largest sum, or its limit");
  int32_t squares[2] = {plain->sum_squares_i8(x, MAX_CONTEXT * COLS),
                        fast->sum_squares_i8(x, MAX_CONTEXT * COLS)};
  check(squares[0] == 127 * 127 * MAX_CONTEXT * COLS && squares[1] == squares[0], "sum_squares_i8");
}

/* The widest matrix of packed trits, all of one sign, with inputs all of one size. */
static void check_widest(const MathOps *table) {
  enum { ROWS = 9, COLS = HIDDEN_PER_DIM * MAX_DIM, BYTES = (COLS + BYTE_TRITS - 1) / BYTE_TRITS };
  static int8_t trits[COLS], x[COLS];
  static uint8_t packed[BYTES], strips[ROWS * BYTES];
  const uint8_t *one[1] = {strips};
  int32_t y[ROWS];
  memset(x, -127, sizeof x);
  for (int r = 0; r < ROWS; r++) {
    memset(trits, r % 3 - 1, sizeof trits);
    pack_codes(CODES_TRITS, packed, trits, COLS);
    put_strips(table->strips, strips, packed, ROWS, BYTES, r);
  }
  table->packed_product(y, one, 1, x, ROWS, COLS);
  for (int r = 0; r < ROWS; r++)
    check(y[r] == (r % 3 - 1) * -127 * COLS, "%s: packed_product of the widest", table->name);
}

static void compare_limits(const MathOps *plain, const MathOps *fast) {
  for (int n = 0; n <= LONGEST; n++) {
    fill_buffers();
    fill_limits(n);
    compare_float_limits(plain, fast, n);
    compare_i16_limits(plain, fast, n);
  }
  compare_largest_sums(plain, fast, 1 << 30);
  compare_largest_sums(plain, fast, 1 << 29);
  check_widest(plain), check_widest(fast);
}

/* ---- all of it ---- */

static void compare_all(void) {
  for (int round = 0; round < 4; round++)
    for (int n = 0; n <= LONGEST; n++) {
      fill_buffers();
      compare_conversions(&math_ops_plain, ops, n);
      compare_fixed_point(&math_ops_plain, ops, n);
      compare_shares(&math_ops_plain, ops, n);
      compare_reductions(&math_ops_plain, ops, n);
      compare_vectors(&math_ops_plain, ops, n);
      compare_i16(&math_ops_plain, ops, n);
      compare_float_rows(&math_ops_plain, ops, n % 12, n);
    }
  for (int round = 0; round < 4; round++) {
    compare_matmul(&math_ops_plain, ops, 127);
    compare_matmul(&math_ops_plain, ops, 5000);
    compare_sums(&math_ops_plain, ops);
  }
  compare_limits(&math_ops_plain, ops);
}

static void test_fast_kernels(void) { with_all_tables(compare_all); }
static void test_trit_kernels(void) { with_all_tables(test_trits); }

/* What the plain kernels must compute, by other means or by hand. */
static void test_plain_kernels(void) {
  const MathOps *p = &math_ops_plain;
  const int16_t x[6] = {1, -2, 3, 127, -127, 0}, w[6] = {1, 1, -1, 127, 127, 5};
  int32_t y[4];
  p->matmul_i16(y, 2, x, w, 2, 2, 3);
  check(y[0] == -4 && y[1] == 127 - 254 + 15, "matmul_i16 row 0: %ld %ld", (long)y[0], (long)y[1]);
  check(y[2] == 0 && y[3] == 127 * 127 - 127 * 127, "matmul_i16 row 1: %ld", (long)y[2]);
  const int8_t q[5] = {-127, -3, 0, 2, 3};
  int8_t trits[5];
  p->ternarize(trits, q, 5, 3);
  check(trits[0] == -1 && trits[1] == -1 && !trits[2] && !trits[3] && trits[4] == 1, "ternarize");
  const float v[5] = {1.0f, -2.5f, 3.5f, 0.49f, 8.0f};
  int8_t r[5];
  p->quantize(r, v, 1.0f, 5);
  check(r[0] == 1 && r[1] == -2 && r[2] == 4 && r[3] == 0 && r[4] == 8, "quantize: ties to even");
  check(p->absmax(v, 5) == 8.0f && p->absmax(v, 3) == 3.5f && p->max(v, 2) == 1.0f, "max");
  int32_t sums[4] = {1, 1, 1, 1};
  const int32_t d[4] = {5, -5, 6, 100};
  p->add_shifted(sums, d, -1, 40, 4); /* halves go up */
  check(sums[0] == 4 && sums[1] == -1 && sums[2] == 4 && sums[3] == 41, "add_shifted to the right");
  p->add_shifted(sums, d, 2, 40, 4);
  check(sums[0] == 24 && sums[1] == -21 && sums[2] == 28 && sums[3] == 81, "add_shifted left");
  const float parts[4] = {0.5f, 1.5f, -1.26f, 1e6f};
  p->add_rounded(sums, parts, 2.0f, 50.0f, 4);
  check(sums[0] == 25 && sums[1] == -18 && sums[2] == 25 && sums[3] == 131, "add_rounded");
  const int16_t wide[4] = {3, -3, 5, -16384};
  p->add_multiple(sums, wide, -128, 8, 4); /* -1.5, 1.5, -2.5 and 8192: halves go up */
  check(sums[0] == 24 && sums[1] == -16 && sums[2] == 23 && sums[3] == 8323, "add_multiple");
  const float big = 16777216.0f, order[5] = {big, 1.0f, -big, 1.0f, 1.0f};
  check(p->sum(order, 5) == 1.0f, "sum is not in four strided parts"); /* in a row it is 2 */
}

/* Over all beginnings, the shares of a number are on average exactly what is due to it. */
static void test_shares(void) {
  enum { COUNT = 4, LOG = 14, SHARES = UNITS_OF_ONE >> LOG };
  const float x[COUNT] = {0.0003f, 0.7f, 0.0f, 0.2997f};
  int32_t sums[COUNT] = {0};
  ShareList list;
  bool near = true;
  for (int32_t at = 0; at < 1 << LOG; at++) {
    ops->take_shares(&list, x, (float)UNITS_OF_ONE, at, LOG, COUNT);
    for (int j = 0; j < list.count; j++) {
      const float due = x[list.index[j]] * (float)SHARES;
      near = near && float_abs((float)list.shares[j] - due) < 1.0f;
      sums[list.index[j]] += list.shares[j];
    }
  }
  check(near, "shares are not the next whole number below or above");
  for (int i = 0; i < COUNT; i++)
    check(sums[i] == float_round(x[i] * (float)UNITS_OF_ONE), "number %d has %ld shares in all", i,
          (long)sums[i]);
}

/* ---- scalar mathematics ---- */

/* Whether no float is nearer to the root of a normal x: twice the mantissa of the root, plus and
 * minus one, squared, lie around that of x. */
static bool is_nearest_root(float root, float x) {
  const uint32_t exponent = float_bits(x) >> 23;
  const uint64_t m = (float_bits(x) & 0x7fffffu) | 0x800000u;
  const uint64_t square = m << (exponent % 2 == 1 ? 25 : 26);
  const uint64_t r = 2 * (uint64_t)((float_bits(root) & 0x7fffffu) | 0x800000u);
  return float_bits(root) >> 23 == (exponent + 127) / 2 && (r - 1) * (r - 1) < square &&
         square < (r + 1) * (r + 1);
}

/* Each exponent, with mantissas of all kinds: random, near 1 and near 2. */
static void test_roots(void) {
  check(float_sqrt(0.0f) == 0.0f && float_sqrt_by_integers(0.0f) == 0.0f, "the root of 0");
  check(float_bits(float_sqrt_by_integers(float_from_bits(1))) == 0x1a3504f3u, "of a denormal");
  for (uint32_t i = 0; i < 20000; i++) {
    const uint32_t m = i % 7 == 0 ? draw() >> 28 : i % 7 == 1 ? ~(draw() >> 28) : draw();
    const float x = float_from_bits((1 + i % 254) << 23 | (m & 0x7fffffu));
    const float root = float_sqrt(x), other = float_sqrt_by_integers(x);
    if (!check(is_nearest_root(root, x) && float_bits(root) == float_bits(other),
               "the root of %08lx is %08lx or %08lx", (unsigned long)float_bits(x),
               (unsigned long)float_bits(root), (unsigned long)float_bits(other)))
      return;
  }
}

static void test_mathematics(void) {
  check(near(float_exp(1.0f), 2.71828183f, 5e-7f), "exp(1)");
  check(float_exp(-1000.0f) == float_exp(-80.0f) && float_exp(0.0f) == 1.0f, "exp's ends");
  check(near(float_log(2.0f), 0.69314718f, 1e-7f) && float_log(1.0f) == 0.0f, "log(2), log(1)");
  for (int i = 0; i < 200; i++) {
    float x = draw_float(20.0f), s, c, angle = float_abs(x) * 50.0f;
    check(near(float_log(float_exp(x)), x, 4e-6f), "log(exp(x)) is not x");
    float_sincos(angle, &s, &c);
    check(near(s * s + c * c, 1.0f, 1e-6f), "sin^2 + cos^2 at a random angle");
    float s2, c2;
    float_sincos(angle + angle, &s2, &c2);
    check(near(s2, 2.0f * s * c, 2e-4f), "sin(2x) is not 2 sin(x) cos(x)");
  }
  float s, c;
  float_sincos(1.0f, &s, &c);
  check(near(s, 0.84147098f, 2e-7f) && near(c, 0.54030231f, 2e-7f), "sin(1), cos(1)");
  check(float_power(0.5f, 10) == float_exp2i(-10) && float_power(0.9f, 0) == 1.0f, "power");
  check(float_of_i32(2147483647) == 2147483648.0f && float_of_i32(4097) == 4097.0f, "float_of_i32");
  check(float_round(2.5f) == 2 && float_round(-3.5f) == -4, "round: ties to even");
  check(flush_tiny(TINY) == TINY && flush_tiny(TINY * 0.5f) == 0.0f, "flush_tiny's bound");
}

static void test_sums(void) {
  static const char text[] = "123456789";
  check(crc32(0, text, 9) == 0xcbf43926u, "crc32 of the standard's example");
  for (size_t n = 0; n <= 9; n++)
    check(crc32_join(crc32(0, text, n), crc32(0, text + n, 9 - n), 9 - n) == 0xcbf43926u,
          "crc32 of two parts of it, joined");
}

/* Every one of many numbers counts: what is wrong once in 65,536 times shows too. The sums were
 * worked out by a program of another language. */
static void test_random_numbers(void) {
  enum { KEY = 12345, NUMBERS = 1 << 18 };
  uint32_t whole = 0, halves = 0;
  for (uint32_t i = 0; i < NUMBERS; i++) {
    whole = whole * 31 + random_u32(KEY, i);
    halves = halves * 31 + random_half(KEY, i);
  }
  check(whole == 0x208894dbu, "random_u32: the sum is %08lx", (unsigned long)whole);
  check(halves == 0x3fb1ab9fu, "random_half: the sum is %08lx", (unsigned long)halves);
  check(random_key(1, 2, 3) == 0xa61d5e7eu, "random_key(1, 2, 3)");
}

const Test kernel_tests[] = {
    {"plain kernels", test_plain_kernels},
    {"fast kernels against plain", test_fast_kernels},
    {"products with trits", test_trit_kernels},
    {"shares", test_shares},
    {"mathematics", test_mathematics},
    {"sums", test_sums},
    {"random numbers", test_random_numbers},
    {"square roots", test_roots},
    {NULL, NULL},
};
