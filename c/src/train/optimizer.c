/* optimizer.c - the table of optimizers for the matrices, and Adam for the float blocks. */
#include "train/optimizer.h"

#include <stdio.h>
#include <string.h>

#include "math/math_ops.h"
#include "math/random.h"
#include "train/direct.h"

/* ---- memory ---- */

static void state_layout(MatrixState *m, const WeightMatrix *w, MomentumKind kind, Arena *arena) {
  const size_t R = (size_t)w->rows, n = R * (size_t)w->cols;
  if (kind == MOMENTUM_INT8) {
    m->momentum = arena_take(arena, MEMORY_MOMENTUM, n, 1);
    m->momentum_scale = arena_take(arena, MEMORY_MOMENTUM, R, sizeof(float));
  }
  if (kind == MOMENTUM_FLOAT || kind == MOMENTUM_ADAM)
    m->m = arena_take(arena, MEMORY_MOMENTUM, n, sizeof(float));
  if (kind == MOMENTUM_ADAM) m->v = arena_take(arena, MEMORY_MOMENTUM, n, sizeof(float));
}

/* Scratch but for row_latents. */
static void work_layout(OptimizerScratch *s, const ModelConfig *c, const OptimizerRow *row,
                        int batch, Arena *arena) {
  const size_t F = (size_t)hidden_size(c);
  s->row_gradient = arena_take(arena, MEMORY_WORKSPACE, F, sizeof(float));
  s->row_momentum = arena_take(arena, MEMORY_WORKSPACE, F, sizeof(float));
  s->row_direction = arena_take(arena, MEMORY_WORKSPACE, F, sizeof(float));
  s->row_codes = arena_take(arena, MEMORY_WORKSPACE, F, 1);
  if (row->orthogonalises)
    muon_layout(&s->muon, c->dim, muon_block(c->dim, batch * c->context), arena);
}

void optimizer_layout(OptimizerState *state, const Model *model, OptimizerKind kind, int batch,
                      Arena *arena) {
  const ModelConfig *c = &model->config;
  const OptimizerRow *row = optimizer_row(kind);
  for (int l = 0; l < c->layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++)
      state_layout(&state->matrix[l][i], &model->layer[l].matrix[i], row->momentum, arena);
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  int count = model_float_blocks(model, blocks);
  for (int i = 0; i < count; i++) {
    const size_t n = (size_t)blocks[i].count;
    state->adam_m[i] = arena_take(arena, MEMORY_EMBEDDING_STATE, n, sizeof(float));
    state->adam_v[i] = arena_take(arena, MEMORY_EMBEDDING_STATE, n, sizeof(float));
  }
  state->token_v = arena_take(arena, MEMORY_EMBEDDING_STATE, (size_t)c->vocab, sizeof(float));
  for (int i = 0; i < model->rows.count; i++) {
    const size_t rows = (size_t)model->rows.table[i].rows;
    state->rows[i].v = arena_take(arena, MEMORY_EMBEDDING_STATE, rows, sizeof(float));
    state->rows[i].last = arena_take(arena, MEMORY_EMBEDDING_STATE, rows, sizeof(uint32_t));
  }
  work_layout(&state->scratch, c, row, batch, arena);
  state->scratch.row_latents = model->row;
}

void optimizer_scratch_layout(OptimizerScratch *scratch, const ModelConfig *c, OptimizerKind kind,
                              int batch, Arena *arena) {
  work_layout(scratch, c, optimizer_row(kind), batch, arena);
  scratch->row_latents = arena_take(arena, MEMORY_WORKSPACE, (size_t)hidden_size(c), 1);
}

/* ---- pieces that the optimizers share ---- */

float schedule(const TrainConfig *config, int step) {
  if (step < config->warmup) return (float)(step + 1) / (float)config->warmup;
  return 1.0f - (float)(step - config->warmup) / (float)(config->steps - config->warmup);
}

/* The n latents from place `at` on -= step [n], in latent units. */
static void move_latents(WeightMatrix *w, int at, int n, const float *step, uint32_t key) {
  if (w->store == STORE_INT8) {
    ops->move_latents(w->latent + at, step, n, key, (uint32_t)at);
    return;
  }
  float *latent = w->float_latent + at;
  for (int c = 0; c < n; c++) latent[c] = flush_tiny(float_clamp(latent[c] - step[c], 127.0f));
}

/* m float [n] back to int8 with its own scale. */
static void store_momentum(int8_t *q, float *scale, const float *m, int n) {
  float largest = ops->absmax(m, n);
  bool zero = largest < TINY;
  *scale = zero ? 0.0f : largest / 127.0f;
  ops->quantize(q, m, zero ? 0.0f : 127.0f / largest, n);
}

/* Row r of the gradient sums, to state->row_gradient. */
static void load_gradient(const WeightMatrix *w, const int32_t *gradient, int r,
                          const MatrixStep *step) {
  ops->scale_fixed(step->scratch->row_gradient, gradient + r * w->cols, step->fixed.unit, w->cols);
}

/* Row r: mixes the gradient into the momentum. direction float [C], which may lie where the row of
 * the gradient was */
static void mix_row(const WeightMatrix *w, MatrixState *m, const int32_t *gradient, int r,
                    float *direction, const MomentumStep *mix, const MatrixStep *step) {
  OptimizerScratch *s = step->scratch;
  const int C = w->cols, at = r * C;
  load_gradient(w, gradient, r, step);
  if (m->m) {
    ops->momentum(direction, m->m + at, s->row_gradient, C, mix);
    return;
  }
  if (m->momentum)
    ops->dequantize(s->row_momentum, m->momentum + at, m->momentum_scale[r], C);
  else
    memset(s->row_momentum, 0, (size_t)C * sizeof(float));
  ops->momentum(direction, s->row_momentum, s->row_gradient, C, mix);
  if (m->momentum) store_momentum(m->momentum + at, &m->momentum_scale[r], s->row_momentum, C);
}

/* All rows; the directions [R,C] take the place of the gradient, which is not needed again. */
static float *mix_matrix(const WeightMatrix *w, MatrixState *m, int32_t *gradient,
                         const MomentumStep *mix, const MatrixStep *step) {
  float *direction = (float *)(void *)gradient;
  for (int r = 0; r < w->rows; r++) mix_row(w, m, gradient, r, direction + r * w->cols, mix, step);
  return direction;
}

/* ---- Lion: a step of equal size for every weight ---- */

static void sign_step(WeightMatrix *w, float *direction, const MatrixStep *step) {
  const float units = step->rate / LATENT_UNIT;
  for (int r = 0; r < w->rows; r++) {
    float *row = direction + r * w->cols;
    for (int c = 0; c < w->cols; c++)
      row[c] = row[c] > 0.0f ? units : row[c] < 0.0f ? -units : 0.0f;
    move_latents(w, r * w->cols, w->cols, row, step->key);
  }
}

/* ---- Muon: a block of neurons at once, or all of a matrix ---- */

/* Share of the rate. WDOWN has half the others' steps. Small blocks are not orthogonal to each
 * other, so together they go further in the directions that they share: they have a share of block
 * / 32. */
static float share_of_rate(LayerMatrix which, int block) {
  return (which == WDOWN ? 0.5f : 1.0f) * (block < 32 ? (float)block / 32.0f : 1.0f);
}

/* Moves the weights of the block [R,C] that begins at row `top` and column `left`. The orthogonal
 * factor of its direction times the root of its longer side has entries of rms about 1: that times
 * the rate and its share is the step. */
static void orthogonal_block(WeightMatrix *w, const float *direction, int top, int left, int R,
                             int C, const MatrixStep *step) {
  MuonWorkspace *muon = &step->scratch->muon;
  float *row = step->scratch->row_direction;
  const int at = top * w->cols + left;
  const float share = share_of_rate(step->which, muon->block);
  const float root = float_sqrt((float)(R > C ? R : C)) * share;
  const float size = step->rate / LATENT_UNIT * root / (float)MUON_ONE;
  muon_orthogonalise(muon, direction + at, w->cols, R, C);
  for (int first = 0; first < R; first += MUON_TILE) {
    const int rows = R - first < MUON_TILE ? R - first : MUON_TILE;
    const int16_t *x = muon_rows(muon, first, rows, R, C);
    for (int r = 0; r < rows; r++) {
      ops->dequantize_i16(row, x + r * C, size, C);
      move_latents(w, at + (first + r) * w->cols, C, row, step->key);
    }
  }
}

/* A block is a group of neurons: rows of the matrices that read the residual stream, columns of WO
 * and WDOWN, which write to it. */
static void orthogonal_step(WeightMatrix *w, float *direction, const MatrixStep *step) {
  const bool by_columns = step->which == WO || step->which == WDOWN;
  const int neurons = by_columns ? w->cols : w->rows, block = step->scratch->muon.block;
  for (int first = 0; first < neurons; first += block) {
    const int count = neurons - first < block ? neurons - first : block;
    if (by_columns)
      orthogonal_block(w, direction, 0, first, w->rows, count, step);
    else
      orthogonal_block(w, direction, first, 0, count, w->cols, step);
  }
}

/* ---- Adam on float latents: the reference ---- */

/* Bias corrections of both moments at a step. */
static AdamStep adam_step(float rate, float gradient_scale, int step) {
  const uint32_t t = (uint32_t)step + 1;
  return (AdamStep){.learning_rate = rate,
                    .gradient_scale = gradient_scale,
                    .c1 = 1.0f / (1.0f - float_power(ADAM_BETA1, t)),
                    .c2 = 1.0f / (1.0f - float_power(ADAM_BETA2, t))};
}

static void adam_matrix(WeightMatrix *w, MatrixState *m, const int32_t *gradient,
                        const MatrixStep *step) {
  const AdamStep adam = adam_step(step->rate / LATENT_UNIT, step->gradient_scale, step->step);
  const int C = w->cols;
  for (int r = 0; r < w->rows; r++) {
    float *latent = w->float_latent + r * C;
    load_gradient(w, gradient, r, step);
    ops->adam(latent, step->scratch->row_gradient, m->m + r * C, m->v + r * C, C, &adam);
    for (int c = 0; c < C; c++) latent[c] = float_clamp(latent[c], 127.0f);
  }
}

/* ---- direct: no latents ---- */

/* Mean of |direction| over the matrix, in row order. */
static float mean_size(const WeightMatrix *w, const float *direction, float *row) {
  float total = 0.0f;
  for (int r = 0; r < w->rows; r++) {
    for (int c = 0; c < w->cols; c++) row[c] = float_abs(direction[r * w->cols + c]);
    total = total + ops->sum(row, w->cols);
  }
  return total / ((float)w->rows * (float)w->cols);
}

/* Ternary weights only: the program refuses the other schemes for this optimizer. */
static void direct_step(WeightMatrix *w, float *direction, const MatrixStep *step) {
  const int C = w->cols;
  const size_t row_bytes = packed_row_bytes(CODES_TRITS, C);
  const float mean = mean_size(w, direction, step->scratch->row_gradient);
  if (mean < TINY) return;
  int8_t *codes = step->scratch->row_codes;
  for (int r = 0; r < w->rows; r++) {
    uint8_t *packed = w->packed + (size_t)r * row_bytes;
    unpack_codes(CODES_TRITS, codes, packed, 0, C);
    apply_ternary_weight_updates(codes, direction + r * C, C, step->rate / mean, step->key,
                                 (uint32_t)(r * C));
    pack_codes(CODES_TRITS, packed, codes, C);
  }
}

/* ---- the table of optimizers, by OptimizerKind ---- */

/* Nesterov momentum 0.95, as moving averages: the direction keeps 0.95^2 of what was before. */
#define NESTEROV 0.9025f, 0.95f
#define NO_MOMENTUM 0.0f, 0.0f

static const OptimizerRow optimizers[OPTIMIZERS] = {
    [OPTIMIZER_MUON] = {"muon", "orthogonalised Nesterov momentum; int8 latent, int8 momentum",
                        "Muon, Jordan et al., 2024", "2", STORE_INT8, MOMENTUM_INT8, true, 0.002f,
                        NESTEROV, orthogonal_step},
    [OPTIMIZER_LION] = {"lion", "sign of the momentum; int8 latent, int8 momentum",
                        "Lion, Chen et al., 2023", "2", STORE_INT8, MOMENTUM_INT8, false, 0.0004f,
                        0.9f, 0.97f, sign_step},
    [OPTIMIZER_SPECTRAL] = {"spectral", "orthogonalised gradient; int8 latent, no momentum",
                            "spectral descent, Carlson et al., 2015", "1", STORE_INT8,
                            MOMENTUM_NONE, true, 0.002f, NO_MOMENTUM, orthogonal_step},
    [OPTIMIZER_DIRECT] = {"direct",
                          "the ternary weights change, with probability in proportion to "
                          "|momentum|; no latent, int8 momentum",
                          "this project, c/src/train/direct.h", "1.2", STORE_PACKED, MOMENTUM_INT8,
                          false, 0.004f, NESTEROV, direct_step},
    [OPTIMIZER_DIRECT_STATELESS] = {"direct-stateless",
                                    "the ternary weights change, with probability in proportion to "
                                    "|gradient|; no latent, no momentum",
                                    "this project, c/src/train/direct.h", "0.2", STORE_PACKED,
                                    MOMENTUM_NONE, false, 0.004f, NO_MOMENTUM, direct_step},
    [OPTIMIZER_MUON_FLOAT] = {"muon-float", "like muon; float latent, float momentum",
                              "Muon, Jordan et al., 2024", "8", STORE_FLOAT, MOMENTUM_FLOAT, true,
                              0.002f, NESTEROV, orthogonal_step},
    [OPTIMIZER_ADAM] = {"adam", "Adam; float latent, two float moments", "Kingma and Ba, 2014",
                        "12", STORE_FLOAT, MOMENTUM_ADAM, false, 0.002f, NO_MOMENTUM, NULL},
};

const OptimizerRow *optimizer_row(OptimizerKind kind) { return &optimizers[kind]; }

/* ---- the step ---- */

/* The gradient sums of a tensor of so many bytes. */
static void trace_gradient(const Step *s, const char *name, const int32_t *sums, size_t bytes) {
  char whole[40];
  if (!trace_is_on(&s->trace)) return;
  snprintf(whole, sizeof whole, "%.24s.gradient", name);
  trace_values(&s->trace, whole, -1, sums, bytes, sizeof *sums);
}

/* The weights as they are stored. */
static void trace_weights(const Step *s, const char *name, const WeightMatrix *w) {
  const size_t n = (size_t)w->rows * (size_t)w->cols;
  if (w->store == STORE_INT8) trace_values(&s->trace, name, -1, w->latent, n, 1);
  if (w->store == STORE_FLOAT) trace_floats(&s->trace, name, -1, w->float_latent, (int)n);
  if (w->store == STORE_PACKED)
    trace_values(&s->trace, name, -1, w->packed, matrix_packed_bytes(w->scheme, w->rows, w->cols),
                 1);
}

/* From the sum to the mean over positions, held to its share of the norm config->clip. gradient
 * [rows,width] of a tensor of so many values: what is not there is zero. */
static float gradient_scale(const Step *s, const OptimizerScratch *scratch, const int32_t *gradient,
                            int rows, int width, int32_t values) {
  float *row = scratch->row_gradient, squares = 0.0f;
  for (int r = 0; r < rows; r++) {
    ops->scale_fixed(row, gradient + r * width, s->gradients->fixed.unit, width);
    squares = squares + ops->sum_squares(row, width);
  }
  const int64_t all = model_parameters(&s->model->config);
  const float share = float_of_i32(values) / float_of_i32((int32_t)all);
  const float norm = float_sqrt(squares) / (float)s->tokens;
  const float most = s->config->clip * float_sqrt(share);
  if (s->stats) step_stats_gradient(s->stats, norm);
  return (norm > most ? most / norm : 1.0f) / (float)s->tokens;
}

/* Moves the weights of one matrix; its gradient is overwritten. */
static void move_matrix(const OptimizerRow *row, WeightMatrix *w, MatrixState *m, int32_t *gradient,
                        const MatrixStep *step) {
  const MomentumStep mix = {step->gradient_scale, row->beta_direction, row->beta_momentum};
  if (row->momentum == MOMENTUM_ADAM)
    adam_matrix(w, m, gradient, step);
  else
    row->apply(w, mix_matrix(w, m, gradient, &mix, step), step);
}

void optimizer_step_matrix(const Step *s, OptimizerScratch *scratch, int layer, int which) {
  WeightMatrix *w = &s->model->layer[layer].matrix[which];
  int32_t *gradient = s->gradients->matrix[layer][which];
  const uint32_t stream = STREAM_ROUNDING + (uint32_t)(layer * LAYER_MATRICES + which);
  char name[24];
  model_matrix_name(name, layer, (LayerMatrix)which);
  const MatrixStep each = {
      .scratch = scratch,
      .which = (LayerMatrix)which,
      .fixed = s->gradients->fixed,
      .gradient_scale = gradient_scale(s, scratch, gradient, w->rows, w->cols, w->rows * w->cols),
      .rate = s->config->matrix_learning_rate * schedule(s->config, s->step),
      .step = s->step,
      .key = random_key(s->config->seed, stream, (uint32_t)s->step),
  };
  trace_gradient(s, name, gradient, (size_t)w->rows * (size_t)w->cols * sizeof(int32_t));
  if (s->stats) step_stats_before(s->stats, w);
  move_matrix(&optimizers[s->config->optimizer], w, &s->state->matrix[layer][which], gradient,
              &each);
  matrix_quantize(w, scratch->row_latents);
  if (s->stats) step_stats_after(s->stats, w);
  trace_weights(s, name, w);
}

void optimizer_step_layer(const Step *s, int layer) {
  for (int i = 0; i < LAYER_MATRICES; i++) optimizer_step_matrix(s, &s->state->scratch, layer, i);
}

/* The rate of all that is no matrix. */
static float embedding_rate(const Step *s) {
  return s->config->embedding_learning_rate * schedule(s->config, s->step);
}

/* Gains: Adam. */
static void step_gains(const Step *s, const FloatBlock *block, const int32_t *gradient, float *m,
                       float *v) {
  const int n = block->count;
  float *row = s->state->scratch.row_gradient;
  const float scale = gradient_scale(s, &s->state->scratch, gradient, 1, n, n);
  const AdamStep adam = adam_step(embedding_rate(s), scale, s->step);
  trace_gradient(s, block->name, gradient, (size_t)n * sizeof *gradient);
  ops->scale_fixed(row, gradient, s->gradients->fixed.unit, n);
  ops->adam(block->value, row, m, v, n, &adam);
  trace_floats(&s->trace, block->name, -1, block->value, n);
}

static void step_tokens(const Step *s) {
  const Model *model = s->model;
  const int V = model->config.vocab, D = model->config.dim, limit = token_limit(&model->config);
  const int32_t *gradient = s->gradients->token_embedding;
  float *row = s->state->scratch.row_gradient;
  const float scale = gradient_scale(s, &s->state->scratch, gradient, V, D, V * D);
  const RowUpdate update = row_update_make(embedding_rate(s), s->step, 0);
  trace_gradient(s, "token_embedding", gradient, (size_t)(V * D) * sizeof *gradient);
  for (int v = 0; v < V; v++) {
    ops->scale_fixed(row, gradient + v * D, s->gradients->fixed.unit * scale, D);
    row_update_token(model->token_embedding + v * D, s->state->token_v + v, D, row, limit, &update);
  }
  trace_values(&s->trace, "token_embedding", -1, model->token_embedding,
               (size_t)(V * D) * sizeof(int16_t), sizeof(int16_t));
}

/* Whether any of the sums [n] is not zero. */
static bool has_gradient(const int32_t *sums, int n) {
  for (int i = 0; i < n; i++)
    if (sums[i] != 0) return true;
  return false;
}

/* The rows of table i that the step touched. */
static void step_rows(const Step *s, int i) {
  const RowTable *table = &s->model->rows.table[i];
  const RowGradients *g = &s->gradients->rows[i];
  const OptimizerScratch *scratch = &s->state->scratch;
  const int count = gradients_rows(g), width = table->width;
  const float scale = gradient_scale(s, scratch, g->sums, count, width, table->rows * width);
  const RowUpdate update =
      row_update_make(embedding_rate(s), s->step,
                      random_key(s->config->seed, STREAM_ROWS + (uint32_t)i, (uint32_t)s->step));
  trace_gradient(s, table->name, g->sums, (size_t)(count * width) * sizeof(int32_t));
  for (int at = 0; at < count; at++) {
    const int32_t *sums = g->sums + at * width;
    if (!has_gradient(sums, width)) continue;
    ops->scale_fixed(scratch->row_gradient, sums, s->gradients->fixed.unit * scale, width);
    row_update(table->value, &s->state->rows[i], gradients_row(g, at), width, scratch->row_gradient,
               &update);
  }
  trace_values(&s->trace, table->name, -1, table->value, (size_t)(table->rows * width), 1);
}

void optimizer_step_floats(const Step *s) {
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  int32_t *gradient[MAX_FLOAT_BLOCKS];
  const int count = model_float_blocks(s->model, blocks);
  gradients_float_blocks(s->gradients, &s->model->config, gradient);
  step_tokens(s);
  for (int i = 0; i < count; i++)
    step_gains(s, &blocks[i], gradient[i], s->state->adam_m[i], s->state->adam_v[i]);
  for (int i = 0; i < s->model->rows.count; i++) step_rows(s, i);
}
