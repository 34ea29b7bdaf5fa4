/* bench_phases.c - the rows of a whole training step, of its phases, and of generation.
 *
 * Shapes: layers x dim x context, and x batch of a step. */
#include <stdio.h>
#include <string.h>

#include "base/crc32.h"
#include "commands/bench.h"
#include "counts/build.h"
#include "counts/gates.h"
#include "counts/kneser_ney.h"
#include "math/math_ops.h"
#include "math/random.h"

#define BASELINE_RATE 0.001f

/* ---- sizes ---- */

static void shape_text(const ModelConfig *c, int batch, char *text) {
  const int used = snprintf(text, 48, "%dx%dx%d", (int)c->layers, (int)c->dim, (int)c->context);
  if (batch > 0) snprintf(text + used, 48 - (size_t)used, "x%d", batch);
}

static WeightStore store_of(const Bench *b) {
  return optimizer_row((OptimizerKind)b->train.optimizer)->store;
}

/* Bytes of the packed weights of all matrices, and their scales. */
static int64_t packed_matrix_bytes(const ModelConfig *c) {
  return model_packed_bytes(c) - row_tables_values(c) -
         model_token_parameters(c) * (int64_t)sizeof(int16_t) -
         model_float_parameters(c) * (int64_t)sizeof(float);
}

/* Bytes of the weights of all matrices as training, or the baseline, reads them. */
static int64_t matrix_bytes(const Bench *b, bool baseline) {
  const WeightStore store = store_of(b);
  const int64_t count = model_matrix_parameters(&b->shape), word = sizeof(float);
  if (baseline || store == STORE_FLOAT) return count * word;
  return store == STORE_INT8 ? count : packed_matrix_bytes(&b->shape);
}

/* Bytes of the embeddings of all tokens. */
static int64_t embedding_bytes(const Bench *b, bool baseline) {
  const size_t value = baseline ? sizeof(float) : sizeof(int16_t);
  return model_token_parameters(&b->shape) * (int64_t)value;
}

static int64_t attention_macs(const Bench *b) {
  return b->shape.layers * bench_attention_macs(&b->shape);
}

static void forward_size(const Bench *b, bool baseline, BenchSize *s) {
  const int64_t T = b->shape.context;
  shape_text(&b->shape, 0, s->shape);
  s->units = T;
  s->macs = bench_matrix_macs(&b->shape, T) + attention_macs(b);
  s->bytes = matrix_bytes(b, baseline);
  s->share = 1000 * (int64_t)b->train.batch;
}

/* With the logits. Attention: four products, and ours computes the scores again. */
static void backward_size(const Bench *b, bool baseline, BenchSize *s) {
  const int64_t T = b->shape.context, logits = 3 * T * b->shape.vocab * b->shape.dim;
  forward_size(b, baseline, s);
  s->macs = 2 * bench_matrix_macs(&b->shape, T) + logits;
  s->macs += (baseline ? 4 : 5) * attention_macs(b) / 2;
  s->bytes += 2 * embedding_bytes(b, baseline);
}

/* The products of an optimizer that orthogonalises; Adam has none. */
static void update_size(const Bench *b, bool baseline, BenchSize *s) {
  const int64_t D = b->shape.dim, F = hidden_size(&b->shape), layers = b->shape.layers;
  const int block = bench_muon_block(b);
  const bool muon = optimizer_row((OptimizerKind)b->train.optimizer)->orthogonalises && !baseline;
  shape_text(&b->shape, 0, s->shape);
  s->units = model_parameters(&b->shape);
  s->macs =
      muon ? layers * (4 * bench_muon_macs(D, D, block) + 2 * bench_muon_macs(F, D, block)) : 0;
  s->bytes = matrix_bytes(b, baseline) + embedding_bytes(b, baseline) +
             model_float_parameters(&b->shape) * (int64_t)sizeof(float);
  s->share = 1000;
}

static void step_size(const Bench *b, bool baseline, BenchSize *s) {
  BenchSize forward, backward;
  forward_size(b, baseline, &forward);
  backward_size(b, baseline, &backward);
  update_size(b, baseline, s);
  shape_text(&b->shape, b->train.batch, s->shape);
  s->units = (int64_t)b->train.batch * b->shape.context;
  s->macs += b->train.batch * (forward.macs + backward.macs);
  s->bytes += b->train.batch * (forward.bytes + backward.bytes);
}

/* Half the context is filled. */
static void generate_size(const Bench *b, bool baseline, BenchSize *s) {
  const ModelConfig *c = &b->shape;
  shape_text(c, 0, s->shape);
  s->units = 1;
  s->macs = bench_matrix_macs(c, 1) + (int64_t)c->vocab * c->dim +
            2 * (int64_t)c->layers * (c->context / 2 + 1) * c->dim;
  s->bytes =
      embedding_bytes(b, baseline) + (baseline ? matrix_bytes(b, true) : packed_matrix_bytes(c));
  s->share = 0;
}

/* ---- checksums ---- */

static uint32_t crc_floats(uint32_t crc, const float *x, size_t n) {
  return crc32(crc, x, n * sizeof(float));
}

/* All weights and embeddings. */
static uint32_t model_crc(const Bench *b) {
  const Model *model = &b->model;
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  const int count = model_float_blocks(model, blocks);
  uint32_t crc = 0;
  for (int l = 0; l < model->config.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++) {
      const WeightMatrix *w = &model->layer[l].matrix[i];
      const size_t n = (size_t)w->rows * (size_t)w->cols;
      if (w->store == STORE_INT8) crc = crc32(crc, w->latent, n);
      if (w->store == STORE_FLOAT) crc = crc_floats(crc, w->float_latent, n);
      if (store_is_packed(w->store))
        crc = crc32(crc, w->packed, matrix_packed_bytes(w->scheme, w->rows, w->cols));
      crc = crc_floats(crc, w->scale, (size_t)w->rows);
    }
  crc = crc32(crc, model->token_embedding,
              (size_t)model_token_parameters(&model->config) * sizeof(int16_t));
  for (int i = 0; i < count; i++) crc = crc_floats(crc, blocks[i].value, (size_t)blocks[i].count);
  for (int i = 0; i < model->rows.count; i++) {
    const RowTable *table = &model->rows.table[i];
    crc = crc32(crc, table->value, (size_t)table->rows * (size_t)table->width);
  }
  return crc;
}

static uint32_t baseline_weights_crc(const Bench *b) {
  return crc_floats(0, b->baseline.weights.all, b->baseline.weights.count);
}

/* ---- all of a step ---- */

static void learner_layout(Bench *b) {
  bench_text_layout(b);
  model_layout(&b->model, &b->shape, store_of(b), &b->arena);
  optimizer_layout(&b->optimizer, &b->model, (OptimizerKind)b->train.optimizer, b->train.batch,
                   &b->arena);
}

static void training_layout(Bench *b) {
  learner_layout(b);
  const BatchSettings settings = {.batch = b->train.batch,
                                  .mode = b->memory,
                                  .threads = b->threads,
                                  .optimizer = (OptimizerKind)b->train.optimizer};
  batch_layout(&b->batch, &b->shape, &settings, &b->arena);
}

static void model_setup(Bench *b) {
  bench_fill_text(b);
  model_init(&b->model, b->train.seed, TOKEN_DEVIATION);
  b->step = 0;
}

static Step next_step(Bench *b, Gradients *gradients) {
  const Step step = {.model = &b->model,
                     .state = &b->optimizer,
                     .gradients = gradients,
                     .config = &b->train,
                     .step = b->step % b->train.steps,
                     .tokens = b->train.batch * b->shape.context};
  b->step++;
  return step;
}

static void draw_starts(Bench *b) {
  const uint32_t first = (uint32_t)b->step * (uint32_t)b->train.batch;
  for (int i = 0; i < b->train.batch; i++) {
    b->starts[i] =
        training_window(b->text_tokens, b->shape.context, b->train.seed, first + (uint32_t)i);
    b->sequences[i] = b->tokens + b->starts[i];
  }
}

static void step_run(Bench *b) {
  LossSum loss;
  draw_starts(b);
  const Step step = next_step(b, &b->batch.first.gradients);
  batch_step(&b->batch, &step, b->sequences, b->token_bytes, &loss);
}

static void baseline_training_layout(Bench *b) { bench_baseline_layout(b, &b->shape, true); }

static void baseline_setup(Bench *b) {
  bench_fill_text(b);
  baseline_init(&b->baseline, b->products, b->train.seed);
  b->step = 0;
}

static void baseline_step_run(Bench *b) {
  draw_starts(b);
  b->result =
      baseline_step(&b->baseline, b->tokens, b->starts, b->train.batch, BASELINE_RATE, b->step++);
}

/* ---- forward and backward of one sequence ---- */

static void forward_layout(Bench *b) { bench_sequence_layout(b, &b->shape, store_of(b)); }

static void forward_run(Bench *b) {
  const Pass pass = bench_pass(b, 0, b->shape.context);
  forward(&pass);
}

static uint32_t final_crc(const Bench *b) {
  const size_t n = (size_t)(b->shape.context * b->shape.dim);
  return crc_floats(crc32(0, b->activations.final.q, n), b->activations.x, n);
}

static void baseline_forward_run(Bench *b) {
  baseline_forward(&b->baseline, b->tokens, 0, b->shape.context);
}

static uint32_t baseline_final_crc(const Bench *b) {
  return crc_floats(0, b->baseline.final.y, (size_t)(b->baseline.rows * b->shape.dim));
}

static void backward_layout_of_phase(Bench *b) {
  forward_layout(b);
  bench_backward_layout(b, &b->shape);
}

static void backward_setup(Bench *b) {
  model_setup(b);
  forward_run(b);
}

static void backward_reset(Bench *b) {
  const uint16_t *const sequences[1] = {b->tokens};
  gradients_find_rows(&b->gradients, &b->model, sequences, 1);
  gradients_clear_layer(&b->gradients, &b->shape, 0); /* the same memory for every layer */
  gradients_clear_floats(&b->gradients, &b->shape);
}

static void backward_run(Bench *b) {
  const Pass pass = bench_training_pass(b);
  loss_backward(&pass, b->dx, b->losses);
  for (int l = b->shape.layers - 1; l >= 0; l--) {
    const LayerActivations kept = activations_slot(&b->activations, l);
    layer_backward(&pass, l, &kept, b->dx);
  }
  embed_backward(&pass, b->dx);
}

static uint32_t backward_crc(const Bench *b) {
  const ModelConfig *c = &b->shape;
  uint32_t crc = crc_floats(0, b->dx, (size_t)(c->context * c->dim));
  for (int i = 0; i < LAYER_MATRICES; i++)
    crc = crc32(crc, b->gradients.matrix[0][i],
                (size_t)(c->dim * (i < WUP ? c->dim : hidden_size(c))) * sizeof(int32_t));
  return crc32(crc, b->gradients.token_embedding, (size_t)(c->vocab * c->dim) * sizeof(int32_t));
}

static void baseline_backward_setup(Bench *b) {
  baseline_setup(b);
  baseline_forward_run(b);
}

static void baseline_reset(Bench *b) { baseline_clear_gradients(&b->baseline); }

static void baseline_backward_run(Bench *b) {
  const uint16_t *tokens = b->tokens;
  b->result = baseline_backward(&b->baseline, tokens, tokens + 1, b->shape.context, 1.0f);
}

static uint32_t baseline_gradients_crc(const Bench *b) {
  return crc_floats(0, b->baseline.gradients.all, b->baseline.gradients.count);
}

/* ---- update ---- */

static void update_layout(Bench *b) {
  learner_layout(b);
  gradients_layout(&b->gradients, &b->shape, b->train.batch, b->shape.layers, NULL, &b->arena);
  for (int l = 0; l < b->shape.layers; l++)
    b->pristine[l] = arena_take(&b->arena, MEMORY_GRADIENTS, (size_t)gradients_of_layer(&b->shape),
                                sizeof(int32_t));
}

static void update_setup(Bench *b) {
  int32_t *blocks[MAX_FLOAT_BLOCKS];
  FloatBlock values[MAX_FLOAT_BLOCKS];
  model_setup(b);
  for (int l = 0; l < b->shape.layers; l++)
    bench_fill_sums(b->pristine[l], gradients_of_layer(&b->shape), bench_key(b, 100 + (uint32_t)l));
  const int count = gradients_float_blocks(&b->gradients, &b->shape, blocks);
  const uint16_t *const sequences[1] = {b->tokens};
  gradients_find_rows(&b->gradients, &b->model, sequences, 1);
  bench_fill_sums(b->gradients.token_embedding, b->shape.vocab * b->shape.dim, bench_key(b, 400));
  model_float_blocks(&b->model, values);
  for (int i = 0; i < count; i++)
    bench_fill_sums(blocks[i], values[i].count, bench_key(b, 200 + (uint32_t)i));
  for (int i = 0; i < b->gradients.tables; i++) {
    const RowGradients *g = &b->gradients.rows[i];
    bench_fill_sums(g->sums, gradients_rows(g) * g->width, bench_key(b, 300 + (uint32_t)i));
  }
}

/* The gradients of matrices, which a step overwrites. */
static void update_reset(Bench *b) {
  for (int l = 0; l < b->shape.layers; l++) {
    const int32_t *from = b->pristine[l];
    for (int i = 0; i < LAYER_MATRICES; i++) {
      const WeightMatrix *w = &b->model.layer[l].matrix[i];
      const size_t n = (size_t)w->rows * (size_t)w->cols;
      memcpy(b->gradients.matrix[l][i], from, n * sizeof *from);
      from += n;
    }
  }
}

static void update_run(Bench *b) {
  const Step step = next_step(b, &b->gradients);
  for (int l = b->shape.layers - 1; l >= 0; l--) optimizer_step_layer(&step, l);
  optimizer_step_floats(&step);
}

static void baseline_update_setup(Bench *b) {
  const BaselineParameters *g = &b->baseline.gradients;
  baseline_setup(b);
  bench_fill(g->all, (int)g->count, 0.001f, bench_key(b, 100));
}

static void baseline_update_run(Bench *b) {
  baseline_update(&b->baseline, BASELINE_RATE, b->step++);
}

/* ---- generate ---- */

static void generate_layout(Bench *b) {
  bench_sequence_layout(b, &b->shape, store_to_write((SchemeKind)b->shape.scheme));
}

static void generate_setup(Bench *b) {
  model_setup(b);
  const Pass pass = bench_pass(b, 0, b->shape.context / 2);
  forward(&pass);
}

static void generate_run(Bench *b) {
  const int t = b->shape.context / 2;
  const Pass pass = bench_pass(b, t, 1);
  forward(&pass);
  b->logits = forward_logits(&pass, t);
}

static uint32_t logits_crc(const Bench *b) {
  return crc_floats(0, b->logits, (size_t)b->shape.vocab);
}

static void baseline_generate_layout(Bench *b) { bench_baseline_layout(b, &b->shape, false); }

static void baseline_generate_setup(Bench *b) {
  baseline_setup(b);
  for (int t = 0; t < b->shape.context / 2; t++) baseline_forward(&b->baseline, b->tokens, t, 1);
}

static void baseline_generate_run(Bench *b) {
  baseline_forward(&b->baseline, b->tokens, b->shape.context / 2, 1);
  baseline_logits(&b->baseline, 0);
}

static uint32_t baseline_logits_crc(const Bench *b) {
  return crc_floats(0, b->baseline.logits, (size_t)b->shape.vocab);
}

/* ---- counts ---- */

enum {
  COUNTED = 1 << 14,
  MOST_COUNTS = 8 << 20,
  COPIED = 12 /* tokens of a run that came before */
};

static void count_size(const Bench *b, bool baseline, BenchSize *size) {
  (void)baseline;
  snprintf(size->shape, sizeof size->shape, "%dx%d", COUNTED, (int)b->train.order);
  size->units = COUNTED;
}

static void predict_size(const Bench *b, bool baseline, BenchSize *size) {
  count_size(b, baseline, size);
  snprintf(size->shape, sizeof size->shape, "%dx%dx%d", COUNTED, (int)b->train.order,
           (int)b->shape.vocab);
  size->units = 1;
}

static void count_layout(Bench *b) {
  const int V = b->shape.vocab, order = b->train.order;
  const CountsShape shape = {V, 0, order, counts_wanted_bytes(COUNTED, V, order, MOST_COUNTS)};
  const TextFacts facts = {.tokens = COUNTED};
  text_layout(&b->counted, &facts, V, NULL, &b->arena);
  counts_clear(&b->counts, &shape, arena_take(&b->arena, MEMORY_COUNTS, shape.bytes, 1));
  b->a = arena_take(&b->arena, MEMORY_WORKSPACE, (size_t)V, sizeof *b->a);
  b->b = arena_take(&b->arena, MEMORY_WORKSPACE, (size_t)V, sizeof *b->b);
}

/* Random tokens, rare ones rarer, and now and then a run that came before, as texts have them. */
static void count_setup(Bench *b) {
  const uint32_t key = bench_key(b, 200);
  for (int i = 0, copied = 0, from = 0; i < COUNTED; i++) {
    const uint32_t draw = random_u32(key, (uint32_t)i), V = (uint32_t)b->shape.vocab;
    if (copied == 0 && i > COPIED && draw % 8 == 0) {
      copied = COPIED;
      from = (int)(draw / 8 % (uint32_t)(i - COPIED));
    }
    const int token = copied > 0 ? get_token(b->counted.tokens, b->counted.width, (size_t)from++)
                                 : (int)((draw >> 8) % (1 + (draw >> 20) % V));
    copied -= copied > 0;
    put_token(b->counted.tokens, b->counted.width, (size_t)i, (uint16_t)token);
  }
}

static void count_run(Bench *b) {
  Error error;
  const CountedPart part = {&b->counted, 0, COUNTED};
  counts_build(&b->counts, &part, NOTHING_LENT, &error); /* in memory, where nothing fails */
}

static uint32_t count_crc(const Bench *b) { return crc32(0, b->counts.block, b->counts.used); }

/* The text is counted, and stands at its last tokens; some logits are there to be mixed with. */
static void predict_setup(Bench *b) {
  count_setup(b);
  count_run(b);
  counts_restart(&b->context);
  for (int i = COUNTED - COPIED; i < COUNTED; i++)
    counts_push(&b->counts, &b->context, get_token(b->counted.tokens, b->counted.width, (size_t)i));
}

static void predict_reset(Bench *b) { bench_fill(b->a, b->shape.vocab, 2.0f, bench_key(b, 201)); }

static void predict_run(Bench *b) {
  const Counts *c = &b->counts;
  counts_distribution(c, &b->context, b->b);
  gate_logits(c->gate[counts_bucket(c, &b->context)], b->a, b->b, b->shape.vocab);
}

static uint32_t predict_crc(const Bench *b) { return crc_floats(0, b->a, (size_t)b->shape.vocab); }

/* ---- the table ---- */

const BenchRow bench_phases[BENCH_PHASES] = {
    {GROUP_PHASE,
     "step",
     "token",
     "a whole training step: every sequence, and the update",
     step_size,
     {training_layout, model_setup, NULL, step_run, model_crc},
     {baseline_training_layout, baseline_setup, NULL, baseline_step_run, baseline_weights_crc},
     true,
     true},
    {GROUP_PHASE,
     "forward",
     "token",
     "one sequence, from tokens to the last norm",
     forward_size,
     {forward_layout, model_setup, NULL, forward_run, final_crc},
     {baseline_training_layout, baseline_setup, NULL, baseline_forward_run, baseline_final_crc},
     true,
     false},
    {GROUP_PHASE,
     "backward",
     "token",
     "one sequence, from the logits to all gradients",
     backward_size,
     {backward_layout_of_phase, backward_setup, backward_reset, backward_run, backward_crc},
     {baseline_training_layout, baseline_backward_setup, baseline_reset, baseline_backward_run,
      baseline_gradients_crc},
     true,
     false},
    {GROUP_PHASE,
     "update",
     "weight",
     "the optimizer, on all weights; fp32: AdamW",
     update_size,
     {update_layout, update_setup, update_reset, update_run, model_crc},
     {baseline_training_layout, baseline_update_setup, NULL, baseline_update_run,
      baseline_weights_crc},
     false,
     false},
    {GROUP_PHASE,
     "generate",
     "token",
     "one token in the middle of the context, logits included, from packed weights and kept keys "
     "and values",
     generate_size,
     {generate_layout, generate_setup, NULL, generate_run, logits_crc},
     {baseline_generate_layout, baseline_generate_setup, NULL, baseline_generate_run,
      baseline_logits_crc},
     true,
     false},
    {GROUP_PHASE,
     "count",
     "token",
     "the n-grams of a text of 16,384 tokens",
     count_size,
     {count_layout, count_setup, NULL, count_run, count_crc},
     {NULL, NULL, NULL, NULL, NULL},
     false,
     false},
    {GROUP_PHASE,
     "predict",
     "token",
     "the next token by these n-grams, mixed with the logits of a model",
     predict_size,
     {count_layout, predict_setup, predict_reset, predict_run, predict_crc},
     {NULL, NULL, NULL, NULL, NULL},
     false,
     false},
};
