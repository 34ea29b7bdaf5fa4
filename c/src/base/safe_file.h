/* safe_file.h - files that appear whole or not at all.
 *
 * A file is written beside its path under a temporary name, made durable, then renamed: whenever
 * the program or the machine stops, what is at the path is whole, the old or the new.
 */
#ifndef SAFE_FILE_H
#define SAFE_FILE_H

#include <stdio.h>

#include "base/errors.h"

typedef struct {
  FILE *stream;
  char path[512], temporary[520];
} SafeFile;

/* Opens the temporary file. */
bool safe_file_open(SafeFile *file, const char *path, Error *error);

/* Flushes, syncs and renames; on any failure, also of earlier writes, removes the temporary file
 * and leaves the old file as it was. */
bool safe_file_commit(SafeFile *file, Error *error);

/* As commit, but first keeps what was there as PATH.1, that as PATH.2, and so on: `older` of them.
 * PATH itself is never missing, whenever the program is stopped. */
bool safe_file_commit_keeping(SafeFile *file, int older, Error *error);

/* As commit, but removes the temporary file in the end and leaves the old file as it is. */
bool safe_file_rehearse(SafeFile *file, Error *error);

/* Gives up: removes the temporary file. */
void safe_file_discard(SafeFile *file);

#endif
