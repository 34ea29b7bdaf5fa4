/* build.c - counts the n-grams of a text, level by level, within a block of a fixed size. */
#include "counts/build.h"

#include <string.h>

#include "counts/count_hash.h"
#include "counts/kneser_ney.h"

/* A level that is being counted. Its contexts are taken in ranges, one reading of the text each;
 * those below `low` are done, and their children placed. */
typedef struct {
  Counts *c;
  int level;
  uint32_t threshold;
  uint32_t room;      /* nodes that the level may have */
  uint32_t low, high; /* contexts of this reading */
  uint32_t placed;    /* nodes of the level that are in their places */
  CountHash hash;     /* the children of this reading */
} Building;

/* ---- room ---- */

/* Bytes behind all that is placed. */
static uint32_t free_from(const Building *b) {
  return (b->c->used + b->placed * b->c->node_bytes + 3) / 4 * 4;
}

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

/* ---- a level that does not fit ---- */

/* The next threshold: by one, and by an eighth later on, so that there are few. */
static uint32_t next_threshold(uint32_t threshold) {
  return threshold + (threshold < 16 ? 1 : threshold / 8);
}

static bool is_followed(const Building *b, uint32_t parent) {
  return counts_count(b->c, b->level - 1, parent) >= b->threshold;
}

static bool keep_parent(const void *context, uint32_t parent) {
  const Building *b = context;
  return parent < b->high && is_followed(b, parent);
}

/* Removes placed children of contexts that are no longer followed. While a level is built,
 * children[p + 1] of the level above is the number of p's children. */
static void drop_placed(Building *b) {
  const Counts *c = b->c;
  uint32_t *number = c->level[b->level - 1].children + 1;
  uint8_t *node = c->level[b->level].node;
  size_t from = 0, to = 0;
  for (uint32_t p = 0; p < b->low; p++) {
    const size_t bytes = (size_t)number[p] * c->node_bytes;
    if (is_followed(b, p)) {
      memmove(node + to, node + from, bytes);
      to += bytes;
    } else {
      number[p] = 0;
    }
    from += bytes;
  }
  b->placed = (uint32_t)(to / c->node_bytes);
}

static void limit_hash(Building *b) {
  const uint32_t left = b->room - b->placed, slots = b->hash.slots;
  b->hash.most = slots - (slots + 7) / 8;
  if (b->hash.most > left) b->hash.most = left;
}

/* One more child would be too many: for the level, or only for this reading. */
static void make_room(Building *b) {
  if (b->placed + b->hash.used >= b->room || b->high - b->low < 2) {
    b->threshold = next_threshold(b->threshold);
    drop_placed(b);
  } else {
    b->high = b->low + (b->high - b->low) / 2;
  }
  count_hash_keep(&b->hash, keep_parent, b);
  limit_hash(b);
}

/* ---- reading the text ---- */

static void count_token(Building *b, const CountsContext *context, int token) {
  if (context->known != b->level - 1) return;
  const uint32_t parent = context->node[b->level - 1];
  while (parent >= b->low && keep_parent(b, parent)) {
    if (count_hash_add(&b->hash, parent, token, MOST_COUNTED)) return;
    make_room(b);
  }
}

static bool read_tokens(Building *b, const Text *text, int32_t tokens, Error *error) {
  enum { WINDOW = 512 };
  uint16_t window[WINDOW];
  CountsContext context;
  counts_restart(&context);
  for (int32_t start = 0; start < tokens; start += WINDOW) {
    const int n = tokens - start < WINDOW ? tokens - start : WINDOW;
    if (!text_window(text, start, n, window, error)) return false;
    for (int i = 0; i < n; i++) {
      count_token(b, &context, window[i]);
      counts_push(b->c, &context, window[i]);
    }
  }
  return true;
}

/* ---- a level ---- */

/* Puts what was counted behind the nodes that are placed: over the front of the hash, of which a
 * node takes no more than half an entry. */
static void place(Building *b) {
  const Counts *c = b->c;
  uint32_t *number = c->level[b->level - 1].children + 1;
  const uint32_t n = b->hash.used;
  count_hash_sort(&b->hash);
  for (uint32_t i = 0; i < n; i++) {
    const CountEntry e = b->hash.entry[i];
    counts_put_node(c, b->level, b->placed++, e.count, e.token);
    number[e.parent]++;
  }
  b->low = b->high;
}

static bool read_ranges(Building *b, const Text *text, int32_t tokens, Error *error) {
  const uint32_t contexts = b->c->level[b->level - 1].nodes;
  while (b->low < contexts) {
    const uint32_t from = free_from(b);
    b->high = contexts;
    count_hash_open(&b->hash, b->c->block + from, b->c->shape.bytes - from);
    limit_hash(b);
    if (!read_tokens(b, text, tokens, error)) return false;
    place(b);
  }
  return true;
}

static bool build_level(Counts *c, int level, const Text *text, int32_t tokens, Error *error) {
  CountsLevel *above = c->level + level - 1, *l = c->level + level;
  Building b = {.c = c, .level = level, .threshold = above->threshold};
  if (level > 1) counts_take_children(c, level - 1);
  c->order = level; /* what counts_push goes by */
  b.room = level_room(c, level);
  l->node = c->block + c->used;
  if (!read_ranges(&b, text, tokens, error)) return false;
  l->nodes = b.placed;
  l->threshold = b.threshold;
  c->used += b.placed * c->node_bytes;
  for (uint32_t p = 0; p < above->nodes; p++) above->children[p + 1] += above->children[p];
  return true;
}

bool counts_build(Counts *c, const Text *text, int32_t tokens, Error *error) {
  const CountsShape shape = c->shape;
  float gate[MAX_GATES];
  bool good = true;
  memcpy(gate, c->gate, sizeof gate);
  counts_clear(c, &shape, c->block);
  c->level[0].threshold = 1;
  for (int level = 1; level <= shape.order && good; level++)
    good = build_level(c, level, text, tokens, error);
  if (!good) counts_clear(c, &shape, c->block);
  memcpy(c->gate, gate, sizeof gate);
  if (!good) return false;
  c->tokens = tokens;
  c->order = 1;
  counts_use_order(c, shape.order);
  return true;
}
