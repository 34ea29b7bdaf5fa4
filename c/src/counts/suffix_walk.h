/* suffix_walk.h - the nodes of a level in order, and with each n-gram w1..wn its suffix w2..wn. */
#ifndef SUFFIX_WALK_H
#define SUFFIX_WALK_H

#include "counts/table.h"

/* A node, those on the way to it, and the suffix of each: node[k] lies in level k, suffix[k] in
 * level k - 1. */
typedef struct {
  uint32_t node[MAX_COUNTS_ORDER + 1], suffix[MAX_COUNTS_ORDER + 1];
  bool begun;
} SuffixWalk;

/* Goes on to a node of a level, 1..N, behind the one before; a walk that is all zeros begins. All
 * levels before this one must have their children. */
void suffix_walk_to(const Counts *c, SuffixWalk *walk, int level, uint32_t node);

#endif
