/* path.h - what a path leads to: which file it is, by whatever name, and what may be done with it.
 */
#ifndef PATH_H
#define PATH_H

#include <stdio.h>

#include "base/errors.h"

enum { PATH_BYTES = 512 /* of the longest path that is written to, with its 0 */ };

typedef enum {
  PATH_ABSENT,   /* nothing that can be looked at: opening it says more */
  PATH_ORDINARY, /* an ordinary file */
  PATH_FOLDER,
  PATH_STREAM, /* a terminal or another character device, a FIFO, or a link to an open stream such
                  as /dev/stdout: bytes may go there, nothing may take its place */
  PATH_OTHER   /* a block device, a socket */
} PathKind;

/* What a path leads to, all symbolic links followed. */
PathKind path_kind(const char *path);

/* Whether the path itself is a symbolic link. */
bool path_is_link(const char *path);

/* Follows the symbolic links at the end of a path, also to a file that is not there yet, but no
 * link to an open stream. False where there are too many, or the result is too long. */
bool path_resolve(const char *path, char resolved[PATH_BYTES]);

/* Whether two paths lead to one file, by device and inode, or would once they are written: by
 * folder and name. False where one of them is null, and of a device, which many may share. */
bool path_same(const char *a, const char *b);

/* The same of a path and an open stream of the program. */
bool path_is_stream(const char *path, FILE *stream);

#endif
