/* presets.c - the table of presets. */
#include "presets.h"

#include <stdio.h>
#include <string.h>

#include "plan.h"

#define SHAPE(l, h, d, t, g)                                                                       \
  { .layers = l, .heads = h, .dim = d, .context = t, .bigram_rows = g }

static const Preset presets[] = {
    {"tiny", "a minute in the emulated laptop", SHAPE(2, 4, 48, 32, 1024), 4, 200, 0.012f, {0, 0}},
    {"small",
     "the default: words in minutes, on anything",
     SHAPE(2, 4, 64, 64, 1024),
     8,
     1000,
     0.012f,
     {0, 0}},
    {"base",
     "sentences; the shape of the tables in the docs",
     SHAPE(4, 4, 128, 64, 1024),
     12,
     2000,
     0.008f,
     {0, 0}},
    {"medium",
     "an evening of a present-day machine",
     SHAPE(6, 8, 256, 128, 2048),
     16,
     4000,
     0.006f,
     {0, 0}},
    {"max32",
     "the largest that trains in 32 MB",
     SHAPE(9, 8, 256, 64, 512),
     4,
     8000,
     0.006f,
     {4, 1}},
    {"max64",
     "the largest that trains in 64 MB",
     SHAPE(10, 12, 384, 64, 512),
     4,
     8000,
     0.004f,
     {4, 1}},
};

enum { PRESETS = sizeof presets / sizeof *presets };

const Preset *preset_find(const char *name) {
  for (int i = 0; i < PRESETS; i++)
    if (strcmp(presets[i].name, name) == 0) return &presets[i];
  return NULL;
}

void preset_apply(const Preset *preset, ModelConfig *shape, TrainConfig *train,
                  MemoryMode *memory) {
  *shape = preset->shape;
  *memory = preset->memory;
  *train = (TrainConfig){.steps = preset->steps,
                         .batch = preset->batch,
                         .warmup = -1,
                         .seed = train->seed,
                         .optimizer = OPTIMIZER_MUON,
                         .matrix_learning_rate = -1.0f,
                         .embedding_learning_rate = preset->embedding_learning_rate,
                         .clip = 1.0f};
}

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
