/* ranks.h - one training in several processes, which are the caller's (legacy_llm_ranks).
 *
 * The sequences of a batch are dealt out in their order: rank r of N takes those from B r / N to
 * B (r + 1) / N. What they add up is whole numbers, so who has which of them changes no bit.
 */
#ifndef RANKS_H
#define RANKS_H

#include "base/errors.h"

typedef legacy_llm_ranks Ranks;

/* N: how many there are, this one counted. */
static inline int ranks_count(const Ranks *ranks) { return ranks->count > 1 ? ranks->count : 1; }

/* The first sequence of a batch that is a rank's, 0..N; rank N: behind the last. */
static inline int ranks_first(const Ranks *ranks, int batch, int rank) {
  return (int)((int64_t)batch * rank / ranks_count(ranks));
}

/* Sequences of a batch that one rank has, at most. */
static inline int ranks_share(const Ranks *ranks, int batch) {
  return (batch + ranks_count(ranks) - 1) / ranks_count(ranks);
}

/* Begins to make values[n] their sums over all ranks, goes on with it without waiting, and waits
 * for it; false: a rank is gone. */
static inline void ranks_begin(const Ranks *ranks, int32_t *values, size_t n) {
  if (ranks_count(ranks) > 1) ranks->begin(ranks->context, values, n);
}

static inline void ranks_go_on(const Ranks *ranks) {
  if (ranks_count(ranks) > 1 && ranks->go_on) ranks->go_on(ranks->context);
}

static inline bool ranks_finish(const Ranks *ranks) {
  return ranks_count(ranks) == 1 || ranks->finish(ranks->context);
}

/* All of it at once. */
static inline bool ranks_add(const Ranks *ranks, int32_t *values, size_t n) {
  ranks_begin(ranks, values, n);
  return ranks_finish(ranks);
}

/* The same for numbers of 64 bits; n is at most MAX_RANK_NUMBERS. */
enum { MAX_RANK_NUMBERS = 8 };
bool ranks_add_numbers(const Ranks *ranks, int64_t *values, int n);

/* Whether ranks are what the library takes for a batch. */
bool ranks_check(const Ranks *ranks, int batch, Error *error);

/* What is said where one is gone. */
bool ranks_lost(const Ranks *ranks, Error *error);

#endif
