/* counts.c - tables of counts. The first byte chooses a shape. Where it is odd, the rest is a
 * packed table: one that is accepted can be asked, and is the same when it is written and read
 * again. Where it is even, the rest is a text, which is counted in a small block: then the table is
 * whole. */
#include "base/stream.h"
#include "counts/build.h"
#include "counts/gates.h"
#include "counts/kneser_ney.h"
#include "counts/pack.h"
#include "harness.h"
#include "math/math_ops.h"

enum { BLOCK = 1 << 15, MOST_VOCAB = 300 };

static uint32_t first_block[BLOCK / 4], second_block[BLOCK / 4];

static CountsShape shape_of(uint8_t byte) {
  static const int32_t sizes[] = {2, 5, 27, 256, MOST_VOCAB};
  const int32_t vocab = sizes[byte / 2 % 5];
  const int32_t order = 1 + byte / 10 % MAX_COUNTS_ORDER;
  return (CountsShape){vocab, byte < 120 ? 0 : vocab - 1, order, BLOCK};
}

/* All that a table can be asked, somewhere in a text. */
static void ask(const Counts *c, const uint8_t *bytes, size_t size) {
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
static void write_and_read(const Counts *c) {
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

static bool read_packed(Counts *c, const uint8_t *data, size_t size) {
  Error error = {EXIT_OK, ""};
  Memory input = {data, size, 0};
  const Source source = memory_source(&input, "the input");
  if (counts_read(c, &source, size, &error)) return true;
  must_be_refusal(&error);
  return false;
}

static bool read_bytes(void *context, int32_t first, int count, uint16_t *tokens, Error *error) {
  const Memory *bytes = context;
  (void)error;
  for (int i = 0; i < count; i++) tokens[i] = ((const uint8_t *)bytes->bytes)[first + i];
  return true;
}

/* Counts bytes as a text, in a block that is the smaller the first of them is; no more than two
 * thousand. In memory and read, they give the same. */
static bool count_text(Counts *c, const uint8_t *data, size_t size) {
  uint8_t bytes[2048];
  const int32_t n = size < sizeof bytes ? (int32_t)size : (int32_t)sizeof bytes;
  Memory memory = {bytes, sizeof bytes, 0};
  CountsShape shape = c->shape;
  Error error = {EXIT_OK, ""};
  for (int i = 0; i < n; i++) bytes[i] = (uint8_t)(data[i] % shape.vocab);
  const Text text = {.count = n, .vocab = shape.vocab, .reader = {&memory, read_bytes}};
  const Text kept = {.count = n, .vocab = shape.vocab, .width = 1, .tokens = bytes};
  const CountedPart part = {&text, 0, n}, kept_part = {&kept, 0, n};
  Counts again;
  shape.bytes = counts_least_bytes(shape.vocab) + data[0] * 16u;
  counts_clear(c, &shape, first_block);
  counts_clear(&again, &shape, second_block);
  MUST(counts_build(c, &part, &error) && counts_build(&again, &kept_part, &error));
  MUST(again.used == c->used && memcmp(first_block, second_block, c->used) == 0);
  return true;
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  math_ops_init();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Counts c;
  if (size < 2) return 0;
  const CountsShape shape = shape_of(data[0]);
  MUST(counts_shape_fault(&shape) == NULL);
  counts_clear(&c, &shape, first_block);
  const bool packed = data[0] % 2;
  if (packed ? !read_packed(&c, data + 1, size - 1) : !count_text(&c, data + 1, size - 1)) return 0;
  write_and_read(&c);
  ask(&c, data, size);
  counts_use_order(&c, 1);
  ask(&c, data, size);
  counts_use_order(&c, c.shape.order);
  if (!packed) write_and_read(&c);
  ask(&c, data, size);
  return 0;
}
