/* option_groups.h - groups of options that several commands share, and the structs that they set.
 */
#ifndef OPTION_GROUPS_H
#define OPTION_GROUPS_H

#include "base/config.h"
#include "run/bundled.h"
#include "run/options.h"

/* How text becomes tokens. */
typedef struct {
  const char *tokenizer; /* the name of a kind, or a file; null: something else says it */
  const char *separator; /* with escapes; "": none */
  int32_t vocab;         /* tokens that bpe may learn */
} TokenizerSettings;

/* A model, how it learns, and what is kept in memory. */
typedef struct {
  int32_t preset;       /* place in presets[] */
  ModelConfig shape;    /* vocab is 0 until the text is read */
  TrainConfig train;    /* matrix_learning_rate -1: the optimizer's default */
  uint64_t counts;      /* most bytes of n-grams, of which train.counts is made; 0: none */
  int32_t batch_tokens; /* tokens of a step, 0: train.batch says how many sequences */
  MemoryMode memory;
} ModelSettings;

/* What a training is made of: settings of train and plan begin with it. */
typedef struct {
  SettingsHead head;
  const char *text;
  const char *resume;  /* a checkpoint to go on with; null: a new training */
  const char *log;     /* null: none */
  bool counts_steps;   /* what a log says of each step is counted, in a log or not */
  uint64_t text_ram;   /* bytes; a text of more tokens is read from a token file */
  uint64_t ram;        /* bytes, 0: what the system has free */
  int32_t eval_tokens; /* of the held-out part to evaluate, 0: all */
  int32_t threads;     /* that compute, 0 or 1: only the one */
  TokenizerSettings tokenizer;
  ModelSettings model;
} TrainingSettings;

/* How the next token is drawn. */
typedef struct {
  float temperature;
  int32_t top_k; /* 0: all */
  float top_p;
  uint32_t seed;
} SamplingSettings;

extern const OptionGroup tokenizer_group; /* TokenizerSettings: --tokenizer, --vocab, --separator */
extern const OptionGroup shape_group;     /* ModelSettings: --preset, and how large a model is */
extern const OptionGroup form_group;      /* ModelSettings: what a ternary model is made of */
extern const OptionGroup learning_group;  /* ModelSettings: how it is trained */
extern const OptionGroup counts_group;    /* ModelSettings: --counts, --order */
extern const OptionGroup alone_group;     /* int32_t, -1: not given; 0: --counts none */
extern const OptionGroup words_group;     /* const char *: --words; null: not given */
extern const OptionGroup memory_group;    /* ModelSettings: --micro-batch, --recompute */
extern const OptionGroup sampling_group;  /* SamplingSettings */
extern const OptionGroup ram_group;       /* uint64_t: --ram */
extern const OptionGroup text_ram_group;  /* uint64_t: --text-ram */
extern const OptionGroup threads_group;   /* int32_t: --threads */
extern const OptionGroup json_group;      /* bool: --json */
extern const OptionGroup force_group;     /* bool: --force, which files_open reads */

enum { DEFAULT_TEXT_RAM = 8 << 20 };

/* "none" at place 0, for --counts. */
OptionNames no_counts;

/* "any" at place 0 and "-" at 1, for --words. */
OptionNames word_names;

/* Names, by their places in the tables that define them. */
OptionNames scheme_names, norm_names, qk_norm_names, activation_names, optimizer_names,
    preset_names, tokenizer_names;

/* A --counts that was not given to a command that uses a model. */
enum { COUNTS_AS_THEY_ARE = -1 };

/* Defaults: chars, no separator; the preset small; temperature 0.6 and top-p 0.8; all of these, the
 * bundled text. */
void tokenizer_default(TokenizerSettings *settings);
void model_settings_default(ModelSettings *settings);
void sampling_default(SamplingSettings *settings);
void training_default(TrainingSettings *settings);

/* All that a preset says, but for a tokenizer that was given. */
void training_take_preset(TrainingSettings *settings, int32_t place);

/* Rules across options. Tokenizer: whether what was given (of the command that settings begin with)
 * goes together; where a model is named, it has its own. */
bool tokenizer_rules(const void *settings, const TokenizerSettings *tokenizer, const char *model,
                     Error *error);

/* Warm-up, --counts and --batch-tokens, into settings->train. */
bool model_settle(const void *settings, ModelSettings *model, Error *error);

/* Both, with the tokenizer of --preset where that was given. */
bool training_settle(TrainingSettings *settings, Error *error);

/* Whether the options of a resumed training, those that were given, say what its checkpoint has; an
 * error names the first that does not. Tokenizers aside: tokenizer_agrees. */
bool training_agrees(const TrainingSettings *settings, const ModelConfig *shape,
                     const TrainConfig *train, Error *error);

#endif
