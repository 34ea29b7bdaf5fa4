/* counting.c - texts that are counted. The first byte chooses a shape, the second how small the
 * block is: the table is the same from a text in memory and from one that is read, with memory that
 * is lent and without, and is whole. */
#include "counts/build.h"
#include "tables.h"

static bool read_bytes(void *context, int32_t first, int count, uint16_t *tokens, Error *error) {
  const Memory *bytes = context;
  (void)error;
  for (int i = 0; i < count; i++) tokens[i] = ((const uint8_t *)bytes->bytes)[first + i];
  return true;
}

/* Counts bytes as a text, in a block that is the smaller the first of them is; no more than two
 * thousand. In memory and read, they give the same. */
static void count_text(Counts *c, CountsShape shape, const uint8_t *data, size_t size) {
  uint8_t bytes[2048];
  const int32_t n = size < sizeof bytes ? (int32_t)size : (int32_t)sizeof bytes;
  Memory memory = {bytes, sizeof bytes, 0};
  Error error = {EXIT_OK, ""};
  for (int i = 0; i < n; i++) bytes[i] = (uint8_t)(data[i] % shape.vocab);
  const Text text = {.count = n, .vocab = shape.vocab, .reader = {&memory, read_bytes}};
  const Text kept = {.count = n, .vocab = shape.vocab, .width = 1, .tokens = bytes};
  const CountedPart part = {&text, 0, n}, kept_part = {&kept, 0, n};
  static uint32_t others[sizeof bytes];
  const LentMemory lent = {(uint8_t *)others, sizeof others / 256 * data[0]};
  Counts again;
  shape.bytes = counts_least_bytes(shape.vocab) + data[0] * 16u;
  counts_clear(c, &shape, first_block);
  counts_clear(&again, &shape, second_block);
  MUST(counts_build(c, &part, NOTHING_LENT, &error) &&
       counts_build(&again, &kept_part, NOTHING_LENT, &error));
  MUST(again.used == c->used && memcmp(first_block, second_block, c->used) == 0);
  counts_clear(&again, &shape, second_block);
  MUST(counts_build(&again, &kept_part, lent, &error));
  MUST(again.used == c->used && memcmp(first_block, second_block, c->used) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Counts c;
  if (size < 2) return 0;
  const CountsShape shape = shape_of(data[0]);
  count_text(&c, shape, data + 1, size - 1);
  must_be_a_table(&c, data, size);
  return 0;
}
