/* pack.c - writing and reading the table as pack.h draws it. */
#include "counts/pack.h"

#include <string.h>

#include "base/bytes.h"
#include "base/floats.h"
#include "base/stream.h"
#include "counts/gates.h"
#include "counts/kneser_ney.h"
#include "counts/suffix_walk.h"

enum { BUFFER = 512, LARGEST_NUMBER_BYTES = 4 };

/* ---- what may come as a child ---- */

/* The tokens that may still come as children of a context: nodes from..to-1 of the level that the
 * children's suffixes are in, or, for level 1, the numbers themselves. */
typedef struct {
  int level; /* 0: numbers */
  uint32_t from, to;
} Candidates;

static int candidate(const Counts *c, const Candidates *all, uint32_t i) {
  return all->level ? counts_token(c, all->level, i) : (int)i;
}

/* Those of a node of a level. */
static Candidates candidates_of(const Counts *c, SuffixWalk *walk, int level, uint32_t node) {
  if (level == 0) return (Candidates){0, 0, (uint32_t)c->shape.vocab};
  suffix_walk_to(c, walk, level, node);
  const uint32_t *children = c->level[level - 1].children + walk->suffix[level];
  return (Candidates){level, children[0], children[1]};
}

/* ---- writing ---- */

typedef struct {
  const Sink *to; /* null: only counted */
  uint64_t bytes;
  uint32_t filled;
  bool failed;
  uint8_t buffer[BUFFER];
} Writer;

static void flush(Writer *w) {
  if (w->to && !w->failed && w->filled && !sink_write(w->to, w->buffer, w->filled))
    w->failed = true;
  w->filled = 0;
}

static void write_byte(Writer *w, uint32_t byte) {
  if (w->filled == BUFFER) flush(w);
  w->buffer[w->filled++] = (uint8_t)byte;
  w->bytes++;
}

static void write_u32(Writer *w, uint32_t value) {
  for (int i = 0; i < 4; i++) write_byte(w, value >> 8 * i);
}

static void write_number(Writer *w, uint32_t value) {
  for (; value >= 128; value >>= 7) write_byte(w, (value & 127) | 128);
  write_byte(w, value);
}

static void write_front(Writer *w, const Counts *c) {
  const int N = c->shape.order;
  write_u32(w, (uint32_t)c->shape.vocab | (uint32_t)N << 16 | c->node_bytes << 24);
  write_u32(w, (uint32_t)c->shape.separator);
  write_u32(w, (uint32_t)(c->tokens & 0xffffffff));
  write_u32(w, (uint32_t)(c->tokens >> 32));
  for (int n = 1; n <= N; n++) write_u32(w, c->level[n].nodes);
  for (int n = 1; n <= N; n++) write_u32(w, c->level[n].threshold);
  for (int i = 0; i < MAX_GATES; i++) write_u32(w, float_bits(c->gate[i]));
}

static void write_node(Writer *w, const Counts *c, int level, uint32_t node, uint32_t passed) {
  const uint32_t count = counts_count(c, level, node);
  const uint32_t few = count < 4 ? count - 1 : 3;
  const uint32_t *children = c->level[level].children;
  if (!children) {
    write_number(w, passed << 2 | few);
  } else {
    const uint32_t number = children[node + 1] - children[node];
    write_number(w, passed << 4 | (number < 3 ? number : 3) << 2 | few);
    if (number >= 3) write_number(w, number - 3);
  }
  if (count >= 4) write_number(w, count - 4);
}

/* The children of all nodes of level - 1. */
static void write_level(Writer *w, const Counts *c, int level) {
  const CountsLevel *above = c->level + level - 1;
  SuffixWalk walk = {.begun = false};
  for (uint32_t p = 0; p < above->nodes && !w->failed; p++) {
    const uint32_t end = above->children[p + 1];
    if (above->children[p] == end) continue;
    Candidates next = candidates_of(c, &walk, level - 1, p);
    for (uint32_t i = above->children[p]; i < end; i++, next.from++) {
      const uint32_t first = next.from;
      while (candidate(c, &next, next.from) != counts_token(c, level, i)) next.from++;
      write_node(w, c, level, i, next.from - first);
    }
  }
}

static uint64_t write_all(const Counts *c, Writer *w) {
  write_front(w, c);
  for (int level = 1; level <= c->shape.order; level++) write_level(w, c, level);
  flush(w);
  return w->bytes;
}

uint64_t counts_packed_bytes(const Counts *c) {
  Writer w = {.to = NULL};
  return write_all(c, &w);
}

bool counts_write(const Counts *c, const Sink *to) {
  Writer w = {.to = to};
  write_all(c, &w);
  return !w.failed;
}

uint32_t counts_table_bytes(const Counts *c) {
  const uint32_t least = counts_least_bytes(c->shape.vocab);
  return c->used < least ? least : (c->used + 15) / 16 * 16;
}

/* ---- reading ---- */

typedef struct {
  const Source *from;
  uint64_t left; /* bytes that are not in the buffer yet */
  uint32_t at, filled;
  const char *fault; /* the first thing that is wrong */
  uint8_t buffer[BUFFER];
} Reader;

static bool fault(Reader *r, const char *what) {
  if (!r->fault) r->fault = what;
  return false;
}

static uint32_t read_byte(Reader *r) {
  if (r->at == r->filled) {
    const size_t size = r->left < BUFFER ? (size_t)r->left : BUFFER;
    r->at = r->filled = 0;
    if (size == 0)
      fault(r, "it ends too early");
    else if (source_read(r->from, r->buffer, size) != READ_WHOLE)
      fault(r, "it cannot be read");
    else
      r->filled = (uint32_t)size;
    if (r->fault) return 0;
    r->left -= size;
  }
  return r->buffer[r->at++];
}

static uint32_t read_u32(Reader *r) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) value |= read_byte(r) << 8 * i;
  return value;
}

static uint32_t read_number(Reader *r) {
  uint32_t value = 0;
  for (int i = 0; i < LARGEST_NUMBER_BYTES; i++) {
    const uint32_t byte = read_byte(r);
    value |= (byte & 127) << 7 * i;
    if (byte < 128 && (byte > 0 || i == 0)) return value;
    if (byte < 128) break;
  }
  fault(r, "a number is too long");
  return 0;
}

static bool read_front(Reader *r, Counts *c, uint32_t nodes[MAX_COUNTS_ORDER + 1]) {
  const int N = c->shape.order;
  const uint32_t what = (uint32_t)c->shape.vocab | (uint32_t)N << 16 | c->node_bytes << 24;
  if (read_u32(r) != what || read_u32(r) != (uint32_t)c->shape.separator)
    return fault(r, "they are of another vocabulary, order or separator");
  c->tokens = read_u32(r);
  c->tokens |= (int64_t)(read_u32(r) & INT32_MAX) << 32;
  for (int n = 1; n <= N; n++) nodes[n] = read_u32(r);
  for (int n = 1; n <= N; n++) c->level[n].threshold = read_u32(r);
  for (int i = 0; i < MAX_GATES; i++) c->gate[i] = float_from_bits(read_u32(r));
  if (!r->fault && !gates_sound(c->gate)) fault(r, "a gate is not from 0 to 1");
  return !r->fault;
}

/* Reads one node; of an inner level also the number of its children, which is put where the next
 * node's begin. */
static bool read_node(Reader *r, const Counts *c, int level, uint32_t node, Candidates *next) {
  uint32_t *children = c->level[level].children;
  const uint32_t number = read_number(r), passed = number >> (children ? 4 : 2);
  uint32_t count = (number & 3) + 1;
  if (children) {
    const uint32_t few = number >> 2 & 3;
    children[node + 1] = children[node] + (few < 3 ? few : 3 + read_number(r));
  }
  if (count == 4) count += read_number(r);
  if (r->fault) return false;
  if (count > MOST_COUNTED) return fault(r, "a count is too large");
  if (passed >= next->to - next->from) return fault(r, "an n-gram has no shorter one");
  next->from += passed;
  const uint32_t token = (uint32_t)candidate(c, next, next->from++);
  uint8_t *at = c->level[level].node + (size_t)node * c->node_bytes;
  counts_put(c, level, node, count);
  at[2] = (uint8_t)token;
  if (c->node_bytes == 4) at[3] = (uint8_t)(token >> 8);
  return true;
}

/* The children of all nodes of level - 1, whose numbers are known. */
static bool read_level(Reader *r, Counts *c, int level) {
  const CountsLevel *above = c->level + level - 1, *l = c->level + level;
  SuffixWalk walk = {.begun = false};
  for (uint32_t p = 0; p < above->nodes; p++) {
    const uint32_t end = above->children[p + 1];
    if (above->children[p] == end) continue;
    Candidates next = candidates_of(c, &walk, level - 1, p);
    for (uint32_t i = above->children[p]; i < end; i++) {
      if (!read_node(r, c, level, i, &next)) return false;
      if (l->children && l->children[i + 1] > l[1].nodes)
        return fault(r, "a level has more children than the next one n-grams");
    }
  }
  if (l->children && l->children[l->nodes] != l[1].nodes)
    return fault(r, "a level has more n-grams than children are named");
  return true;
}

/* Takes the memory of all levels at once, as their sizes are known. */
static bool take_levels(Reader *r, Counts *c, const uint32_t *nodes) {
  for (int level = 1; level <= c->shape.order; level++)
    if (!counts_take_nodes(c, level, nodes[level]) ||
        (level < c->shape.order && !counts_take_children(c, level)))
      return fault(r, "they do not fit into their memory");
  c->level[0].children[1] = nodes[1];
  return true;
}

static bool read_all(Reader *r, Counts *c) {
  uint32_t nodes[MAX_COUNTS_ORDER + 1] = {0};
  if (!read_front(r, c, nodes) || !take_levels(r, c, nodes)) return false;
  for (int level = 1; level <= c->shape.order; level++)
    if (!read_level(r, c, level)) return false;
  return (r->left == 0 && r->at == r->filled) || fault(r, "something follows them");
}

bool counts_read(Counts *c, const Source *from, uint64_t size, Error *error) {
  const CountsShape shape = c->shape;
  Reader r = {.from = from, .left = size};
  counts_clear(c, &shape, c->block);
  if (!read_all(&r, c)) {
    counts_clear(c, &shape, c->block);
    return error_set(error, EXIT_USAGE, "the counts in %s are damaged: %s; take another copy",
                     from->name, r.fault);
  }
  c->order = shape.order;
  counts_find_discounts(c);
  return true;
}
