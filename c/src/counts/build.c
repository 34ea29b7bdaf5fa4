/* build.c - counts the n-grams of a text, level by level, within a block of a fixed size: which
 * way, and how many nodes a level may have. */
#include "counts/build.h"

#include <string.h>

#include "counts/build_level.h"
#include "counts/count_hash.h"
#include "counts/kneser_ney.h"

/* How many nodes a level may have. A quarter of what is free, or a hash for all children of one
 * context, stays for counting. */
static uint32_t level_room(const Counts *c, int level) {
  const int inner = c->shape.order - level; /* levels that come behind it */
  const uint32_t bytes = c->node_bytes + (inner ? (uint32_t)sizeof(uint32_t) : 0);
  const uint32_t hash = ((uint32_t)c->shape.vocab + 2) * (uint32_t)sizeof(CountEntry) / 7 * 8 + 16;
  const uint32_t free = c->shape.bytes - c->used;
  uint32_t kept = free / 4 > hash ? free / 4 : hash;
  kept += (uint32_t)(inner + 1) * 8;
  return free > kept ? (free - kept) / bytes : 0;
}

/* The places of a text that is in memory, if they fit into what is lent, or at the end of the
 * block. */
static void open_places(const Counts *c, const CountedPart *part, LentMemory lent,
                        SuffixArray *places) {
  const Text *text = part->text;
  const int32_t tokens = part->to - part->from;
  const size_t word = sizeof(uint32_t), most = (c->shape.bytes - c->used) / word;
  const bool elsewhere = (size_t)tokens <= lent.size / word;
  uint32_t *memory = (uint32_t *)(void *)(elsewhere ? lent.bytes : c->block);
  places->place = NULL;
  if (text->tokens && tokens > 0 && (elsewhere || (size_t)tokens < most))
    suffix_array_open(places, text->tokens + (size_t)part->from * (size_t)text->width, text->width,
                      tokens, memory + (elsewhere ? lent.size : c->shape.bytes) / word);
}

static bool build_level(Counts *c, int level, const CountedPart *part, LentMemory lent,
                        SuffixArray *places, Error *error) {
  CountsLevel *above = c->level + level - 1, *l = c->level + level;
  Building b = {.c = c, .level = level, .threshold = above->threshold, .lent = lent};
  if (level > 1) counts_take_children(c, level - 1);
  b.room = level_room(c, level);
  l->node = c->block + c->used;
  if (places->place)
    build_by_places(&b, places);
  else if (!build_by_reading(&b, part, error))
    return false;
  l->threshold = b.threshold;
  c->used += l->nodes * c->node_bytes;
  for (uint32_t p = 0; p < above->nodes; p++) above->children[p + 1] += above->children[p];
  return true;
}

bool counts_build(Counts *c, const CountedPart *part, LentMemory lent, Error *error) {
  const CountsShape shape = c->shape;
  SuffixArray places;
  float gate[MAX_GATES];
  bool good = true;
  memcpy(gate, c->gate, sizeof gate);
  counts_clear(c, &shape, c->block);
  c->level[0].threshold = 1;
  open_places(c, part, lent, &places);
  for (int level = 1; level <= shape.order && good; level++)
    good = build_level(c, level, part, lent, &places, error);
  if (!good) counts_clear(c, &shape, c->block);
  memcpy(c->gate, gate, sizeof gate);
  if (!good) return false;
  c->tokens = part->to - part->from;
  c->order = 1;
  counts_use_order(c, shape.order);
  return true;
}
