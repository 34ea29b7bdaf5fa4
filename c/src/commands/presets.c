/* presets.c - the command that lists the presets. */

#include <stdio.h>

#include "base/numbers.h"
#include "commands/commands.h"
#include "run/text_advice.h"
#include "run/training_run.h"

typedef struct {
  TrainingSettings training;
  bool json;
} PresetsSettings;

static const OptionRow text_rows[] = {
    {.name = "text",
     .argument = "FILE",
     .help = "the text to train on: the sizes depend on its vocabulary and length",
     .kind = OPTION_FILE,
     .bare = option_any,
     .offset = offsetof(PresetsSettings, training.text),
     .names = standard_input,
     .use = FILE_READ},
};
static const OptionGroup text_group = OPTION_GROUP("Text", text_rows);
static const CommandGroup groups[] = {
    {&text_group, 0},
    {&tokenizer_group, offsetof(PresetsSettings, training.tokenizer)},
    {&json_group, offsetof(PresetsSettings, json)},
    {NULL, 0}};

/* The tokenizer is that of each preset. */
static void defaults(void *settings) {
  PresetsSettings *s = settings;
  training_default(&s->training);
  s->training.tokenizer.tokenizer = NULL;
}

static bool settle(void *settings, Error *error) {
  return training_settle(&((PresetsSettings *)settings)->training, error);
}

/* One row: the plan of a training of the preset on the text of the options. */
static void print_preset(const legacy_llm_preset *preset, const TrainingRun *t, bool json) {
  char parameters[32], training[32], file[32];
  const legacy_llm_shape *c = &t->settings.shape;
  const int64_t count = legacy_llm_matrix_weights(c) + legacy_llm_token_values(c) +
                        legacy_llm_float_parameters(c) + legacy_llm_row_values(c);
  const int64_t bytes = legacy_llm_packed_bytes(c);
  const char *tokens = legacy_llm_tokenizer_name(legacy_llm_tokenizer_tell(t->own).kind);
  if (json)
    printf("{\"name\":\"%s\",\"parameters\":%lld,\"training_bytes\":%llu,\"file_bytes\":%lld,"
           "\"tokenizer\":\"%s\"}\n",
           preset->name, (long long)count, (unsigned long long)t->plan.total, (long long)bytes,
           tokens);
  else
    printf("  %-7s %12s %15s %12s   %d layers, dim %d, context %d of %s, batch %d x %d steps: %s\n",
           preset->name, format_bytes(parameters, (uint64_t)count),
           format_bytes(training, t->plan.total), format_bytes(file, (uint64_t)bytes),
           (int)c->layers, (int)c->dim, (int)c->context, tokens, (int)preset->training.batch,
           (int)preset->training.steps, preset->about);
}

static bool list(const PresetsSettings *s, TextFile *text, Error *error) {
  legacy_llm_preset preset;
  bool good = true;
  if (!s->json)
    printf("  %-7s %12s %15s %12s   (with the vocabulary and length of %s)\n", "preset",
           "parameters", "training bytes", "file bytes", text->name);
  for (int i = 0; good && legacy_llm_preset_at(i, &preset); i++) {
    TrainingSettings with = s->training;
    TrainingRun training;
    training_take_preset(&with, i);
    good = training_plan(&training, &with, text, NULL, error);
    if (good) print_preset(&preset, &training, s->json);
    training_close(&training, true);
  }
  return good;
}

static bool run(const void *settings, Error *error) {
  const PresetsSettings *s = settings;
  TextFile text;
  if (!text_file_open(&text, s->training.text, "text", error)) return false;
  const bool good = list(s, &text, error);
  if (good) text_tell(&text);
  text_file_close(&text);
  return good;
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
