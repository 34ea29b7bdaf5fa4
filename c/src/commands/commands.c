/* commands.c - the list of commands. */
#include "commands/commands.h"

#include <stddef.h>

#include "run/bundled.h"
#include "run/command_line.h"
#include "run/files.h"

const Command *const all_commands[] = {
    &train_command,    &generate_command,  &eval_command,     &info_command,
    &export_command,   &tokenizer_command, &encode_command,   &decode_command,
    &plan_command,     &presets_command,   &methods_command,  &bench_command,
    &baseline_command, &llama2_command,    &selftest_command, NULL};

/* Finds the files that come with the program, where an option has one by default. */
static void find_bundled(Bundled *bundled, Settings *settings) {
  const OptionRow *row;
  size_t offset;
  for (int i = 0; (row = command_row(settings->head.command, i, &offset)) != NULL; i++) {
    const char **member = (const char **)(void *)(settings->bytes + offset);
    if (row->kind == OPTION_FILE && !(settings->head.given >> i & 1))
      *member = bundled_find(bundled, *member);
  }
}

bool command_run(const Command *command, int count, const char *const arguments[], Error *error) {
  Settings settings;
  Bundled bundled = {.called = command_line_called()};
  Files files;
  if (!options_parse(command, all_commands, &settings, count, arguments, error)) return false;
  find_bundled(&bundled, &settings);
  if (!files_open(&files, &settings, error)) return false;
  const bool good = command->run(&settings, error);
  files_close(&files);
  return good || bundled_explain(&bundled, error);
}
