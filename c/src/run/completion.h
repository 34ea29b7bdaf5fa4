/* completion.h - scripts by which a shell completes what is typed: commands, their options, and the
 * values of those that have names, all made from the rows that also parse. */
#ifndef COMPLETION_H
#define COMPLETION_H

#include "run/options.h"

/* Prints the script for a shell, bash, zsh or fish, with all commands, until null. False: it is
 * another shell, and nothing was printed. */
bool completion_print(const char *shell, const Command *const all[]);

/* The shells, as help shows them. */
#define COMPLETION_SHELLS "bash|zsh|fish"

#endif
