/* optimizer.c - Muon and Lion for int8 latents, Adam for float blocks. */
#include "optimizer.h"

#include <stdio.h>
#include <string.h>

#include "math_ops.h"
#include "trace.h"

enum { STREAM_ROUNDING = 3000 };

void optimizer_layout(OptimizerState *state, const Model *model, OptimizerKind kind, Arena *arena) {
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
  if (kind == OPTIMIZER_MUON) muon_layout(&state->muon, c->dim, hidden_size(c), arena);
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

/* ---- int8 latents and momentum ---- */

/* What one matrix needs for one step. */
typedef struct {
  OptimizerState *state; /* for its scratch */
  float gradient_scale;
  float units;  /* learning rate in latent units */
  uint32_t key; /* of the random numbers of this matrix and step */
} MatrixStep;

/* latent[n] -= step[n], step in latent units, rounded up or down at random: 16 binary places are
 * kept, and a random number below one unit decides. first: the row's place in the matrix. */
static void move_latents(int8_t *latent, const float *step, int n, uint32_t key, uint32_t first) {
  enum { ONE = 1 << 16, OFFSET = 256 };
  for (int i = 0; i < n; i++) {
    float bounded = step[i] > 50.0f ? 50.0f : step[i] < -50.0f ? -50.0f : step[i];
    uint32_t random = random_u32(key, first + (uint32_t)i) >> 16;
    int32_t exact = (latent[i] + OFFSET) * ONE - float_round(bounded * (float)ONE);
    int32_t moved = (exact + (int32_t)random) / ONE - OFFSET;
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

/* Row r: mixes gradient[C] into the momentum, leaves the direction in state->row_direction. */
static void mix_row(const TernaryMatrix *w, MatrixState *m, OptimizerState *state, int r,
                    const float *gradient, const MomentumStep *mix) {
  const int C = w->cols;
  ops->dequantize(state->row_momentum, m->momentum + r * C, m->momentum_scale[r], C);
  ops->momentum(state->row_direction, state->row_momentum, gradient + r * C, C, mix);
  store_momentum(m->momentum + r * C, &m->momentum_scale[r], state->row_momentum, C);
}

/* ---- Lion: a step of equal size for every weight ---- */

static void lion_matrix(TernaryMatrix *w, MatrixState *m, const float *gradient,
                        const MatrixStep *step) {
  const MomentumStep mix = {step->gradient_scale, 0.9f, 0.97f};
  float *direction = step->state->row_direction;
  const int C = w->cols;
  for (int r = 0; r < w->rows; r++) {
    mix_row(w, m, step->state, r, gradient, &mix);
    for (int c = 0; c < C; c++)
      direction[c] = direction[c] > 0.0f ? step->units : direction[c] < 0.0f ? -step->units : 0.0f;
    move_latents(w->latent + r * C, direction, C, step->key, (uint32_t)(r * C));
  }
}

/* ---- Muon: the whole matrix at once ---- */

/* Where element (r,c) of a matrix stands in the scratch, whose rows are the smaller side. */
static int muon_place(const TernaryMatrix *w, int r, int c) {
  return w->rows <= w->cols ? r * w->cols + c : c * w->rows + r;
}

/* Nesterov momentum 0.95, as moving averages: the direction keeps 0.95^2 of what was before. The
 * orthogonal factor times sqrt(R) has entries of rms about 1 (0.5 for the wide WDOWN). */
static void muon_matrix(TernaryMatrix *w, MatrixState *m, const float *gradient,
                        const MatrixStep *step) {
  const MomentumStep mix = {step->gradient_scale, 0.9025f, 0.95f};
  const int R = w->rows, C = w->cols;
  MuonWorkspace *muon = &step->state->muon;
  float *row = step->state->row_direction;
  for (int r = 0; r < R; r++) {
    mix_row(w, m, step->state, r, gradient, &mix);
    for (int c = 0; c < C; c++) muon->direction[muon_place(w, r, c)] = row[c];
  }
  muon_orthogonalise(muon, R < C ? R : C, R < C ? C : R);
  const float size = step->units * float_sqrt((float)R) / (float)MUON_ONE;
  for (int r = 0; r < R; r++) {
    for (int c = 0; c < C; c++) row[c] = size * (float)muon->x[muon_place(w, r, c)];
    move_latents(w->latent + r * C, row, C, step->key, (uint32_t)(r * C));
  }
}

/* ---- the table of optimizers, by OptimizerKind ---- */

typedef struct {
  float default_rate;
  void (*step_matrix)(TernaryMatrix *w, MatrixState *m, const float *gradient,
                      const MatrixStep *step);
} OptimizerRow;

static const OptimizerRow optimizers[OPTIMIZERS] = {
    [OPTIMIZER_MUON] = {0.002f, muon_matrix},
    [OPTIMIZER_LION] = {0.0004f, lion_matrix},
};

float optimizer_default_rate(OptimizerKind kind) { return optimizers[kind].default_rate; }

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
  MatrixStep each = {state, gradient_scale, 0.0f, 0};
  each.units = config->matrix_learning_rate * schedule(config, step) / LATENT_UNIT;
  for (int l = 0; l < model->config.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++) {
      TernaryMatrix *w = &model->layer[l].matrix[i];
      each.key = random_key(config->seed, STREAM_ROUNDING + (uint32_t)(l * LAYER_MATRICES + i),
                            (uint32_t)step);
      trace_matrix(l, i, ".gradient", g->matrix[l][i], w->rows * w->cols * (int)sizeof(float));
      optimizers[config->optimizer].step_matrix(w, &state->matrix[l][i], g->matrix[l][i], &each);
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
