/* build_sorted.c - a level of the table from the sorted places of a text: its nodes are their
 * groups, in the same order. */
#include "counts/build_level.h"

/* An n-gram does not reach across a separator: two or more tokens that end with one are followed by
 * nothing. */
static bool has_ended(const Building *b, uint32_t context) {
  const int separator = b->c->shape.separator;
  return b->level > 2 && separator && counts_token(b->c, b->level - 1, context) == separator;
}

static bool keep_context(const void *building, uint32_t context) {
  const Building *b = building;
  return is_followed(b, context) && !has_ended(b, context);
}

/* Nodes that the level has with its threshold. */
static uint32_t count_nodes(const Building *b) {
  const uint32_t *number = child_numbers(b), contexts = b->c->level[b->level - 1].nodes;
  uint32_t nodes = 0;
  for (uint32_t p = 0; p < contexts; p++)
    if (is_followed(b, p)) nodes += number[p];
  return nodes;
}

/* A node takes no more than a place, so even where the nodes reach the places they only cover those
 * that they were made of. */
static void place_nodes(const Building *b, const SuffixArray *places) {
  uint32_t node = 0;
  for (uint32_t begin = 0; begin < places->places; node++) {
    const uint32_t end = suffix_array_group_end(places, begin), count = end - begin;
    counts_put_node(b->c, b->level, node, count < MOST_COUNTED ? count : MOST_COUNTED,
                    suffix_array_token(places, begin));
    begin = end;
  }
  b->c->level[b->level].nodes = node;
}

/* Whether the nodes, and where their children will begin, end before the places, or these lie
 * elsewhere. */
static bool end_before(const Building *b, const SuffixArray *places) {
  const Counts *c = b->c;
  const uintptr_t block = (uintptr_t)c->block, place = (uintptr_t)places->place;
  if (place < block || place > block + c->shape.bytes) return true;
  const size_t nodes = c->level[b->level].nodes;
  const size_t end = c->used + nodes * c->node_bytes + (nodes + 2) * sizeof(uint32_t);
  return end <= place - block;
}

void build_by_places(Building *b, SuffixArray *places) {
  uint32_t *number = child_numbers(b);
  const uint32_t contexts = b->c->level[b->level - 1].nodes, threshold = b->threshold;
  suffix_array_deepen(places, keep_context, b, number, contexts);
  while (count_nodes(b) > b->room) b->threshold = next_threshold(b->threshold);
  if (b->threshold > threshold) suffix_array_drop(places, keep_context, b, number, contexts);
  place_nodes(b, places);
  if (!end_before(b, places)) places->place = NULL;
}
