/* stream.h - bytes that come and go through callbacks: of files, and of memory. */
#ifndef STREAM_H
#define STREAM_H

#include <stdio.h>

#include "base/config.h"

typedef legacy_llm_memory Memory;

/* An open file, from where it is. name is what messages call it. */
Source file_source(FILE *file, const char *name);

/* An open file; a write that fails also shows in ferror(file). */
Sink file_sink(FILE *file);

/* Bytes in memory, from those on that were not taken yet. */
Source memory_source(Memory *memory, const char *name);

#endif
