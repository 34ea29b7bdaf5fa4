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

/* Reads exactly `size` bytes. Where it failed, errno says why, or is 0. */
ReadStatus source_read(const Source *source, void *bytes, size_t size);

/* Whether a source is at its end: READ_ENDED where it is, READ_WHOLE where a byte followed. */
ReadStatus source_end(const Source *source);

/* Writes all `size` bytes; false where the sink could not take them. */
bool sink_write(const Sink *sink, const void *bytes, size_t size);

/* An open file, which stays open and the caller's. Where it fails, errno says why. name is what
 * messages call it. */
Source file_source(FILE *file, const char *name);
Sink file_sink(FILE *file);

typedef legacy_llm_memory Memory;
typedef legacy_llm_buffer Buffer;

/* Bytes in memory, from the beginning on. */
Source memory_source(Memory *memory, const char *name);

/* Memory, from buffer->size on. */
Sink buffer_sink(Buffer *buffer);

/* Nowhere: continues a CRC-32 over the bytes. */
Sink crc_sink(uint32_t *crc);

#endif
