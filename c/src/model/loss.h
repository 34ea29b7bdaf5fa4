/* loss.h - sums of losses that are exact, so that their order does not matter, and their means. */
#ifndef LOSS_H
#define LOSS_H

#include "base/config.h"

typedef legacy_llm_loss LossSum;

enum { LOSS_UNITS = 1 << 15, LOSS_TEXT = LEGACY_LLM_NUMBER_TEXT };

/* Adds the loss of one token of so many bytes, in nats; more than 127 (a training that went astray)
 * counts as 127. */
void loss_add(LossSum *loss, float nats, int bytes);

/* Adds all of another sum. */
void loss_join(LossSum *loss, const LossSum *other);

/* part / all with four decimals: "0.5312"; 0 of nothing. */
void ratio_format(char text[LOSS_TEXT], int64_t part, int64_t all);

/* Mean loss in nats a token, as a number and with four decimals: "1.6180". */
float loss_mean(const LossSum *loss);
void loss_format(char text[LOSS_TEXT], const LossSum *loss);

/* The same in bits a byte of text, which compares models of different tokenizers. */
void loss_format_bits(char text[LOSS_TEXT], const LossSum *loss);

/* exp of the mean loss, as text with two decimals; a million is the most it says. */
void perplexity_format(char text[LOSS_TEXT], const LossSum *loss);

#endif
