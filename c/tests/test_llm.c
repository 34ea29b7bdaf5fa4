/* test_llm.c - the program's own tests: kernels, mathematics, gradients, windows, numbers.
 *
 * They need no disk and little memory, so they run on the laptop itself. Files, builds and whole
 * trainings are tested from outside by the driver.
 *
 * What the gradients are checked against: finite differences of small float functions written here,
 * which share no code with forward.c and backward.c.
 */
#include "test_llm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "backward.h"
#include "crc32.h"
#include "data_utils.h"
#include "forward.h"
#include "math_ops.h"
#include "optimizer.h"

/* ---- a very small test frame ---- */

static struct {
  const char *test;
  int checks, failures, passed, failed;
  char first[256]; /* the first failure */
} frame;

static bool check(bool good, const char *format, ...) {
  va_list arguments;
  frame.checks++;
  if (good || frame.failures++ > 0) return good;
  int used = snprintf(frame.first, sizeof frame.first, "%s: ", frame.test);
  va_start(arguments, format);
  vsnprintf(frame.first + used, sizeof frame.first - (size_t)used, format, arguments);
  va_end(arguments);
  return false;
}

static bool near(float a, float b, float tolerance) { return float_abs(a - b) <= tolerance; }

static uint32_t random_counter;
static uint32_t draw(void) { return random_u32(0x7e57u, random_counter++); }

/* Uniform in -largest..largest. */
static int draw_int(int largest) { return (int)(draw() % (uint32_t)(2 * largest + 1)) - largest; }

/* Uniform in -range..range. */
static float draw_float(float range) {
  return range * ((float)(int32_t)(draw() >> 8) * (1.0f / 8388608.0f) - 1.0f);
}
static void draw_floats(float *x, int n, float range) {
  for (int i = 0; i < n; i++) x[i] = draw_float(range);
}
static void draw_i8(int8_t *x, int n) {
  for (int i = 0; i < n; i++) x[i] = (int8_t)((int)(draw() % 255) - 127);
}

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
  plain->ternarize(buffer.w[0], buffer.q, n, threshold);
  fast->ternarize(buffer.w[1], buffer.q, n, threshold);
  same("ternarize", n, buffer.w[0], buffer.w[1], (size_t)n * 2);
  const float k = 127.0f / plain->absmax(buffer.y, LONGEST);
  plain->quantize(buffer.r[0], buffer.y, k, n), fast->quantize(buffer.r[1], buffer.y, k, n);
  same("quantize", n, buffer.r[0], buffer.r[1], (size_t)n);
  plain->dequantize(buffer.a[0], buffer.q, 0.37f, n);
  fast->dequantize(buffer.a[1], buffer.q, 0.37f, n);
  same("dequantize", n, buffer.a[0], buffer.a[1], (size_t)n * 4);
  plain->scale_i32(buffer.a[0], buffer.s, 0.37f, n),
      fast->scale_i32(buffer.a[1], buffer.s, 0.37f, n);
  same("scale_i32", n, buffer.a[0], buffer.a[1], (size_t)n * 4);
  plain->add_scaled_i32(buffer.a[0], buffer.s, 0.11f, n);
  fast->add_scaled_i32(buffer.a[1], buffer.s, 0.11f, n);
  same("add_scaled_i32", n, buffer.a[0], buffer.a[1], (size_t)n * 4);
  int32_t squares[2] = {plain->sum_squares_i8(buffer.q, n), fast->sum_squares_i8(buffer.q, n)};
  same("sum_squares_i8", n, &squares[0], &squares[1], 4);
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
  plain->norm_backward(buffer.a[0], buffer.x, buffer.q, 1.3f, 0.002f, n);
  fast->norm_backward(buffer.a[1], buffer.x, buffer.q, 1.3f, 0.002f, n);
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
  enum { N = 5, ROWS = 7, COLS = LONGEST };
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

/* In a plain build both tables are the same functions: then it tests that they are functions of
 * their inputs alone, and test_plain_kernels tests what they compute. */
static void test_fast_kernels(void) {
  for (int round = 0; round < 4; round++)
    for (int n = 0; n <= LONGEST; n++) {
      fill_buffers();
      compare_conversions(&math_ops_plain, ops, n);
      compare_reductions(&math_ops_plain, ops, n);
      compare_vectors(&math_ops_plain, ops, n);
    }
  for (int round = 0; round < 4; round++) {
    compare_matmul(&math_ops_plain, ops, 127);
    compare_matmul(&math_ops_plain, ops, 5000);
  }
}

/* What the plain kernels must compute, by other means or by hand. */
static void test_plain_kernels(void) {
  const MathOps *p = &math_ops_plain;
  const int16_t x[6] = {1, -2, 3, 127, -127, 0}, w[6] = {1, 1, -1, 127, 127, 5};
  int32_t y[4];
  p->matmul_i16(y, 2, x, w, 2, 2, 3);
  check(y[0] == -4 && y[1] == 127 - 254 + 15, "matmul_i16 row 0: %ld %ld", (long)y[0], (long)y[1]);
  check(y[2] == 0 && y[3] == 127 * 127 - 127 * 127, "matmul_i16 row 1: %ld", (long)y[2]);
  const int8_t q[5] = {-127, -3, 0, 2, 3};
  int16_t trits[5];
  p->ternarize(trits, q, 5, 3);
  check(trits[0] == -1 && trits[1] == -1 && !trits[2] && !trits[3] && trits[4] == 1, "ternarize");
  const float v[5] = {1.0f, -2.5f, 3.5f, 0.49f, 8.0f};
  int8_t r[5];
  p->quantize(r, v, 1.0f, 5);
  check(r[0] == 1 && r[1] == -2 && r[2] == 4 && r[3] == 0 && r[4] == 8, "quantize: ties to even");
  check(p->absmax(v, 5) == 8.0f && p->absmax(v, 3) == 3.5f && p->max(v, 2) == 1.0f, "max");
  const float big = 16777216.0f, order[5] = {big, 1.0f, -big, 1.0f, 1.0f};
  check(p->sum(order, 5) == 1.0f, "sum is not in four strided parts"); /* in a row it is 2 */
}

/* ---- scalar mathematics ---- */

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
    float root = float_sqrt(float_abs(x));
    check(near(root * root, float_abs(x), 4e-6f), "sqrt(x)^2 is not x");
  }
  float s, c;
  float_sincos(1.0f, &s, &c);
  check(near(s, 0.84147098f, 2e-7f) && near(c, 0.54030231f, 2e-7f), "sin(1), cos(1)");
  check(float_power(0.5f, 10) == float_exp2i(-10) && float_power(0.9f, 0) == 1.0f, "power");
  check(float_of_i32(2147483647) == 2147483648.0f && float_of_i32(4097) == 4097.0f, "float_of_i32");
  check(float_round(2.5f) == 2 && float_round(-3.5f) == -4, "round: ties to even");
  check(flush_tiny(TINY) == TINY && flush_tiny(TINY * 0.5f) == 0.0f, "flush_tiny's bound");
  check(crc32(0, "123456789", 9) == 0xcbf43926u, "crc32 of the standard's example");
}

/* ---- a small model for the tests below ---- */

static const ModelConfig small = {
    .layers = 2, .heads = 2, .dim = 16, .context = 12, .vocab = 11, .bigram_rows = 32};

static struct {
  Arena arena;
  Model model;
  Activations activations;
  BackwardWorkspace backward;
  Gradients gradients;
  OptimizerState optimizer;
  uint16_t tokens[64];
  float losses[64];
} rig;

static void rig_layout(const ModelConfig *config) {
  model_layout(&rig.model, config, &rig.arena);
  optimizer_layout(&rig.optimizer, &rig.model, OPTIMIZER_MUON, &rig.arena);
  gradients_layout(&rig.gradients, config, &rig.arena);
  activations_layout(&rig.activations, config, config->context, &rig.arena);
  backward_layout(&rig.backward, config, config->context, &rig.arena);
}

static bool rig_open(const ModelConfig *config, uint32_t seed) {
  Error error;
  memset(&rig, 0, sizeof rig);
  rig_layout(config);
  if (!check(arena_open(&rig.arena, &error), "no memory for the test's model")) return false;
  rig_layout(config);
  check(rig.arena.used == rig.arena.plan.total, "the plan is not what is used");
  model_init(&rig.model, seed);
  for (int i = 0; i < 64; i++) rig.tokens[i] = (uint16_t)(draw() % (uint32_t)config->vocab);
  return true;
}

static void rig_close(void) { arena_close(&rig.arena); }

/* Loss of the rig's sequence, summed; gradients too. */
static float rig_backward(void) {
  const int T = rig.model.config.context;
  gradients_clear(&rig.gradients, &rig.model.config);
  forward(&rig.model, &rig.activations, rig.tokens, 0, T);
  backward(&rig.model, &rig.activations, &rig.backward, &rig.gradients, rig.tokens, rig.tokens + 1,
           T, rig.losses);
  return ops->sum(rig.losses, T);
}

static float rig_loss(void) {
  const int T = rig.model.config.context;
  float loss = 0.0f;
  forward(&rig.model, &rig.activations, rig.tokens, 0, T);
  for (int t = 0; t < T; t++) {
    forward_logits(&rig.model, &rig.activations, t, rig.activations.work.logits);
    loss = loss + softmax_cross_entropy(rig.activations.work.logits, rig.model.config.vocab,
                                        rig.tokens[t + 1]);
  }
  return loss;
}

/* ---- gradients of single layers against finite differences of float functions ---- */

enum { WIDEST = 64 };

/* A function of n floats; extra is what else it needs. */
typedef float Scalar(const float *x, int n, const void *extra);

/* Central difference of f at x[i]. */
static float difference(Scalar *f, float *x, int n, int i, float h, const void *extra) {
  float keep = x[i];
  x[i] = keep + h;
  float above = f(x, n, extra);
  x[i] = keep - h;
  float below = f(x, n, extra);
  x[i] = keep;
  return (above - below) / (2.0f * h);
}

/* Compares gradient [n] with the differences of f, relative to the largest of them. */
static void check_gradient(const char *what, Scalar *f, float *x, int n, const float *gradient,
                           float h, float tolerance, const void *extra) {
  float expected[WIDEST], largest = 1e-3f;
  for (int i = 0; i < n; i++) {
    expected[i] = difference(f, x, n, i, h, extra);
    if (float_abs(expected[i]) > largest) largest = float_abs(expected[i]);
  }
  for (int i = 0; i < n; i++)
    check(near(gradient[i], expected[i], tolerance * largest),
          "%s: component %d is %d, not %d (thousandths)", what, i, (int)(gradient[i] * 1000.0f),
          (int)(expected[i] * 1000.0f));
}

/* sum_i weight[i] x[i] / rms(x) */
static float scalar_norm(const float *x, int n, const void *extra) {
  const float *weight = extra;
  float squares = 0.0f, sum = 0.0f;
  for (int i = 0; i < n; i++) squares += x[i] * x[i], sum += weight[i] * x[i];
  return sum / float_sqrt(squares / (float)n);
}

static void test_norm_gradient(void) {
  enum { N = 16 };
  int8_t q[N];
  float x[N], weight[N], dx[N] = {0}, row[N], scale, inverse;
  draw_i8(q, N);
  q[3] = 127;
  for (int i = 0; i < N; i++) x[i] = (float)q[i] / 127.0f * 0.8f;
  draw_floats(weight, N, 1.0f);
  scale = 1.0f / float_sqrt((float)ops->sum_squares_i8(q, N) / (float)N);
  inverse = scale * 127.0f / 0.8f;
  NormActivations norm = {N, q, &scale, &inverse};
  norm_backward(&norm, 0, weight, dx, row);
  check_gradient("norm", scalar_norm, x, N, dx, 0.01f, 0.01f, weight);
}

/* sum_i weight[i] r[i] / rms(r), r = relu(x)^2 */
static float scalar_relu_squared(const float *x, int n, const void *extra) {
  float r[WIDEST];
  for (int i = 0; i < n; i++) r[i] = x[i] > 0.0f ? x[i] * x[i] : 0.0f;
  return scalar_norm(r, n, extra);
}

static void test_relu_squared_gradient(void) {
  enum { N = 16 };
  const float unit = 0.01f;
  int8_t relu[N], square[N];
  float x[N], weight[N], dx[N], row[N], scale, inverse;
  for (int i = 0; i < N; i++) relu[i] = (int8_t)(i % 3 ? 20 + (int)(draw() % 100) : 0);
  relu[1] = 127;
  for (int i = 0; i < N; i++) square[i] = (int8_t)((relu[i] * relu[i] + 63) / 127);
  for (int i = 0; i < N; i++) x[i] = i % 3 ? (float)relu[i] * unit : -0.5f;
  draw_floats(weight, N, 1.0f);
  scale = 1.0f / float_sqrt((float)ops->sum_squares_i8(square, N) / (float)N);
  inverse = 2.0f * scale / (127.0f * unit);
  LayerActivations layer = {.relu = relu, .hidden = {N, square, &scale, &inverse}};
  relu_squared_backward(&layer, 0, weight, dx, row);
  check_gradient("relu squared", scalar_relu_squared, x, N, dx, 0.01f, 0.03f, weight);
}

/* Cross-entropy of logits against target 2. */
static float scalar_cross_entropy(const float *x, int n, const void *extra) {
  float logits[WIDEST];
  (void)extra;
  memcpy(logits, x, (size_t)n * sizeof *x);
  return softmax_cross_entropy(logits, n, 2);
}

static void test_cross_entropy_gradient(void) {
  float x[9], p[9];
  draw_floats(x, 9, 2.0f);
  memcpy(p, x, sizeof x);
  float loss = softmax_cross_entropy(p, 9, 2);
  check(near(loss, -float_log(p[2]), 1e-5f), "cross-entropy is not -log p");
  check(near(ops->sum(p, 9), 1.0f, 1e-6f), "probabilities do not sum to 1");
  p[2] = p[2] - 1.0f;
  check_gradient("cross-entropy", scalar_cross_entropy, x, 9, p, 0.02f, 0.01f, NULL);
}

/* sum over positions and components of dmixed * attention(query, key, value) of one head, straight
 * from the formula. What is x (0: query, 1: key, 2: value, 3: gain) and what is fixed, in extra. */
typedef struct {
  const float *part[4]; /* [T,K], [T,K], [T,K], [1] */
  const float *dmixed;  /* [T,K] */
  int moving, T, K;
} AttentionCase;

static float scalar_attention(const float *x, int n, const void *extra) {
  const AttentionCase *c = extra;
  const float *part[4];
  (void)n;
  for (int i = 0; i < 4; i++) part[i] = i == c->moving ? x : c->part[i];
  float total = 0.0f;
  for (int t = 0; t < c->T; t++) {
    float sum = 0.0f, weighted = 0.0f;
    for (int j = 0; j <= t; j++) {
      float score = 0.0f, along = 0.0f;
      for (int k = 0; k < c->K; k++) {
        score += part[0][t * c->K + k] * part[1][j * c->K + k];
        along += part[2][j * c->K + k] * c->dmixed[t * c->K + k];
      }
      float e = float_exp(part[3][0] * score / float_sqrt((float)c->K));
      sum += e;
      weighted += e * along;
    }
    total += weighted / sum;
  }
  return total;
}

/* Copies head h of a [T,D] array (int8 with scales, or float) to [T,K]. */
static void copy_head(float *out, const HeadActivations *a, const float *d, int h, int T) {
  const int K = head_size(&small), D = small.dim;
  for (int t = 0; t < T; t++)
    for (int k = 0; k < K; k++) {
      int at = t * small.heads + h;
      out[t * K + k] = a ? (float)a->q[at * K + k] * a->scale[at] : d[t * D + h * K + k];
    }
}

static void check_attention_head(int h, int T) {
  enum { SIZE = 48 }; /* T * K */
  float query[SIZE], key[SIZE], value[SIZE], dmixed[SIZE], gradient[SIZE];
  const LayerActivations *layer = &rig.activations.layer[0];
  const int K = head_size(&small);
  float gain = rig.model.layer[0].query_gain[h];
  copy_head(query, &layer->query, NULL, h, T);
  copy_head(key, &layer->key, NULL, h, T);
  copy_head(value, &layer->value, NULL, h, T);
  copy_head(dmixed, NULL, rig.backward.dmixed, h, T);
  AttentionCase c = {{query, key, value, &gain}, dmixed, 0, T, K};
  const float *analytic[3] = {rig.backward.dquery, rig.backward.dkey, rig.backward.dvalue};
  static const char *const names[3] = {"queries", "keys", "values"};
  for (c.moving = 0; c.moving < 3; c.moving++) {
    copy_head(gradient, NULL, analytic[c.moving], h, T);
    check_gradient(names[c.moving], scalar_attention, (float *[]){query, key, value}[c.moving],
                   T * K, gradient, 0.02f, 0.02f, &c);
  }
  check_gradient("query gain", scalar_attention, &gain, 1, &rig.gradients.query_gain[0][h], 0.02f,
                 0.02f, &c);
}

static void test_attention_gradient(void) {
  enum { T = 6 };
  if (!rig_open(&small, 3)) return;
  rig.model.layer[0].query_gain[1] = 1.7f;
  forward(&rig.model, &rig.activations, rig.tokens, 0, T);
  gradients_clear(&rig.gradients, &small);
  draw_floats(rig.backward.dmixed, T * small.dim, 1.0f);
  attention_heads_backward(&rig.model, 0, &rig.activations, &rig.backward, &rig.gradients, T);
  for (int h = 0; h < small.heads; h++) check_attention_head(h, T);
  rig_close();
}

/* One head's vector, turned by RoPE and normalised: sum_k weight[k] rope(x / rms(x))[k] */
typedef struct {
  const float *weight, *cosine, *sine; /* [K], [K/2], [K/2] */
} HeadCase;

static float scalar_head(const float *x, int n, const void *extra) {
  const HeadCase *c = extra;
  float turned[WIDEST], squares = 0.0f, sum = 0.0f;
  for (int i = 0; i < n; i++) squares += x[i] * x[i];
  for (int i = 0; i < n / 2; i++) {
    turned[i] = x[i] * c->cosine[i] - x[i + n / 2] * c->sine[i];
    turned[i + n / 2] = x[i] * c->sine[i] + x[i + n / 2] * c->cosine[i];
  }
  for (int i = 0; i < n; i++) sum += c->weight[i] * turned[i];
  return sum / float_sqrt(squares / (float)n);
}

/* Position 5 of the key heads: the vector before normalisation and RoPE is found by turning back.
 */
static void test_head_gradient(void) {
  enum { AT = 5 };
  if (!rig_open(&small, 4)) return;
  const int K = head_size(&small), turn = AT * (K / 2);
  forward(&rig.model, &rig.activations, rig.tokens, 0, AT + 1);
  const HeadActivations *key = &rig.activations.layer[1].key;
  float *d = rig.backward.dkey, x[WIDEST], weight[WIDEST], row[WIDEST];
  draw_floats(d, (AT + 1) * small.dim, 1.0f);
  memcpy(weight, d + AT * small.dim, (size_t)K * sizeof(float));
  const HeadCase c = {weight, rig.model.rope_cos + turn, rig.model.rope_sin + turn};
  const int at = AT * small.heads;
  for (int k = 0; k < K; k++)
    x[k] = (float)key->q[at * K + k] * key->scale[at] / key->inverse_rms[at];
  rope(x, c.cosine, c.sine, K, true);
  heads_backward(&rig.model, key, d, row, AT + 1);
  check_gradient("key before RoPE", scalar_head, x, K, d + AT * small.dim,
                 0.01f / key->inverse_rms[at], 0.02f, &c);
  rig_close();
}

/* ---- gradients of the whole model ---- */

/* Moves the float parameters a small way against their gradient: the loss must fall by about the
 * distance times the squared norm. The forward pass is quantized, so the step is not tiny. */
static void test_descent_of_floats(void) {
  if (!rig_open(&small, 5)) return;
  float before = rig_backward(), squares = 0.0f;
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  float *gradient[MAX_FLOAT_BLOCKS];
  int count = model_float_blocks(&rig.model, blocks);
  check(gradients_float_blocks(&rig.gradients, &small, gradient) == count, "block lists differ");
  for (int i = 0; i < count; i++) squares += ops->sum_squares(gradient[i], blocks[i].count);
  const float expected = 0.1f, step = expected / squares;
  for (int i = 0; i < count; i++) ops->axpy(blocks[i].value, -step, gradient[i], blocks[i].count);
  float fall = before - rig_loss();
  check(near(fall, expected, 0.3f * expected), "the loss fell by %d, not %d (thousandths)",
        (int)(fall * 1000.0f), (int)(expected * 1000.0f));
  rig_close();
}

/* ---- optimizers ---- */

/* The same iteration, straight from the formula, for S <= N <= 8; x is replaced. */
static void orthogonalise_by_hand(float x[8][8], int S, int N) {
  float norm = 0.0f;
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++) norm += x[i][j] * x[i][j];
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++) x[i][j] /= float_sqrt(norm);
  for (int round = 0; round < 3; round++) {
    float a[8][8] = {{0}}, next[8][8] = {{0}};
    for (int i = 0; i < S; i++)
      for (int j = 0; j < S; j++)
        for (int k = 0; k < N; k++) a[i][j] += x[i][k] * x[j][k];
    for (int i = 0; i < S; i++)
      for (int k = 0; k < S; k++) {
        float square = 0.0f;
        for (int j = 0; j < S; j++) square += a[i][j] * a[j][k];
        for (int j = 0; j < N; j++)
          next[i][j] +=
              ((i == k ? 3.4445f : 0.0f) - 4.7750f * a[i][k] + 2.0315f * square) * x[k][j];
      }
    memcpy(x, next, sizeof next);
  }
}

static void test_muon(void) {
  enum { S = 5, N = 7 };
  Error error;
  Arena arena = {0};
  MuonWorkspace work;
  muon_layout(&work, S, N, &arena);
  if (!check(arena_open(&arena, &error), "no memory")) return;
  muon_layout(&work, S, N, &arena);
  float x[8][8] = {{0}};
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++) work.direction[i * N + j] = x[i][j] = draw_float(3.0f);
  muon_orthogonalise(&work, S, N);
  orthogonalise_by_hand(x, S, N);
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++)
      check(near((float)work.x[i * N + j] / (float)MUON_ONE, x[i][j], 1e-3f),
            "element %d,%d is not the formula's", i, j);
  float squares = 0.0f;
  for (int i = 0; i < S; i++)
    for (int j = 0; j < N; j++) squares += x[i][j] * x[i][j];
  check(squares > 0.5f * S && squares < 1.5f * S, "singular values are not near 1");
  memset(work.direction, 0, S * N * sizeof(float));
  muon_orthogonalise(&work, S, N);
  for (int i = 0; i < S * N; i++) check(work.x[i] == 0, "a zero matrix became something");
  arena_close(&arena);
}

/* Steps on one sequence with this optimizer; returns the loss after them as a share of before. */
static float train_rig(OptimizerKind kind, int steps, float rate, float embedding_rate) {
  const TrainConfig train = {.steps = steps,
                             .batch = 1,
                             .warmup = 5,
                             .seed = 6,
                             .optimizer = (int32_t)kind,
                             .matrix_learning_rate = rate,
                             .embedding_learning_rate = embedding_rate,
                             .clip = 1.0f};
  float first = rig_loss();
  for (int step = 0; step < steps; step++) {
    rig_backward();
    optimizer_step(&rig.model, &rig.optimizer, &rig.gradients, &train, step, small.context);
  }
  return rig_loss() / first;
}

/* Eighty steps on one sequence must learn it by heart. */
static void test_learning(void) {
  for (int kind = 0; kind < OPTIMIZERS; kind++) {
    if (!rig_open(&small, 6)) return;
    check(near(rig_loss() / (float)small.context, float_log((float)small.vocab), 0.5f),
          "an untrained model's loss is not log V");
    float left = train_rig((OptimizerKind)kind, 80, 0.004f, 0.02f);
    check(left < 0.2f, "optimizer %d left %d thousandths of the loss", kind, (int)(left * 1000.0f));
    rig_close();
  }
}

/* A training in which only the ternary matrices move must learn too. */
static void test_learning_of_matrices(void) {
  for (int kind = 0; kind < OPTIMIZERS; kind++) {
    if (!rig_open(&small, 7)) return;
    for (int i = 0; i < small.vocab * small.dim; i++)
      rig.model.token_embedding[i] = rig.model.token_embedding[i] * 20.0f;
    float left = train_rig((OptimizerKind)kind, 60, 0.01f, 0.0f);
    check(left < 0.7f, "optimizer %d left %d thousandths of the loss", kind, (int)(left * 1000.0f));
    rig_close();
  }
}

/* The shortest sequences: scratch that is sized by the context must still hold a tile of weights.
 */
static void test_short_context(void) {
  ModelConfig config = small;
  for (config.context = 2; config.context < 20; config.context += 3) {
    if (!rig_open(&config, 9)) return;
    float loss = rig_backward();
    check(loss > 0.0f && loss < 10.0f * (float)config.context, "loss at context %ld",
          (long)config.context);
    rig_close();
  }
}

/* ---- generation against training ---- */

/* Position by position must give the bits of all at once: the key/value cache is the activations.
 */
static void test_cache(void) {
  enum { T = 12 };
  static int8_t final[T * 16];
  float scale[T];
  if (!rig_open(&small, 8)) return;
  forward(&rig.model, &rig.activations, rig.tokens, 0, T);
  memcpy(final, rig.activations.final.q, sizeof final);
  memcpy(scale, rig.activations.final.scale, sizeof scale);
  memset(rig.activations.final.q, 0, sizeof final);
  for (int t = 0; t < T; t += 1 + t % 3)
    forward(&rig.model, &rig.activations, rig.tokens, t, 1 + t % 3 > T - t ? T - t : 1 + t % 3);
  check(memcmp(final, rig.activations.final.q, sizeof final) == 0, "int8 outputs differ");
  check(memcmp(scale, rig.activations.final.scale, sizeof scale) == 0, "scales differ");
  uint16_t other = rig.tokens[T - 1];
  rig.tokens[T - 1] = (uint16_t)((other + 1) % small.vocab);
  forward(&rig.model, &rig.activations, rig.tokens, 0, T);
  check(memcmp(final, rig.activations.final.q, sizeof final - 16) == 0, "a token changed its past");
  check(memcmp(final + 16 * (T - 1), rig.activations.final.q + 16 * (T - 1), 16) != 0,
        "a token did not change its present");
  rig_close();
}

/* ---- data ---- */

static void test_windows(void) {
  enum { T = 8, WINDOWS = 53 };
  Text text = {.count = 500, .train_count = T * (WINDOWS + 1) + 3};
  for (uint32_t epoch = 0; epoch < 3; epoch++) {
    bool seen[WINDOWS + 1] = {false};
    int32_t offset = training_window(&text, T, 9, epoch * WINDOWS) % T;
    for (uint32_t i = 0; i < WINDOWS; i++) {
      int32_t start = training_window(&text, T, 9, epoch * WINDOWS + i);
      check(start >= 0 && start + T < text.train_count, "window outside of the training part");
      check(start % T == offset, "windows of one epoch overlap");
      check(!seen[start / T], "a window came twice in an epoch");
      seen[start / T] = true;
    }
  }
}

static void test_vocabulary(void) {
  const Vocabulary v = {.size = 4, .character = {'a', 0xe9, 0x20ac, 0x1f600}};
  uint16_t tokens[8];
  Error error;
  char utf8[5] = {0};
  const char *text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  check(vocabulary_encode(&v, text, tokens, 8, &error) == 4, "encode of 1 to 4 byte characters");
  for (int i = 0, at = 0; i < 4; i++) {
    int length = vocabulary_decode(&v, i, utf8);
    check(tokens[i] == i && memcmp(utf8, text + at, (size_t)length) == 0, "decode of token %d", i);
    at += length;
  }
  check(vocabulary_encode(&v, "ab", tokens, 8, &error) == -1, "an unknown character passed");
  check(vocabulary_encode(&v, "\xc0\xaf", tokens, 8, &error) == -1, "an overlong form passed");
  check(vocabulary_encode(&v, "aaa", tokens, 2, &error) == -1, "a long prompt overflowed");
}

static void test_entropies(void) {
  const uint16_t tokens[9] = {0, 1, 0, 1, 0, 1, 0, 1, 0};
  uint32_t scratch[16];
  LossSum unigram, bigram;
  text_entropies(tokens, 9, 2, scratch, &unigram, &bigram);
  float mean = (float)unigram.sum / (float)LOSS_UNITS / 9.0f;
  check(unigram.tokens == 9 && near(mean, 0.68696f, 1e-4f), "unigram entropy of 5 and 4 of 9");
  check(bigram.tokens == 8 && bigram.sum == 0, "bigram entropy of a strict alternation");
}

static void test_numbers(void) {
  float x;
  uint64_t bytes;
  char text[32];
  check(parse_decimal("0.0008", &x) && x == 0.0008f, "0.0008");
  check(parse_decimal("12", &x) && x == 12.0f && parse_decimal(".5", &x) && x == 0.5f, "12, .5");
  check(!parse_decimal("", &x) && !parse_decimal("1e3", &x) && !parse_decimal("-1", &x) &&
            !parse_decimal("1.2.3", &x),
        "a bad decimal passed");
  check(parse_size("64MB", &bytes) && bytes == 67108864, "64MB");
  check(parse_size("12", &bytes) && bytes == 12 && !parse_size("12X", &bytes) &&
            !parse_size("0", &bytes) && !parse_size("-5", &bytes),
        "sizes");
  format_decimal(text, -1.25f, 2);
  check(strcmp(text, "-1.25") == 0, "-1.25 became %s", text);
  format_decimal(text, 0.99996f, 4);
  check(strcmp(text, "1.0000") == 0, "0.99996 became %s", text);
  LossSum loss = {0, 0};
  loss_add(&loss, 1.5f);
  loss_add(&loss, 2.0f);
  loss_format(text, &loss);
  check(strcmp(text, "1.7500") == 0, "mean of 1.5 and 2 became %s", text);
}

/* ---- all of them ---- */

typedef struct {
  const char *name;
  void (*run)(void);
} Test;

static const Test tests[] = {
    {"plain kernels", test_plain_kernels},
    {"fast kernels against plain", test_fast_kernels},
    {"mathematics", test_mathematics},
    {"gradient of norm", test_norm_gradient},
    {"gradient of relu squared", test_relu_squared_gradient},
    {"gradient of cross-entropy", test_cross_entropy_gradient},
    {"gradient of attention", test_attention_gradient},
    {"gradient of RoPE and QK-norm", test_head_gradient},
    {"descent of float parameters", test_descent_of_floats},
    {"Newton-Schulz of Muon", test_muon},
    {"learning", test_learning},
    {"learning of ternary matrices", test_learning_of_matrices},
    {"short contexts", test_short_context},
    {"key/value cache", test_cache},
    {"training windows", test_windows},
    {"vocabulary", test_vocabulary},
    {"entropies", test_entropies},
    {"numbers as text", test_numbers},
};

static void run_test(const Test *test) {
  frame.test = test->name;
  frame.checks = 0;
  int before = frame.failures;
  test->run();
  bool good = frame.failures == before && frame.checks > 0;
  good ? frame.passed++ : frame.failed++;
  printf("  %-32s %s %d checks\n", test->name, good ? "ok    " : "FAILED", frame.checks);
}

bool selftest_command(const Options *options, Error *error) {
  (void)options;
  memset(&frame, 0, sizeof frame);
  random_counter = 0;
  printf("self-test, kernels: %s\n", ops->name);
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) run_test(&tests[i]);
  printf("%d passed, %d failed\n", frame.passed, frame.failed);
  if (frame.failed == 0) return true;
  return error_set(error, EXIT_FAILED, "self-test failed at %s", frame.first);
}
