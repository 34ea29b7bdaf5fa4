/* interrupts.h - signals of the program: Ctrl-C, and files that grow beyond a limit. */
#ifndef INTERRUPTS_H
#define INTERRUPTS_H

#include <stdbool.h>

/* From now on a file that grows beyond a limit (ulimit -f) is a write that fails, as on a full
 * disk, and not a signal that ends the program. */
void ignore_full_disk(void);

/* From now on Ctrl-C (SIGINT) and SIGTERM only set a flag, which interrupted() tells; a signal that
 * was ignored stays ignored. release_interrupts ends that. */
void catch_interrupts(void);
void release_interrupts(void);
bool interrupted(void);

#endif
