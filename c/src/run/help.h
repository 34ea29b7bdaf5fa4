/* help.h - what people read of commands and their options: help, version and the manual page, all
 * made from the rows that also parse. */
#ifndef HELP_H
#define HELP_H

#include "run/options.h"

/* Prints the help of one command: its options with their defaults, and examples. */
void help_command(const Command *command);

/* Prints the help of the program: all its commands, until null. */
void help_program(const Command *const all[]);

/* Prints the version and the kernels of this build, on one line. */
void help_version(void);

/* Prints the manual page, for man or groff: commands, options, exit codes. */
void help_manual(const Command *const all[]);

#endif
