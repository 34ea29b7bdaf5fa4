/* windows_files.h - files of Windows, as safe files and locks need them: new ones, locked ones, and
 * one in the place of another.
 *
 * Everything runs on Windows 98 and 2000; what only the later one has is looked for when the
 * program runs. Elsewhere nothing is declared.
 */
#ifndef WINDOWS_FILES_H
#define WINDOWS_FILES_H

#include "base/posix.h"

#if HAVE_WINDOWS
#include <stdbool.h>
#include <stdio.h>

/* Says in errno why the last call of the system failed; returns false. */
bool windows_failed(void);

/* Whether this is Windows 2000 or later, which can remove the name of a file that is open. */
bool windows_is_nt(void);

/* Opens a file that was not there, to write it, or where it is nameless to read it, too; that one
 * is gone when it is closed, however the process ends. Null, with errno set, where that cannot be.
 */
FILE *windows_create(const char *path, bool nameless);

/* Opens a file to read and write it, or makes it (*made), so that no other process can until it is
 * closed. Null, with errno set: EBUSY where another process has it so. */
FILE *windows_open_locked(const char *path, bool *made);

/* Has a file on the disk; errno says why not. */
bool windows_sync(FILE *stream);

/* Gives a file the name of another, which is gone then, in one step where the system has one. Waits
 * a second at most for who has one of them open: a virus scanner, say. errno says why not. */
bool windows_replace(const char *from, const char *to);

/* The same where there is no such step, on Windows 98: for a moment the other stands as FROM.old,
 * and stays there where the machine stops in that moment. */
bool windows_replace_in_two(const char *from, const char *to);

/* Gives a file a second name; false where the system or the file system has no such thing. */
bool windows_link(const char *path, const char *other);
#endif

#endif
