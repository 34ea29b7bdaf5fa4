/* tables.h - what the fuzzers of counts share: the shape that a byte chooses, and what must hold of
 * each table. */
#ifndef TABLES_H
#define TABLES_H

#include "base/stream.h"
#include "counts/gates.h"
#include "counts/kneser_ney.h"
#include "counts/pack.h"
#include "kernels.h"

enum { BLOCK = 1 << 15, MOST_VOCAB = 300 };

static uint32_t first_block[BLOCK / 4], second_block[BLOCK / 4];

/* The shape that a byte chooses, which is one that a table can have. */
static inline CountsShape shape_of(uint8_t byte) {
  static const int32_t sizes[] = {2, 5, 27, 256, MOST_VOCAB};
  const int32_t vocab = sizes[byte % 5];
  const int32_t order = 1 + byte / 5 % MAX_COUNTS_ORDER;
  const CountsShape shape = {vocab, byte < 120 ? 0 : vocab - 1, order, BLOCK};
  MUST(counts_shape_fault(&shape) == NULL);
  return shape;
}

/* All that a table can be asked, somewhere in a text. */
static inline void ask(const Counts *c, const uint8_t *bytes, size_t size) {
  static float p[MOST_VOCAB], logits[MOST_VOCAB];
  CountsContext context;
  counts_restart(&context);
  for (size_t i = 0; i < size && i < 64; i++) {
    counts_push(c, &context, bytes[i] % c->shape.vocab);
    MUST(context.known < c->order && counts_bucket(c, &context) < MAX_GATES);
  }
  counts_distribution(c, &context, p);
  for (int w = 0; w < c->shape.vocab; w++) {
    MUST(p[w] > 0.0f && p[w] < 1.001f && p[w] == counts_probability(c, &context, w));
    logits[w] = 0.0f;
  }
  gate_logits(c->gate[counts_bucket(c, &context)], logits, p, c->shape.vocab);
}

/* What is written of a table is read as the same. */
static inline void write_and_read(const Counts *c) {
  static uint8_t bytes[4 * BLOCK];
  Buffer buffer = {bytes, sizeof bytes, 0};
  const Sink sink = buffer_sink(&buffer);
  CountsShape shape = c->shape;
  Counts again;
  Error error = {EXIT_OK, ""};
  shape.bytes = counts_table_bytes(c);
  MUST(counts_write(c, &sink) && buffer.size == counts_packed_bytes(c));
  Memory written = {bytes, buffer.size, 0};
  const Source source = memory_source(&written, "what was written");
  counts_clear(&again, &shape, second_block);
  MUST(counts_read(&again, &source, buffer.size, &error) && again.used == c->used);
  MUST(memcmp(first_block, second_block, c->used) == 0);
}

/* All that must hold of a table that was read or counted. */
static inline void must_be_a_table(Counts *c, const uint8_t *bytes, size_t size) {
  write_and_read(c);
  ask(c, bytes, size);
  counts_use_order(c, 1);
  ask(c, bytes, size);
  counts_use_order(c, c->shape.order);
  write_and_read(c);
  ask(c, bytes, size);
}

#endif
