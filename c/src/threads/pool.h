/* pool.h - the threads of the program, which the library is handed (legacy_llm_threads).
 *
 * They are POSIX threads, and sleep while there is nothing to do. Only here is it known what a
 * thread is: a build without USE_THREADS_BUILD has none, and everything else is as it was.
 */
#ifndef POOL_H
#define POOL_H

#include "base/errors.h"

typedef struct {
  struct pool_state *state; /* from the heap; null: no threads */
  legacy_llm_threads threads;
} ThreadPool;

/* Starts what is missing to `count` threads, the calling one counted; 0 or 1 starts none. False
 * where this build has none, or the system gives no more. */
bool pool_open(ThreadPool *pool, int count, Error *error);

/* Ends them; also of a pool that was not opened but zeroed. */
void pool_close(ThreadPool *pool);

#endif
