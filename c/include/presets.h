/* presets.h - models of known size, by name: what to train on which machine. */
#ifndef PRESETS_H
#define PRESETS_H

#include "options.h"

typedef struct {
  const char *name, *about;
  ModelConfig shape; /* vocab is 0: it comes from the text */
  int32_t batch, steps;
  float embedding_learning_rate;
  MemoryMode memory;
} Preset;

/* The preset of a name, or null. */
const Preset *preset_find(const char *name);

/* Sets shape, training settings (all but the seed) and memory mode. */
void preset_apply(const Preset *preset, ModelConfig *shape, TrainConfig *train, MemoryMode *memory);

/* The command: a table of all, with the numbers that follow from the text's vocabulary. */
bool presets_command(const Options *options, Error *error);

#endif
