/* presets.c - the table of presets. */
#include "run/presets.h"

#include <string.h>

#include "model/model.h"

#define SHAPE_OF(l, h, d, t, g, n, q)                                                              \
  {                                                                                                \
    .layers = l, .heads = h, .dim = d, .context = t, .bigram_rows = g, .ngrams = n,                \
    .ngram_rows = 8192, .ngram_width = 16, .qk_norm = q                                            \
  }
#define SHAPE(l, h, d, t, g, n) SHAPE_OF(l, h, d, t, g, n, QK_NORM_RMS)

/* Most bytes of n-grams: what holds nearly all that are worth it of a text of a megabyte, less
 * where the laptop is slow or its memory is taken, more where memory is free. */
enum { MB = 1 << 20, COUNTS = 8 * MB };

/* What a sweep found the best for hours of a Pentium III (examples/nights), whatever its memory. */
#define FOUND                                                                                      \
  .shape = SHAPE(4, 4, 128, 256, 1024, 5), .batch = 3, .embedding_learning_rate = 0.008f,          \
  .ngram_dropout = 0.5f, .tokenizer = LEGACY_LLM_CHARS, .order = 8
#define HOUR FOUND, .steps = 900, .result = {1.0f, 1.4f, 1.6002f, 1.4538f}
#define NIGHT FOUND, .steps = 7300, .result = {7.9f, 11.2f, 1.4542f, 1.3965f}

/* How long n-grams are (order): those of 8 tokens predict books best; stories of a grammar, such as
 * the bundled ones, repeat so much that 12 are better. */
const Preset presets[PRESETS] = {
    {.name = "tiny",
     .about = "trains in a minute in the emulated laptop",
     .shape = SHAPE(2, 4, 48, 32, 1024, 0),
     .batch = 4,
     .steps = 200,
     .embedding_learning_rate = 0.012f,
     .tokenizer = LEGACY_LLM_CHARS,
     .counts = 2 * MB,
     .order = 12,
     .result = {0.0f, 0.1f, 2.2492f, 1.5197f}},
    {.name = "small",
     .about = "the default: writes words after minutes on any machine",
     .shape = SHAPE(2, 4, 64, 64, 1024, 0),
     .batch = 8,
     .steps = 1000,
     .embedding_learning_rate = 0.012f,
     .tokenizer = LEGACY_LLM_CHARS,
     .counts = COUNTS,
     .order = 12,
     .result = {0.1f, 0.3f, 1.8106f, 1.4768f}},
    {.name = "base",
     .about = "writes sentences; the shape that docs/experiments.md compares",
     .shape = SHAPE(4, 4, 128, 64, 1024, 0),
     .batch = 12,
     .steps = 2000,
     .embedding_learning_rate = 0.008f,
     .tokenizer = LEGACY_LLM_CHARS,
     .counts = COUNTS,
     .order = 8,
     .result = {1.6f, 2.6f, 1.5785f, 1.4486f}},
    {.name = "book",
     .about = "learns a book of 700 kB in minutes and predicts it better than 5-grams",
     .shape = SHAPE(4, 4, 128, 64, 1024, 0),
     .batch = 12,
     .steps = 600,
     .embedding_learning_rate = 0.008f,
     .tokenizer = LEGACY_LLM_BPE,
     .vocab = 1024,
     .counts = COUNTS,
     .order = 8,
     .result = {0.0f, 0.9f, 1.5563f, 1.4630f}},
    {.name = "hour32",
     .about = "the best of an hour of a Pentium III with 32 MB",
     HOUR,
     .counts = COUNTS},
    {.name = "night32",
     .about = "the best of a night of a Pentium III with 32 MB",
     NIGHT,
     .counts = COUNTS},
    {.name = "hour64",
     .about = "the best of an hour of a Pentium III with 64 MB",
     HOUR,
     .counts = 2 * COUNTS},
    {.name = "night64",
     .about = "the best of a night of a Pentium III with 64 MB",
     NIGHT,
     .counts = 2 * COUNTS},
    {.name = "gguf",
     .about = "what programs for GGUF files can hold too (`legacy_llm export --format gguf`)",
     .shape = SHAPE_OF(4, 8, 256, 64, 0, 0, QK_NORM_NONE),
     .batch = 12,
     .steps = 1500,
     .embedding_learning_rate = 0.006f,
     .tokenizer = LEGACY_LLM_CHARS,
     .counts = 0,
     .order = 8},
    {.name = "medium",
     .about = "takes an evening on a present-day machine",
     .shape = SHAPE(6, 8, 256, 128, 2048, 0),
     .batch = 16,
     .steps = 4000,
     .embedding_learning_rate = 0.006f,
     .tokenizer = LEGACY_LLM_CHARS,
     .counts = COUNTS,
     .order = 8},
    {.name = "max32",
     .about = "a large one for a laptop of 32 MB",
     .shape = SHAPE(9, 8, 256, 64, 512, 0),
     .batch = 4,
     .steps = 8000,
     .embedding_learning_rate = 0.006f,
     .memory = {4, 1},
     .tokenizer = LEGACY_LLM_CHARS,
     .counts = MB,
     .order = 8},
    {.name = "max64",
     .about = "a large one for a laptop of 64 MB",
     .shape = SHAPE(10, 12, 384, 64, 512, 0),
     .batch = 4,
     .steps = 8000,
     .embedding_learning_rate = 0.004f,
     .memory = {4, 1},
     .tokenizer = LEGACY_LLM_CHARS,
     .counts = 2 * MB,
     .order = 8},
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
                         .ngram_dropout = preset->ngram_dropout,
                         .embedding_init = TOKEN_DEVIATION,
                         .clip = 1.0f,
                         .counts = preset->counts,
                         .order = preset->order};
}
