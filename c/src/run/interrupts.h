/* interrupts.h - signals of the program: those that end it, and files that grow beyond a limit.
 *
 * Those that end it are Ctrl-C (SIGINT), SIGTERM, a closed terminal (SIGHUP), a reader that is gone
 * (SIGPIPE) and a limit of processor time (SIGXCPU). One that was ignored when the program started
 * stays ignored. On Windows, Ctrl-C and Ctrl-Break are SIGINT; a closed window, a log-off and a
 * shutdown are SIGTERM.
 */
#ifndef INTERRUPTS_H
#define INTERRUPTS_H

#include <stdbool.h>

/* From now on a file that grows beyond a limit (ulimit -f) is a write that fails, as on a full
 * disk, and not a signal that ends the program. */
void ignore_full_disk(void);

/* What one of them does. */
typedef enum {
  INTERRUPTS_END,          /* removes what is half-written (run/leftovers.h) and ends the program */
  INTERRUPTS_END_BUT_PIPE, /* the same, but of SIGPIPE, which is noted */
  INTERRUPTS_NOTED,        /* interrupted() tells of it; the second SIGINT ends the program all the
                              same, as people may insist */
  INTERRUPTS_HELD          /* it is only noted */
} Interrupts;

/* Says what they do from now on. The first of them prints `words` on standard error, unless that is
 * null. One that was noted is not told again, except SIGINT. */
void interrupts_set(Interrupts way, const char *words);

/* Whether one was noted; whether the first was Ctrl-C; whether that came again. */
bool interrupted(void);
bool interrupted_by_key(void);
bool interrupted_again(void);

/* Of a program that a signal ended: 128 and its number. */
int interrupted_exit_code(void);

/* Takes back what was noted. */
void forget_interrupt(void);

#endif
