/* parallel.h - work for several threads, which are the caller's (legacy_llm_threads).
 *
 * Work is dealt out by number: worker w of N takes items w, w + N, w + 2 N, ... So who does what
 * depends on N alone, and as each item is computed from the same numbers by the same operations
 * whoever does it, the results do not depend on N at all.
 */
#ifndef PARALLEL_H
#define PARALLEL_H

#include "base/errors.h"

typedef legacy_llm_threads Threads;

enum { MAX_THREADS = LEGACY_LLM_MAX_THREADS };

/* What a worker does: work(argument, w), w = 0 .. N-1. */
typedef void ThreadWork(void *argument, int worker);

/* N: how many workers there are, the calling thread counted. */
static inline int threads_count(const Threads *threads) {
  return threads->count > 1 ? threads->count : 1;
}

/* Every worker's part of some work; it is all done when this returns. */
static inline void threads_run(const Threads *threads, ThreadWork *work, void *argument) {
  if (threads->count > 1)
    threads->run(threads->context, work, argument);
  else
    work(argument, 0);
}

/* Whether threads are what the library takes. */
static inline bool threads_check(const Threads *threads, Error *error) {
  const int32_t count = threads->count;
  if (count >= 0 && count <= MAX_THREADS && (count < 2 || threads->run)) return true;
  return error_set(error, EXIT_USAGE,
                   "%ld threads are impossible; give 0 to %d, and a function that runs them",
                   (long)count, MAX_THREADS);
}

#endif
