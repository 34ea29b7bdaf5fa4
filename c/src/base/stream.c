/* stream.c - files and memory as sources and sinks. */
#include "base/stream.h"

#include <string.h>

ReadStatus source_read(const Source *source, void *bytes, size_t size) {
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

Source file_source(FILE *file) { return (Source){file, read_file}; }

Sink file_sink(FILE *file) { return (Sink){file, write_file}; }

/* ---- memory ---- */

static ptrdiff_t read_memory(void *context, void *bytes, size_t size) {
  MemoryReader *memory = context;
  const size_t left = memory->size - memory->at, got = size < left ? size : left;
  memcpy(bytes, memory->bytes + memory->at, got);
  memory->at += got;
  return (ptrdiff_t)got;
}

static bool write_memory(void *context, const void *bytes, size_t size) {
  MemoryWriter *memory = context;
  if (memory->bytes && size > memory->capacity - memory->size) return false;
  if (memory->bytes) memcpy(memory->bytes + memory->size, bytes, size);
  memory->size += size;
  return true;
}

Source memory_source(MemoryReader *memory) { return (Source){memory, read_memory}; }

Sink memory_sink(MemoryWriter *memory) { return (Sink){memory, write_memory}; }
