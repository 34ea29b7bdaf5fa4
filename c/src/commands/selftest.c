/* selftest.c - the command that runs the program's own tests (c/tests). */
#include "commands/commands.h"
#include "tests/test_llm.h"

static bool selftest_run(const void *settings, Error *error) {
  (void)settings;
  return run_tests(all_commands, error);
}

const Command selftest_command = {
    .name = "selftest",
    .summary = "tests every kernel and gradient of this build on this machine",
    .settings_size = sizeof(SettingsHead),
    .run = selftest_run};
