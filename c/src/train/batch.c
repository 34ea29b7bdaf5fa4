/* batch.c - the order in which sequences and layers take their turns, and who takes them. What they
 * compute is in forward.c, backward.c and optimizer.c. */
#include "train/batch.h"

#include <string.h>

#include "base/ints.h"
#include "model/backward.h"
#include "model/forward.h"

/* ---- memory ---- */

static int workers_of(const Batch *b) { return threads_count(&b->settings.threads); }

/* Sequences of the batch that are this rank's, at most. */
static int share_of(const BatchSettings *s) { return ranks_share(&s->ranks, s->batch); }

/* Sequences of a micro-batch that fall to a worker, at most. */
static int sequences_each(const Batch *b) {
  const int workers = workers_of(b);
  return (b->settings.mode.micro_batch + workers - 1) / workers;
}

/* Whether gradients are added up over several ranks. */
static bool has_ranks(const Batch *b) { return ranks_count(&b->settings.ranks) > 1; }

/* Whether a micro-batch has as many sequences as the largest part of a rank: then a layer is
 * stepped as soon as that has been through it, and its gradient has the memory of another one. */
static bool steps_by_layer(const Batch *b) {
  return b->settings.mode.micro_batch == share_of(&b->settings);
}

/* Layers whose gradients a worker holds. With ranks the sums of one are on their way while those of
 * the next are computed. */
static int layers_held(const Batch *b, bool is_first) {
  const int L = b->config->layers;
  if (!steps_by_layer(b)) return L;
  return min_int(L, is_first && has_ranks(b) ? 2 : 1);
}

/* first: the gradients of the first worker, null where these are they. */
static void workspace_layout(BatchWorkspace *w, const Batch *b, const Gradients *first,
                             Arena *arena) {
  const ModelConfig *c = b->config;
  const BatchSettings *s = &b->settings;
  const int slots = b->segment == 1 ? 1 : b->segment * sequences_each(b);
  activations_layout(&w->activations, c, c->context, slots, arena);
  gradients_layout(&w->gradients, c, s->batch, layers_held(b, !first), first, arena);
  backward_layout(&w->backward, c, c->context, arena);
  w->losses = arena_take(arena, MEMORY_WORKSPACE, (size_t)c->context, sizeof(float));
}

/* A worker at work: what it computes in, and what it counted in its turn. */
typedef struct {
  BatchWorkspace space;
  OptimizerScratch scratch;
  StepStats stats;
  LossSum loss;
} Worker;

/* The pieces of a worker that is not the first: all that the first has from elsewhere, too. */
static void worker_layout(Worker *w, const Batch *b, Arena *arena) {
  workspace_layout(&w->space, b, &b->first.gradients, arena);
  optimizer_scratch_layout(&w->scratch, b->config, b->settings.optimizer, b->settings.batch, arena);
  if (b->settings.statistics) step_stats_layout(&w->stats, b->config, arena);
}

void batch_layout(Batch *b, const ModelConfig *config, const BatchSettings *settings,
                  Arena *arena) {
  const int L = config->layers, segment = settings->mode.segment;
  Worker other;
  b->settings = *settings;
  b->settings.mode.micro_batch = min_int(settings->mode.micro_batch, share_of(settings));
  b->config = config;
  b->segment = segment > 0 && segment < L ? segment : L;
  b->segments = (L + b->segment - 1) / b->segment;
  const size_t M = (size_t)b->settings.mode.micro_batch;
  const size_t streams = (size_t)(b->segments > 1 ? b->segments - 1 : 1) * M;
  const size_t TD = (size_t)config->context * (size_t)config->dim, from = arena->used;
  workspace_layout(&b->first, b, NULL, arena);
  b->stream = arena_take(arena, MEMORY_ACTIVATIONS, streams * TD, sizeof(float));
  const size_t before = arena->used;
  for (int w = 1; w < workers_of(b); w++) worker_layout(&other, b, arena);
  b->others = arena->block ? arena->block + before : NULL;
  b->other_bytes = workers_of(b) > 1 ? (arena->used - before) / (size_t)(workers_of(b) - 1) : 0;
  b->memory = arena_since(arena, from, &b->bytes);
}

/* The pieces of worker number w, found again. step null: it computes no step. */
static void find_worker(Worker *w, const Batch *b, const Step *step, int number) {
  memset(w, 0, sizeof *w);
  if (number > 0) {
    Arena piece = {.block = b->others + (size_t)(number - 1) * b->other_bytes,
                   .size = b->other_bytes};
    worker_layout(w, b, &piece);
    return;
  }
  w->space = b->first;
  if (step) w->scratch = step->state->scratch;
  if (step && step->stats) w->stats = *step->stats;
  step_stats_clear(&w->stats);
}

Activations batch_activations(const Batch *b, int worker) {
  Worker w;
  find_worker(&w, b, NULL, worker);
  return w.space.activations;
}

/* ---- one micro-batch at work ---- */

enum { NO_LAYER = -1 };

typedef struct {
  Batch *b;
  const Step *step;
  const uint16_t *const *tokens; /* [M] of [T + 1] */
  const uint8_t *token_bytes;    /* [V] */
  int first, count; /* number of the first in the batch; how many, M but for the last */
  bool is_last;     /* of this rank's part */
  int on_its_way;   /* layer whose gradient is being added up over all ranks, or NO_LAYER */
  bool lost;        /* a rank is gone */
  LossSum loss;
} MicroBatch;

static int context_of(const MicroBatch *m) { return m->b->config->context; }
static int layers_of(const MicroBatch *m) { return m->b->config->layers; }

/* Sequence i at work; only the latest of these is good, so each turn of a sequence makes its own.
 */
static Pass pass_of(const MicroBatch *m, Worker *w, int i) {
  const TrainConfig *train = m->step->config;
  const RowDropout dropout = {.share = train->ngram_dropout,
                              .seed = train->seed,
                              .step = (uint32_t)m->step->step,
                              .place = (uint32_t)((m->first + i) * context_of(m))};
  return pass_make_training(m->step->model, &w->space.activations, &w->space.gradients,
                            &w->space.backward, m->tokens[i], context_of(m), &dropout,
                            &m->step->trace);
}

/* Where sequence i keeps its residual stream at the start of a segment, or its dx (any of the last
 * segment): [T,D] */
static float *stream_at(const MicroBatch *m, int segment, int i) {
  const Batch *b = m->b;
  const size_t TD = (size_t)context_of(m) * (size_t)b->config->dim;
  const int row = segment > 0 ? segment - 1 : 0, M = b->settings.mode.micro_batch;
  return b->stream + ((size_t)row * (size_t)M + (size_t)i) * TD;
}

static float *dx_of(const MicroBatch *m, int i) { return stream_at(m, m->b->segments - 1, i); }

static int first_layer(const Batch *b, int segment) { return segment * b->segment; }

static int end_layer(const Batch *b, int segment, int layers) {
  const int end = (segment + 1) * b->segment;
  return end < layers ? end : layers;
}

/* The activations of layer l of sequence i, which is the worker's. */
static LayerActivations kept_of(const Batch *b, const Worker *w, int l, int i) {
  const int slot = b->segment == 1 ? 0 : i / workers_of(b) * b->segment + l % b->segment;
  return activations_slot(&w->space.activations, slot);
}

/* ---- turns: what is done with one sequence, or with one matrix ---- */

/* Turn i of some work, `at` a layer or a segment. */
typedef void TurnWork(const void *context, Worker *worker, int at, int i);

typedef struct {
  const Batch *b;
  const Step *step;
  TurnWork *work;
  const void *context;
  int at, count; /* turns 0 .. count-1 */
  struct {
    LossSum loss;
    StepCounts counts;
  } done[MAX_THREADS]; /* by each worker */
} Turns;

/* The turns first, first + every, ... with the memory of worker `number`. After each of the first
 * worker's, what is on its way between ranks goes on. */
static void take_turns(Turns *t, int number, int first, int every) {
  Worker w;
  find_worker(&w, t->b, t->step, number);
  for (int i = first; i < t->count; i += every) {
    t->work(t->context, &w, t->at, i);
    if (number == 0) ranks_go_on(&t->b->settings.ranks);
  }
  loss_join(&t->done[number].loss, &w.loss);
  step_counts_join(&t->done[number].counts, &w.stats.counts);
}

static void worker_turns(void *argument, int number) {
  Turns *t = argument;
  take_turns(t, number, number, workers_of(t->b));
}

/* All turns, by all workers. A trace shows tensors in the order of the turns, so that nothing but
 * the calling thread may take them; the memory is that of the workers all the same. */
static LossSum run_turns(const Batch *b, const Step *step, TurnWork *work, const void *context,
                         int at, int count) {
  Turns t = {.b = b, .step = step, .work = work, .context = context, .at = at, .count = count};
  LossSum loss = {0, 0, 0};
  if (trace_is_on(&step->trace))
    for (int i = 0; i < count; i++) take_turns(&t, i % workers_of(b), i, count);
  else
    threads_run(&b->settings.threads, worker_turns, &t);
  for (int w = 0; w < workers_of(b); w++) {
    loss_join(&loss, &t.done[w].loss);
    if (step->stats) step_counts_join(&step->stats->counts, &t.done[w].counts);
  }
  return loss;
}

/* ---- turns of sequences ---- */

/* Sequence i through the layers of a segment, from its worker's activations.x to there. */
static void segment_forward(const MicroBatch *m, Worker *w, const Pass *pass, int segment, int i) {
  const Batch *b = m->b;
  for (int l = first_layer(b, segment); l < end_layer(b, segment, layers_of(m)); l++) {
    LayerActivations kept = kept_of(b, w, l, i);
    layer_forward(pass, l, &kept);
  }
}

static size_t stream_bytes(const MicroBatch *m) {
  return (size_t)context_of(m) * (size_t)m->b->config->dim * sizeof(float);
}

/* Up to the last segment, keeping the residual stream at each segment's start. */
static void forward_to_last_segment(const void *micro_batch, Worker *w, int last, int i) {
  const MicroBatch *m = micro_batch;
  const Pass pass = pass_of(m, w, i);
  embed_forward(&pass);
  for (int s = 0; s < last; s++) {
    segment_forward(m, w, &pass, s, i);
    memcpy(stream_at(m, s + 1, i), w->space.activations.x, stream_bytes(m));
  }
}

static void sequence_backward(const void *micro_batch, Worker *w, int l, int i) {
  const MicroBatch *m = micro_batch;
  const LayerActivations kept = kept_of(m->b, w, l, i);
  if (m->step->stats) step_stats_activations(&w->stats, &kept, context_of(m));
  const Pass pass = pass_of(m, w, i);
  layer_backward(&pass, l, &kept, dx_of(m, i));
}

/* Adds the loss of sequence i, and makes its dx. */
static void sequence_loss(const MicroBatch *m, Worker *w, const Pass *pass, int i) {
  const uint16_t *targets = m->tokens[i] + 1;
  final_forward(pass);
  loss_backward(pass, dx_of(m, i), w->space.losses);
  for (int t = 0; t < context_of(m); t++)
    loss_add(&w->loss, w->space.losses[t], m->token_bytes[targets[t]]);
}

/* Whether a layer's gradient is complete when this micro-batch has been there, and taken at once:
 * to be stepped, or to be sent while those before it are computed. */
static bool completes_layers(const MicroBatch *m) {
  return m->is_last && (steps_by_layer(m->b) || has_ranks(m->b));
}

/* Whether a sequence goes back through a segment at once. It cannot where a layer is taken as soon
 * as all sequences have been there. With a single layer it must, as they share one slot. */
static bool goes_back_at_once(const MicroBatch *m) {
  return m->b->segment == 1 || !completes_layers(m);
}

/* Through a segment again, from its start, and back where that is done at once; the last segment
 * ends in the loss and in dx. */
static void recompute_segment(const void *micro_batch, Worker *w, int segment, int i) {
  const MicroBatch *m = micro_batch;
  const Pass pass = pass_of(m, w, i);
  if (segment == 0)
    embed_forward(&pass);
  else
    memcpy(w->space.activations.x, stream_at(m, segment, i), stream_bytes(m));
  segment_forward(m, w, &pass, segment, i);
  if (segment + 1 == m->b->segments) sequence_loss(m, w, &pass, i);
  if (!goes_back_at_once(m)) return;
  for (int l = end_layer(m->b, segment, layers_of(m)) - 1; l >= first_layer(m->b, segment); l--)
    sequence_backward(m, w, l, i);
}

static void sequence_embed_backward(const void *micro_batch, Worker *w, int at, int i) {
  const MicroBatch *m = micro_batch;
  const Pass pass = pass_of(m, w, i);
  (void)at;
  embed_backward(&pass, dx_of(m, i));
}

static void every_sequence(MicroBatch *m, TurnWork *work, int at) {
  const LossSum loss = run_turns(m->b, m->step, work, m, at, m->count);
  loss_join(&m->loss, &loss);
}

/* ---- turns of matrices ---- */

/* The matrices of some layers, from the last layer on. */
typedef struct {
  const Batch *b;
  const Step *step;
  float *squares; /* of the mean gradient of each, in the order of the turns */
} Matrices;

/* Adds up n sums over all workers, from those of a matrix on. */
static void join_sums(const Batch *b, int layer, int which, int n) {
  Worker other;
  for (int w = 1; w < workers_of(b); w++) {
    find_worker(&other, b, NULL, w);
    gradients_join(b->first.gradients.matrix[layer][which],
                   other.space.gradients.matrix[layer][which], n);
  }
}

/* Steps matrix i of those of layers last, last-1, ...; its gradient is complete. */
static void step_matrix(const void *matrices, Worker *w, int last, int i) {
  const Matrices *m = matrices;
  const int layer = last - i / LAYER_MATRICES, which = i % LAYER_MATRICES;
  const WeightMatrix *weights = &m->step->model->layer[layer].matrix[which];
  Step step = *m->step;
  if (step.stats) step.stats = &w->stats;
  w->stats.squares = 0.0f;
  if (!has_ranks(m->b)) join_sums(m->b, layer, which, weights->rows * weights->cols);
  optimizer_step_matrix(&step, &w->scratch, layer, which);
  m->squares[i] = w->stats.squares;
}

/* Steps the matrices of layers first .. last; the norm adds up in their order, whoever did them. */
static void step_layers(const Batch *b, const Step *step, int first, int last) {
  float squares[MAX_LAYERS * LAYER_MATRICES];
  const Matrices matrices = {b, step, squares};
  const int count = (last - first + 1) * LAYER_MATRICES;
  run_turns(b, step, step_matrix, &matrices, last, count);
  for (int i = 0; step->stats && i < count; i++)
    step->stats->squares = step->stats->squares + squares[i];
}

/* Steps layer l, whose gradient then makes room for another one. */
static void step_layer(MicroBatch *m, int l) {
  step_layers(m->b, m->step, l, l);
  gradients_clear_layer(&m->b->first.gradients, m->b->config, l);
}

/* ---- gradients over several ranks ---- */

/* Sends sums [n] on their way to be added up over all ranks: those of layer l, or of no layer. What
 * was on its way has to be there first; if that is a layer, it is stepped meanwhile. */
static void exchange_sums(MicroBatch *m, int32_t *sums, int n, int l) {
  const Ranks *ranks = &m->b->settings.ranks;
  const int there = m->on_its_way;
  m->lost = m->lost || !ranks_finish(ranks);
  if (m->lost) return;
  ranks_begin(ranks, sums, (size_t)n);
  m->on_its_way = l;
  if (there != NO_LAYER) step_layer(m, there);
}

/* ---- a step ---- */

/* The gradient of layer l is complete, but for those of other ranks. */
static void complete_layer(MicroBatch *m, int l) {
  if (!has_ranks(m->b)) {
    step_layer(m, l);
    return;
  }
  const int n = gradients_of_layer(m->b->config);
  join_sums(m->b, l, 0, n);
  exchange_sums(m, m->b->first.gradients.matrix[l][0], n, l);
}

/* Forward and backward of one segment. */
static void run_segment(MicroBatch *m, int segment) {
  Batch *b = m->b;
  const int first = first_layer(b, segment), end = end_layer(b, segment, layers_of(m));
  every_sequence(m, recompute_segment, segment);
  for (int l = end - 1; l >= first && !m->lost; l--) {
    if (!goes_back_at_once(m)) every_sequence(m, sequence_backward, l);
    if (completes_layers(m)) complete_layer(m, l);
  }
}

static void run_micro_batch(MicroBatch *m) {
  const int last = m->b->segments - 1;
  if (last > 0) every_sequence(m, forward_to_last_segment, last);
  for (int s = last; s >= 0 && !m->lost; s--) run_segment(m, s);
  every_sequence(m, sequence_embed_backward, 0);
}

static void clear_gradients(const void *batch, Worker *w, int at, int i) {
  const Batch *b = batch;
  Gradients *g = &w->space.gradients;
  (void)at, (void)i;
  gradients_clear_floats(g, b->config);
  for (int l = 0; l < g->held; l++) gradients_clear_layer(g, b->config, l);
}

/* Adds up the gradients of all workers for the embeddings, gains and rows. */
static void join_floats(const Batch *b, const Model *model) {
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  int32_t *sums[MAX_FLOAT_BLOCKS], *others[MAX_FLOAT_BLOCKS];
  const int count = model_float_blocks(model, blocks);
  Worker other;
  gradients_float_blocks(&b->first.gradients, b->config, sums);
  for (int w = 1; w < workers_of(b); w++) {
    find_worker(&other, b, NULL, w);
    gradients_float_blocks(&other.space.gradients, b->config, others);
    for (int i = 0; i < count; i++) gradients_join(sums[i], others[i], blocks[i].count);
    gradients_join(b->first.gradients.token_embedding, other.space.gradients.token_embedding,
                   model->config.vocab * model->config.dim);
    for (int i = 0; i < model->rows.count; i++) {
      const RowGradients *r = &b->first.gradients.rows[i];
      gradients_join(r->sums, other.space.gradients.rows[i].sums, gradients_rows(r) * r->width);
    }
  }
}

/* Adds up the gradients of all ranks for the embeddings, gains and rows, of which all have the
 * same. */
static void share_floats(MicroBatch *m) {
  const Gradients *g = &m->b->first.gradients;
  const Model *model = m->step->model;
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  int32_t *sums[MAX_FLOAT_BLOCKS];
  const int count = model_float_blocks(model, blocks);
  exchange_sums(m, g->token_embedding, model->config.vocab * model->config.dim, NO_LAYER);
  gradients_float_blocks(g, m->b->config, sums);
  for (int i = 0; i < count; i++) exchange_sums(m, sums[i], blocks[i].count, NO_LAYER);
  for (int i = 0; i < model->rows.count; i++) {
    const RowGradients *r = &g->rows[i];
    exchange_sums(m, r->sums, gradients_rows(r) * r->width, NO_LAYER);
  }
  m->lost = m->lost || !ranks_finish(&m->b->settings.ranks);
}

/* Adds up what all ranks counted: the loss, and what they saw of activations. */
static void share_counts(MicroBatch *m) {
  StepStats *stats = m->step->stats;
  int64_t n[] = {m->loss.sum, m->loss.tokens, m->loss.bytes, 0, 0};
  if (stats) n[3] = stats->counts.activations, n[4] = stats->counts.clipped;
  m->lost = m->lost || !ranks_add_numbers(&m->b->settings.ranks, n, (int)(sizeof n / sizeof *n));
  m->loss = (LossSum){.sum = n[0], .tokens = n[1], .bytes = n[2]};
  if (stats) stats->counts.activations = n[3], stats->counts.clipped = n[4];
}

/* This rank's sequences, a micro-batch after the other. */
static void run_share(MicroBatch *m, const uint16_t *const *sequences) {
  const BatchSettings *s = &m->b->settings;
  const int end = ranks_first(&s->ranks, s->batch, s->ranks.rank + 1);
  m->first = ranks_first(&s->ranks, s->batch, s->ranks.rank);
  for (; m->first < end && !m->lost; m->first += m->count) {
    m->count = min_int(end - m->first, s->mode.micro_batch);
    m->is_last = m->first + m->count == end;
    m->tokens = sequences + m->first;
    run_micro_batch(m);
  }
}

bool batch_step(Batch *b, const Step *step, const uint16_t *const *sequences,
                const uint8_t *token_bytes, LossSum *loss) {
  MicroBatch m = {.b = b, .step = step, .token_bytes = token_bytes, .on_its_way = NO_LAYER};
  if (step->stats) step_stats_clear(step->stats);
  run_turns(b, step, clear_gradients, b, 0, workers_of(b));
  gradients_find_rows(&b->first.gradients, step->model, sequences, b->settings.batch);
  run_share(&m, sequences);
  if (!steps_by_layer(b) && !has_ranks(b)) step_layers(b, step, 0, b->config->layers - 1);
  join_floats(b, step->model);
  if (has_ranks(b)) {
    share_floats(&m);
    share_counts(&m);
  }
  if (m.lost) return false;
  optimizer_step_floats(step);
  *loss = m.loss;
  return true;
}
