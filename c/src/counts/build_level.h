/* build_level.h - a level of the table that is being built, and the two ways to its nodes: from the
 * sorted places of a text, or by reading the text. Only build.c and these two know it.
 *
 * Both give the same nodes, numbers of children and threshold.
 */
#ifndef BUILD_LEVEL_H
#define BUILD_LEVEL_H

#include "counts/build.h"
#include "counts/suffix_array.h"
#include "counts/table.h"

typedef struct {
  Counts *c; /* the levels above are complete */
  int level;
  uint32_t threshold; /* rises until the nodes fit */
  uint32_t room;      /* nodes that the level may have */
  LentMemory lent;
} Building;

/* Whether the children of a context are counted. */
static inline bool is_followed(const Building *b, uint32_t context) {
  return counts_count(b->c, b->level - 1, context) >= b->threshold;
}

/* The number of children of each context, while a level is built: where its children end, less
 * where they begin. All are zero at first. */
static inline uint32_t *child_numbers(const Building *b) {
  return b->c->level[b->level - 1].children + 1;
}

/* The next threshold: by one, and by an eighth later on, so that there are few. */
static inline uint32_t next_threshold(uint32_t threshold) {
  return threshold + (threshold < 16 ? 1 : threshold / 8);
}

/* Both put the nodes behind all that is used of the block, and set how many they are. */

/* From the places of the text, at depth level - 1. Where they lie at the end of the block and the
 * level does not fit before them, it covers them: then later levels have none. */
void build_by_places(Building *b, SuffixArray *places);

/* By reading the text; false where it cannot be read. */
bool build_by_reading(Building *b, const CountedPart *part, Error *error);

#endif
