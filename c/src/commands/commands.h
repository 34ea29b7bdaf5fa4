/* commands.h - the commands of the program, a file each.
 *
 * Each does what its options ask for and returns true, or false with an error that main prints.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "run/options.h"
#include "run/trainer.h"

bool encode_command(const Options *options, Error *error);
bool decode_command(const Options *options, Error *error);
bool eval_command(const Options *options, Error *error);
bool export_command(const Options *options, Error *error);
bool generate_command(const Options *options, Error *error);
bool info_command(const Options *options, Error *error);
bool methods_command(const Options *options, Error *error);
bool train_command(const Options *options, Error *error);
bool tokenizer_command(const Options *options, Error *error);
bool plan_command(const Options *options, Error *error);
bool presets_command(const Options *options, Error *error);
bool bench_command(const Options *options, Error *error);
bool selftest_command(const Options *options, Error *error);

/* Prints the plan of a training, as a table or as one line of JSON. */
void print_plan(const Trainer *trainer, const Options *options);

#endif
