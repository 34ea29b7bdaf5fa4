/* test_kernel_limits.c - the fast kernels beside the plain ones with the largest and smallest that
 * each may be given, and with what lies just beside a change of its behaviour.
 *
 * test_kernels.c compares them with random values, at many lengths.
 */
#include <string.h>

#include "tests/frame.h"

/* No multiple of any register, so that each kernel comes to its end one by one. */
enum { LENGTH = 67, WIDEST = HIDDEN_PER_DIM * MAX_DIM };

/* What a kernel gives: 0 in plain C, 1 by the table that is tested. */
static union {
  float floats[LENGTH];
  int32_t whole[LENGTH];
  int16_t words[LENGTH];
  int8_t bytes[LENGTH];
} result[2];

static const MathOps *table(int i) { return i ? ops : &math_ops_plain; }

static void clear_results(void) { memset(result, 0, sizeof result); }

static void same_results(const char *kernel) {
  check(memcmp(&result[0], &result[1], sizeof result[0]) == 0, "%s: %s differs from plain C",
        ops->name, kernel);
}

/* ---- integers ---- */

static void long_sums(void) {
  static int8_t x[WIDEST];
  for (int i = 0; i < WIDEST; i++) x[i] = (int8_t)(i % 2 ? -127 : 127);
  for (int least = 126; least <= 128; least++) {
    const int counted = least <= 127 ? WIDEST : 0;
    int32_t sum = 0, count = 0;
    ops->magnitudes(x, WIDEST, least, &sum, &count);
    check(sum == 127 * counted && count == counted, "%s: magnitudes of 127", ops->name);
  }
  check(ops->sum_squares_i8(x, WIDEST) == 127 * 127 * WIDEST, "%s: sum_squares_i8", ops->name);
}

/* Sums of products with -32768 that come near the ends of int32. */
static void matmul_to_the_ends(void) {
  enum { N = 3, ROWS = 9, COLS = 66, MOST = 992 };
  static int16_t x[N * COLS], w[ROWS * COLS];
  static int32_t y[N * ROWS];
  for (int i = 0; i < N * COLS; i++) x[i] = -32768;
  for (int i = 0; i < ROWS * COLS; i++) w[i] = (int16_t)(i / COLS % 2 ? MOST : -MOST);
  ops->matmul_i16(y, ROWS, x, w, N, ROWS, COLS);
  for (int i = 0; i < N * ROWS; i++)
    check(y[i] == (i % ROWS % 2 ? -32768 : 32768) * MOST * COLS, "%s: matmul_i16 to the ends",
          ops->name);
}

/* The widest matrix of trits, all of one sign, with inputs all of one size: sums that are not put
 * away in time would wrap. */
static void widest_group_product(void) {
  enum { N = 17, OUTPUTS = 3 };
  static int16_t x[N * WIDEST];
  static int8_t trits[WIDEST];
  static uint8_t groups[OUTPUTS * WIDEST / GROUP_INPUTS];
  static int32_t y[N * OUTPUTS];
  for (int i = 0; i < N * WIDEST; i++) x[i] = (int16_t)(i / WIDEST % 2 ? -127 : 127);
  for (int o = 0; o < OUTPUTS; o++) {
    memset(trits, o - 1, sizeof trits);
    ops->group_row(groups + o * GROUPS_OF_BLOCK, trits, WIDEST, OUTPUTS);
  }
  ops->group_product(y, x, groups, N, OUTPUTS, WIDEST, false);
  for (int i = 0; i < N * OUTPUTS; i++)
    check(y[i] == (i / OUTPUTS % 2 ? -127 : 127) * (i % OUTPUTS - 1) * WIDEST,
          "%s: group_product of the widest", ops->name);
}

static void squares_of_relu(void) {
  int8_t x[128], y[2][128];
  for (int i = 0; i < 128; i++) x[i] = (int8_t)i;
  for (int n = 0; n <= 128; n++) {
    memset(y, 0, sizeof y);
    math_ops_plain.relu_square(y[0], x, n), ops->relu_square(y[1], x, n);
    check(memcmp(y[0], y[1], sizeof y[0]) == 0, "%s: relu_square of %d", ops->name, n);
  }
  check(y[0][127] == 127 && y[0][8] == 1 && y[0][7] == 0, "relu_square");
}

/* Shifts of +-2^24, which is the largest of the sums, to +-2^30 and to nothing. */
static void largest_shifts(void) {
  const int32_t ends[] = {1 << 24, -(1 << 24), (1 << 24) - 1, 1 - (1 << 24), 1, -1, 0};
  const int32_t limits[] = {0, 1, 1 << 20, (1 << 24) - 1, 1 << 24, (1 << 30) - 1, 1 << 30};
  int32_t x[LENGTH];
  for (int i = 0; i < LENGTH; i++) x[i] = ends[i % 7];
  for (int shift = -40; shift <= 40; shift++)
    for (int k = 0; k < 7; k++) {
      clear_results();
      for (int i = 0; i < 2; i++)
        table(i)->add_shifted(result[i].whole, x, shift, limits[k], LENGTH);
      same_results("add_shifted");
    }
}

/* ---- latents ---- */

/* Latents at their ends, steps at theirs and halfway between two binary places, and random numbers
 * whose counter begins anew. */
static void latents_to_the_ends(void) {
  const float place = 1.0f / (float)LATENT_ONE;
  const float steps[] = {LARGEST_MOVE,  -LARGEST_MOVE, 1e30f, -1e30f, 0.5f * place, 1.5f * place,
                         -0.5f * place, -2.5f * place, 0.0f,  -0.0f,  1.0f};
  const int8_t latents[] = {127, -127, 0, 77, -77, 126, -126};
  float moves[LENGTH];
  for (int i = 0; i < LENGTH; i++) moves[i] = steps[i % 11];
  for (uint32_t key = 0; key < 20; key++) {
    for (int i = 0; i < 2; i++) {
      for (int k = 0; k < LENGTH; k++) result[i].bytes[k] = latents[k % 7];
      table(i)->move_latents(result[i].bytes, moves, LENGTH, key, 0u - 28u);
    }
    same_results("move_latents");
    for (int k = 0; k < LENGTH; k++)
      check(result[1].bytes[k] >= -127, "%s: move_latents gives -128", ops->name);
  }
}

/* ---- between integers and floats ---- */

/* Whole numbers that a float does not hold: ties, and the ends of int32. */
static void whole_to_floats(void) {
  const int32_t any[] = {INT32_MIN, INT32_MAX,      (1 << 24) + 1,  (1 << 24) + 3, -(1 << 24) - 1,
                         -64,       INT32_MAX - 63, INT32_MAX - 64, (1 << 25) + 2, 0,
                         4095};
  const int32_t exact[] = {1 << 24, -(1 << 24), (1 << 24) - 1, 1 - (1 << 24), 0, 1, -1};
  int32_t x[LENGTH], y[LENGTH];
  float s[LENGTH];
  for (int i = 0; i < LENGTH; i++) x[i] = any[i % 11], y[i] = exact[i % 7];
  for (int i = 0; i < LENGTH; i++) s[i] = i % 3 ? 1.0f : -0.3f;
  clear_results();
  for (int i = 0; i < 2; i++) table(i)->scale_fixed(result[i].floats, x, 1.0f, LENGTH);
  same_results("scale_fixed");
  for (int i = 0; i < 2; i++) table(i)->scale_rows(result[i].floats, y, s, 1.7f, LENGTH);
  same_results("scale_rows");
  for (int i = 0; i < 2; i++) table(i)->add_scaled_i32(result[i].floats, y, 0.7f, LENGTH);
  same_results("add_scaled_i32");
}

static void floats_to_whole(void) {
  const float near_limit = 4194303.0f; /* 2^22 - 1 */
  const float x[] = {near_limit, -near_limit, 1e30f, -1e30f, 0.5f, -0.5f, 1.5f, -1.5f,
                     2.5f,       -2.5f,       7.5f,  -7.5f,  8.5f, -8.5f, 0.0f, -0.0f};
  const float q[] = {126.5f, -126.5f, 127.49f, -127.49f, 125.5f, 0.5f, -0.5f, 0.49999997f, -1.5f};
  float v[LENGTH], w[LENGTH];
  for (int i = 0; i < LENGTH; i++) v[i] = x[i % 16], w[i] = q[i % 9];
  for (int limit = 0; limit <= 8; limit++) {
    clear_results();
    for (int i = 0; i < 2; i++) {
      table(i)->add_rounded(result[i].whole, v, 1.0f, (float)limit, LENGTH);
      table(i)->add_rounded(result[i].whole, v, 0.5f, near_limit, LENGTH);
    }
    same_results("add_rounded");
  }
  clear_results();
  for (int i = 0; i < 2; i++) table(i)->quantize(result[i].bytes, w, 1.0f, LENGTH);
  same_results("quantize");
  check(result[1].bytes[0] == 126 && result[1].bytes[2] == 127, "%s: quantize", ops->name);
}

/* ---- floats ---- */

/* Second moments that become 2^-90 and its neighbours, first ones that become 2^-40 and its. */
static void smallest_moments(void) {
  const AdamStep adam = {0.004f, 1.0f, 10.0f, 100.0f};
  const MomentumStep momentum = {1.0f, 0.9f, ADAM_BETA1};
  static float w[2][LENGTH], m[2][LENGTH], v[2][LENGTH], zeros[LENGTH];
  for (int k = 0; k < LENGTH; k++) {
    const uint32_t beside = (uint32_t)(k % 9) - 4u;
    const float tiny = float_from_bits(float_bits(TINY / ADAM_BETA1) + beside);
    w[0][k] = w[1][k] = 1.0f;
    m[0][k] = m[1][k] = k % 2 ? -tiny : tiny;
    const float square = float_from_bits(TINY_SQUARE_BITS) / ADAM_BETA2;
    v[0][k] = v[1][k] = float_from_bits(float_bits(square) + beside);
  }
  for (int i = 0; i < 2; i++) table(i)->momentum(result[i].floats, m[i], zeros, LENGTH, &momentum);
  same_results("momentum");
  check(memcmp(m[0], m[1], sizeof m[0]) == 0, "%s: momentum at 2^-40", ops->name);
  for (int i = 0; i < 2; i++) table(i)->adam(w[i], zeros, m[i], v[i], LENGTH, &adam);
  check(memcmp(w[0], w[1], sizeof w[0]) == 0 && memcmp(m[0], m[1], sizeof m[0]) == 0 &&
            memcmp(v[0], v[1], sizeof v[0]) == 0,
        "%s: adam at 2^-40 and 2^-90", ops->name);
  check(v[0][0] == 0.0f && v[0][8] != 0.0f, "no second moment is just above or below 2^-90");
}

/* Arguments of exp at its ends and beside them. */
static void ends_of_exp(void) {
  const float least = -80.0f, most = 0.0f;
  const float x[] = {most,
                     -0.0f,
                     least,
                     float_from_bits(float_bits(least) + 1),
                     float_from_bits(float_bits(least) - 1),
                     -1e30f,
                     -0.34657359f,
                     -1e-30f};
  for (int i = 0; i < 2; i++) {
    for (int k = 0; k < LENGTH; k++) result[i].floats[k] = x[k % 8];
    table(i)->exp_shifted(result[i].floats, 0.0f, LENGTH);
  }
  same_results("exp_shifted");
}

/* ---- all of them ---- */

static void integer_limits(void) {
  long_sums();
  matmul_to_the_ends();
  widest_group_product();
  squares_of_relu();
  largest_shifts();
  latents_to_the_ends();
}

static void float_limits(void) {
  whole_to_floats();
  floats_to_whole();
  smallest_moments();
  ends_of_exp();
}

static void test_integer_limits(void) { with_all_tables(integer_limits); }
static void test_float_limits(void) { with_all_tables(float_limits); }

const Test kernel_limit_tests[] = {
    {"integer kernels at their limits", test_integer_limits},
    {"float kernels at their limits", test_float_limits},
    {NULL, NULL},
};
