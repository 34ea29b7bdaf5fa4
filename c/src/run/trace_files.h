/* trace_files.h - a trace as files: what `train --trace FILE` and `train --dump FILE` write.
 *
 *   trace   a line a tensor: "step name crc32"
 *   dump    the same line with the number of bytes instead, then the bytes themselves
 *
 * The values are little-endian in both, whatever the machine.
 */
#ifndef TRACE_FILES_H
#define TRACE_FILES_H

#include <stdio.h>

#include "base/errors.h"

typedef struct {
  FILE *trace, *dump; /* null: not asked for */
} TraceFiles;

/* Opens both; a null path leaves one out. Where it fails, what was opened is closed again. */
bool trace_files_open(TraceFiles *files, const char *trace_path, const char *dump_path,
                      Error *error);

/* A trace that writes into the files, which must stay where they are; off where none is open. */
legacy_llm_trace trace_files_trace(TraceFiles *files);

/* Ends the files; false where one could not be written whole. */
bool trace_files_close(TraceFiles *files, Error *error);

#endif
