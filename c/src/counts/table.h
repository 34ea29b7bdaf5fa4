/* table.h - the n-grams of a text in a block of memory of a fixed size: a tree whose level n holds
 * the n-grams of n tokens.
 *
 * A node is the n-gram of the tokens on the way to it. The nodes of a level are sorted by parent
 * and token, so the children of a node lie together, and one is found by bisection. Level 0 is the
 * root alone, the empty n-gram:
 *
 *   block   | level 0: nodes | first children | level 1: nodes | first children | ... | free |
 *
 *   node          count (2 bytes, little-endian), token (1 byte where V <= 256, else 2)
 *   first child   where the children begin in the next level, uint32 [nodes + 1], at a multiple of
 *                 4 bytes; the children end where those of the next node begin. The last level has
 *                 none.
 *
 * So a node takes 7 or 8 bytes, and one of the last level 3 or 4. While the table is built
 * (build.h), the free end of the block is its scratch; nothing else is needed.
 *
 * n-grams do not reach across a separator of documents: it may only begin one or end one.
 *
 * Where the n-grams do not all fit, contexts that are rare are not followed further: the children
 * of a node of level n-1 are counted only if it occurred at least threshold[n] times. So with an
 * n-gram all of its parts are in the table: w2..wn where w1..wn is.
 */
#ifndef TABLE_H
#define TABLE_H

#include "text/token_file.h"

enum {
  MAX_COUNTS_ORDER = 12,
  DEFAULT_COUNTS_ORDER = 12,
  MOST_COUNTED =
      65535 - MAX_VOCAB,       /* a count is at most this; the rest is for continuation counts */
  MAX_GATES = LEGACY_LLM_GATES /* see gates.h */
};

/* What a table is made for. */
typedef struct {
  int32_t vocab;     /* V: 2..MAX_VOCAB */
  int32_t separator; /* the token that begins a document; 0: none */
  int32_t order;     /* N: tokens of the longest n-grams, 1..MAX_COUNTS_ORDER */
  uint32_t bytes;    /* of the block, at least counts_least_bytes */
} CountsShape;

/* The n-grams of one length. */
typedef struct {
  uint32_t nodes;
  uint32_t threshold; /* occurrences of a context from which on its children are here */
  uint8_t *node;      /* [nodes] of node_bytes */
  uint32_t *children; /* [nodes + 1]; null in the last level */
  float discount[4];  /* of counts 1, 2 and 3 and more (kneser_ney.h); the first is not used */
} CountsLevel;

typedef struct {
  CountsShape shape;
  int32_t order;       /* 1..shape.order: of the longest n-grams in use, see counts_use_order */
  uint32_t node_bytes; /* 3 or 4 */
  uint8_t *block;      /* [shape.bytes], at a multiple of 16 bytes */
  uint32_t used;       /* bytes of it */
  int64_t tokens;      /* that were counted; 0: none yet, all is empty and p = 1 / V */
  uint64_t packed;     /* counts_packed_bytes, once somebody has asked; before, 0 */
  uint32_t packed_sum; /* counts_packed_sum, where it was found with them: */
  bool summed;
  CountsLevel level[MAX_COUNTS_ORDER + 1]; /* [0..N] */
  float gate[MAX_GATES];
} Counts;

/* The fewest bytes that a block may have, and how many a text of so many tokens is given if nobody
 * says otherwise, at most `most`. Both are functions of their arguments alone. */
uint32_t counts_least_bytes(int vocab);
uint32_t counts_wanted_bytes(int64_t tokens, int vocab, int order, uint32_t most);

/* Null, or what is wrong with a shape, as the end of a sentence. */
const char *counts_shape_fault(const CountsShape *shape);

/* An empty table in a block [shape->bytes] (null while memory is planned), with default gates. */
void counts_clear(Counts *c, const CountsShape *shape, void *block);

/* Takes (where the block has room) the nodes of a level, or the first children of one whose number
 * of nodes is known, zeroed, behind all that was taken before. */
bool counts_take_nodes(Counts *c, int level, uint32_t nodes);
bool counts_take_children(Counts *c, int level);

/* The child of a node by its token, as a node of the next level; NO_NODE where there is none. Level
 * 0 has node 0 alone. */
#define NO_NODE UINT32_MAX
uint32_t counts_child(const Counts *c, int level, uint32_t node, int token);

static inline uint8_t *counts_node(const Counts *c, int level, uint32_t node) {
  return c->level[level].node + (size_t)node * c->node_bytes;
}

static inline uint32_t counts_count(const Counts *c, int level, uint32_t node) {
  return get_u16(counts_node(c, level, node));
}

static inline int counts_token(const Counts *c, int level, uint32_t node) {
  return get_token(counts_node(c, level, node) + 2, (int)c->node_bytes - 2, 0);
}

static inline void counts_put(const Counts *c, int level, uint32_t node, uint32_t count) {
  put_u16(counts_node(c, level, node), (uint16_t)count);
}

/* A new node: its count and its token. */
static inline void counts_put_node(const Counts *c, int level, uint32_t node, uint32_t count,
                                   uint32_t token) {
  counts_put(c, level, node, count);
  put_token(counts_node(c, level, node) + 2, (int)c->node_bytes - 2, 0, (uint16_t)token);
}

/* ---- where a text stands in the table ---- */

/* The nodes of the newest 0, 1, .. tokens, for as many as are in the table. */
typedef struct {
  int32_t known;                       /* tokens of the longest, 0..order-1 */
  uint32_t node[MAX_COUNTS_ORDER + 1]; /* [0..known], node[n] in level n */
} CountsContext;

/* Nothing before: the beginning of a text. */
void counts_restart(CountsContext *context);

/* The next token. A separator begins a document: what was before it is forgotten. */
void counts_push(const Counts *c, CountsContext *context, int token);

#endif
