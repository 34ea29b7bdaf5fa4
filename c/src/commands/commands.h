/* commands.h - the commands of the program, a file each.
 *
 * Each file has the command's own options and settings, what it does with them, and the row that
 * brings these together. A command returns true, or false with an error that main prints.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "run/options.h"

extern const Command train_command, generate_command, eval_command, info_command, export_command,
    tokenizer_command, encode_command, decode_command, plan_command, presets_command,
    methods_command, bench_command, baseline_command, llama2_command, selftest_command;

/* All of them, in the order of the help, until null. */
extern const Command *const all_commands[];

/* Parses arguments [count] of a command, finds the files that come with the program, checks and
 * locks the files (run/files.h), runs it. */
bool command_run(const Command *command, int count, const char *const arguments[], Error *error);

#endif
