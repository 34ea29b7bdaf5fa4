/* presets.c - the table of presets. */
#include "run/presets.h"

#include <string.h>

#define SHAPE(l, h, d, t, g)                                                                       \
  {                                                                                                \
    .layers = l, .heads = h, .dim = d, .context = t, .bigram_rows = g, .ngram_rows = 8192,         \
    .ngram_width = 16                                                                              \
  }

/* Most bytes of n-grams: what holds nearly all that are worth it of a text of a megabyte, less
 * where the laptop is slow or its memory is taken. */
enum { MB = 1 << 20, COUNTS = 8 * MB };

/* The last number of a row is how long n-grams are. Those of 8 tokens predict books best; stories
 * of a grammar, such as the bundled ones, repeat so much that 12 are better. */
const Preset presets[PRESETS] = {
    {"tiny",
     "trains in a minute in the emulated laptop",
     SHAPE(2, 4, 48, 32, 1024),
     4,
     200,
     0.012f,
     {0, 0},
     LEGACY_LLM_CHARS,
     0,
     2 * MB,
     12},
    {"small",
     "the default: writes words after minutes on any machine",
     SHAPE(2, 4, 64, 64, 1024),
     8,
     1000,
     0.012f,
     {0, 0},
     LEGACY_LLM_CHARS,
     0,
     COUNTS,
     12},
    {"base",
     "writes sentences; the shape that docs/experiments.md compares",
     SHAPE(4, 4, 128, 64, 1024),
     12,
     2000,
     0.008f,
     {0, 0},
     LEGACY_LLM_CHARS,
     0,
     COUNTS,
     8},
    {"book",
     "learns a book of 700 kB in minutes and predicts it better than 5-grams",
     SHAPE(4, 4, 128, 64, 1024),
     12,
     600,
     0.008f,
     {0, 0},
     LEGACY_LLM_BPE,
     1024,
     COUNTS,
     8},
    {"medium",
     "takes an evening on a present-day machine",
     SHAPE(6, 8, 256, 128, 2048),
     16,
     4000,
     0.006f,
     {0, 0},
     LEGACY_LLM_CHARS,
     0,
     COUNTS,
     8},
    {"max32",
     "the largest that trains in 32 MB",
     SHAPE(9, 8, 256, 64, 512),
     4,
     8000,
     0.006f,
     {4, 1},
     LEGACY_LLM_CHARS,
     0,
     MB,
     8},
    {"max64",
     "the largest that trains in 64 MB",
     SHAPE(10, 12, 384, 64, 512),
     4,
     8000,
     0.004f,
     {4, 1},
     LEGACY_LLM_CHARS,
     0,
     2 * MB,
     8},
};

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
                         .clip = 1.0f,
                         .counts = preset->counts,
                         .order = preset->order};
}
