/* evaluate.h - judges a model by a part of a text: loss, perplexity, bits a byte, accuracy. */
#ifndef EVALUATE_H
#define EVALUATE_H

#include "model/forward.h"
#include "model/loss.h"
#include "text/data_utils.h"

typedef legacy_llm_evaluation Evaluation;

/* Judges tokens from..to-1 of a text in whole windows of the model's context, at most `most` tokens
 * (0: all). Each token of a window is predicted from those before it in the window. window [T + 1]
 * is scratch; a needs one slot. token_bytes [V] */
bool evaluate(const Model *model, Activations *a, const Text *text, int32_t from, int32_t to,
              int32_t most, const uint8_t *token_bytes, uint16_t *window, Evaluation *result,
              Error *error);

/* Whether `most` tokens (0: all) are enough for one window of a context, and its targets. */
bool evaluate_check(int32_t most, int context, Error *error);

/* All of it as text. */
typedef struct {
  char loss[LOSS_TEXT], perplexity[LOSS_TEXT], bits[LOSS_TEXT];
  char top1[LOSS_TEXT], top3[LOSS_TEXT], top5[LOSS_TEXT];
} EvaluationText;

EvaluationText evaluation_text(const Evaluation *evaluation);

/* exp of the mean loss, as text with two decimals; a million is the most it says. */
void perplexity_format(char text[LOSS_TEXT], const LossSum *loss);

#endif
