/* ranks.c - sums over ranks, and what is refused. */
#include "base/ranks.h"

/* A number goes as four pieces of 16 bits, whose sums over all ranks fit in int32. */
enum { PIECES = 4, PIECE_BITS = 16, PIECE_MASK = 0xffff };

bool ranks_add_numbers(const Ranks *ranks, int64_t *values, int n) {
  int32_t pieces[MAX_RANK_NUMBERS * PIECES];
  for (int i = 0; i < n * PIECES; i++)
    pieces[i] = (int32_t)((uint64_t)values[i / PIECES] >> i % PIECES * PIECE_BITS & PIECE_MASK);
  if (!ranks_add(ranks, pieces, (size_t)(n * PIECES))) return false;
  for (int i = 0; i < n; i++) {
    uint64_t sum = 0;
    for (int k = PIECES - 1; k >= 0; k--)
      sum = (sum << PIECE_BITS) + (uint64_t)pieces[i * PIECES + k];
    values[i] = (int64_t)sum;
  }
  return true;
}

bool ranks_check(const Ranks *ranks, int batch, Error *error) {
  const long count = ranks->count, rank = ranks->rank;
  if (count < 0 || count > LEGACY_LLM_MAX_RANKS || rank < 0 || rank >= ranks_count(ranks))
    return error_set(error, EXIT_USAGE, "rank %ld of %ld is impossible; there may be up to %d",
                     rank, count, LEGACY_LLM_MAX_RANKS);
  return count <= batch ||
         error_set(error, EXIT_USAGE,
                   "%ld ranks cannot share a batch of %d sequences; start at most %d, or give a "
                   "larger --batch",
                   count, batch, batch);
}

bool ranks_lost(const Ranks *ranks, Error *error) {
  return error_set(error, EXIT_FAILED,
                   "another of the %d ranks is gone, in the middle of a step; go on with --resume "
                   "from the checkpoint that was saved last, with any number of ranks",
                   ranks_count(ranks));
}
