/* pack.c - writing and reading the table as pack.h draws it, by the same functions (coder.h). */
#include "counts/pack.h"

#include <string.h>

#include "base/floats.h"
#include "base/stream.h"
#include "counts/coder.h"
#include "counts/gates.h"
#include "counts/kneser_ney.h"
#include "counts/suffix_walk.h"

enum { SIZES = 12 };

typedef struct {
  Coder coder;
  const Counts *c;
  Counts *to; /* a reader's: the same table, which it fills; null for a writer */
  NumberModel passed[SIZES], count[2][SIZES], children[4][SIZES];
} Packing;

/* Classes of numbers, for which models are kept: 0, .. 7, 8 to 15, 16 to 31, 32 to 63, and more. */
static int size_class(uint32_t number) {
  int class = 8;
  if (number < 8) return (int)number;
  for (number >>= 4; number > 0 && class < SIZES - 1; number >>= 1) class ++;
  return class;
}

static void forget(Packing *k) {
  for (int i = 0; i < SIZES; i++) {
    number_forget(k->passed + i);
    for (int j = 0; j < 2; j++) number_forget(k->count[j] + i);
    for (int j = 0; j < 4; j++) number_forget(k->children[j] + i);
  }
}

/* ---- what may come as a child ---- */

/* What may still come among the children of a context: nodes from..to-1 of their own suffixes, all
 * in one level; or, for level 1, the tokens from..to-1. */
typedef struct {
  int level; /* 0: tokens */
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

/* Children of a node; for a candidate that is a mere token: those of the root. */
static uint32_t children_of(const Counts *c, int level, uint32_t node) {
  const uint32_t *children = c->level[level].children + (level ? node : 0);
  return children[1] - children[0];
}

/* ---- a node ---- */

/* Goes to the candidate that comes, where `left` children are to come with it. */
static bool code_passed(Packing *k, int level, uint32_t node, uint32_t left, Candidates *next) {
  const uint32_t room = next->to - next->from - left;
  uint32_t passed = 0;
  while (!k->to && candidate(k->c, next, next->from + passed) != counts_token(k->c, level, node))
    passed++;
  if (room > 0) passed = coder_number(&k->coder, k->passed + size_class(room), passed);
  if (passed > room) return coder_fault(&k->coder, "an n-gram has no shorter one");
  next->from += passed;
  return true;
}

/* The count, by that of the candidate s, and by whether the node is an only child. */
static bool code_count(Packing *k, int level, uint32_t node, bool only, const Candidates *next) {
  const uint32_t by = next->level ? counts_count(k->c, next->level, next->from) : 0;
  const uint32_t less =
      coder_number(&k->coder, k->count[only] + size_class(by), counts_count(k->c, level, node) - 1);
  if (less >= MOST_COUNTED) return coder_fault(&k->coder, "a count is too large");
  if (k->to)
    counts_put_node(k->to, level, node, less + 1, (uint32_t)candidate(k->c, next, next->from));
  return true;
}

/* The number of children, by that of the candidate, and by the count. A reader puts it where the
 * next node's begin. */
static bool code_children(Packing *k, int level, uint32_t node, const Candidates *next) {
  uint32_t *children = k->c->level[level].children + node;
  const uint32_t most = children_of(k->c, next->level, next->from);
  const uint32_t count = counts_count(k->c, level, node);
  NumberModel *model = k->children[count < 4 ? count - 1 : 3] + size_class(most);
  uint32_t number = children[1] - children[0];
  if (most == 0) number = 0;
  if (most > 0) number = coder_number(&k->coder, model, number);
  if (number > most)
    return coder_fault(&k->coder, "an n-gram has more children than a shorter one");
  if (!k->to) return true;
  children[1] = children[0] + number;
  return children[1] <= k->c->level[level + 1].nodes ||
         coder_fault(&k->coder, "a level has more children than the next one n-grams");
}

/* ---- the whole ---- */

/* The children of all nodes of level - 1, whose numbers are known. */
static bool code_level(Packing *k, int level) {
  const CountsLevel *above = k->c->level + level - 1, *l = k->c->level + level;
  SuffixWalk walk = {.begun = false};
  forget(k);
  for (uint32_t p = 0; p < above->nodes; p++) {
    const uint32_t first = above->children[p], end = above->children[p + 1];
    if (first == end) continue;
    Candidates next = candidates_of(k->c, &walk, level - 1, p);
    for (uint32_t i = first; i < end; i++, next.from++)
      if (!code_passed(k, level, i, end - i, &next) ||
          !code_count(k, level, i, end - first == 1, &next) ||
          (l->children && !code_children(k, level, i, &next)) || k->coder.fault)
        return false;
  }
  return !l->children || l->children[l->nodes] == l[1].nodes ||
         coder_fault(&k->coder, "a level has more n-grams than children are named");
}

static bool code_levels(Packing *k) {
  coder_begin(&k->coder);
  for (int level = 1; level <= k->c->shape.order; level++)
    if (!code_level(k, level)) return false;
  return coder_end(&k->coder);
}

static uint32_t first_word(const Counts *c) {
  return (uint32_t)c->shape.vocab | (uint32_t)c->shape.order << 16 | c->node_bytes << 24;
}

/* ---- writing ---- */

static bool write_all(const Counts *c, const Sink *to, uint64_t *bytes) {
  const int N = c->shape.order;
  Packing k = {.c = c};
  coder_write(&k.coder, to);
  coder_u32(&k.coder, first_word(c));
  coder_u32(&k.coder, (uint32_t)c->shape.separator);
  coder_u32(&k.coder, (uint32_t)(c->tokens & 0xffffffff));
  coder_u32(&k.coder, (uint32_t)(c->tokens >> 32));
  for (int n = 1; n <= N; n++) coder_u32(&k.coder, c->level[n].nodes);
  for (int n = 1; n <= N; n++) coder_u32(&k.coder, c->level[n].threshold);
  for (int i = 0; i < MAX_GATES; i++) coder_u32(&k.coder, float_bits(c->gate[i]));
  const bool good = code_levels(&k);
  *bytes = k.coder.bytes;
  return good;
}

static uint32_t sum_all(const Counts *c, uint64_t *bytes) {
  uint32_t crc = 0;
  const Sink sum = crc_sink(&crc);
  write_all(c, &sum, bytes);
  return crc;
}

uint64_t counts_packed_bytes(Counts *c) {
  if (c->packed == 0) {
    c->packed_sum = sum_all(c, &c->packed);
    c->summed = true;
  }
  return c->packed;
}

uint32_t counts_packed_sum(const Counts *c) {
  uint64_t bytes;
  return c->summed ? c->packed_sum : sum_all(c, &bytes);
}

bool counts_write(const Counts *c, const Sink *to) {
  uint64_t bytes;
  return write_all(c, to, &bytes);
}

uint32_t counts_table_bytes(const Counts *c) {
  const uint32_t least = counts_least_bytes(c->shape.vocab);
  return c->used < least ? least : (c->used + 15) / 16 * 16;
}

/* ---- reading ---- */

static bool read_front(Coder *k, Counts *c, uint32_t nodes[MAX_COUNTS_ORDER + 1]) {
  const int N = c->shape.order;
  if (coder_u32(k, 0) != first_word(c) || coder_u32(k, 0) != (uint32_t)c->shape.separator)
    return coder_fault(k, "they are of another vocabulary, order or separator");
  c->tokens = coder_u32(k, 0);
  c->tokens |= (int64_t)(coder_u32(k, 0) & INT32_MAX) << 32;
  for (int n = 1; n <= N; n++) nodes[n] = coder_u32(k, 0);
  for (int n = 1; n <= N; n++) c->level[n].threshold = coder_u32(k, 0);
  for (int i = 0; i < MAX_GATES; i++) c->gate[i] = float_from_bits(coder_u32(k, 0));
  if (!k->fault && nodes[1] > (uint32_t)c->shape.vocab)
    coder_fault(k, "they have more tokens than the vocabulary");
  if (!k->fault && !gates_sound(c->gate)) coder_fault(k, "a gate is not from 0 to 1");
  return !k->fault;
}

/* Takes the memory of all levels at once, as their sizes are known. */
static bool take_levels(Coder *k, Counts *c, const uint32_t *nodes) {
  for (int level = 1; level <= c->shape.order; level++)
    if (!counts_take_nodes(c, level, nodes[level]) ||
        (level < c->shape.order && !counts_take_children(c, level)))
      return coder_fault(k, "they do not fit into their memory");
  c->level[0].children[1] = nodes[1];
  return true;
}

static bool read_all(Packing *k) {
  uint32_t nodes[MAX_COUNTS_ORDER + 1] = {0};
  return read_front(&k->coder, k->to, nodes) && take_levels(&k->coder, k->to, nodes) &&
         code_levels(k);
}

bool counts_read(Counts *c, const Source *from, uint64_t size, Error *error) {
  const CountsShape shape = c->shape;
  Packing k = {.c = c, .to = c};
  coder_read(&k.coder, from, size);
  counts_clear(c, &shape, c->block);
  if (!read_all(&k)) {
    counts_clear(c, &shape, c->block);
    return error_set(error, EXIT_USAGE, "the counts in %s are damaged: %s; take another copy",
                     from->name, k.coder.fault);
  }
  c->order = shape.order;
  c->packed = size;
  counts_find_discounts(c);
  return true;
}
