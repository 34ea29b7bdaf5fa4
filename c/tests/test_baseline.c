/* test_baseline.c - the float32 baseline is right: products, gradients, learning, generation.
 *
 * A baseline that computed something else, or less, would be compared with for nothing. */
#include <string.h>

#include "baseline/baseline.h"
#include "run/heap.h"
#include "tests/frame.h"

static Baseline baseline, cached;
static Arena arena;

static const ModelConfig tiny = {
    .layers = 2, .heads = 2, .dim = 12, .context = 7, .vocab = 9, .bigram_rows = 16};

static bool open_baseline(Baseline *b, const ModelConfig *config, bool training) {
  Error error;
  memset(&arena, 0, sizeof arena);
  baseline_layout(b, config, training, &arena);
  if (!check(arena_open(&arena, &error), "no memory")) return false;
  baseline_layout(b, config, training, &arena);
  check(arena.used == arena.plan.total, "the plan is not what is used");
  baseline_init(b, &baseline_products_plain, 5);
  return true;
}

/* Rows beside which other things lie, against sums in natural order. */
static void check_rows(const BaselineProducts *products, int count, int n) {
  static float rows[2000], x[200], y[200], a[400];
  const int ld = n + 3, step = 2;
  draw_floats(rows, count * ld, 1.0f), draw_floats(x, n, 1.0f), draw_floats(a, count * step, 1.0f);
  products->dots(y, x, rows, ld, count, n);
  for (int j = 0; j < count; j++)
    check(near(y[j], ops->dot(x, rows + j * ld, n), 1e-4f), "%s: dot %d", products->name, j);
  memcpy(y, x, sizeof y);
  products->mix(y, a, step, rows, ld, count, n);
  for (int i = 0; i < n; i++) {
    float sum = x[i];
    for (int j = 0; j < count; j++) sum += a[j * step] * rows[j * ld + i];
    check(near(y[i], sum, 1e-4f), "%s: mix %d", products->name, i);
  }
}

/* Both forms against sums in natural order. */
static void check_products(const BaselineProducts *products, int n, int R, int C) {
  static float w[2000], x[2000], dy[2000], y[2000], dx[2000], dw[2000];
  draw_floats(w, R * C, 1.0f), draw_floats(x, n * C, 1.0f), draw_floats(dy, n * R, 1.0f);
  memset(dx, 0, sizeof dx), memset(dw, 0, sizeof dw);
  for (int i = 0; i < R * C; i++) dw[i] = 1.0f;
  products->forward(y, w, x, n, R, C);
  products->input_gradient(dx, w, dy, n, R, C);
  products->weight_gradient(dw, dy, x, n, R, C);
  for (int t = 0; t < n; t++)
    for (int r = 0; r < R; r++) {
      const float sum = ops->dot(w + r * C, x + t * C, C);
      check(near(y[t * R + r], sum, 1e-4f), "%s: forward %d,%d", products->name, t, r);
    }
  for (int c = 0; c < C; c++)
    for (int t = 0; t < n; t++) {
      float sum = 0.0f;
      for (int r = 0; r < R; r++) sum += dy[t * R + r] * w[r * C + c];
      check(near(dx[t * C + c], sum, 1e-4f), "%s: input gradient %d,%d", products->name, t, c);
    }
  for (int c = 0; c < C; c++)
    for (int r = 0; r < R; r++) {
      float sum = 1.0f;
      for (int t = 0; t < n; t++) sum += dy[t * R + r] * x[t * C + c];
      check(near(dw[r * C + c], sum, 1e-4f), "%s: weight gradient %d,%d", products->name, r, c);
    }
}

static void test_products(void) {
  static const int shapes[][3] = {{1, 1, 1},  {4, 8, 16}, {5, 9, 13},
                                  {7, 20, 8}, {3, 5, 30}, {2, 6, 150}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    const int *s = shapes[i];
    check_products(&baseline_products_plain, s[0], s[1], s[2]);
    if (baseline_products_sse) check_products(baseline_products_sse, s[0], s[1], s[2]);
  }
}

static void test_rows(void) {
  for (int count = 1; count <= 13; count++)
    for (int n = 15; n <= 33; n += 9) {
      check_rows(&baseline_products_plain, count, n);
      if (baseline_products_sse) check_rows(baseline_products_sse, count, n);
    }
}

static float loss_of(const uint16_t *tokens, int n) {
  float loss = 0.0f;
  baseline_forward(&baseline, tokens, 0, n);
  for (int t = 0; t < n; t++) {
    baseline_logits(&baseline, t);
    loss += baseline_softmax(baseline.logits + t * tiny.vocab, tiny.vocab, tokens[t + 1]);
  }
  return loss;
}

/* The gradient along a random direction of all parameters of one block, against the difference of
 * two losses. */
static void check_gradient(const char *name, float *weights, const float *gradient, int n,
                           const uint16_t *tokens) {
  static float before[1000], direction[1000];
  const float step = 2e-4f;
  float along = 0.0f, losses[2];
  memcpy(before, weights, (size_t)n * sizeof(float));
  for (int i = 0; i < n; i++) direction[i] = draw_int(1) < 0 ? -1.0f : 1.0f;
  for (int i = 0; i < n; i++) along += direction[i] * gradient[i];
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < n; i++) weights[i] = before[i] + (side ? -step : step) * direction[i];
    losses[side] = loss_of(tokens, tiny.context);
  }
  memcpy(weights, before, (size_t)n * sizeof(float));
  const float difference = (losses[0] - losses[1]) / (2.0f * step);
  check(near(along, difference, 0.02f + 0.03f * float_abs(difference)), "%s: %d/1000, not %d/1000",
        name, (int)(1000.0f * along), (int)(1000.0f * difference));
}

static void test_gradients(void) {
  uint16_t tokens[8];
  if (!open_baseline(&baseline, &tiny, true)) return;
  BaselineParameters *w = &baseline.weights, *g = &baseline.gradients;
  for (int i = 0; i < 8; i++) tokens[i] = (uint16_t)(draw() % 9);
  for (size_t i = 0; i < w->count; i++) w->all[i] *= 4.0f; /* so that everything matters */
  baseline_forward(&baseline, tokens, 0, tiny.context);
  baseline_backward(&baseline, tokens, tokens + 1, tiny.context, 1.0f);
  for (int l = 0; l < tiny.layers; l++) {
    for (int i = 0; i < LAYER_MATRICES; i++) {
      char name[24];
      model_matrix_name(name, l, (LayerMatrix)i);
      check_gradient(name, w->matrix[l][i], g->matrix[l][i], i < WUP ? 12 * 12 : 12 * 48, tokens);
    }
    check_gradient("query_gain", w->query_gain[l], g->query_gain[l], tiny.heads, tokens);
  }
  check_gradient("token_embedding", w->token_embedding, g->token_embedding, 9 * 12, tokens);
  check_gradient("bigram_embedding", w->bigram_embedding, g->bigram_embedding, 16 * 12, tokens);
  arena_close(&arena);
}

/* Steps on a text of period five: it must be known by heart, with either form of products. */
static void check_learning(const BaselineProducts *products) {
  uint16_t tokens[32];
  const int32_t starts[3] = {0, 9, 21};
  float loss = 0.0f, first = 0.0f;
  if (!open_baseline(&baseline, &tiny, true)) return;
  baseline.products = products;
  for (int i = 0; i < 32; i++) tokens[i] = (uint16_t)(i * i % 5);
  for (int step = 0; step < 60; step++) {
    loss = baseline_step(&baseline, tokens, starts, 3, 0.01f, step);
    if (step == 0) first = loss;
  }
  check(first > 1.8f && first < 2.6f, "%s: the first loss is not near log V", products->name);
  check(loss < 0.3f, "%s: the loss came to %d/1000 only", products->name, (int)(1000.0f * loss));
  arena_close(&arena);
}

static void test_learning(void) {
  check_learning(&baseline_products_plain);
  if (baseline_products_sse) check_learning(baseline_products_sse);
}

/* One position at a time gives the logits of the whole sequence. */
static void test_generation(void) {
  uint16_t tokens[8];
  float whole[7 * 9];
  for (int i = 0; i < 8; i++) tokens[i] = (uint16_t)(draw() % 9);
  if (!open_baseline(&baseline, &tiny, true)) return;
  baseline_forward(&baseline, tokens, 0, tiny.context);
  for (int t = 0; t < tiny.context; t++) baseline_logits(&baseline, t);
  memcpy(whole, baseline.logits, sizeof whole);
  arena_close(&arena);
  if (!open_baseline(&cached, &tiny, false)) return;
  for (int t = 0; t < tiny.context; t++) {
    baseline_forward(&cached, tokens, t, 1);
    baseline_logits(&cached, 0);
    for (int v = 0; v < tiny.vocab; v++)
      check(near(cached.logits[v], whole[t * tiny.vocab + v], 1e-4f), "logit %d of position %d", v,
            t);
  }
  arena_close(&arena);
}

const Test baseline_tests[] = {
    {"baseline products", test_products},     {"baseline rows", test_rows},
    {"baseline gradients", test_gradients},   {"baseline learning", test_learning},
    {"baseline generation", test_generation}, {NULL, NULL}};
