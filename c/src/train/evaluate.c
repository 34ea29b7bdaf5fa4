/* evaluate.c - one window after the other, a layer at a time. */
#include "train/evaluate.h"

#include "math/math_ops.h"
#include "model/forward.h"

/* Place of the target among logits [V]: how many are larger, equal ones of smaller tokens too. */
static int rank_of(const float *logits, int vocab, int target) {
  int rank = 0;
  for (int v = 0; v < vocab; v++)
    if (logits[v] > logits[target] || (logits[v] == logits[target] && v < target)) rank++;
  return rank;
}

static void judge_token(Evaluation *e, float *logits, int vocab, int target, int bytes) {
  const int rank = rank_of(logits, vocab, target);
  e->top1 += rank < 1;
  e->top3 += rank < 3;
  e->top5 += rank < 5;
  loss_add(&e->loss, softmax_cross_entropy(logits, vocab, target), bytes);
}

/* A window: its layers share a slot, as a layer's activations are not needed after it. */
static void judge_window(const Judge *judge, Activations *a, const uint16_t *tokens,
                         Evaluation *e) {
  const ModelConfig *c = &judge->model->config;
  const Pass pass = pass_make(judge->model, a, tokens, 0, c->context, &judge->trace);
  LayerActivations slot = activations_slot(a, 0);
  embed_forward(&pass);
  for (int l = 0; l < c->layers; l++) layer_forward(&pass, l, &slot);
  final_forward(&pass);
  for (int t = 0; t < c->context; t++) {
    const int target = tokens[t + 1];
    judge_token(e, forward_logits(&pass, t), c->vocab, target, judge->token_bytes[target]);
  }
}

/* Windows at hand. */
typedef struct {
  const Judge *judge;
  int count;
  Evaluation done[MAX_THREADS]; /* by each worker */
} Round;

/* The windows of a worker: its number, and every Nth after it. */
static void judge_windows(void *argument, int worker) {
  Round *r = argument;
  const Judge *judge = r->judge;
  const size_t length = (size_t)judge->model->config.context + 1;
  Activations a = judge->activations(judge->owner, worker);
  for (int i = worker; i < r->count; i += threads_count(&judge->threads))
    judge_window(judge, &a, judge->windows + (size_t)i * length, &r->done[worker]);
}

static void join_evaluation(Evaluation *e, const Evaluation *other) {
  loss_join(&e->loss, &other->loss);
  e->top1 += other->top1;
  e->top3 += other->top3;
  e->top5 += other->top5;
}

/* Judges `count` windows, at most most_windows. */
static void judge_round(const Judge *judge, int count, Evaluation *result) {
  Round r = {.judge = judge, .count = count};
  threads_run(&judge->threads, judge_windows, &r);
  for (int w = 0; w < threads_count(&judge->threads); w++) join_evaluation(result, &r.done[w]);
}

bool evaluate(const Judge *settings, const Text *text, int32_t from, int32_t to, int32_t most,
              Evaluation *result, Error *error) {
  const int T = settings->model->config.context;
  Judge judge = *settings;
  int count = 0;
  if (trace_is_on(&judge.trace)) judge.threads.count = 0;
  *result = (Evaluation){{0, 0, 0}, 0, 0, 0};
  if (most && most < to - from) to = from + most;
  for (int32_t at = from; at + T < to; at += T) {
    if (!text_window(text, at, T + 1, judge.windows + count++ * (T + 1), error)) return false;
    if (count < judge.most_windows && at + 2 * T < to) continue;
    judge_round(&judge, count, result);
    count = 0;
  }
  return true;
}

bool evaluate_check(int32_t most, int context, Error *error) {
  if (most == 0 || most > context) return true;
  return error_set(error, EXIT_USAGE,
                   "an evaluation of %ld tokens is too short: it uses whole windows; give it more "
                   "than the context of %d tokens",
                   (long)most, context);
}
