/* platform.h - the few things that C99 does not have: memory facts, a clock, durable files, Ctrl-C.
 *
 * Nothing here touches a number that is compared between builds.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdio.h>

#include "base/errors.h"

/* Highest resident size of this process in bytes so far, 0 where the system does not tell. */
uint64_t process_peak_bytes(void);

/* Resident size of this process in bytes now, 0 where the system does not tell. Before the arena is
 * opened: what the program, the C library and the stack take. */
uint64_t process_resident_bytes(void);

/* Memory that a new process may still take, in bytes, 0 where the system does not tell. */
uint64_t system_available_bytes(void);

/* Milliseconds of a clock that only goes forward, for display. */
int64_t clock_milliseconds(void);

/* The same clock in nanoseconds, as fine as the system has it. */
int64_t clock_nanoseconds(void);

/* Whether a person watches this stream. Leaves errno as it is: it may be why a write failed. */
bool is_terminal(FILE *stream);

/* Size of an ordinary file; false, with errno set, where there is none. */
bool file_size(const char *path, int64_t *bytes);

/* Whether path may be replaced by a file: it is absent, or an ordinary file (never a folder or a
 * device). */
bool replaceable(const char *path);

/* A file that appears whole or not at all: written beside its path, made durable, then renamed. */
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

/* Whether two paths name one file; false where one of them is null. */
bool same_file(const char *a, const char *b);

/* From now on a file that grows beyond a limit (ulimit -f) is a write that fails, as on a full
 * disk, and not a signal that ends the program. */
void ignore_full_disk(void);

/* From now on Ctrl-C (SIGINT) and SIGTERM only set a flag, which interrupted() tells; a signal that
 * was ignored stays ignored. release_interrupts ends that. */
void catch_interrupts(void);
void release_interrupts(void);
bool interrupted(void);

#endif
