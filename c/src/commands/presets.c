/* presets.c - the command that lists the presets. */
#include "run/presets.h"

#include <stdio.h>

#include "base/numbers.h"
#include "commands/commands.h"
#include "run/trainer.h"

typedef struct {
  TrainingSettings training;
  bool json;
} PresetsSettings;

static const OptionRow text_rows[] = {
    {.name = "text",
     .argument = "FILE",
     .help = "the text to train on: its vocabulary and length are part of the sizes",
     .kind = OPTION_FILE,
     .offset = offsetof(PresetsSettings, training.text)},
};
static const OptionGroup text_group = OPTION_GROUP("Text", text_rows);
static const CommandGroup groups[] = {
    {&text_group, 0},
    {&tokenizer_group, offsetof(PresetsSettings, training.tokenizer)},
    {&json_group, offsetof(PresetsSettings, json)},
    {NULL, 0}};

static void defaults(void *settings) { training_default(&((PresetsSettings *)settings)->training); }

static bool settle(void *settings, Error *error) {
  return training_settle(&((PresetsSettings *)settings)->training, error);
}

static Trainer planned; /* large, so not on the stack */

/* One row: the plan of a training of the preset on the text of the options. */
static bool print_preset(const Preset *preset, const PresetsSettings *s, Error *error) {
  TrainingSettings with = s->training;
  char parameters[32], training[32], file[32];
  preset_apply(preset, &with.model.shape, &with.model.train, &with.model.memory);
  if (!trainer_plan(&planned, &with, error)) return false;
  const ModelConfig *c = &planned.header.model;
  const int64_t count = model_matrix_parameters(c) + model_float_parameters(c);
  const int64_t bytes = model_packed_bytes(c);
  if (s->json)
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

static bool run(const void *settings, Error *error) {
  const PresetsSettings *s = settings;
  if (!s->json)
    printf("  %-7s %12s %15s %12s   (with the vocabulary and length of %s)\n", "preset",
           "parameters", "training bytes", "file bytes", s->training.text);
  for (int i = 0; i < PRESETS; i++)
    if (!print_preset(&presets[i], s, error)) return false;
  return true;
}

static const char *const examples[] = {"--text my.txt --tokenizer bpe", NULL};

const Command presets_command = {
    .name = "presets",
    .summary = "lists the presets of `train`, with the memory that each takes",
    .about =
        "Training bytes are the memory of a training; file bytes are the weights of its exported "
        "model.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(PresetsSettings),
    .defaults = defaults,
    .settle = settle,
    .run = run};
