/* main.c - the one program of all commands, and the one place that prints an error.
 *
 * Without a command it does what somebody who just typed `make` hopes for: it tests itself, trains
 * on the bundled stories, evaluates the result and writes a little.
 */
#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "base/processor.h"
#include "commands/commands.h"
#include "ranks/world.h"
#include "run/command_line.h"
#include "run/completion.h"
#include "run/help.h"
#include "run/interrupts.h"
#include "run/near_miss.h"

static const Command *find_command(const char *name) {
  for (int i = 0; all_commands[i]; i++)
    if (strcmp(all_commands[i]->name, name) == 0) return all_commands[i];
  return NULL;
}

/* What a command is asked for: to run, or to tell of itself. */
static bool run_command(const Command *command, int count, const char *const arguments[],
                        Error *error) {
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
  return command_run(command, count, arguments, error);
}

/* What somebody who has seen all of that may want to do next. */
static void print_ideas(void) {
  static const struct {
    const char *what;
    const char *arguments[7]; /* the command first, until null */
  } ideas[] = {
      {"a larger model, which comes with the program, writes",
       {"generate", "--prompt", "One day", "--seed", "2"}},
      {"a text of your own is learned",
       {"train", "--text", "my.txt", "--preset", "book", "--out", "my.ckpt"}},
      {"all commands, and the options of each", {"help"}},
  };
  printf("\nThree things to try:\n");
  for (size_t i = 0; i < sizeof ideas / sizeof *ideas; i++) {
    CommandLine line;
    command_line_start(&line, ideas[i].arguments[0]);
    for (int w = 1; w < 7 && ideas[i].arguments[w]; w++)
      command_line_word(&line, ideas[i].arguments[w]);
    printf("  %s\n      %s\n", line.text, ideas[i].what);
  }
}

/* What happens without a command. */
static bool run_all(Error *error) {
  static const char *const model[] = {"--model", "legacy_llm.ckpt"};
  if (!command_run(&selftest_command, 0, NULL, error) ||
      !command_run(&train_command, 0, NULL, error) || !command_run(&eval_command, 2, model, error))
    return false;
  printf("\nA text by this model:\n");
  if (!command_run(&generate_command, 2, model, error)) return false;
  print_ideas();
  return true;
}

/* What stands in the place of a command, where it is none, and what was probably meant: a command,
 * with or without dashes, or one of the options of the program. */
static bool unknown_command(const char *word, Error *error) {
  static const char *const options[] = {"help", "version", "man", "completion", NULL};
  const char *name = word + strspn(word, "-");
  NearMiss command = near_miss_start(name, strlen(name));
  for (int i = 0; all_commands[i]; i++) near_miss_try(&command, all_commands[i]->name);
  NearMiss any = command;
  for (int i = 0; options[i]; i++) near_miss_try(&any, options[i]);
  if (any.best)
    return error_set(error, EXIT_USAGE,
                     "unknown command %.40s; did you mean: legacy_llm %s%s? `legacy_llm --help` "
                     "lists all",
                     word, any.best == command.best ? "" : "--", any.best);
  if (word[0] == '-' && word[1])
    return error_set(error, EXIT_USAGE,
                     "%.40s comes before a command; write: legacy_llm COMMAND [OPTION...]", word);
  return error_set(error, EXIT_USAGE, "unknown command %.40s; `legacy_llm --help` lists them",
                   *word ? word : "\"\"");
}

/* legacy_llm help [COMMAND], or --help */
static bool run_help(int count, const char *const arguments[], Error *error) {
  const char *of = count > 0 ? arguments[0] : "";
  const bool itself = strcmp(of, "help") == 0 || strcmp(of, "version") == 0;
  if (!*of || *of == '-' || itself) { /* which says all that there is to say of these two */
    help_program(all_commands);
    return true;
  }
  const Command *command = find_command(of);
  if (!command) return unknown_command(of, error);
  help_command(command);
  return true;
}

/* legacy_llm --completion SHELL */
static bool run_completion(int count, const char *const arguments[], Error *error) {
  const char *shell = count > 1 ? arguments[1] : "";
  return completion_print(shell, all_commands) ||
         error_set(error, EXIT_USAGE, "--completion %.40s: give one of " COMPLETION_SHELLS,
                   *shell ? shell : "\"\"");
}

static bool run(int count, const char *const arguments[], Error *error) {
  const char *first = count > 0 ? arguments[0] : "";
  const Command *command = find_command(first);
  if (world_ranks()->count > 1 && command != &train_command)
    return error_set(
        error, EXIT_USAGE,
        "several ranks can train and nothing else; start other commands without mpirun");
  if (count == 0) return run_all(error);
  if (command) return run_command(command, count - 1, arguments + 1, error);
  if (strcmp(first, "help") == 0 || strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
    return run_help(count - 1, arguments + 1, error);
  if (strcmp(first, "version") == 0 || strcmp(first, "--version") == 0 ||
      strcmp(first, "-V") == 0) {
    help_version();
    return true;
  }
  if (strcmp(first, "--man") == 0) {
    help_manual(all_commands);
    return true;
  }
  if (strcmp(first, "--completion") == 0) return run_completion(count, arguments, error);
  return unknown_command(first, error);
}

/* Nothing is done by a build whose arithmetic is not that of all others. */
static bool start(Error *error) {
  const char *fault = legacy_llm_start();
  return !fault || error_set(error, EXIT_FAILED,
                             "this build gives other bits than all others: %s; compile it again "
                             "with plain `make`, which knows the right flags",
                             fault);
}

int main(int argc, char **argv) {
  const char *refusal = processor_refusal();
  if (refusal) {
    fprintf(stderr, "legacy_llm: %s\n", refusal);
    return EXIT_PROCESSOR;
  }
  Error error = {EXIT_OK, ""};
  open_standard_streams();
  ignore_full_disk();
  interrupts_set(INTERRUPTS_END, NULL);
  world_join(&argc, &argv);
  if (argc > 0) command_line_program(argv[0]);
  bool good = start(&error) && run(argc > 0 ? argc - 1 : 0, (const char *const *)argv + 1, &error);
  if (good && (fflush(stdout) != 0 || ferror(stdout)))
    good = error_set(&error, EXIT_FAILED, "could not write all of the output; is the disk full?");
  const bool tells = world_leave(good);
  if (!good) {
    fflush(stdout);
    if (tells && *error.message) fprintf(stderr, "legacy_llm: %s\n", error.message);
  }
  world_end();
  return good ? EXIT_OK : error.exit_code;
}
