/* safe_file.h - files that appear whole or not at all.
 *
 * A file is written beside its path under a temporary name, made durable, then renamed: whenever
 * the program or the machine stops, what is at the path is whole, the old or the new. The path of a
 * symbolic link is that of its target. The temporary name, PATH.tmp-PROCESS, is new: a file that
 * has it is never written over.
 */
#ifndef SAFE_FILE_H
#define SAFE_FILE_H

#include <stdio.h>

#include "base/path.h"

enum { TEMPORARY_BYTES = PATH_BYTES + 40, MOST_TEMPORARIES = 10 /* of a process and a path */ };

typedef struct {
  FILE *stream;
  bool passes; /* the path is a stream: what is written is gone at once */
  char path[PATH_BYTES], temporary[TEMPORARY_BYTES];
} SafeFile;

/* Opens the temporary file; refuses a path that is not of an ordinary file. */
bool safe_file_open(SafeFile *file, const char *path, Error *error);

/* The same, but what is written goes straight into a device, a FIFO or an open stream. */
bool safe_file_open_text(SafeFile *file, const char *path, Error *error);

/* The i-th name (0, 1, ...) that a process tries for the temporary file of a path. */
void safe_file_temporary(const char *path, long process, int i, char name[TEMPORARY_BYTES]);

/* Flushes, syncs and renames; on any failure, also of earlier writes, removes the temporary file
 * and leaves the old file as it was. */
bool safe_file_commit(SafeFile *file, Error *error);

/* As commit, but first keeps what was there as PATH.1, that as PATH.2, and so on: `older` of them.
 * Where the new file is whole and cannot take its place, it stays under its temporary name. PATH
 * itself is never missing, whenever the program is stopped. */
bool safe_file_commit_keeping(SafeFile *file, int older, Error *error);

/* The name of the i-th of those (1, 2, ...). */
void safe_file_older(const char *path, int i, char *name, size_t size);

/* As commit, but removes the temporary file in the end and leaves the old file as it is. */
bool safe_file_rehearse(SafeFile *file, Error *error);

/* Makes what was written so far to an open ordinary file durable, and its name. */
bool safe_file_sync(FILE *stream, const char *path);

/* Gives up: removes the temporary file. */
void safe_file_discard(SafeFile *file);

/* A file without a name, to be written and read again, which is gone with the process: in the
 * folder of the environment's TMPDIR, in /tmp (on Windows that of TEMP), or here. Null, with errno
 * set, where there can be none. */
FILE *nameless_file(void);

#endif
