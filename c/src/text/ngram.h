/* ngram.h - a language model that only counts: what a neural one must beat to be worth its time.
 *
 * Interpolated Witten-Bell smoothing (Witten and Bell, 1991, method C; Chen and Goodman, 1999). The
 * probability of token w after the k-1 tokens h, of which h' are the k-2 newest:
 *
 *   p_k(w|h) = (c(hw) + u(h) p_{k-1}(w|h')) / (c(h) + u(h))        p_0 = 1 / V
 *
 * c counts occurrences, u(h) the different tokens that followed h. A context that was never seen
 * backs off wholly: p_k = p_{k-1}. Counts are integers; floats come in only when a loss is asked
 * for.
 *
 * All counts c(hw), c(h) and u(h) of all orders share one hash table whose size is fixed. A key is
 * 32 bits that are kept and compared, beside those that choose the slot. Two n-grams are mistaken
 * for each other only if one is met on the way to the other and all 32 agree: in a full table, for
 * about one of 100 million look-ups.
 *
 * A text of few tokens cannot fill the table. A longer one may: then counts go on, and n-grams that
 * are new find no room. Long ones are refused first, so that short ones still find some. Such an
 * occurrence counts in u(h), where h has room, and so gives its probability to the shorter context:
 * c(h) stays the sum of its c(hw), and the probabilities after h add up to 1 as before. It is a
 * matter of the order of the tokens alone, so the same in all builds. Long n-grams then know less
 * than they could: where `dropped` is not small, a lower order may well predict better.
 */
#ifndef NGRAM_H
#define NGRAM_H

#include "base/arena.h"
#include "base/config.h"

enum {
  MAX_NGRAM_ORDER = LEGACY_LLM_MAX_ORDER,
  LEAST_NGRAM_SLOTS = 16,
  MOST_NGRAM_SLOTS = 1 << 19 /* 4 MB */
};

/* One count and what tells its key. */
typedef struct {
  uint32_t check, count; /* count 0: free */
} NgramEntry;

typedef struct legacy_llm_ngram {
  int32_t order;       /* 1..MAX_NGRAM_ORDER: longest n-gram, in tokens */
  int32_t vocab;       /* V */
  NgramEntry *entries; /* [slots], open addressing with linear probing */
  uint32_t slots;      /* a power of two */
  uint32_t used;
  int64_t dropped; /* occurrences of n-grams that found no room */
} Ngram;

/* Takes (or plans) the memory for a text of so many tokens; the table is empty as the arena is. */
void ngram_layout(Ngram *m, int order, int vocab, int64_t training_tokens, Arena *arena);

/* Minus the logarithm of the probability of token after history [known], in nats, by n-grams of at
 * most order tokens: 1..m->order, so that unigram and bigram come from the same table. At most 40
 * ln 2: a probability counts as no less than 2^-40. */
float ngram_loss(const Ngram *m, const uint16_t *history, int known, int token, int order);

#endif
