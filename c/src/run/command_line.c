/* command_line.c - words for a shell, each quoted where it needs that. */
#include "run/command_line.h"

#include <stdio.h>
#include <string.h>

#include "base/quote.h"

static const char *program = "legacy_llm";

void command_line_program(const char *name) {
  if (name && *name) program = name;
}

const char *command_line_called(void) { return program; }

/* Appends a text as it is, or nothing where it does not fit. */
static void append(CommandLine *line, const char *text) {
  const size_t used = strlen(line->text), length = strlen(text);
  line->whole = line->whole && length < sizeof line->text - used;
  if (line->whole) memcpy(line->text + used, text, length + 1);
}

static void append_quoted(CommandLine *line, const char *word) {
  const size_t used = strlen(line->text), room = sizeof line->text - used;
  size_t most = strlen(word) + 3; /* quotes around it, the end, three more for each quote in it */
  for (const char *c = word; *c; c++) most += *c == WORD_QUOTE ? 3 : 0;
  line->whole = line->whole && most + 3 < room; /* what it needs to be sure that nothing is cut */
  if (line->whole) quote_word(line->text + used, room, word);
}

void command_line_start(CommandLine *line, const char *command) {
  line->text[0] = 0;
  line->whole = true;
  append_quoted(line, program);
  command_line_word(line, command);
}

void command_line_word(CommandLine *line, const char *word) {
  append(line, " ");
  append_quoted(line, word);
}

void command_line_option(CommandLine *line, const char *name, const char *value) {
  append(line, " --");
  append(line, name);
  if (!value) return;
  append(line, strncmp(value, "--", 2) == 0 ? "=" : " "); /* or it would be the next option */
  append_quoted(line, value);
}
