/* stream.h - sources and sinks of bytes (legacy_llm.h): files and memory, and reading them whole.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdio.h>

#include "base/config.h"

/* How reading so many bytes went. */
typedef enum {
  READ_WHOLE, /* all are there */
  READ_ENDED, /* the source ended before */
  READ_FAILED /* the source could not be read; what is behind it may still be whole */
} ReadStatus;

/* Reads exactly `size` bytes. */
ReadStatus source_read(const Source *source, void *bytes, size_t size);

/* Whether a source is at its end: READ_ENDED where it is, READ_WHOLE where a byte followed. */
ReadStatus source_end(const Source *source);

/* Writes all `size` bytes; false where the sink could not take them. */
bool sink_write(const Sink *sink, const void *bytes, size_t size);

/* An open file, which stays open and the caller's. Where it fails, errno says why. */
Source file_source(FILE *file);
Sink file_sink(FILE *file);

/* Bytes in memory, read from `at` on; the caller's, as the struct itself is. */
typedef struct {
  const uint8_t *bytes; /* [size] */
  size_t size, at;
} MemoryReader;

Source memory_source(MemoryReader *memory);

/* Room in memory, filled from `size` on; full, it takes no more. With null bytes it only counts. */
typedef struct {
  uint8_t *bytes; /* [capacity], or null */
  size_t capacity, size;
} MemoryWriter;

Sink memory_sink(MemoryWriter *memory);

#endif
