/* pool.c - threads that wait for work together, do their parts, and wait again. */
#include "base/posix.h"

#include "threads/pool.h"

#include <stdlib.h>
#include <string.h>

#if defined(USE_THREADS_BUILD) && defined(HAVE_POSIX)
#include <pthread.h>
#include <signal.h>

enum { STACK_BYTES = 1 << 20 };

typedef struct {
  struct pool_state *pool;
  int number; /* 1, 2, ...; 0 is the thread that hands out the work */
  pthread_t id;
} PoolThread;

struct pool_state {
  pthread_mutex_t lock; /* of all below */
  pthread_cond_t begin, end;
  unsigned turn; /* counts the pieces of work */
  int busy;      /* threads that are not done with it */
  bool closing;
  void (*work)(void *argument, int number);
  void *argument;
  int started;
  PoolThread thread[LEGACY_LLM_MAX_THREADS];
};

/* Waits for a turn after the one that was seen last; false: there is none any more. */
static bool wait_for_turn(struct pool_state *p, unsigned *seen) {
  pthread_mutex_lock(&p->lock);
  while (p->turn == *seen && !p->closing) pthread_cond_wait(&p->begin, &p->lock);
  const bool works = p->turn != *seen;
  *seen = p->turn;
  pthread_mutex_unlock(&p->lock);
  return works;
}

static void end_turn(struct pool_state *p) {
  pthread_mutex_lock(&p->lock);
  if (--p->busy == 0) pthread_cond_signal(&p->end);
  pthread_mutex_unlock(&p->lock);
}

static void *thread_main(void *thread) {
  const PoolThread *t = thread;
  struct pool_state *p = t->pool;
  unsigned seen = 0;
  legacy_llm_start_thread();
  while (wait_for_turn(p, &seen)) {
    p->work(p->argument, t->number);
    end_turn(p);
  }
  return NULL;
}

/* A legacy_llm_threads.run: the calling thread is number 0. */
static void run_turn(void *context, void (*work)(void *argument, int number), void *argument) {
  struct pool_state *p = context;
  pthread_mutex_lock(&p->lock);
  p->work = work;
  p->argument = argument;
  p->busy = p->started;
  p->turn++;
  pthread_cond_broadcast(&p->begin);
  pthread_mutex_unlock(&p->lock);
  work(argument, 0);
  pthread_mutex_lock(&p->lock);
  while (p->busy > 0) pthread_cond_wait(&p->end, &p->lock);
  pthread_mutex_unlock(&p->lock);
}

/* Starts the next thread, to which no signal goes: those are for the thread that reads the marks
 * they leave. */
static bool start_thread(struct pool_state *p) {
  PoolThread *t = &p->thread[p->started];
  pthread_attr_t attributes;
  sigset_t all, before;
  *t = (PoolThread){.pool = p, .number = p->started + 1};
  sigfillset(&all);
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool good = pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 &&
                    pthread_create(&t->id, &attributes, thread_main, t) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  p->started += good;
  return good;
}

static struct pool_state *new_state(void) {
  struct pool_state *p = calloc(1, sizeof *p);
  if (p)
    *p = (struct pool_state){.lock = PTHREAD_MUTEX_INITIALIZER,
                             .begin = PTHREAD_COND_INITIALIZER,
                             .end = PTHREAD_COND_INITIALIZER};
  return p;
}

bool pool_open(ThreadPool *pool, int count, Error *error) {
  memset(pool, 0, sizeof *pool);
  if (count < 2) return true;
  pool->state = new_state();
  bool good = pool->state != NULL;
  while (good && pool->state->started < count - 1) good = start_thread(pool->state);
  pool->threads = (legacy_llm_threads){count, pool->state, run_turn};
  if (good) return true;
  pool_close(pool);
  return error_set(error, EXIT_FAILED,
                   "--threads %d: the system gives the program no more threads; give fewer", count);
}

void pool_close(ThreadPool *pool) {
  struct pool_state *p = pool->state;
  if (p) {
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->begin);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->started; i++) pthread_join(p->thread[i].id, NULL);
    pthread_cond_destroy(&p->end);
    pthread_cond_destroy(&p->begin);
    pthread_mutex_destroy(&p->lock);
    free(p);
  }
  memset(pool, 0, sizeof *pool);
}

#else
bool pool_open(ThreadPool *pool, int count, Error *error) {
  memset(pool, 0, sizeof *pool);
  if (count < 2) return true;
  return error_set(error, EXIT_USAGE,
                   "--threads %d: this build computes in one thread; leave out --threads, the bits "
                   "are the same",
                   count);
}

void pool_close(ThreadPool *pool) { memset(pool, 0, sizeof *pool); }
#endif
