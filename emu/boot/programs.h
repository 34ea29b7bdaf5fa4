/*
 * programs.h - runs a program on a console and waits for its end. One program at a time, no jobs,
 * no background.
 */
#ifndef BOOT_PROGRAMS_H
#define BOOT_PROGRAMS_H

#include "console.h"

/* Runs a program whose keyboard and screen are this console: Ctrl-C ends it. `words` begins with
 * its path and ends with NULL. Returns its exit code, or 128 and the number of the signal that
 * ended it.
 */
int program_run(Console *console, const char *const words[]);

/* Runs a program without a keyboard and shows what it writes with its lines broken between words.
 */
int program_tell(Console *console, const char *const words[]);

/* Runs a program that nobody sees, and returns the same. */
int program_try(const char *const words[]);

#endif
