/* table.c - the tree of n-grams in its block: finding a child, standing in a text. */
#include "counts/table.h"

#include <string.h>

#include "counts/gates.h"

/* ---- sizes ---- */

uint32_t counts_least_bytes(int vocab) { return 1024 + 32 * (uint32_t)vocab; }

/* What n-grams of texts take: most are new while they are few, the longest ones later, too. */
enum { BYTES_PER_TOKEN_AND_LENGTH = 4 };

uint32_t counts_wanted_bytes(int64_t tokens, int vocab, int order, uint32_t most) {
  const uint32_t least = counts_least_bytes(vocab);
  const int64_t wanted = least + tokens * order * BYTES_PER_TOKEN_AND_LENGTH;
  if (wanted < (int64_t)most) return (uint32_t)wanted / 16 * 16;
  return most < least ? least : most;
}

const char *counts_shape_fault(const CountsShape *shape) {
  if (shape->vocab < 2 || shape->vocab > MAX_VOCAB) return "the vocabulary is impossible";
  if (shape->separator < 0 || shape->separator >= shape->vocab) return "the separator is no token";
  if (shape->order < 1 || shape->order > MAX_COUNTS_ORDER) return "the order is impossible";
  if (shape->bytes < counts_least_bytes(shape->vocab)) return "the counts have too few bytes";
  return NULL;
}

/* ---- the block ---- */

static void *take(Counts *c, uint64_t bytes, uint32_t alignment) {
  const uint32_t at = (c->used + alignment - 1) / alignment * alignment;
  if (at > c->shape.bytes || bytes > c->shape.bytes - at) return NULL;
  if (c->block) memset(c->block + c->used, 0, at - c->used + (size_t)bytes);
  c->used = at + (uint32_t)bytes;
  return c->block ? c->block + at : NULL;
}

bool counts_take_nodes(Counts *c, int level, uint32_t nodes) {
  c->level[level].node = take(c, (uint64_t)nodes * c->node_bytes, 1);
  c->level[level].nodes = c->level[level].node ? nodes : 0;
  return c->level[level].node != NULL;
}

bool counts_take_children(Counts *c, int level) {
  CountsLevel *l = c->level + level;
  l->children = take(c, ((uint64_t)l->nodes + 1) * sizeof *l->children, sizeof *l->children);
  return l->children != NULL;
}

void counts_clear(Counts *c, const CountsShape *shape, void *block) {
  memset(c, 0, sizeof *c);
  c->shape = *shape;
  c->order = 1;
  c->node_bytes = shape->vocab <= 256 ? 3 : 4;
  c->block = block;
  counts_take_nodes(c, 0, 1);
  counts_take_children(c, 0);
  if (block) counts_put(c, 0, 0, MOST_COUNTED);
  gates_reset(c->gate);
}

/* ---- finding ---- */

/* The last of nodes first..first+n-1 whose token is not above a token, or `first`: without a branch
 * that depends on what is compared. */
static uint32_t last_not_above(const Counts *c, int level, uint32_t first, uint32_t n, int token) {
  while (n > 1) {
    const uint32_t half = n / 2;
    first += counts_token(c, level, first + half) <= token ? half : 0;
    n -= half;
  }
  return first;
}

uint32_t counts_child(const Counts *c, int level, uint32_t node, int token) {
  const uint32_t *children = c->level[level].children + node;
  const uint32_t first = children[0], n = children[1] - first;
  if (n == (uint32_t)c->shape.vocab) return first + (uint32_t)token; /* all tokens are there */
  if (n == 0) return NO_NODE;
  const uint32_t at = last_not_above(c, level + 1, first, n, token);
  return counts_token(c, level + 1, at) == token ? at : NO_NODE;
}

void counts_restart(CountsContext *context) {
  context->known = 0;
  context->node[0] = 0;
}

void counts_push(const Counts *c, CountsContext *context, int token) {
  uint32_t node[MAX_COUNTS_ORDER + 1] = {0};
  if (c->shape.separator && token == c->shape.separator) counts_restart(context);
  int known = 0;
  while (known <= context->known && known < c->order - 1) {
    const uint32_t child = counts_child(c, known, context->node[known], token);
    if (child == NO_NODE) break;
    node[++known] = child;
  }
  context->known = known;
  memcpy(context->node, node, sizeof node);
}
