/* presets.c - the command that lists the presets. */
#include "run/presets.h"

#include <stdio.h>

#include "base/numbers.h"
#include "commands/commands.h"
#include "run/trainer.h"

static Trainer planned; /* large, so not on the stack */

/* One row: the plan of a training of the preset on the text of the options. */
static bool print_preset(const Preset *preset, const Options *options, Error *error) {
  Options with = *options;
  char parameters[32], training[32], file[32];
  preset_apply(preset, &with.shape, &with.train, &with.memory);
  if (!trainer_plan(&planned, &with, error)) return false;
  const ModelConfig *c = &planned.header.model;
  const int64_t count = model_matrix_parameters(c) + model_float_parameters(c);
  const int64_t bytes = model_packed_bytes(c);
  if (options->json)
    printf("{\"name\":\"%s\",\"parameters\":%lld,\"training_bytes\":%llu,\"file_bytes\":%lld}\n",
           preset->name, (long long)count, (unsigned long long)planned.arena.plan.total,
           (long long)bytes);
  else
    printf("  %-7s %12s %15s %12s   %d layers, dim %d, context %d, batch %d x %d steps: %s\n",
           preset->name, format_bytes(parameters, (uint64_t)count),
           format_bytes(training, planned.arena.plan.total), format_bytes(file, (uint64_t)bytes),
           (int)c->layers, (int)c->dim, (int)c->context, (int)preset->batch, (int)preset->steps,
           preset->about);
  return true;
}

bool presets_command(const Options *options, Error *error) {
  if (!options->json)
    printf("  %-7s %12s %15s %12s   (on %s, its vocabulary and size)\n", "preset", "parameters",
           "training bytes", "file bytes", options->text);
  for (int i = 0; i < PRESETS; i++)
    if (!print_preset(&presets[i], options, error)) return false;
  return true;
}
