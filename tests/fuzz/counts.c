/* counts.c - packed tables of counts. The first byte chooses a shape, the rest is the table: one
 * that is accepted can be asked, and is the same when it is written and read again. */
#include "tables.h"

static bool read_packed(Counts *c, const uint8_t *data, size_t size) {
  Error error = {EXIT_OK, ""};
  Memory input = {data, size, 0};
  const Source source = memory_source(&input, "the input");
  if (counts_read(c, &source, size, &error)) return true;
  must_be_refusal(&error);
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Counts c;
  if (size < 2) return 0;
  const CountsShape shape = shape_of(data[0]);
  counts_clear(&c, &shape, first_block);
  if (read_packed(&c, data + 1, size - 1)) must_be_a_table(&c, data, size);
  return 0;
}
