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

/* The window: its layers share a slot, as a layer's activations are not needed after it. */
static void judge_window(const Judge *judge, Evaluation *e) {
  const ModelConfig *c = &judge->model->config;
  const uint16_t *tokens = judge->window;
  const Pass pass =
      pass_make(judge->model, judge->activations, tokens, 0, c->context, &judge->trace);
  LayerActivations slot = activations_slot(judge->activations, 0);
  embed_forward(&pass);
  for (int l = 0; l < c->layers; l++) layer_forward(&pass, l, &slot);
  final_forward(&pass);
  for (int t = 0; t < c->context; t++) {
    const int target = tokens[t + 1];
    judge_token(e, forward_logits(&pass, t), c->vocab, target, judge->token_bytes[target]);
  }
}

bool evaluate(const Judge *judge, const Text *text, int32_t from, int32_t to, int32_t most,
              Evaluation *result, Error *error) {
  const int T = judge->model->config.context;
  *result = (Evaluation){{0, 0, 0}, 0, 0, 0};
  if (most && most < to - from) to = from + most;
  for (int32_t at = from; at + T < to; at += T) {
    if (!text_window(text, at, T + 1, judge->window, error)) return false;
    judge_window(judge, result);
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
