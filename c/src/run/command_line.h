/* command_line.h - a command of the program as a person would type it, each word quoted where the
 * shell needs that.
 */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include <stdbool.h>

enum { COMMAND_LINE_BYTES = 4096 };

typedef struct {
  char text[COMMAND_LINE_BYTES];
  bool whole; /* nothing was too long */
} CommandLine;

/* The program is called by this name from now on: argv[0]. */
void command_line_program(const char *name);

/* That name. */
const char *command_line_called(void);

/* Begins with the program and one of its commands. */
void command_line_start(CommandLine *line, const char *command);

/* Appends a word. */
void command_line_word(CommandLine *line, const char *word);

/* Appends --NAME, with its value where that is not null. */
void command_line_option(CommandLine *line, const char *name, const char *value);

#endif
