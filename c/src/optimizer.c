/* optimizer.c - Lion for int8 latents, Adam for float blocks. */
#include "optimizer.h"

#include <stdio.h>
#include <string.h>

#include "math_ops.h"
#include "trace.h"

enum { STREAM_ROUNDING = 3000 };

void optimizer_layout(OptimizerState *state, const Model *model, Arena *arena) {
  const ModelConfig *c = &model->config;
  for (int l = 0; l < c->layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++) {
      const TernaryMatrix *w = &model->layer[l].matrix[i];
      MatrixState *m = &state->matrix[l][i];
      m->momentum = arena_take(arena, MEMORY_MOMENTUM, (size_t)w->rows * (size_t)w->cols, 1);
      m->momentum_scale = arena_take(arena, MEMORY_MOMENTUM, (size_t)w->rows, sizeof(float));
    }
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  int count = model_float_blocks(model, blocks);
  for (int i = 0; i < count; i++) {
    size_t n = (size_t)blocks[i].count;
    state->adam_m[i] = arena_take(arena, MEMORY_EMBEDDING_STATE, n, sizeof(float));
    state->adam_v[i] = arena_take(arena, MEMORY_EMBEDDING_STATE, n, sizeof(float));
  }
  const size_t F = (size_t)hidden_size(c);
  state->row_momentum = arena_take(arena, MEMORY_WORKSPACE, F, sizeof(float));
  state->row_direction = arena_take(arena, MEMORY_WORKSPACE, F, sizeof(float));
}

float schedule(const TrainConfig *config, int step) {
  if (step < config->warmup) return (float)(step + 1) / (float)config->warmup;
  return 1.0f - (float)(step - config->warmup) / (float)(config->steps - config->warmup);
}

float gradient_norm(const Model *model, const Gradients *g, int tokens) {
  float total = 0.0f;
  for (int l = 0; l < model->config.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++) {
      const TernaryMatrix *w = &model->layer[l].matrix[i];
      total = total + ops->sum_squares(g->matrix[l][i], w->rows * w->cols);
    }
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  float *gradient[MAX_FLOAT_BLOCKS];
  int count = model_float_blocks(model, blocks);
  gradients_float_blocks(g, &model->config, gradient);
  for (int i = 0; i < count; i++) total = total + ops->sum_squares(gradient[i], blocks[i].count);
  return float_sqrt(total) / (float)tokens;
}

/* ---- Lion on int8 latents ---- */

/* A step of `units` latent units against the sign of direction, in whole units: the fraction is a
 * probability. key, first: which random numbers belong to this row. */
static void move_latents(int8_t *latent, const float *direction, int n, float units, uint32_t key,
                         uint32_t first) {
  const int whole = (int)units;
  const uint32_t chance = (uint32_t)(int32_t)((units - (float)whole) * 16777216.0f);
  for (int i = 0; i < n; i++) {
    if (direction[i] == 0.0f) continue;
    int move = whole + (random_u32(key, first + (uint32_t)i) >> 8 < chance);
    int moved = latent[i] + (direction[i] > 0.0f ? -move : move);
    latent[i] = (int8_t)(moved > 127 ? 127 : moved < -127 ? -127 : moved);
  }
}

/* m float [n] back to int8 with its own scale. */
static void store_momentum(int8_t *q, float *scale, const float *m, int n) {
  float largest = ops->absmax(m, n);
  bool zero = largest < TINY;
  *scale = zero ? 0.0f : largest / 127.0f;
  ops->quantize(q, m, zero ? 0.0f : 127.0f / largest, n);
}

static void lion_matrix(TernaryMatrix *w, MatrixState *m, OptimizerState *state,
                        const float *gradient, const LionStep *step, float units, uint32_t key) {
  const int C = w->cols;
  for (int r = 0; r < w->rows; r++) {
    ops->dequantize(state->row_momentum, m->momentum + r * C, m->momentum_scale[r], C);
    ops->lion(state->row_direction, state->row_momentum, gradient + r * C, C, step);
    move_latents(w->latent + r * C, state->row_direction, C, units, key, (uint32_t)(r * C));
    store_momentum(m->momentum + r * C, &m->momentum_scale[r], state->row_momentum, C);
  }
}

/* ---- the step ---- */

static void trace_matrix(int layer, int which, const char *suffix, const void *x, int bytes) {
  char name[40];
  model_matrix_name(name, layer, (LayerMatrix)which);
  snprintf(name + strlen(name), 16, "%s", suffix);
  trace_bytes(name, -1, x, bytes);
}

static void trace_block(const FloatBlock *block, const char *suffix, const float *x) {
  char name[40];
  snprintf(name, sizeof name, "%.23s%.15s", block->name, suffix);
  trace_floats(name, -1, x, block->count);
}

static void step_matrices(Model *model, OptimizerState *state, const Gradients *g,
                          const TrainConfig *config, int step, float gradient_scale) {
  const LionStep lion = {.gradient_scale = gradient_scale};
  const float units = config->matrix_learning_rate * schedule(config, step) / LATENT_UNIT;
  for (int l = 0; l < model->config.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++) {
      TernaryMatrix *w = &model->layer[l].matrix[i];
      uint32_t key = random_key(config->seed, STREAM_ROUNDING + (uint32_t)(l * LAYER_MATRICES + i),
                                (uint32_t)step);
      trace_matrix(l, i, ".gradient", g->matrix[l][i], w->rows * w->cols * (int)sizeof(float));
      lion_matrix(w, &state->matrix[l][i], state, g->matrix[l][i], &lion, units, key);
      trace_matrix(l, i, "", w->latent, w->rows * w->cols);
    }
}

static void step_floats(Model *model, OptimizerState *state, const Gradients *g,
                        const TrainConfig *config, int step, float gradient_scale) {
  const uint32_t t = (uint32_t)step + 1;
  const AdamStep adam = {
      .learning_rate = config->embedding_learning_rate * schedule(config, step),
      .gradient_scale = gradient_scale,
      .c1 = 1.0f / (1.0f - float_power(ADAM_BETA1, t)),
      .c2 = 1.0f / (1.0f - float_power(ADAM_BETA2, t)),
  };
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  float *gradient[MAX_FLOAT_BLOCKS];
  int count = model_float_blocks(model, blocks);
  gradients_float_blocks(g, &model->config, gradient);
  for (int i = 0; i < count; i++) {
    trace_block(&blocks[i], ".gradient", gradient[i]);
    ops->adam(blocks[i].value, gradient[i], state->adam_m[i], state->adam_v[i], blocks[i].count,
              &adam);
    trace_block(&blocks[i], "", blocks[i].value);
  }
}

void optimizer_step(Model *model, OptimizerState *state, const Gradients *g,
                    const TrainConfig *config, int step, int tokens) {
  const float norm = gradient_norm(model, g, tokens);
  const float clip = norm > config->clip ? config->clip / norm : 1.0f;
  const float gradient_scale = clip / (float)tokens;
  step_matrices(model, state, g, config, step, gradient_scale);
  step_floats(model, state, g, config, step, gradient_scale);
  model_quantize(model);
}
