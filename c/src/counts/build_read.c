/* build_read.c - a level of the table by reading the text: every token is counted as a child of the
 * node of the tokens before it.
 *
 * Counts are made in a hash table, in what is lent or at the free end of the block, whichever is
 * more. Where it is full, contexts of the upper half wait for another reading.
 */
#include <string.h>

#include "counts/build_level.h"
#include "counts/count_hash.h"

/* Contexts are taken in ranges, one reading of the text each; those below `low` are done, and their
 * children placed. */
typedef struct {
  Building *b;
  uint32_t low, high; /* contexts of this reading */
  uint32_t placed;    /* nodes of the level that are in their places */
  CountHash hash;     /* the children of this reading */
} Reading;

/* ---- a level that does not fit ---- */

static bool keep_parent(const void *reading, uint32_t parent) {
  const Reading *r = reading;
  return parent < r->high && is_followed(r->b, parent);
}

/* Removes placed children of contexts that are no longer followed. */
static void drop_placed(Reading *r) {
  const Counts *c = r->b->c;
  uint32_t *number = child_numbers(r->b);
  uint8_t *node = c->level[r->b->level].node;
  size_t from = 0, to = 0;
  for (uint32_t p = 0; p < r->low; p++) {
    const size_t bytes = (size_t)number[p] * c->node_bytes;
    if (is_followed(r->b, p)) {
      memmove(node + to, node + from, bytes);
      to += bytes;
    } else {
      number[p] = 0;
    }
    from += bytes;
  }
  r->placed = (uint32_t)(to / c->node_bytes);
}

static void limit_hash(Reading *r) {
  const uint32_t left = r->b->room - r->placed, slots = r->hash.slots;
  r->hash.most = slots - (slots + 7) / 8;
  if (r->hash.most > left) r->hash.most = left;
}

/* One more child would be too many: for the level, or only for this reading. */
static void make_room(Reading *r) {
  if (r->placed + r->hash.used >= r->b->room || r->high - r->low < 2) {
    r->b->threshold = next_threshold(r->b->threshold);
    drop_placed(r);
  } else {
    r->high = r->low + (r->high - r->low) / 2;
  }
  count_hash_keep(&r->hash, keep_parent, r);
  limit_hash(r);
}

/* ---- reading the text ---- */

static void count_token(Reading *r, const CountsContext *context, int token) {
  if (context->known != r->b->level - 1) return;
  const uint32_t parent = context->node[r->b->level - 1];
  while (parent >= r->low && keep_parent(r, parent)) {
    if (count_hash_add(&r->hash, parent, token, MOST_COUNTED)) return;
    make_room(r);
  }
}

static bool read_part(Reading *r, const CountedPart *part, Error *error) {
  enum { WINDOW = 512 };
  uint16_t window[WINDOW];
  CountsContext context;
  counts_restart(&context);
  for (int32_t start = part->from; start < part->to; start += WINDOW) {
    const int n = part->to - start < WINDOW ? part->to - start : WINDOW;
    if (!text_window(part->text, start, n, window, error)) return false;
    for (int i = 0; i < n; i++) {
      count_token(r, &context, window[i]);
      counts_push(r->b->c, &context, window[i]);
    }
  }
  return true;
}

/* ---- a level ---- */

/* Puts what was counted behind the nodes that are placed: perhaps over the front of the hash, of
 * which a node takes no more than half an entry. */
static void place(Reading *r) {
  uint32_t *number = child_numbers(r->b);
  const uint32_t n = r->hash.used;
  count_hash_sort(&r->hash);
  for (uint32_t i = 0; i < n; i++) {
    const CountEntry e = r->hash.entry[i];
    counts_put_node(r->b->c, r->b->level, r->placed++, e.count, e.token);
    number[e.parent]++;
  }
  r->low = r->high;
}

/* Opens the hash behind all that is placed, or in what is lent where that has more room, but no
 * more than twice the slots that a level can fill. */
static void open_hash(Reading *r) {
  const Counts *c = r->b->c;
  const LentMemory lent = r->b->lent;
  const uint32_t from = (c->used + r->placed * c->node_bytes + 3) / 4 * 4;
  const uint32_t free = c->shape.bytes - from;
  const uint64_t wanted = (uint64_t)(r->b->room - r->placed + 8) * 2 * sizeof(CountEntry);
  const size_t most = wanted < lent.size ? (size_t)wanted : lent.size;
  const bool elsewhere = most > free;
  count_hash_open(&r->hash, elsewhere ? lent.bytes : c->block + from,
                  elsewhere ? (uint32_t)most : free);
  limit_hash(r);
}

bool build_by_reading(Building *b, const CountedPart *part, Error *error) {
  const uint32_t contexts = b->c->level[b->level - 1].nodes;
  Reading r = {.b = b};
  b->c->order = b->level; /* counts_push finds contexts of the level */
  while (r.low < contexts) {
    r.high = contexts;
    open_hash(&r);
    if (!read_part(&r, part, error)) return false;
    place(&r);
  }
  b->c->level[b->level].nodes = r.placed;
  return true;
}
