/* file_locks.h - one process at a time writes to a path.
 *
 * Beside PATH stands PATH.lock while a process writes to PATH, locked so that the lock ends with
 * the process, however it ends. The file says which process that is: whoever finds it without its
 * lock knows whose temporary files are left. A file of that name that says something else is
 * somebody's own and is not touched; one that is empty serves as the lock, and is empty again
 * afterwards. Where a system has no such locks, there are none.
 */
#ifndef FILE_LOCKS_H
#define FILE_LOCKS_H

#include "base/safe_file.h"

typedef struct {
  FILE *file; /* null: there is no lock */
  bool found; /* the file was there, empty */
  long dead;  /* the process that had the lock and ended without a word, 0: there was none */
  char path[TEMPORARY_BYTES];
} FileLock;

/* The name of the lock file of a path; false where it is too long. */
bool file_lock_name(const char *path, char name[TEMPORARY_BYTES]);

/* Locks a path for this process. An error where another has it, where the name of the lock file is
 * somebody else's, or where nothing can be written beside the path. */
bool file_lock_take(FileLock *lock, const char *path, Error *error);

/* Removes the lock file and its lock. */
void file_lock_release(FileLock *lock);

#endif
