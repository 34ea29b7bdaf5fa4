/* main.c - the commands of the one program, and the one place that prints an error.
 *
 * Without a command it does what somebody who just typed `make` hopes for: it tests itself, trains
 * on the bundled stories, judges the result and writes a little.
 */
#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "commands/commands.h"
#include "math/math_ops.h"
#include "run/interrupts.h"
#include "run/options.h"

typedef struct {
  const char *name, *help;
  Command command;
  bool (*run)(const Options *options, Error *error);
} CommandRow;

static const CommandRow commands[] = {
    {"train", "train a model on a text", COMMAND_TRAIN, train_command},
    {"generate", "let a model write", COMMAND_GENERATE, generate_command},
    {"eval", "how well a model predicts the held-out part of a text", COMMAND_EVAL, eval_command},
    {"info", "what a checkpoint holds", COMMAND_INFO, info_command},
    {"export", "a checkpoint's model alone, packed", COMMAND_EXPORT, export_command},
    {"tokenizer", "a tokenizer as a file that people can read", COMMAND_TOKENIZER,
     tokenizer_command},
    {"encode", "a text as the numbers of its tokens", COMMAND_ENCODE, encode_command},
    {"decode", "the text of such numbers", COMMAND_DECODE, decode_command},
    {"plan", "the memory that a training would take, and what would fit", COMMAND_PLAN,
     plan_command},
    {"presets", "models of known size, by name", COMMAND_PRESETS, presets_command},
    {"methods", "quantization schemes and optimizers", COMMAND_METHODS, methods_command},
    {"bench", "what each kernel and phase takes, beside plain C and a float32 model", COMMAND_BENCH,
     bench_command},
    {"selftest", "test every kernel and gradient on this machine", COMMAND_SELFTEST,
     selftest_command},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static const CommandRow *find_command(const char *name) {
  for (int i = 0; i < COMMANDS; i++)
    if (strcmp(commands[i].name, name) == 0) return &commands[i];
  return NULL;
}

static void print_usage(void) {
  printf("legacy_llm %s, kernels: %s\n"
         "A ternary language model that trains and runs on a laptop of the year 2000.\n\n"
         "usage: legacy_llm [command] [options]   (legacy_llm command --help: its options)\n\n"
         "  %-10s test itself, train on the bundled stories, judge, write\n",
         LEGACY_LLM_VERSION, ops->name, "(none)");
  for (int i = 0; i < COMMANDS; i++) printf("  %-10s %s\n", commands[i].name, commands[i].help);
}

static bool wants_help(int count, char **arguments) {
  for (int i = 0; i < count; i++)
    if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) return true;
  return false;
}

static bool run_command(const CommandRow *row, int count, char **arguments, Error *error) {
  Options options;
  if (wants_help(count, arguments)) {
    printf("legacy_llm %s: %s\n", row->name, row->help);
    options_help(row->command);
    return true;
  }
  options_default(&options);
  return options_parse(&options, row->command, count, arguments, error) &&
         row->run(&options, error);
}

/* What happens without a command. */
static bool run_all(Error *error) {
  Options options;
  options_default(&options);
  char *none[1] = {NULL};
  if (!options_parse(&options, COMMAND_TRAIN, 0, none, error)) return false;
  if (!selftest_command(&options, error)) return false;
  options.out = options.model = "legacy_llm.ckpt";
  if (!train_command(&options, error) || !eval_command(&options, error)) return false;
  options.out = NULL;
  options.temperature = 0.7f;
  printf("\nA story by the model (more: legacy_llm generate --model legacy_llm.ckpt --temperature "
         "0.7):\n");
  return generate_command(&options, error);
}

static bool run(int count, char **arguments, Error *error) {
  if (count < 2) return run_all(error);
  const CommandRow *row = find_command(arguments[1]);
  if (row) return run_command(row, count - 2, arguments + 2, error);
  if (wants_help(1, arguments + 1) || strcmp(arguments[1], "help") == 0) {
    print_usage();
    return true;
  }
  return error_set(error, EXIT_USAGE, "unknown command %s; legacy_llm --help lists them",
                   arguments[1]);
}

int main(int argc, char **argv) {
  Error error = {EXIT_OK, ""};
  math_ops_init();
  math_ops_thread_init();
  ignore_full_disk();
  bool good = run(argc, argv, &error);
  if (good && (fflush(stdout) != 0 || ferror(stdout)))
    good = error_set(&error, EXIT_FAILED, "could not write all of the output; is the disk full?");
  if (!good) {
    fflush(stdout);
    fprintf(stderr, "legacy_llm: %s\n", error.message);
  }
  return good ? EXIT_OK : error.exit_code;
}
