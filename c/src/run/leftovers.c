/* leftovers.c - a few names, which a signal handler may read at any moment. */
#include "base/posix.h"

#include "run/leftovers.h"

#include <stddef.h>
#include <stdio.h>

#include "base/platform.h"

#if HAVE_POSIX
#include <unistd.h>
#endif

enum { MOST_LEFTOVERS = 32 };

static const char *volatile leftovers[MOST_LEFTOVERS]; /* null: free */

/* Puts a name where another stands. */
static void replace(const char *old, const char *new) {
  for (int i = 0; i < MOST_LEFTOVERS; i++)
    if (leftovers[i] == old) {
      leftovers[i] = new;
      return;
    }
}

void leftovers_add(const char *name) { replace(NULL, name); }

void leftovers_drop(const char *name) { replace(name, NULL); }

void passing_file_begin(PassingFile *file) {
  safe_file_temporary(file->path, process_id(), 0, file->temporary);
  leftovers_add(file->path);
  leftovers_add(file->temporary);
}

void passing_file_end(const PassingFile *file) {
  leftovers_drop(file->path);
  leftovers_drop(file->temporary);
}

void leftovers_remove(void) {
  for (int i = 0; i < MOST_LEFTOVERS; i++) {
    const char *name = leftovers[i];
#if HAVE_POSIX
    if (name) unlink(name);
#else
    if (name) remove(name);
#endif
  }
}
