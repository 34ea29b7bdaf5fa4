/* test_gradients.c - the gradients of single layers, and of all float parameters together.
 *
 * What they are checked against: finite differences of small float functions written here, which
 * share no code with forward.c and backward.c.
 */
#include <string.h>

#include "tests/frame.h"

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

/* The same of x less its mean: LayerNorm. */
static float scalar_layer_norm(const float *x, int n, const void *extra) {
  float centered[WIDEST], mean = 0.0f;
  for (int i = 0; i < n; i++) mean += x[i] / (float)n;
  for (int i = 0; i < n; i++) centered[i] = x[i] - mean;
  return scalar_norm(centered, n, extra);
}

static void check_norm_gradient(bool centered) {
  enum { N = 16 };
  int8_t q[N];
  float x[N], weight[N], dx[N] = {0}, row[N], scale, inverse;
  for (int i = 0; i < N; i += 2) q[i] = (int8_t)draw_int(100), q[i + 1] = (int8_t)-q[i];
  q[2] = 127, q[3] = -127; /* the mean is 0: q is what LayerNorm would make of x */
  for (int i = 0; i < N; i++) x[i] = (float)q[i] / 127.0f * 0.8f + (centered ? 0.3f : 0.0f);
  draw_floats(weight, N, 1.0f);
  scale = 1.0f / float_sqrt((float)ops->sum_squares_i8(q, N) / (float)N);
  inverse = scale * 127.0f / 0.8f;
  NormActivations norm = {N, centered, q, &scale, &inverse};
  norm_row_backward(&norm, 0, weight, dx, row);
  check_gradient(centered ? "LayerNorm" : "RMSNorm", centered ? scalar_layer_norm : scalar_norm, x,
                 N, dx, 0.01f, 0.01f, weight);
}

static void test_norm_gradient(void) {
  check_norm_gradient(false);
  check_norm_gradient(true);
}

/* sum_i weight[i] r[i] / rms(r), r = relu(x)^2 */
static float scalar_relu_squared(const float *x, int n, const void *extra) {
  float r[WIDEST];
  for (int i = 0; i < n; i++) r[i] = x[i] > 0.0f ? x[i] * x[i] : 0.0f;
  return scalar_norm(r, n, extra);
}

/* sum_i weight[i] r[i] / rms(r), r = relu(x) */
static float scalar_relu(const float *x, int n, const void *extra) {
  float r[WIDEST];
  for (int i = 0; i < n; i++) r[i] = x[i] > 0.0f ? x[i] : 0.0f;
  return scalar_norm(r, n, extra);
}

static void check_hidden_gradient(bool squared) {
  enum { N = 16 };
  const float unit = 0.01f;
  int8_t relu[N], square[N];
  int8_t *q = squared ? square : relu;
  float x[N], weight[N], dx[N], row[N], scale, inverse;
  for (int i = 0; i < N; i++) relu[i] = (int8_t)(i % 3 ? 20 + (int)(draw() % 100) : 0);
  relu[1] = 127;
  for (int i = 0; i < N; i++) square[i] = (int8_t)((relu[i] * relu[i] + 63) / 127);
  for (int i = 0; i < N; i++) x[i] = i % 3 ? (float)relu[i] * unit : -0.5f;
  draw_floats(weight, N, 1.0f);
  scale = 1.0f / float_sqrt((float)ops->sum_squares_i8(q, N) / (float)N);
  inverse = squared ? 2.0f * scale / (127.0f * unit) : scale / unit;
  LayerActivations layer = {.relu = relu, .hidden = {N, false, q, &scale, &inverse}};
  hidden_backward(&layer, 0, weight, dx, row);
  check_gradient(squared ? "relu squared" : "relu", squared ? scalar_relu_squared : scalar_relu, x,
                 N, dx, 0.01f, 0.03f, weight);
}

static void test_hidden_gradient(void) {
  check_hidden_gradient(true);
  check_hidden_gradient(false);
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
  const int K = head_size(&small_shape), D = small_shape.dim;
  for (int t = 0; t < T; t++)
    for (int k = 0; k < K; k++) {
      int at = t * small_shape.heads + h;
      out[t * K + k] = a ? (float)a->q[at * K + k] * a->scale[at] : d[t * D + h * K + k];
    }
}

static void check_attention_head(int h, int T) {
  enum { SIZE = 48 }; /* T * K */
  float query[SIZE], key[SIZE], value[SIZE], dmixed[SIZE], gradient[SIZE];
  const LayerActivations layer = activations_slot(&rig.activations, 0);
  const int K = head_size(&small_shape);
  float gain = rig.model.layer[0].query_gain[h];
  copy_head(query, &layer.query, NULL, h, T);
  copy_head(key, &layer.key, NULL, h, T);
  copy_head(value, &layer.value, NULL, h, T);
  copy_head(dmixed, NULL, rig.backward.dmixed, h, T);
  AttentionCase c = {{query, key, value, &gain}, dmixed, 0, T, K};
  const float *analytic[3] = {rig.backward.dquery, rig.backward.dkey, rig.backward.dvalue};
  static const char *const names[3] = {"queries", "keys", "values"};
  for (c.moving = 0; c.moving < 3; c.moving++) {
    copy_head(gradient, NULL, analytic[c.moving], h, T);
    check_gradient(names[c.moving], scalar_attention, (float *[]){query, key, value}[c.moving],
                   T * K, gradient, 0.02f, 0.02f, &c);
  }
  const float dgain = float_of_i32(rig.gradients.query_gain[0][h]) * rig.gradients.fixed.unit;
  check_gradient("query gain", scalar_attention, &gain, 1, &dgain, 0.02f, 0.02f, &c);
}

static void test_attention_gradient(void) {
  enum { T = 6 };
  if (!rig_open(&small_shape, 3)) return;
  rig.model.layer[0].query_gain[1] = 1.7f;
  const Pass pass = rig_training_pass(T);
  forward(&pass);
  rig_clear_gradients();
  draw_floats(rig.backward.dmixed, T * small_shape.dim, 1.0f);
  const LayerActivations kept = activations_slot(&rig.activations, 0);
  attention_heads_backward(&pass, 0, &kept);
  for (int h = 0; h < small_shape.heads; h++) check_attention_head(h, T);
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
  if (!rig_open(&small_shape, 4)) return;
  const int K = head_size(&small_shape), turn = AT * (K / 2);
  const Pass pass = rig_pass(0, AT + 1);
  forward(&pass);
  const LayerActivations layer = activations_slot(&rig.activations, 1);
  const HeadActivations *key = &layer.key;
  float *d = rig.backward.dkey, x[WIDEST], weight[WIDEST], row[WIDEST];
  draw_floats(d, (AT + 1) * small_shape.dim, 1.0f);
  memcpy(weight, d + AT * small_shape.dim, (size_t)K * sizeof(float));
  const HeadCase c = {weight, rig.model.rope_cos + turn, rig.model.rope_sin + turn};
  const int at = AT * small_shape.heads;
  for (int k = 0; k < K; k++)
    x[k] = (float)key->q[at * K + k] * key->scale[at] / key->inverse_rms[at];
  ops->rope(x, c.cosine, c.sine, K, true);
  heads_backward(&rig.model, key, d, row, AT + 1);
  check_gradient("key before RoPE", scalar_head, x, K, d + AT * small_shape.dim,
                 0.01f / key->inverse_rms[at], 0.02f, &c);
  rig_close();
}

/* ---- gradients of the whole model ---- */

/* The float parameters whose names contain `part`, with their gradients; returns how many. */
static int blocks_with(const char *part, FloatBlock blocks[MAX_FLOAT_BLOCKS],
                       int32_t *sums[MAX_FLOAT_BLOCKS]) {
  const int all = model_float_blocks(&rig.model, blocks);
  int count = 0;
  check(gradients_float_blocks(&rig.gradients, &rig.model.config, sums) == all,
        "block lists differ");
  for (int i = 0; i < all; i++) {
    if (!strstr(blocks[i].name, part)) continue;
    blocks[count] = blocks[i];
    sums[count++] = sums[i];
  }
  return count;
}

/* Square of the length of a gradient [n]. */
static float squares_of(const int32_t *sums, int n) {
  static float gradient[2048];
  ops->scale_fixed(gradient, sums, rig.gradients.fixed.unit, n);
  return ops->sum_squares(gradient, n);
}

static int token_values(void) { return rig.model.config.vocab * rig.model.config.dim; }

/* Embeddings of tokens += a * gradient, to whole units. */
static void move_tokens(float a) {
  const float units = a * rig.gradients.fixed.unit / TOKEN_UNIT;
  for (int i = 0; i < token_values(); i++) {
    const float step = units * float_of_i32(rig.gradients.token_embedding[i]);
    rig.model.token_embedding[i] = (int16_t)(rig.model.token_embedding[i] + float_round(step));
  }
}

/* blocks [count] += a * gradient */
static void move_blocks(const FloatBlock *blocks, int32_t *const *sums, int count, float a) {
  static float gradient[2048];
  for (int i = 0; i < count; i++) {
    ops->scale_fixed(gradient, sums[i], rig.gradients.fixed.unit, blocks[i].count);
    ops->axpy(blocks[i].value, a, gradient, blocks[i].count);
  }
}

/* Moves the embeddings of tokens and the gains whose names contain `part` a small way along their
 * gradient and as far against it: half the difference of the losses must be about the distance
 * times the squared norm. The forward pass is quantized, so the step is not tiny. */
static void check_descent(const ModelConfig *config, const char *part) {
  if (!rig_open(config, 5)) return;
  rig_backward();
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  int32_t *sums[MAX_FLOAT_BLOCKS];
  const int count = blocks_with(part, blocks, sums);
  const bool tokens = strstr("token_embedding", part) != NULL;
  float squares = tokens ? squares_of(rig.gradients.token_embedding, token_values()) : 0.0f;
  for (int i = 0; i < count; i++) squares += squares_of(sums[i], blocks[i].count);
  const float expected = 0.1f, step = expected / squares;
  if (tokens) move_tokens(step);
  move_blocks(blocks, sums, count, step);
  const float above = rig_loss();
  if (tokens) move_tokens(-2.0f * step);
  move_blocks(blocks, sums, count, -2.0f * step);
  const float fall = (above - rig_loss()) / 2.0f;
  check(near(fall, expected, 0.3f * expected), "%s: the loss fell by %d, not %d (thousandths)",
        part, (int)(fall * 1000.0f), (int)(expected * 1000.0f));
  rig_close();
}

/* With each norm, activation and scheme, and with documents, each on its own. */
static void test_descent_of_floats(void) {
  ModelConfig config = small_shape;
  for (config.norm = 0; config.norm < NORMS; config.norm++) check_descent(&config, "");
  config.norm = NORM_RMS;
  config.activation = ACTIVATION_RELU;
  check_descent(&config, "");
  config.activation = ACTIVATION_RELU_SQUARED;
  config.separator = 4;
  check_descent(&config, "");
  config.separator = 0;
  for (config.scheme = 1; config.scheme < SCHEMES; config.scheme++) check_descent(&config, "");
}

/* Each kind alone: beside the embeddings, whose gradients are far longer, gains would hardly count.
 */
static void test_descent_of_kinds(void) {
  check_descent(&small_shape, "token_embedding");
  check_descent(&small_shape, "output_gain");
}

/* Rows of int8 move by whole units: values += sign * gradient * a, of table i. Returns the distance
 * times the gradient. */
static float move_rows(int i, float a, int sign) {
  const RowTable *table = &rig.model.rows.table[i];
  const RowGradients *g = &rig.gradients.rows[i];
  float product = 0.0f;
  for (int at = 0; at < gradients_rows(g); at++)
    for (int w = 0; w < table->width; w++) {
      const float gradient =
          float_of_i32(g->sums[at * table->width + w]) * rig.gradients.fixed.unit;
      const int32_t units = float_round(a * gradient);
      int8_t *value = table->value + gradients_row(g, at) * table->width + w;
      *value = (int8_t)(*value + sign * units);
      product += (float)units * ROW_UNIT * gradient;
    }
  return product;
}

/* As check_descent, table after table: half the difference of the losses is that product. */
static void check_descent_of_rows(const ModelConfig *config, float dropout) {
  for (int i = 0; i < row_tables_of(config).count; i++) {
    if (!rig_open(config, 5)) return;
    rig.dropout = (RowDropout){.share = dropout, .seed = 2, .step = 3};
    rig_backward();
    const RowGradients *g = &rig.gradients.rows[i];
    float largest = 0.0f;
    for (int at = 0; at < gradients_rows(g) * g->width; at++)
      largest = float_abs((float)g->sums[at]) > largest ? float_abs((float)g->sums[at]) : largest;
    const float a = 1.0f / (largest * rig.gradients.fixed.unit);
    const float expected = move_rows(i, a, 1);
    const float above = rig_loss();
    move_rows(i, a, -1);
    move_rows(i, a, -1);
    const float fall = (above - rig_loss()) / 2.0f;
    check(expected > 0.0f && near(fall, expected, 0.3f * expected),
          "%s: the loss fell by %d, not %d (thousandths)", rig.model.rows.table[i].name,
          (int)(fall * 1000.0f), (int)(expected * 1000.0f));
    rig_close();
  }
}

static void test_descent_of_rows(void) {
  ModelConfig config = small_shape;
  check_descent_of_rows(&config, 0.0f);
  config.ngrams = MAX_NGRAM;
  config.separator = 4;
  check_descent_of_rows(&config, 0.0f);
  check_descent_of_rows(&config, 0.5f);
}

/* A quarter of the rows of n-grams is left out, others at each step, and the sum stays what it was
 * on average; rows of pairs stay. */
static void test_dropout_of_rows(void) {
  enum { PLACES = 4000 };
  const RowTables tables = row_tables_of(&small_shape);
  RowDropout dropout = {.share = 0.25f, .seed = 1, .step = 7, .place = 100}, next = dropout;
  next.step++;
  for (int i = 0; i < tables.count; i++) {
    int left_out = 0, changed = 0;
    for (int t = 0; t < PLACES; t++) {
      const float factor = row_factor(&dropout, &tables, i, t);
      check(factor == 0.0f || factor == (tables.table[i].tokens == PAIR ? 1.0f : 1.0f / 0.75f),
            "table %d, position %d: another factor", i, t);
      left_out += factor == 0.0f;
      changed += factor != row_factor(&next, &tables, i, t);
    }
    const int share = tables.table[i].tokens == PAIR ? 0 : PLACES / 4;
    check(left_out >= share - share / 8 && left_out <= share + share / 8,
          "table %d: %d of %d rows are left out", i, left_out, PLACES);
    check((changed > 0) == (share > 0), "table %d: %d rows change", i, changed);
  }
  dropout.share = 0.0f;
  check(row_factor(&dropout, &tables, tables.count - 1, 0) == 1.0f,
        "without dropout a row is not 1");
  dropout.share = 1.0f;
  check(row_factor(&dropout, &tables, tables.count - 1, 0) == 0.0f, "a row stays of none");
}

const Test gradient_tests[] = {
    {"gradient of norm", test_norm_gradient},
    {"gradient of the MLP's middle", test_hidden_gradient},
    {"gradient of cross-entropy", test_cross_entropy_gradient},
    {"gradient of attention", test_attention_gradient},
    {"gradient of RoPE and QK-norm", test_head_gradient},
    {"descent of float parameters", test_descent_of_floats},
    {"descent of each kind of them", test_descent_of_kinds},
    {"descent of rows", test_descent_of_rows},
    {"dropout of rows", test_dropout_of_rows},
    {NULL, NULL},
};
