/* ngrams.c - lays out a table of n-grams in a block of its own, and judges texts by it. */
#include "run/ngrams.h"

#include <string.h>

#include "counts/build.h"
#include "counts/kneser_ney.h"
#include "counts/pack.h"
#include "math/math_ops.h"
#include "model/loss.h"
#include "train/checkpoint.h"

/* ---- memory ---- */

/* What lies in a block: this, and behind it an arena. */
typedef struct {
  Ngrams ngrams; /* first: who has the block has it */
  Counts table;
  uint8_t *token_bytes; /* [V] */
} OwnNgrams;

static void own_layout(OwnNgrams *own, const CountsShape *shape, Arena *arena) {
  own->token_bytes = arena_take(arena, MEMORY_COUNTS, (size_t)shape->vocab, 1);
  counts_clear(&own->table, shape, arena_take(arena, MEMORY_COUNTS, shape->bytes, 1));
}

static size_t own_bytes(const CountsShape *shape) {
  OwnNgrams planned;
  Arena arena = {0};
  own_layout(&planned, shape, &arena);
  return arena_object_bytes(sizeof planned) + (size_t)arena.plan.total;
}

/* An empty table in a block of own_bytes. */
static Ngrams *own_open(void *memory, const CountsShape *shape, const Tokenizer *t) {
  OwnNgrams *own = memory;
  Arena arena = {0};
  const size_t object = arena_object_bytes(sizeof *own);
  memset(own, 0, sizeof *own);
  arena_use(&arena, (uint8_t *)memory + object, own_bytes(shape) - object);
  own_layout(own, shape, &arena);
  memcpy(own->token_bytes, t->bytes, (size_t)shape->vocab);
  own->ngrams = (Ngrams){&own->table, own->token_bytes};
  return &own->ngrams;
}

/* ---- of a text ---- */

/* Null, or what is wrong with a number of bytes that a table may take. */
static const char *most_fault(const Tokenizer *t, int32_t most) {
  const bool few = most < 0 || (uint32_t)most < counts_least_bytes(t->size);
  if (few) return "the counts have too few bytes";
  return most > LEGACY_LLM_MAX_COUNTS ? "the counts have too many bytes" : NULL;
}

static CountsShape shape_for(const Tokenizer *t, int64_t tokens, int order, int32_t most) {
  const CountsShape shape = {t->size, tokenizer_separator(t), order,
                             counts_wanted_bytes(tokens, t->size, order, (uint32_t)most)};
  return shape;
}

size_t legacy_llm_counts_size(const Tokenizer *t, int64_t tokens, int order, int32_t most) {
  const CountsShape shape = shape_for(t, tokens, order, most);
  return own_bytes(&shape);
}

Ngrams *legacy_llm_counts_open(void *memory, const Tokenizer *t, int64_t tokens, int order,
                               int32_t most, Error *error) {
  const CountsShape shape = shape_for(t, tokens, order, most);
  const char *fault = counts_shape_fault(&shape);
  if (!fault) fault = most_fault(t, most);
  if (!fault) return own_open(memory, &shape, t);
  error_set(error, EXIT_USAGE, "n-grams cannot be counted so: %s", fault);
  return NULL;
}

bool legacy_llm_counts_build(Ngrams *n, const TokenReader *tokens, int32_t count, Error *error) {
  const Text text = {.count = count, .vocab = n->table->shape.vocab, .reader = *tokens};
  const CountedPart part = {&text, 0, count};
  return counts_build(n->table, &part, NOTHING_LENT, error);
}

/* ---- of a checkpoint ---- */

size_t legacy_llm_checkpoint_counts_size(const CheckpointHeader *h) {
  const CountsShape shape = checkpoint_counts(h);
  return shape.bytes ? own_bytes(&shape) : 0;
}

Ngrams *legacy_llm_checkpoint_counts(void *memory, const CheckpointHeader *h, const Source *from,
                                     Error *error) {
  const CountsShape shape = checkpoint_counts(h);
  if (shape.bytes == 0) {
    error_set(error, EXIT_USAGE, "%s has no counts; train with some", from->name);
    return NULL;
  }
  Ngrams *n = own_open(memory, &shape, &h->tokenizer);
  return checkpoint_read_counts(from, h, n->table, error) ? n : NULL;
}

/* ---- judging ---- */

enum { CHUNK = 256 /* tokens that are read at a time */ };

/* Goes over tokens at..to-1, and judges those from `from` on. */
static bool judge_tokens(const Ngrams *n, const Text *text, int32_t at, int32_t from, int32_t to,
                         LossSum *loss, Error *error) {
  uint16_t tokens[CHUNK];
  CountsContext context;
  counts_restart(&context);
  for (int count; at < to; at += count) {
    count = to - at < CHUNK ? to - at : CHUNK;
    if (!text_window(text, at, count, tokens, error)) return false;
    for (int i = 0; i < count; i++) {
      const int token = tokens[i];
      if (at + i >= from)
        loss_add(loss, -float_log(counts_probability(n->table, &context, token)),
                 n->token_bytes[token]);
      counts_push(n->table, &context, token);
    }
  }
  return true;
}

bool legacy_llm_counts_judge(Ngrams *n, int order, const TokenReader *tokens, int32_t from,
                             int32_t to, LossSum *loss, Error *error) {
  Counts *table = n->table;
  const Text text = {.count = to, .vocab = table->shape.vocab, .reader = *tokens};
  if (order < 1 || order > table->shape.order)
    return error_set(error, EXIT_USAGE,
                     "the counts have n-grams of 1 to %ld tokens, none of %d; give another order",
                     (long)table->shape.order, order);
  counts_use_order(table, order);
  const int32_t at = from > order - 1 ? from - (order - 1) : 0;
  const bool good = judge_tokens(n, &text, at, from, to, loss, error);
  counts_use_order(table, table->shape.order);
  return good;
}

/* ---- facts ---- */

legacy_llm_counts_facts legacy_llm_counts_tell(const Ngrams *n) {
  const Counts *c = n->table;
  legacy_llm_counts_facts facts = {.order = c->shape.order,
                                   .tokens = c->tokens,
                                   .bytes = c->used,
                                   .packed = counts_packed_bytes(n->table)};
  for (int i = 0; i < c->shape.order; i++) {
    facts.ngrams[i] = c->level[i + 1].nodes;
    facts.threshold[i] = c->level[i + 1].threshold;
  }
  memcpy(facts.gate, c->gate, sizeof facts.gate);
  return facts;
}
