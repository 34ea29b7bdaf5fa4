/* files.h - the files of a command, before it starts: nothing is written over another.
 *
 * What a command reads and writes is said by its rows: the `use` of each option that is a file, and
 * `beside` for files whose names come from those. Each that is written is compared with each other
 * and with the standard streams, by device and inode, and must be of a kind that can be written.
 * What stands there already is replaced only where it is of the kind that the output has
 * (`writes`), or by --force. Then the output is locked, which also tries whether anything can be
 * written beside it, and what a killed run left there is removed.
 */
#ifndef FILES_H
#define FILES_H

#include "run/file_locks.h"
#include "run/options.h"

enum { MOST_LOCKS = 8, TEMPORARIES = 2 /* of a path, and of the token file beside it */ };

/* A file that is written, with the names under which it may be half-written. */
typedef struct {
  FileLock lock;
  char temporaries[TEMPORARIES][TEMPORARY_BYTES];
} LockedFile;

typedef struct {
  LockedFile locked[MOST_LOCKS];
  int count;
} Files;

/* Checks and locks the files of a command, by its settings. */
bool files_open(Files *files, const void *settings, Error *error);

/* Gives the locks back. */
void files_close(Files *files);

#endif
