/* presets.c - the command that lists the presets. */

#include <stdio.h>
#include <string.h>

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

/* A number that was measured, or "-". */
static const char *format_result(char text[24], float x, int decimals) {
  if (x > 0.0f)
    format_decimal(text, x, decimals);
  else
    strcpy(text, "-");
  return text;
}

/* The same in JSON. */
static void print_result(const char *name, float x) {
  char text[24];
  format_decimal(text, x, 4);
  printf(",\"%s\":%s", name, x > 0.0f ? text : "null");
}

/* What is shown of a preset. */
typedef struct {
  const legacy_llm_preset *preset;
  const legacy_llm_shape *shape;
  long long parameters, file_bytes;
  unsigned long long training_bytes;
  const char *tokens;
} PresetRow;

static void print_json(const PresetRow *row) {
  const legacy_llm_preset_result *result = &row->preset->result;
  printf("{\"name\":\"%s\",\"parameters\":%lld,\"training_bytes\":%llu,\"file_bytes\":%lld,"
         "\"tokenizer\":\"%s\"",
         row->preset->name, row->parameters, row->training_bytes, row->file_bytes, row->tokens);
  print_result("laptop_hours", result->hours);
  print_result("minutes", result->minutes);
  print_result("held_out_transformer", result->transformer);
  print_result("held_out_loss", result->both);
  printf("}\n");
}

static void print_line(const PresetRow *row) {
  char parameters[32], training[32], file[32], hours[24], minutes[24], alone[24], both[24];
  const legacy_llm_preset_result *result = &row->preset->result;
  const legacy_llm_training *training_settings = &row->preset->training;
  const legacy_llm_shape *c = row->shape;
  printf("  %-7s %12s %15s %12s %6s %8s %7s %7s   ", row->preset->name,
         format_bytes(parameters, (uint64_t)row->parameters),
         format_bytes(training, row->training_bytes), format_bytes(file, (uint64_t)row->file_bytes),
         format_result(hours, result->hours, 1), format_result(minutes, result->minutes, 1),
         format_result(alone, result->transformer, 4), format_result(both, result->both, 4));
  printf("%d layers, dim %d, context %d of %s, batch %d x %d steps: %s\n", (int)c->layers,
         (int)c->dim, (int)c->context, row->tokens, (int)training_settings->batch,
         (int)training_settings->steps, row->preset->about);
}

/* One row: the plan of a training of the preset on the text of the options. */
static void print_preset(const legacy_llm_preset *preset, const TrainingRun *t, bool json) {
  const legacy_llm_shape *c = &t->settings.shape;
  const PresetRow row = {.preset = preset,
                         .shape = c,
                         .parameters = legacy_llm_matrix_weights(c) + legacy_llm_token_values(c) +
                                       legacy_llm_float_parameters(c) + legacy_llm_row_values(c),
                         .file_bytes = legacy_llm_packed_bytes(c),
                         .training_bytes = t->plan.total,
                         .tokens =
                             legacy_llm_tokenizer_name(legacy_llm_tokenizer_tell(t->own).kind)};
  if (json)
    print_json(&row);
  else
    print_line(&row);
}

static void print_head(const TextFile *text) {
  printf("  %-7s %12s %15s %12s %6s %8s %7s %7s   (sizes for the vocabulary and length of %s)\n",
         "preset", "parameters", "training bytes", "file bytes", "hours", "minutes", "alone",
         "both", text->name);
}

static bool list(const PresetsSettings *s, TextFile *text, Error *error) {
  legacy_llm_preset preset;
  bool good = true;
  if (!s->json) print_head(text);
  for (int i = 0; good && legacy_llm_preset_at(i, &preset); i++) {
    TrainingSettings with = s->training;
    TrainingRun training;
    training_take_preset(&with, i);
    good = training_plan(&training, &with, text, NULL, NULL, error);
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
        "model. The other columns were measured on tinyshakespeare: hours of a Pentium III of 500 "
        "MHz (modelled), minutes on one core of a present-day machine, and the held-out loss in "
        "nats per character, of the transformer alone and of both it and the counts.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(PresetsSettings),
    .defaults = defaults,
    .settle = settle,
    .run = run};
