/* random.h - random numbers without a state, and what each stream of them is for.
 *
 * A number is a hash of its key and its place, a key one of seed, stream and step. So what is drawn
 * depends only on what it is for: any order of work gives the same numbers, and a training that is
 * resumed goes on as if it had never stopped.
 */
#ifndef RANDOM_H
#define RANDOM_H

#include "base/config.h"

/* A number of 32 bits: lowbias32 (Wellons, 2018) of key and counter. */
static inline uint32_t random_u32(uint32_t key, uint32_t counter) {
  uint32_t x = counter * 0x9e3779b9u ^ key;
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  x ^= x >> 16;
  return x;
}

/* A number of 16 bits, two from each random_u32: of four counters from a multiple of four on, the
 * first two have the low halves of two numbers, the others the high halves. */
static inline uint32_t random_half(uint32_t key, uint32_t counter) {
  const uint32_t both = random_u32(key, counter >> 2 << 1 | (counter & 1));
  return counter & 2 ? both >> 16 : both & 0xffff;
}

/* The key of one stream at one step. */
uint32_t random_key(uint32_t seed, uint32_t stream, uint32_t step);

/* Matrices of a model at most: six a layer. */
enum { MOST_MATRICES = MAX_LAYERS * 6 };

/* All streams: the first number of each, how many it has, what a step is, what counts in it. Stored
 * trainings depend on these numbers; a new stream takes new ones.
 *
 *                             first  numbers        step           counter
 *   initial token embedding       1  1              0              place in it
 *   initial matrices           1000  one a matrix   0              place in it
 *   offset of windows          2000  1              epoch          none
 *   order of windows           2001  1              epoch          round and half of a permutation
 *   rounding of latents        3000  one a matrix   training step  place in the matrix
 *   rounding of rows           3500  one a table    training step  place in the table
 *   dropout of rows            3600  one a table    training step  position in the batch
 *   sampling                   4000  1              text of a run  token of the text
 *   inputs of `bench`          7000  1              purpose        place in the input
 */
#define STREAM(name, first, count) STREAM_##name = (first), STREAM_##name##_END = (first) + (count)
enum {
  STREAM(TOKEN_EMBEDDING, 1, 1),
  STREAM(MATRIX, 1000, MOST_MATRICES), /* + layer * matrices of a layer + matrix */
  STREAM(WINDOW_OFFSET, 2000, 1),
  STREAM(WINDOW_ORDER, 2001, 1),
  STREAM(ROUNDING, 3000, MOST_MATRICES), /* + layer * matrices of a layer + matrix */
  STREAM(ROWS, 3500, 4),                 /* + table */
  STREAM(DROPOUT, 3600, 4),              /* + table */
  STREAM(SAMPLING, 4000, 1),
  STREAM(BENCH, 7000, 1)
};
#undef STREAM

/* The float32 baseline (c/baseline) is another model, with streams of its own, which overlap those
 * above: no number of it is compared with anything. */
enum {
  BASELINE_STREAM_MATRICES = 1,
  BASELINE_STREAM_TOKEN_EMBEDDING = 2,
  BASELINE_STREAM_BIGRAM_EMBEDDING = 3
};

/* Streams do not overlap; otherwise an array has no size that can be, and nothing compiles. */
#define STREAM_BEFORE(a, b)                                                                        \
  typedef char a##_ends_before_##b[STREAM_##a##_END <= STREAM_##b ? 1 : -1]
STREAM_BEFORE(TOKEN_EMBEDDING, MATRIX);
STREAM_BEFORE(MATRIX, WINDOW_OFFSET);
STREAM_BEFORE(WINDOW_OFFSET, WINDOW_ORDER);
STREAM_BEFORE(WINDOW_ORDER, ROUNDING);
STREAM_BEFORE(ROUNDING, ROWS);
STREAM_BEFORE(ROWS, DROPOUT);
STREAM_BEFORE(DROPOUT, SAMPLING);
STREAM_BEFORE(SAMPLING, BENCH);
#undef STREAM_BEFORE

#endif
