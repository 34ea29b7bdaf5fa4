/* interrupts.h - signals of the program: those that end it, and files that grow beyond a limit. */
#ifndef INTERRUPTS_H
#define INTERRUPTS_H

#include <stdbool.h>

/* From now on a file that grows beyond a limit (ulimit -f) is a write that fails, as on a full
 * disk, and not a signal that ends the program. */
void ignore_full_disk(void);

/* From now on Ctrl-C (SIGINT), SIGTERM, SIGHUP and SIGPIPE only set a flag, which interrupted()
 * tells; a second SIGINT or SIGTERM ends the program at once, and a signal that was ignored stays
 * ignored. release_interrupts ends that; what came of SIGHUP and SIGPIPE stays ignored. */
void catch_interrupts(void);
void release_interrupts(void);
bool interrupted(void);

/* The same of SIGPIPE alone, where Ctrl-C may still end the program. */
void catch_broken_pipe(void);

/* Whether it was Ctrl-C. */
bool interrupted_by_key(void);

/* Of a program that a signal ended: 128 and its number. */
int interrupted_exit_code(void);

/* Takes the flag back, and catches the next. */
void forget_interrupt(void);

#endif
