/* completion.c - rows as the three shells describe what can be typed. */
#include "run/completion.h"

#include <stdio.h>
#include <string.h>

enum { MOST_NAMES = 512 };

/* Words that may stand first, beside the commands. */
static const char first_words[] = "help version --help --version --man --completion";

/* ---- rows ---- */

/* Called for each row of a command. */
typedef void Visit(const Command *command, const OptionRow *row);

static void each_row(const Command *command, Visit *visit) {
  const OptionRow *row;
  size_t offset = 0;
  for (int i = 0; (row = command_row(command, i, &offset)) != NULL; i++) visit(command, row);
}

static void each_command(const Command *const all[], Visit *visit) {
  for (int i = 0; all[i]; i++) each_row(all[i], visit);
}

/* The names that a value may be, with a space between. */
static const char *names_of(const OptionRow *row, char names[MOST_NAMES]) {
  names[0] = '\0';
  return option_list_names(names, MOST_NAMES, row, " ");
}

/* Prints a text within '...', with a sign before each of `escaped`. */
static void print_quoted(const char *text, const char *escaped) {
  for (; *text; text++) {
    if (strchr(escaped, *text)) putchar('\\');
    if (*text == '\'')
      printf("'\\''");
    else
      putchar(*text);
  }
}

/* ---- bash ---- */

/* "generate --model"|"generate -m") and what follows it */
static void print_bash_value(const Command *command, const OptionRow *row) {
  char names[MOST_NAMES];
  if (row->kind == OPTION_FLAG) return;
  printf("  \"%s --%s\"", command->name, row->name);
  if (row->letter) printf(" | \"%s -%c\"", command->name, row->letter);
  printf(") %s \"%s\"; return ;;\n",
         row->kind == OPTION_FILE ? "_legacy_llm_files" : "_legacy_llm_words",
         names_of(row, names));
}

static void print_bash_option(const Command *command, const OptionRow *row) {
  (void)command;
  printf(" --%s", row->name);
}

static void print_bash(const Command *const all[]) {
  printf("# bash completion of legacy_llm, as `legacy_llm --completion bash` prints it.\n\n"
         "_legacy_llm_words() { COMPREPLY=($(compgen -W \"$1\" -- \"$word\")); }\n"
         "_legacy_llm_files() { COMPREPLY=($(compgen -W \"$1\" -f -- \"$word\")); }\n\n"
         "_legacy_llm() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  if [[ $word == = ]]; then word=; elif [[ $before == = ]]; then\n"
         "    before=${COMP_WORDS[COMP_CWORD - 2]}\n  fi\n"
         "  if ((COMP_CWORD == 1)); then\n    _legacy_llm_words \"");
  for (int i = 0; all[i]; i++) printf("%s ", all[i]->name);
  printf("%s\"\n    return\n  fi\n  case \"${COMP_WORDS[1]} $before\" in\n", first_words);
  each_command(all, print_bash_value);
  printf("  esac\n  if [[ $word != -* ]]; then\n    _legacy_llm_files \"\"\n    return\n  fi\n  "
         "case ${COMP_WORDS[1]} in\n");
  for (int i = 0; all[i]; i++) {
    printf("  %s) _legacy_llm_words \"--help", all[i]->name);
    each_row(all[i], print_bash_option);
    printf("\" ;;\n");
  }
  printf("  esac\n}\n\ncomplete -o filenames -F _legacy_llm legacy_llm\n");
}

/* ---- zsh ---- */

/* '(--model -m)'{--model,-m}'[the model]:FILE:_files' */
static void print_zsh_option(const Command *command, const OptionRow *row) {
  char names[MOST_NAMES];
  (void)command;
  if (row->letter)
    printf(" \\\n      '(--%s -%c)'{--%s,-%c}'[", row->name, row->letter, row->name, row->letter);
  else
    printf(" \\\n      '--%s[", row->name);
  print_quoted(row->help, "[]:\\");
  printf("]");
  if (row->kind != OPTION_FLAG) {
    printf(":%s:", row->argument ? row->argument : row->name);
    if (row->kind == OPTION_FILE)
      printf("_files");
    else if (row->names)
      printf("(%s)", names_of(row, names));
    else
      printf(" ");
  }
  printf("'");
}

static void print_zsh(const Command *const all[]) {
  printf("#compdef legacy_llm\n"
         "# zsh completion of legacy_llm, as `legacy_llm --completion zsh` prints it.\n\n"
         "_legacy_llm() {\n  local -a first_words=(\n");
  for (int i = 0; all[i]; i++) {
    printf("    '%s:", all[i]->name);
    print_quoted(all[i]->summary, "");
    printf("'\n");
  }
  printf("    'help:prints the help of a command'\n    'version:prints the version'\n  )\n"
         "  if ((CURRENT == 2)); then\n    _describe command first_words\n    return\n  fi\n"
         "  local command=$words[2]\n  ((CURRENT--))\n  shift words\n  case $command in\n");
  for (int i = 0; all[i]; i++) {
    printf("  %s)\n    _arguments '*:file:_files' '--help[print the help]'", all[i]->name);
    each_row(all[i], print_zsh_option);
    printf(" ;;\n");
  }
  printf("  esac\n}\n\n"
         "if [[ $funcstack[1] == _legacy_llm ]]; then\n  _legacy_llm\nelse\n"
         "  compdef _legacy_llm legacy_llm\nfi\n");
}

/* ---- fish ---- */

/* complete -c legacy_llm -n '...' -l model -s m -r -F -d 'the model' */
static void print_fish_option(const Command *command, const OptionRow *row) {
  char names[MOST_NAMES];
  printf("complete -c legacy_llm -n '__fish_seen_subcommand_from %s' -l %s", command->name,
         row->name);
  if (row->letter) printf(" -s %c", row->letter);
  if (row->kind == OPTION_FILE)
    printf(" -r -F");
  else if (row->kind != OPTION_FLAG)
    printf(" -x");
  if (row->names) printf(" -a '%s'", names_of(row, names));
  printf(" -d '");
  print_quoted(row->help, "\\");
  printf("'\n");
}

static void print_fish(const Command *const all[]) {
  printf("# fish completion of legacy_llm, as `legacy_llm --completion fish` prints it.\n");
  for (int i = 0; all[i]; i++) {
    printf("complete -c legacy_llm -n __fish_use_subcommand -f -a %s -d '", all[i]->name);
    print_quoted(all[i]->summary, "\\");
    printf("'\n");
  }
  printf("complete -c legacy_llm -n __fish_use_subcommand -f -a '%s'\n", first_words);
  each_command(all, print_fish_option);
}

/* ---- all ---- */

bool completion_print(const char *shell, const Command *const all[]) {
  static const struct {
    const char *name;
    void (*print)(const Command *const all[]);
  } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
  for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
    if (strcmp(shells[i].name, shell) != 0) continue;
    shells[i].print(all);
    return true;
  }
  return false;
}
