/* platform.h - the few things that C99 does not have: memory facts, a clock, facts about files.
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

/* Reads a byte of each page of the program's code, where the linker tells where that is: the
 * resident size then counts all of it, also what runs for the first time later. */
void process_touch_code(void);

/* Memory that a new process may still take, in bytes, 0 where the system does not tell. */
uint64_t system_available_bytes(void);

/* The number of this process, 0 where the system has none. */
long process_id(void);

/* Milliseconds of a clock that only goes forward, for display. */
int64_t clock_milliseconds(void);

/* The same clock in nanoseconds, as fine as the system has it. */
int64_t clock_nanoseconds(void);

/* Does nothing for so long, or a little longer, where the system can. */
void pause_microseconds(int microseconds);

/* Opens standard streams that are closed on the null device, so that no file gets their place. */
void open_standard_streams(void);

/* What takes all that is written to it. */
#if defined(_WIN32)
#define NULL_DEVICE "NUL"
#else
#define NULL_DEVICE "/dev/null"
#endif

/* Whether a person watches this stream. Leaves errno as it is: it may be why a write failed. */
bool is_terminal(FILE *stream);

/* Size of an ordinary file; false, with errno set, where there is none. */
bool file_size(const char *path, int64_t *bytes);

/* The same of an open file; false where it is a pipe, a terminal or another device. */
bool stream_size(FILE *stream, int64_t *bytes);

#endif
