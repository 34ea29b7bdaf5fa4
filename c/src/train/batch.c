/* batch.c - the order in which sequences and layers take their turns. What they compute is in
 * forward.c, backward.c and optimizer.c. */
#include "train/batch.h"

#include <string.h>

#include "model/backward.h"
#include "model/forward.h"

void batch_layout(Batch *b, const ModelConfig *config, int batch, MemoryMode mode, Arena *arena) {
  const int L = config->layers;
  b->batch = batch;
  b->micro_batch = mode.micro_batch;
  b->segment = mode.segment > 0 && mode.segment < L ? mode.segment : L;
  b->segments = (L + b->segment - 1) / b->segment;
  const int slots = b->segment == 1 ? 1 : b->segment * b->micro_batch;
  const size_t streams = (size_t)(b->segments > 1 ? b->segments - 1 : 1) * (size_t)b->micro_batch;
  const size_t TD = (size_t)config->context * (size_t)config->dim;
  activations_layout(&b->activations, config, config->context, slots, arena);
  b->stream = arena_take(arena, MEMORY_ACTIVATIONS, streams * TD, sizeof(float));
  gradients_layout(&b->gradients, config, batch, mode.micro_batch == batch, arena);
  backward_layout(&b->backward, config, config->context, arena);
  b->losses = arena_take(arena, MEMORY_WORKSPACE, (size_t)config->context, sizeof(float));
}

/* One micro-batch at work. */
typedef struct {
  Batch *b;
  const Step *step;
  const uint16_t *const *tokens; /* [M] of [T + 1] */
  const uint8_t *token_bytes;    /* [V] */
  int count;                     /* sequences in it, M but for the last */
  LossSum loss;
} MicroBatch;

static int context_of(const MicroBatch *m) { return m->step->model->config.context; }
static int layers_of(const MicroBatch *m) { return m->step->model->config.layers; }

/* Sequence i at work; only the latest of these is good, so each turn of a sequence makes its own.
 */
static Pass pass_of(const MicroBatch *m, int i) {
  Batch *b = m->b;
  return pass_make_training(m->step->model, &b->activations, &b->gradients, &b->backward,
                            m->tokens[i], context_of(m), &m->step->trace);
}

/* Where sequence i keeps its residual stream at the start of a segment, or its dx (any of the last
 * segment): [T,D] */
static float *stream_at(const MicroBatch *m, int segment, int i) {
  const Batch *b = m->b;
  const size_t TD = (size_t)context_of(m) * (size_t)m->step->model->config.dim;
  const int row = segment > 0 ? segment - 1 : 0;
  return b->stream + ((size_t)row * (size_t)b->micro_batch + (size_t)i) * TD;
}

static float *dx_of(const MicroBatch *m, int i) { return stream_at(m, m->b->segments - 1, i); }

static int first_layer(const Batch *b, int segment) { return segment * b->segment; }

static int end_layer(const Batch *b, int segment, int layers) {
  const int end = (segment + 1) * b->segment;
  return end < layers ? end : layers;
}

/* The activations of layer l of sequence i. */
static LayerActivations kept_of(const Batch *b, int l, int i) {
  const int slot = b->segment == 1 ? 0 : i * b->segment + l % b->segment;
  return activations_slot(&b->activations, slot);
}

/* Sequence i through the layers of a segment, from b->activations.x to there. */
static void segment_forward(const MicroBatch *m, const Pass *pass, int segment, int i) {
  const Batch *b = m->b;
  for (int l = first_layer(b, segment); l < end_layer(b, segment, layers_of(m)); l++) {
    LayerActivations kept = kept_of(b, l, i);
    layer_forward(pass, l, &kept);
  }
}

/* Sequence i up to the last segment, keeping the residual stream at each segment's start. */
static void forward_to_last_segment(const MicroBatch *m, int i) {
  Batch *b = m->b;
  const size_t bytes = (size_t)context_of(m) * (size_t)m->step->model->config.dim * sizeof(float);
  if (b->segments == 1) return;
  const Pass pass = pass_of(m, i);
  embed_forward(&pass);
  for (int s = 0; s + 1 < b->segments; s++) {
    segment_forward(m, &pass, s, i);
    memcpy(stream_at(m, s + 1, i), b->activations.x, bytes);
  }
}

/* Sequence i through a segment again, from its start; the last one ends in the loss and in dx. */
static void recompute_segment(MicroBatch *m, int segment, int i) {
  Batch *b = m->b;
  const int T = context_of(m);
  const size_t bytes = (size_t)T * (size_t)m->step->model->config.dim * sizeof(float);
  const Pass pass = pass_of(m, i);
  if (segment == 0)
    embed_forward(&pass);
  else
    memcpy(b->activations.x, stream_at(m, segment, i), bytes);
  segment_forward(m, &pass, segment, i);
  if (segment + 1 < b->segments) return;
  final_forward(&pass);
  loss_backward(&pass, dx_of(m, i), b->losses);
  for (int t = 0; t < T; t++) loss_add(&m->loss, b->losses[t], m->token_bytes[m->tokens[i][t + 1]]);
}

static void sequence_backward(const MicroBatch *m, int l, int i) {
  const LayerActivations kept = kept_of(m->b, l, i);
  if (m->step->stats) step_stats_activations(m->step->stats, &kept, context_of(m));
  const Pass pass = pass_of(m, i);
  layer_backward(&pass, l, &kept, dx_of(m, i));
}

/* Steps the matrices of a layer whose gradient is complete; the next layer's goes to the same
 * place.
 */
static void finish_layer(const MicroBatch *m, int l) {
  optimizer_step_layer(m->step, l);
  gradients_clear_layer(&m->b->gradients, &m->step->model->config, l);
}

/* Forward and backward of one segment. With a single layer a sequence can be done with before the
 * next one begins, so that they share one slot. */
static void run_segment(MicroBatch *m, int segment) {
  Batch *b = m->b;
  const int first = first_layer(b, segment), end = end_layer(b, segment, layers_of(m));
  const bool single = b->segment == 1;
  for (int i = 0; i < m->count; i++) {
    recompute_segment(m, segment, i);
    if (single) sequence_backward(m, first, i);
  }
  for (int l = end - 1; l >= first; l--) {
    for (int i = 0; !single && i < m->count; i++) sequence_backward(m, l, i);
    if (b->gradients.by_layer) finish_layer(m, l);
  }
}

static void run_micro_batch(MicroBatch *m) {
  for (int i = 0; i < m->count; i++) forward_to_last_segment(m, i);
  for (int s = m->b->segments - 1; s >= 0; s--) run_segment(m, s);
  for (int i = 0; i < m->count; i++) {
    const Pass pass = pass_of(m, i);
    embed_backward(&pass, dx_of(m, i));
  }
}

LossSum batch_step(Batch *b, const Step *step, const uint16_t *const *sequences,
                   const uint8_t *token_bytes) {
  MicroBatch m = {.b = b, .step = step, .token_bytes = token_bytes};
  const ModelConfig *config = &step->model->config;
  const int held = b->gradients.by_layer ? 1 : config->layers; /* layers with a gradient */
  if (step->stats) step_stats_clear(step->stats);
  gradients_clear_floats(&b->gradients, config);
  for (int l = 0; l < held; l++) gradients_clear_layer(&b->gradients, config, l);
  for (int done = 0; done < b->batch; done += m.count) {
    m.count = b->batch - done < b->micro_batch ? b->batch - done : b->micro_batch;
    m.tokens = sequences + done;
    run_micro_batch(&m);
  }
  if (!b->gradients.by_layer)
    for (int l = config->layers - 1; l >= 0; l--) optimizer_step_layer(step, l);
  optimizer_step_floats(step);
  return m.loss;
}
