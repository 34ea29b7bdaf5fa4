/* suffix_walk.c - walking over a level, with suffixes. */
#include "counts/suffix_walk.h"

void suffix_walk_to(const Counts *c, SuffixWalk *walk, int level, uint32_t node) {
  int changed = level; /* the first level whose node is another one now */
  walk->node[level] = node;
  for (int k = level - 1; k > 0; k--) {
    const uint32_t *end = c->level[k].children + 1;
    if (walk->begun && end[walk->node[k]] > walk->node[k + 1]) break;
    while (end[walk->node[k]] <= walk->node[k + 1]) walk->node[k]++;
    changed = k;
  }
  walk->begun = true;
  if (changed == 1) walk->suffix[1] = 0;
  for (int k = changed > 2 ? changed : 2; k <= level; k++)
    walk->suffix[k] =
        counts_child(c, k - 2, walk->suffix[k - 1], counts_token(c, k, walk->node[k]));
}
