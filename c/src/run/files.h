/* files.h - the files of a command, before it starts: none is written over another.
 *
 * What a command reads and writes is said by its rows: the `use` of each option that is a file, and
 * `beside` for files whose names come from those. Each that is written is compared with each other
 * and with the standard streams, by device and inode, and must be of a kind that can be written;
 * then it is locked, which also tries whether anything can be written beside it.
 */
#ifndef FILES_H
#define FILES_H

#include "run/file_locks.h"
#include "run/options.h"

enum { MOST_LOCKS = 8 };

typedef struct {
  FileLock locks[MOST_LOCKS];
  int count;
} Files;

/* Checks and locks the files of a command, by its settings. */
bool files_open(Files *files, const void *settings, Error *error);

/* Gives the locks back. */
void files_close(Files *files);

#endif
