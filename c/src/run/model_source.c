/* model_source.c - looks at the first bytes, and gives them back. */
#include "run/model_source.h"

#include <errno.h>
#include <string.h>

#include "gguf/bitnet_parser.h"
#include "train/checkpoint.h"

/* A source whose first bytes were taken. */
typedef struct {
  const Source *source;
  uint8_t first[4];
  size_t count, given; /* of those bytes */
  bool failed;         /* they could not be read, */
  int reason;          /* and errno said why */
} Begun;

/* context: a Begun. */
static ptrdiff_t read_begun(void *context, void *bytes, size_t size) {
  Begun *b = context;
  if (b->failed) {
    errno = b->reason;
    return -1;
  }
  const size_t left = b->count - b->given, part = size < left ? size : left;
  memcpy(bytes, b->first + b->given, part);
  b->given += part;
  if (part == size) return (ptrdiff_t)size;
  const ptrdiff_t got = b->source->read(b->source->context, (uint8_t *)bytes + part, size - part);
  return got < 0 ? got : got + (ptrdiff_t)part;
}

bool model_source_header(const Source *source, CheckpointHeader *header, Error *error) {
  Begun b = {.source = source};
  const Source whole = {&b, read_begun, source->name};
  errno = 0;
  const ptrdiff_t got = source->read(source->context, b.first, sizeof b.first);
  b.failed = got < 0;
  b.reason = errno;
  b.count = b.failed ? 0 : (size_t)got;
  if (b.count == sizeof b.first && memcmp(b.first, "GGUF", sizeof b.first) == 0)
    return bitnet_read_header(&whole, header, error);
  return checkpoint_read_header(&whole, header, error);
}

bool model_source_read(const Source *source, const CheckpointHeader *header, Model *model,
                       Counts *counts, Error *error) {
  if (header->gguf) return bitnet_read(source, header, model, error);
  return checkpoint_read(source, header, model, NULL, counts, error);
}
