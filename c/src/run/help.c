/* help.c - the words of rows, wrapped for a terminal or marked up for man. */
#include "run/help.h"

#include <stdio.h>
#include <string.h>

#include "base/config.h"
#include "base/numbers.h"
#include "run/completion.h"

enum {
  WIDTH = 100,  /* columns of the help */
  HELP_AT = 24, /* where the words of an option begin */
  MOST_WORDS = 1024
};

static const char about[] =
    "A ternary language model that trains and runs on a laptop of the year 2000.";

static const char without[] = "(none)",
                  without_help[] = "tests itself, trains on the bundled stories, evaluates "
                                   "the model and lets it write";

static const char twice[] =
    "An option is written --NAME VALUE or --NAME=VALUE. Of one that is given twice, the last "
    "counts.";

/* Options of every command, and of the program. */
static const struct {
  const char *syntax, *help;
} everywhere[] = {{"-h, --help", "print this help"},
                  {"-V, --version", "print the version and the kernels of this build"}},
  program_only[] = {
      {"--man",
       "print the manual page, with all commands; to read it: legacy_llm --man | man -l -"},
      {"--completion " COMPLETION_SHELLS,
       "print what lets this shell complete commands and options, such as: "
       "source <(legacy_llm --completion bash)"}};

/* ---- words of a row ---- */

/* "--recompute none|block|N" */
static void option_syntax(const OptionRow *row, char *text, size_t size) {
  if (row->letter)
    snprintf(text, size, "-%c, --%s", row->letter, row->name);
  else
    snprintf(text, size, "--%s", row->name);
  if (row->kind == OPTION_FLAG) return;
  snprintf(text + strlen(text), size - strlen(text), " ");
  if (row->kind != OPTION_LIST) option_list_names(text, size, row, "|");
  if (!row->argument) return;
  const bool after = row->names && row->kind != OPTION_LIST;
  snprintf(text + strlen(text), size - strlen(text), "%s%s", after ? "|" : "", row->argument);
}

/* A space at which no line is broken, in words. */
#define NO_BREAK "\x1f"

/* "sequences of a step (default: 8)" */
static void option_words(const OptionRow *row, const void *member, char *text, size_t size) {
  char value[128];
  snprintf(text, size, "%s", row->help);
  if (row->kind == OPTION_LIST) {
    snprintf(text + strlen(text), size - strlen(text), ": ");
    option_list_names(text, size, row, ", ");
  }
  option_value(row, member, value, sizeof value);
  if (*value)
    snprintf(text + strlen(text), size - strlen(text), " (default:" NO_BREAK "%s)", value);
}

/* ---- for a terminal ---- */

/* Prints one word, a no-break space in it as a space. */
static void print_word(const char *word, int length) {
  for (int i = 0; i < length; i++) putchar(word[i] == *NO_BREAK ? ' ' : word[i]);
}

/* Prints words from a column on, where the cursor is, and breaks lines before WIDTH. */
static void print_wrapped(const char *words, int column) {
  int at = column;
  while (*words) {
    const int length = (int)strcspn(words, " ");
    const bool breaks = at > column && at + 1 + length > WIDTH, follows = at > column && !breaks;
    if (breaks) printf("\n%*s", column, "");
    if (follows) putchar(' ');
    print_word(words, length);
    at = (breaks ? column : at + follows) + length;
    words += length;
    while (*words == ' ') words++;
  }
  printf("\n");
}

static void print_item(const char *syntax, const char *words, int column) {
  const int written = printf("  %s", syntax);
  if (written >= column)
    printf("\n%*s", column, "");
  else
    printf("%*s", column - written, "");
  print_wrapped(words, column);
}

/* Groups with one title stand together. */
static void print_options(const Command *command) {
  const OptionRow *row;
  const char *title = "";
  Settings defaults;
  char syntax[256], words[MOST_WORDS];
  int i = 0;
  size_t offset = 0;
  options_default(command, &defaults);
  for (const CommandGroup *g = command->groups; g && g->group; g++) {
    if (strcmp(title, g->group->title) != 0) printf("\n%s:\n", g->group->title);
    title = g->group->title;
    for (int r = 0; r < g->group->count; r++) {
      row = command_row(command, i++, &offset);
      option_syntax(row, syntax, sizeof syntax);
      option_words(row, defaults.bytes + offset, words, sizeof words);
      print_item(syntax, words, HELP_AT);
    }
  }
}

static void print_everywhere(void) {
  for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++)
    print_item(everywhere[i].syntax, everywhere[i].help, HELP_AT);
}

void help_command(const Command *command) {
  printf("legacy_llm %s: %s\n\nusage: legacy_llm %s%s\n", command->name, command->summary,
         command->name, command->groups ? " [OPTION...]" : "");
  if (command->about) {
    printf("\n");
    print_wrapped(command->about, 0);
  }
  print_options(command);
  printf("\nHelp:\n");
  print_everywhere();
  if (!command->examples) return;
  printf("\nExamples:\n");
  for (int i = 0; command->examples[i]; i++)
    printf("  legacy_llm %s%s%s\n", command->name, *command->examples[i] ? " " : "",
           command->examples[i]);
}

void help_program(const Command *const all[]) {
  enum { NAMES_AT = 14 };
  printf("%s\n\nusage: legacy_llm [COMMAND] [OPTION...]\n"
         "       legacy_llm COMMAND --help     lists the options of a command\n\nCommands:\n",
         about);
  print_item(without, without_help, NAMES_AT);
  for (int i = 0; all[i]; i++) print_item(all[i]->name, all[i]->summary, NAMES_AT);
  print_item("help", "prints this help, or the help of a command: legacy_llm help COMMAND",
             NAMES_AT);
  print_item("version", "prints the version and the kernels of this build", NAMES_AT);
  printf("\nOptions:\n");
  for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++)
    print_item(everywhere[i].syntax, everywhere[i].help, NAMES_AT);
  for (size_t i = 0; i < sizeof program_only / sizeof *program_only; i++)
    print_item(program_only[i].syntax, program_only[i].help, NAMES_AT);
  printf("\n");
  print_wrapped(twice, 0);
}

void help_version(void) {
  printf("legacy_llm %s, kernels: %s\n", LEGACY_LLM_VERSION, legacy_llm_kernels());
}

/* ---- for man ---- */

/* Prints text so that roff takes no sign of it as its own. */
static void print_roff(const char *text) {
  if (*text == '.' || *text == '\'') printf("\\&");
  for (; *text; text++) {
    if (*text == '\\')
      printf("\\e");
    else if (*text == '-')
      printf("\\-");
    else if (*text == '\'')
      printf("\\(aq");
    else if (*text == '`')
      printf("\\(ga");
    else if (*text == '"')
      printf("\\(dq");
    else
      putchar(*text == *NO_BREAK ? ' ' : *text);
  }
}

/* Names bold, what follows them in italics: "--text FILE". */
static void print_man_item(const char *syntax, const char *words) {
  const char *space = strrchr(syntax, ' '), *argument = space && space[1] != '-' ? space : NULL;
  char names[64];
  snprintf(names, sizeof names, "%.*s", (int)(argument ? argument - syntax : 63), syntax);
  printf(".TP\n\\fB");
  print_roff(names);
  printf("\\fR");
  if (argument) {
    printf(" \\fI");
    print_roff(argument + 1);
    printf("\\fR");
  }
  printf("\n");
  print_roff(words);
  printf("\n");
}

static void print_man_options(const Command *command) {
  const OptionRow *row;
  Settings defaults;
  char syntax[256], words[MOST_WORDS];
  size_t offset;
  options_default(command, &defaults);
  for (int i = 0; (row = command_row(command, i, &offset)) != NULL; i++) {
    option_syntax(row, syntax, sizeof syntax);
    option_words(row, defaults.bytes + offset, words, sizeof words);
    print_man_item(syntax, words);
  }
}

static void print_man_command(const Command *command) {
  printf(".SS legacy_llm %s\n", command->name);
  print_roff(command->summary);
  printf("\n");
  if (command->about) {
    printf(".PP\n");
    print_roff(command->about);
    printf("\n");
  }
  print_man_options(command);
  for (int i = 0; command->examples && command->examples[i]; i++) {
    printf("%slegacy_llm %s ", i == 0 ? ".PP\nExamples:\n.RS\n.nf\n" : "", command->name);
    print_roff(command->examples[i]);
    printf("\n%s", command->examples[i + 1] ? "" : ".fi\n.RE\n");
  }
}

void help_manual(const Command *const all[]) {
  printf(".TH LEGACY_LLM 1 \"\" \"legacy_llm %s\" \"User Commands\"\n.nh\n.ad l\n"
         ".SH NAME\nlegacy_llm \\- ternary language model for a laptop of the year 2000\n"
         ".SH SYNOPSIS\n\\fBlegacy_llm\\fR [\\fICOMMAND\\fR] [\\fIOPTION\\fR...]\n"
         ".SH DESCRIPTION\n%s\n"
         ".PP\nWithout a command the program %s.\n"
         ".PP\n",
         LEGACY_LLM_VERSION, about, without_help);
  print_roff(twice);
  printf("\n.SH OPTIONS\nEvery command takes these:\n");
  for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++)
    print_man_item(everywhere[i].syntax, everywhere[i].help);
  printf(".PP\nThe program alone takes:\n");
  for (size_t i = 0; i < sizeof program_only / sizeof *program_only; i++)
    print_man_item(program_only[i].syntax, program_only[i].help);
  printf(".SH COMMANDS\n");
  for (int i = 0; all[i]; i++) print_man_command(all[i]);
  printf(".SH EXIT STATUS\n");
  print_man_item("0", "Everything was done.");
  print_man_item("1", "Something failed while running: a disk, memory, a test.");
  print_man_item("2", "What was asked for cannot be done: options, files, too little memory.");
  print_man_item("3", "This processor cannot run this build.");
  print_man_item("128 + N",
                 "Signal N ended it, Ctrl-C with 130. What a training had learned is in its "
                 "checkpoint, unless --out was none.");
}
