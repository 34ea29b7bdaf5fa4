/* commands.c - the list of commands. */
#include "commands/commands.h"

#include <stddef.h>

#include "run/files.h"

const Command *const all_commands[] = {
    &train_command,     &generate_command, &eval_command,     &info_command, &export_command,
    &tokenizer_command, &encode_command,   &decode_command,   &plan_command, &presets_command,
    &methods_command,   &bench_command,    &selftest_command, NULL};

bool command_run(const Command *command, int count, const char *const arguments[], Error *error) {
  Settings settings;
  Files files;
  if (!options_parse(command, all_commands, &settings, count, arguments, error) ||
      !files_open(&files, &settings, error))
    return false;
  const bool good = command->run(&settings, error);
  files_close(&files);
  return good;
}
