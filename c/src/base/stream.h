/* stream.h - bytes that come and go through callbacks: of files, and of memory. */
#ifndef STREAM_H
#define STREAM_H

#include <stdio.h>

#include "base/config.h"

typedef legacy_llm_memory Memory;
typedef legacy_llm_buffer Buffer;

/* An open file, from where it is. name is what messages call it. */
Source file_source(FILE *file, const char *name);

/* An open file; a write that fails also shows in ferror(file). */
Sink file_sink(FILE *file);

/* Bytes in memory, from the beginning on. */
Source memory_source(Memory *memory, const char *name);

/* Memory, from buffer->size on. */
Sink buffer_sink(Buffer *buffer);

#endif
