/* main.c - the one program of all commands, and the one place that prints an error.
 *
 * Without a command it does what somebody who just typed `make` hopes for: it tests itself, trains
 * on the bundled stories, evaluates the result and writes a little.
 */
#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "commands/commands.h"
#include "run/help.h"
#include "run/interrupts.h"

static const Command *find_command(const char *name) {
  for (int i = 0; all_commands[i]; i++)
    if (strcmp(all_commands[i]->name, name) == 0) return all_commands[i];
  return NULL;
}

/* What a command is asked for: to run, or to tell of itself. */
static bool run_command(const char *called, const Command *command, int count,
                        const char *const arguments[], Error *error) {
  switch (options_asked(command, count, arguments)) {
  case ASKED_HELP:
    help_command(command);
    return true;
  case ASKED_VERSION:
    help_version();
    return true;
  case ASKED_RUN:
    break;
  }
  return command_run(called, command, count, arguments, error);
}

/* What happens without a command. */
static bool run_all(const char *called, Error *error) {
  static const char *const writes[] = {"--model", "legacy_llm.ckpt", "--temperature", "0.7"};
  if (!command_run(called, &selftest_command, 0, NULL, error) ||
      !command_run(called, &train_command, 0, NULL, error) ||
      !command_run(called, &eval_command, 2, writes, error))
    return false;
  printf("\nA story by this model (legacy_llm generate --model legacy_llm.ckpt --temperature 0.7 "
         "writes more):\n");
  return command_run(called, &generate_command, 4, writes, error);
}

/* What stands in the place of a command, where it is none, and what was probably meant: a command,
 * with or without dashes, or one of the options of the program. */
static bool unknown_command(const char *word, Error *error) {
  static const char *const options[] = {"help", "version", "man", NULL};
  const char *name = word + strspn(word, "-"), *meant = NULL, *dashes = "";
  int least = MOST_EDITS + 1;
  for (int i = 0; all_commands[i]; i++)
    if (is_near_miss(name, strlen(name), all_commands[i]->name, &least))
      meant = all_commands[i]->name;
  for (int i = 0; options[i]; i++)
    if (is_near_miss(name, strlen(name), options[i], &least) ||
        (name[0] && !name[1] && (name[0] | 0x20) == options[i][0] && name > word))
      meant = options[i], dashes = "--";
  if (meant)
    return error_set(error, EXIT_USAGE,
                     "unknown command %.40s; did you mean: legacy_llm %s%s? `legacy_llm --help` "
                     "lists all",
                     word, dashes, meant);
  if (word[0] == '-' && word[1])
    return error_set(error, EXIT_USAGE,
                     "%.40s comes before a command; write: legacy_llm COMMAND [OPTION...]", word);
  return error_set(error, EXIT_USAGE, "unknown command %.40s; `legacy_llm --help` lists them",
                   *word ? word : "\"\"");
}

/* legacy_llm help [COMMAND], or --help */
static bool run_help(int count, const char *const arguments[], Error *error) {
  if (count == 0 || arguments[0][0] == '-') {
    help_program(all_commands);
    return true;
  }
  const Command *command = find_command(arguments[0]);
  if (!command) return unknown_command(arguments[0], error);
  help_command(command);
  return true;
}

static bool run(const char *called, int count, const char *const arguments[], Error *error) {
  if (count == 0) return run_all(called, error);
  const char *first = arguments[0];
  const Command *command = find_command(first);
  if (command) return run_command(called, command, count - 1, arguments + 1, error);
  if (strcmp(first, "help") == 0 || strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
    return run_help(count - 1, arguments + 1, error);
  if (strcmp(first, "--version") == 0) {
    help_version();
    return true;
  }
  if (strcmp(first, "--man") == 0) {
    help_manual(all_commands);
    return true;
  }
  return unknown_command(first, error);
}

int main(int argc, char **argv) {
  Error error = {EXIT_OK, ""};
  open_standard_streams();
  legacy_llm_start();
  ignore_full_disk();
  interrupts_set(INTERRUPTS_END, NULL);
  bool good = run(argv[0], argc > 0 ? argc - 1 : 0, (const char *const *)argv + 1, &error);
  if (good && (fflush(stdout) != 0 || ferror(stdout)))
    good = error_set(&error, EXIT_FAILED, "could not write all of the output; is the disk full?");
  if (!good) {
    fflush(stdout);
    if (*error.message) fprintf(stderr, "legacy_llm: %s\n", error.message);
  }
  return good ? EXIT_OK : error.exit_code;
}
