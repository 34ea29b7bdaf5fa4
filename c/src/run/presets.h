/* presets.h - models of known size, by name: what to train on which machine. */
#ifndef PRESETS_H
#define PRESETS_H

#include "base/config.h"

typedef struct {
  const char *name, *about;
  ModelConfig shape; /* vocab is 0: it comes from the text */
  int32_t batch, steps;
  float embedding_learning_rate;
  float ngram_dropout;
  MemoryMode memory;
  legacy_llm_tokenizer_kind tokenizer;
  int32_t vocab;  /* most tokens of byte pairs */
  int32_t counts; /* most bytes of n-grams */
  int32_t order;  /* tokens of the longest */
  legacy_llm_preset_result result;
} Preset;

enum { PRESETS = 12 };
extern const Preset presets[PRESETS];

/* The preset of a name, or null. */
const Preset *preset_find(const char *name);

/* Sets shape, training settings (all but the seed) and memory mode. */
void preset_apply(const Preset *preset, ModelConfig *shape, TrainConfig *train, MemoryMode *memory);

#endif
