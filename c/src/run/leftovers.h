/* leftovers.h - files that must not outlive the program: locks and temporary files.
 *
 * Whoever may make such a file says its name here before, and takes it back when it is gone or has
 * its last name. A signal that ends the program then removes what is left: leftovers_remove does
 * nothing that a signal handler may not do.
 */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include "base/safe_file.h"

/* The name must stay as it is, where it is, until it is dropped. Beyond a few files at a time there
 * is no place; those are left to the next run, which finds them by their lock. */
void leftovers_add(const char *name);

void leftovers_drop(const char *name);

/* A file that this process alone uses and removes, and the temporary one that becomes it. */
typedef struct {
  char path[TEMPORARY_BYTES], temporary[TEMPORARY_BYTES];
} PassingFile;

/* Says both names of a file whose path is set. It must stay where it is until the end. */
void passing_file_begin(PassingFile *file);

/* Takes the names back; whoever made the file has removed it. */
void passing_file_end(const PassingFile *file);

/* Removes all of them. */
void leftovers_remove(void);

#endif
