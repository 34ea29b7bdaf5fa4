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
  PATH_OTHER   /* a block device, a socket, a link that the system does not let us follow */
} PathKind;

/* What a path leads to, all symbolic links followed. */
PathKind path_kind(const char *path);

/* Whether the path itself is a symbolic link. */
bool path_is_link(const char *path);

/* Follows the symbolic links at the end of a path, also to a file that is not there yet, but no
 * link to an open stream. False where there are too many, or the result is too long. */
bool path_resolve(const char *path, char resolved[PATH_BYTES]);

/* The folder that a path names, "." where it names none; the rest of it is returned, the name. */
const char *path_folder(const char *path, char folder[PATH_BYTES]);

/* Whether an ordinary file may be written over; errno says why not. One that nobody may write to is
 * protected from root as well. */
bool path_may_write(const char *path);

/* Opens an ordinary file to write it anew; hard links to what was there keep that. */
FILE *path_open_new(const char *path);

/* Opens a PATH_STREAM to write behind what stands there; null, with errno set, where that is not
 * possible. Waits a few seconds, not for ever, until somebody reads a FIFO. */
FILE *path_open_stream(const char *path);

/* Why something could not be opened to be written, by errno. */
const char *path_open_error(void);

/* Whether two paths lead to one file, by device and inode, or would once they are written: by
 * folder and name. False where one of them is null, and of a device, which many may share. */
bool path_same(const char *a, const char *b);

/* The same of a path and an open stream of the program. */
bool path_is_stream(const char *path, FILE *stream);

/* The path of this program, by the system or else by what it was called as (argv[0]): in a folder,
 * or by PATH. False where nobody can tell. */
bool path_of_program(const char *called, char path[PATH_BYTES]);

#endif
