/* stream.c - files and memory as sources and sinks. */
#include "base/stream.h"

#include <errno.h>
#include <string.h>

#include "base/crc32.h"

ReadStatus source_read(const Source *source, void *bytes, size_t size) {
  errno = 0;
  const ptrdiff_t got = source->read(source->context, bytes, size);
  return got < 0 ? READ_FAILED : (size_t)got < size ? READ_ENDED : READ_WHOLE;
}

ReadStatus source_end(const Source *source) {
  uint8_t byte;
  return source_read(source, &byte, 1);
}

bool sink_write(const Sink *sink, const void *bytes, size_t size) {
  return sink->write(sink->context, bytes, size);
}

/* ---- files ---- */

static ptrdiff_t read_file(void *context, void *bytes, size_t size) {
  FILE *file = context;
  const size_t got = fread(bytes, 1, size, file);
  return got < size && ferror(file) ? -1 : (ptrdiff_t)got;
}

static bool write_file(void *context, const void *bytes, size_t size) {
  return fwrite(bytes, 1, size, (FILE *)context) == size;
}

Source file_source(FILE *file, const char *name) { return (Source){file, read_file, name}; }

Sink file_sink(FILE *file) { return (Sink){file, write_file}; }

/* ---- memory ---- */

static ptrdiff_t read_memory(void *context, void *bytes, size_t size) {
  Memory *m = context;
  const size_t left = m->size - m->taken, got = size < left ? size : left;
  if (got > 0) memcpy(bytes, (const uint8_t *)m->bytes + m->taken, got);
  m->taken += got;
  return (ptrdiff_t)got;
}

static bool write_buffer(void *context, const void *bytes, size_t size) {
  Buffer *b = context;
  if (size > b->capacity - b->size) return false;
  if (size > 0) memcpy((uint8_t *)b->bytes + b->size, bytes, size);
  b->size += size;
  return true;
}

Source memory_source(Memory *memory, const char *name) {
  memory->taken = 0;
  return (Source){memory, read_memory, name};
}

Sink buffer_sink(Buffer *buffer) { return (Sink){buffer, write_buffer}; }

/* ---- sums ---- */

static bool sum_bytes(void *context, const void *bytes, size_t size) {
  uint32_t *crc = context;
  *crc = crc32(*crc, bytes, size);
  return true;
}

Sink crc_sink(uint32_t *crc) { return (Sink){crc, sum_bytes}; }
