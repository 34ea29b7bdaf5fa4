/* baseline.c - the float32 model: its memory, first weights, and a step of training. */
#include "baseline/baseline.h"

#include <string.h>

#include "baseline/loops.h"
#include "math/random.h"

#define WEIGHT_DECAY 0.1f
#define BETA1 0.9f
#define BETA2 0.95f
#define EPSILON 1e-8f

/* ---- memory ---- */

static float *floats(Arena *arena, MemoryKind kind, int rows, int width) {
  return arena_take(arena, kind, (size_t)rows * (size_t)width, sizeof(float));
}

static int matrix_size(const ModelConfig *c, int which) {
  return c->dim * (which < WUP ? c->dim : hidden_size(c));
}

size_t baseline_parameters(const ModelConfig *c) {
  size_t each = (size_t)c->heads;
  for (int i = 0; i < LAYER_MATRICES; i++) each += (size_t)matrix_size(c, i);
  return (size_t)c->layers * each + (size_t)(c->vocab + c->bigram_rows) * (size_t)c->dim;
}

/* The matrices come first, so that their rows lie at multiples of 16 bytes where D is one of 4. */
static void parameters_layout(BaselineParameters *p, const ModelConfig *c, MemoryKind kind,
                              Arena *arena) {
  p->count = baseline_parameters(c);
  p->all = arena_take(arena, kind, p->count, sizeof(float));
  if (!p->all) return; /* planning */
  float *at = p->all;
  for (int l = 0; l < c->layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++) p->matrix[l][i] = at, at += matrix_size(c, i);
  p->token_embedding = at, at += c->vocab * c->dim;
  p->bigram_embedding = at, at += c->bigram_rows * c->dim;
  for (int l = 0; l < c->layers; l++) p->query_gain[l] = at, at += c->heads;
}

static void norm_layout(BaselineNorm *a, int rows, int width, int per_row, Arena *arena) {
  a->y = floats(arena, MEMORY_ACTIVATIONS, rows, width);
  a->inverse = floats(arena, MEMORY_ACTIVATIONS, rows, per_row);
}

static void layer_layout(BaselineLayer *a, const ModelConfig *c, int rows, Arena *arena) {
  const int D = c->dim, T = c->context, F = hidden_size(c);
  norm_layout(&a->attention_in, rows, D, 1, arena);
  norm_layout(&a->query, rows, D, c->heads, arena);
  norm_layout(&a->key, T, D, c->heads, arena);
  a->value = floats(arena, MEMORY_ACTIVATIONS, T, D);
  a->scores = floats(arena, MEMORY_ACTIVATIONS, c->heads * rows, T);
  norm_layout(&a->attention_out, rows, D, 1, arena);
  norm_layout(&a->mlp_in, rows, D, 1, arena);
  a->relu = floats(arena, MEMORY_ACTIVATIONS, rows, F);
  norm_layout(&a->hidden, rows, F, 1, arena);
}

static void training_layout(Baseline *b, Arena *arena) {
  const ModelConfig *c = &b->config;
  const int T = c->context, D = c->dim, F = hidden_size(c);
  parameters_layout(&b->gradients, c, MEMORY_GRADIENTS, arena);
  parameters_layout(&b->first_moment, c, MEMORY_MOMENTUM, arena);
  parameters_layout(&b->second_moment, c, MEMORY_MOMENTUM, arena);
  b->dx = floats(arena, MEMORY_WORKSPACE, T, D);
  b->dnorm = floats(arena, MEMORY_WORKSPACE, T, F);
  b->dproduct = floats(arena, MEMORY_WORKSPACE, T, F);
  b->dquery = floats(arena, MEMORY_WORKSPACE, T, D);
  b->dkey = floats(arena, MEMORY_WORKSPACE, T, D);
  b->dvalue = floats(arena, MEMORY_WORKSPACE, T, D);
  b->dmixed = floats(arena, MEMORY_WORKSPACE, T, D);
  b->dscores = floats(arena, MEMORY_WORKSPACE, T, T);
}

void baseline_layout(Baseline *b, const ModelConfig *config, bool training, Arena *arena) {
  const int half = head_size(config) / 2, T = config->context;
  b->config = *config;
  b->rows = training ? T : 1;
  parameters_layout(&b->weights, config, MEMORY_WEIGHTS, arena);
  for (int l = 0; l < config->layers; l++) layer_layout(&b->layer[l], config, b->rows, arena);
  norm_layout(&b->final, b->rows, config->dim, 1, arena);
  b->x = floats(arena, MEMORY_ACTIVATIONS, b->rows, config->dim);
  b->product = floats(arena, MEMORY_WORKSPACE, b->rows, hidden_size(config));
  b->logits = floats(arena, MEMORY_WORKSPACE, b->rows, config->vocab);
  b->rope_cos = floats(arena, MEMORY_WORKSPACE, T, half);
  b->rope_sin = floats(arena, MEMORY_WORKSPACE, T, half);
  if (training) training_layout(b, arena);
}

/* ---- first values ---- */

/* A sum of four uniform values, near a normal one, for each of x [n]. */
static void init_normal(float *x, size_t n, float deviation, uint32_t key) {
  for (size_t i = 0; i < n; i++) {
    int32_t sum = 0;
    for (uint32_t part = 0; part < 4; part++)
      sum += (int32_t)(random_u32(key, (uint32_t)i * 4 + part) >> 12);
    x[i] = deviation * ((float)(sum - (2 << 20)) * (1.7320508f / (float)(1 << 20)));
  }
}

/* Angles position * 10000^(-2i/K); the power by its logarithm. */
static void init_rope(Baseline *b) {
  const int half = head_size(&b->config) / 2;
  for (int t = 0; t < b->config.context; t++)
    for (int i = 0; i < half; i++) {
      const float angle = (float)t * float_exp(-9.21034037f * (float)i / (float)half);
      float_sincos(angle, &b->rope_sin[t * half + i], &b->rope_cos[t * half + i]);
    }
}

void baseline_init(Baseline *b, const BaselineProducts *products, uint32_t seed) {
  const ModelConfig *c = &b->config;
  BaselineParameters *w = &b->weights;
  b->products = products;
  init_normal(w->all, w->count, 0.05f, random_key(seed, BASELINE_STREAM_MATRICES, 0));
  init_normal(w->token_embedding, (size_t)(c->vocab * c->dim), 0.02f,
              random_key(seed, BASELINE_STREAM_TOKEN_EMBEDDING, 0));
  init_normal(w->bigram_embedding, (size_t)(c->bigram_rows * c->dim), 0.01f,
              random_key(seed, BASELINE_STREAM_BIGRAM_EMBEDDING, 0));
  for (int l = 0; l < c->layers; l++)
    for (int h = 0; h < c->heads; h++) w->query_gain[l][h] = 1.0f;
  init_rope(b);
}

/* ---- a step ---- */

void baseline_clear_gradients(Baseline *b) {
  memset(b->gradients.all, 0, b->gradients.count * sizeof(float));
}

void baseline_adamw(float *restrict w, const float *restrict g, float *restrict m,
                    float *restrict v, size_t n, float learning_rate, float c1, float c2) {
  for (size_t i = 0; i < n; i++) {
    m[i] = BETA1 * m[i] + (1.0f - BETA1) * g[i];
    v[i] = BETA2 * v[i] + (1.0f - BETA2) * (g[i] * g[i]);
    const float change = m[i] * c1 / (root_inline(v[i] * c2) + EPSILON);
    w[i] -= learning_rate * (change + WEIGHT_DECAY * w[i]);
  }
}

void baseline_update(Baseline *b, float learning_rate, int step) {
  const uint32_t t = (uint32_t)step + 1;
  baseline_adamw(b->weights.all, b->gradients.all, b->first_moment.all, b->second_moment.all,
                 b->weights.count, learning_rate, 1.0f / (1.0f - float_power(BETA1, t)),
                 1.0f / (1.0f - float_power(BETA2, t)));
}

float baseline_step(Baseline *b, const uint16_t *tokens, const int32_t *starts, int batch,
                    float learning_rate, int step) {
  const int T = b->config.context;
  const float mean = 1.0f / ((float)batch * (float)T);
  float loss = 0.0f;
  baseline_clear_gradients(b);
  for (int i = 0; i < batch; i++) {
    const uint16_t *sequence = tokens + starts[i];
    baseline_forward(b, sequence, 0, T);
    loss += baseline_backward(b, sequence, sequence + 1, T, mean);
  }
  baseline_update(b, learning_rate, step);
  return loss * mean;
}
