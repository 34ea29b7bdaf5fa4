/* evaluate.c - one window after the other, a layer at a time. */
#include "train/evaluate.h"

#include <stdio.h>

#include "base/numbers.h"
#include "math/math_ops.h"
#include "run/options.h"

/* Place of the target among logits [V]: how many are larger, equal ones of smaller tokens too. */
static int rank_of(const float *logits, int vocab, int target) {
  int rank = 0;
  for (int v = 0; v < vocab; v++)
    if (logits[v] > logits[target] || (logits[v] == logits[target] && v < target)) rank++;
  return rank;
}

static void judge(Evaluation *e, float *logits, int vocab, int target, int bytes) {
  const int rank = rank_of(logits, vocab, target);
  e->top1 += rank < 1;
  e->top3 += rank < 3;
  e->top5 += rank < 5;
  loss_add(&e->loss, softmax_cross_entropy(logits, vocab, target), bytes);
}

/* One sequence: its layers share a slot, as a layer's activations are not needed after it. */
static void forward_sequence(const Model *model, Activations *a, const uint16_t *tokens) {
  const int T = model->config.context;
  LayerActivations slot = activations_slot(a, 0);
  activations_documents(a, tokens, 0, T);
  embed_forward(model, a, tokens, 0, T);
  for (int l = 0; l < model->config.layers; l++) layer_forward(model, l, &slot, a, 0, T);
  final_forward(a, 0, T);
}

bool evaluate(const Model *model, Activations *a, const Text *text, int32_t from, int32_t to,
              int32_t most, const uint8_t *token_bytes, uint16_t *window, Evaluation *result,
              Error *error) {
  const int T = model->config.context, V = model->config.vocab;
  *result = (Evaluation){{0, 0, 0}, 0, 0, 0};
  if (most && most < to - from) to = from + most;
  for (int32_t at = from; at + T < to; at += T) {
    if (!text_window(text, at, T + 1, window, error)) return false;
    forward_sequence(model, a, window);
    for (int t = 0; t < T; t++) {
      forward_logits(model, a, t, a->work.logits);
      judge(result, a->work.logits, V, window[t + 1], token_bytes[window[t + 1]]);
    }
  }
  return true;
}

bool evaluate_check(int32_t most, int context, Error *error) {
  if (most == 0 || most > context) return true;
  return error_set(error, EXIT_USAGE,
                   "--eval-tokens %ld: whole windows are judged; give more than the context of %d "
                   "tokens",
                   (long)most, context);
}

void perplexity_format(char text[LOSS_TEXT], const LossSum *loss) {
  const float mean = loss_mean(loss), most = 13.8f; /* of a million, about */
  format_decimal(text, float_exp(mean < most ? mean : most), 2);
}

EvaluationText evaluation_text(const Evaluation *e) {
  EvaluationText t;
  loss_format(t.loss, &e->loss);
  perplexity_format(t.perplexity, &e->loss);
  loss_format_bits(t.bits, &e->loss);
  ratio_format(t.top1, e->top1, e->loss.tokens);
  ratio_format(t.top3, e->top3, e->loss.tokens);
  ratio_format(t.top5, e->top5, e->loss.tokens);
  return t;
}
