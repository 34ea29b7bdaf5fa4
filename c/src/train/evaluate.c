/* evaluate.c - one window after the other, a layer at a time. */
#include "train/evaluate.h"

#include <string.h>

#include "counts/gates.h"
#include "counts/kneser_ney.h"
#include "math/math_ops.h"
#include "model/forward.h"

/* Place of the target among logits [V]: how many are larger, equal ones of smaller tokens too. */
static int rank_of(const float *logits, int vocab, int target) {
  int rank = 0;
  for (int v = 0; v < vocab; v++)
    if (logits[v] > logits[target] || (logits[v] == logits[target] && v < target)) rank++;
  return rank;
}

static void note_rank(Evaluation *e, int rank) {
  e->top1 += rank < 1;
  e->top3 += rank < 3;
  e->top5 += rank < 5;
}

/* A token of so many bytes that is predicted, by the transformer alone. */
static void judge_alone(Evaluation *e, float *logits, int vocab, int target, int bytes) {
  note_rank(e, rank_of(logits, vocab, target));
  const float loss = softmax_cross_entropy(logits, vocab, target);
  loss_add(&e->loss, loss, bytes);
  loss_add(&e->transformer, loss, bytes);
}

/* The same by transformer and counts; p [V] is scratch. */
static void judge_both(Evaluation *e, const Counts *counts, const CountsContext *context, float *p,
                       float *logits, int target, int bytes) {
  const int V = counts->shape.vocab;
  const float gate = counts->gate[counts_bucket(counts, context)];
  const float loss = softmax_cross_entropy(logits, V, target); /* logits are probabilities now */
  counts_distribution(counts, context, p);
  loss_add(&e->transformer, loss, bytes);
  loss_add(&e->counts, -float_log(p[target]), bytes);
  loss_add(&e->loss, gate_loss(gate, loss, p[target]), bytes);
  for (int v = 0; v < V; v++) p[v] = gate * logits[v] + (1.0f - gate) * p[v];
  note_rank(e, rank_of(p, V, target));
}

/* A window at hand. */
typedef struct {
  const uint16_t *tokens; /* [T+1] */
  CountsContext context;  /* before the first of them */
  uint32_t *pairs;        /* [T] or null */
} Window;

/* Token t + 1 of a window, from logits [V]. */
static void judge_token(const Judge *judge, Window *w, int t, float *logits, int worker,
                        Evaluation *e) {
  const Counts *counts = judge->mix.counts;
  const int V = judge->model->config.vocab, target = w->tokens[t + 1];
  const int bytes = judge->token_bytes[target];
  if (!counts) {
    judge_alone(e, logits, V, target, bytes);
    return;
  }
  counts_push(counts, &w->context, w->tokens[t]);
  if (w->pairs)
    w->pairs[t] = gate_pair(softmax_cross_entropy(logits, V, target),
                            counts_probability(counts, &w->context, target),
                            counts_bucket(counts, &w->context));
  else
    judge_both(e, counts, &w->context, judge->mix.p + (size_t)worker * (size_t)V, logits, target,
               bytes);
}

/* A window: its layers share a slot, as a layer's activations are not needed after it. */
static void judge_window(const Judge *judge, Activations *a, Window *w, int worker, Evaluation *e) {
  const uint16_t *tokens = w->tokens;
  const ModelConfig *c = &judge->model->config;
  const Pass pass = pass_make(judge->model, a, tokens, 0, c->context, &judge->trace);
  LayerActivations slot = activations_slot(a, 0);
  embed_forward(&pass);
  for (int l = 0; l < c->layers; l++) layer_forward(&pass, l, &slot);
  final_forward(&pass);
  for (int t = 0; t < c->context; t++)
    judge_token(judge, w, t, forward_logits(&pass, t), worker, e);
}

/* Windows at hand. */
typedef struct {
  const Judge *judge;
  int count;
  uint32_t *pairs;              /* [count,T] or null */
  Evaluation done[MAX_THREADS]; /* by each worker */
} Round;

/* The windows of a worker: its number, and every Nth after it. */
static void judge_windows(void *argument, int worker) {
  Round *r = argument;
  const Judge *judge = r->judge;
  const size_t T = (size_t)judge->model->config.context;
  Activations a = judge->activations(judge->owner, worker);
  for (int i = worker; i < r->count; i += threads_count(&judge->threads)) {
    Window w = {.tokens = judge->windows + (size_t)i * (T + 1)};
    if (judge->mix.counts) w.context = judge->mix.contexts[i];
    if (r->pairs) w.pairs = r->pairs + (size_t)i * T;
    judge_window(judge, &a, &w, worker, &r->done[worker]);
  }
}

static void join_evaluation(Evaluation *e, const Evaluation *other) {
  loss_join(&e->loss, &other->loss);
  loss_join(&e->transformer, &other->transformer);
  loss_join(&e->counts, &other->counts);
  e->top1 += other->top1;
  e->top3 += other->top3;
  e->top5 += other->top5;
}

/* Judges `count` windows, at most most_windows, after `before` others. */
static void judge_round(const Judge *judge, int count, int before, Evaluation *result) {
  Round r = {.judge = judge, .count = count};
  if (judge->mix.pairs)
    r.pairs = judge->mix.pairs + (size_t)before * (size_t)judge->model->config.context;
  threads_run(&judge->threads, judge_windows, &r);
  for (int w = 0; w < threads_count(&judge->threads); w++) join_evaluation(result, &r.done[w]);
}

/* Where a text stands in the table before token `at`: as many tokens back as matter. */
static bool find_context(const Counts *counts, const Text *text, int32_t at, CountsContext *context,
                         Error *error) {
  uint16_t tokens[MAX_COUNTS_ORDER];
  const int n = at < counts->order - 1 ? at : counts->order - 1;
  counts_restart(context);
  if (n > 0 && !text_window(text, at - n, n, tokens, error)) return false;
  for (int i = 0; i < n; i++) counts_push(counts, context, tokens[i]);
  return true;
}

/* Keeps the context of window i, and goes over its tokens. */
static void keep_context(const Judge *judge, int i, CountsContext *context) {
  const int T = judge->model->config.context;
  const uint16_t *tokens = judge->windows + (size_t)i * ((size_t)T + 1);
  if (!judge->mix.counts) return;
  judge->mix.contexts[i] = *context;
  for (int t = 0; t < T; t++) counts_push(judge->mix.counts, context, tokens[t]);
}

bool evaluate(const Judge *settings, const Text *text, int32_t from, int32_t to, int32_t most,
              Evaluation *result, Error *error) {
  const int T = settings->model->config.context;
  Judge judge = *settings;
  int count = 0, before = 0;
  CountsContext context;
  if (trace_is_on(&judge.trace)) judge.threads.count = 0;
  memset(result, 0, sizeof *result);
  if (most && most < to - from) to = from + most;
  if (judge.mix.counts && !find_context(judge.mix.counts, text, from, &context, error))
    return false;
  for (int32_t at = from; at + T < to; at += T) {
    if (!text_window(text, at, T + 1, judge.windows + count * (T + 1), error)) return false;
    keep_context(&judge, count++, &context);
    if (count < judge.most_windows && at + 2 * T < to) continue;
    judge_round(&judge, count, before, result);
    before += count;
    count = 0;
  }
  return true;
}

void mix_layout(MixScratch *mix, const Counts *counts, int workers, int most_windows,
                Arena *arena) {
  *mix = (MixScratch){.counts = counts};
  if (!counts) return;
  mix->contexts = arena_take(arena, MEMORY_COUNTS, (size_t)most_windows, sizeof *mix->contexts);
  mix->p = arena_take(arena, MEMORY_COUNTS, (size_t)workers * (size_t)counts->shape.vocab,
                      sizeof *mix->p);
}

bool evaluate_check(int32_t most, int context, Error *error) {
  if (most == 0 || most > context) return true;
  return error_set(error, EXIT_USAGE,
                   "an evaluation of %ld tokens is too short: it uses whole windows; give it more "
                   "than the context of %d tokens",
                   (long)most, context);
}
