/* gates.h - how a model and the counts beside it are mixed:
 *
 *   p(w) = g p_model(w) + (1 - g) p_counts(w)
 *
 * The gate g depends on the bucket of the context (counts_bucket) alone: on how much was counted
 * after the longest known context (1, 2 or 3, more), and on how much of that is one token (less
 * than a third, than 0.6, than 0.9, or more). How long the context is tells less: gates by length
 * and amount lose 0.010 nats a character on tinyshakespeare.
 *
 * The gates are fitted to a part of the text that neither was made from, by expectation
 * maximization (Dempster, Laird and Rubin, 1977): g becomes the mean share that the model has in
 * the probability of the tokens of its bucket. Buckets of few tokens stay near the default, as if
 * it had been seen with some more tokens.
 */
#ifndef GATES_H
#define GATES_H

#include "counts/table.h"

enum {
  GATE_SHARES = 4,        /* shares of one token; MAX_GATES has 3 amounts of each */
  MOST_GATE_PAIRS = 16384 /* tokens that gates are fitted to */
};

/* Gates before they are fitted. */
#define DEFAULT_GATE 0.4f

void gates_reset(float gate[MAX_GATES]);

/* What is kept of one token to fit the gates: how its probabilities compare, and the bucket, in 32
 * bits. loss is the model's, -ln p_model; p is that of the counts. */
uint32_t gate_pair(float loss, float p, int bucket);

/* Fits all gates to pairs [n], n <= MOST_GATE_PAIRS, in any order. */
void gates_fit(float gate[MAX_GATES], const uint32_t *pairs, int n);

/* Loss of a token under the mixture, in nats, from the model's loss and the probability of the
 * counts; at most 40 ln 2. */
float gate_loss(float gate, float loss, float p);

/* Turns the logits [V] of a model into those of the mixture, which are logarithms of probabilities.
 * p [V] are the probabilities of the counts. */
void gate_logits(float gate, float *logits, const float *p, int vocab);

/* Whether all are numbers from 0 to 1. */
bool gates_sound(const float gate[MAX_GATES]);

#endif
