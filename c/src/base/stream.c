/* stream.c - the callbacks. */
#include "base/stream.h"

#include <string.h>

static ptrdiff_t read_file(void *context, void *bytes, size_t size) {
  FILE *file = context;
  const size_t got = fread(bytes, 1, size, file);
  return got < size && ferror(file) ? -1 : (ptrdiff_t)got;
}

Source file_source(FILE *file, const char *name) {
  const Source source = {file, read_file, name};
  return source;
}

static bool write_file(void *context, const void *bytes, size_t size) {
  return fwrite(bytes, 1, size, context) == size;
}

Sink file_sink(FILE *file) {
  const Sink sink = {file, write_file};
  return sink;
}

static ptrdiff_t read_memory(void *context, void *bytes, size_t size) {
  Memory *m = context;
  const size_t left = m->size - m->taken, part = size < left ? size : left;
  if (part > 0) memcpy(bytes, (const uint8_t *)m->bytes + m->taken, part);
  m->taken += part;
  return (ptrdiff_t)part;
}

Source memory_source(Memory *memory, const char *name) {
  const Source source = {memory, read_memory, name};
  memory->taken = 0;
  return source;
}

static bool write_buffer(void *context, const void *bytes, size_t size) {
  Buffer *b = context;
  if (size > b->capacity - b->size) return false;
  if (size > 0) memcpy((uint8_t *)b->bytes + b->size, bytes, size);
  b->size += size;
  return true;
}

Sink buffer_sink(Buffer *buffer) {
  const Sink sink = {buffer, write_buffer};
  return sink;
}
