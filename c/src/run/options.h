/* options.h - the command line: one table of options, which also makes the help. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "base/config.h"
#include "base/errors.h"

/* Commands as bits, so that an option can belong to several. */
typedef enum {
  COMMAND_TRAIN = 1,
  COMMAND_GENERATE = 2,
  COMMAND_EVAL = 4,
  COMMAND_INFO = 8,
  COMMAND_PLAN = 16,
  COMMAND_SELFTEST = 32,
  COMMAND_PRESETS = 64,
  COMMAND_METHODS = 128,
  COMMAND_EXPORT = 256,
  COMMAND_BENCH = 512,
  COMMAND_TOKENIZER = 1024,
  COMMAND_ENCODE = 2048,
  COMMAND_DECODE = 4096
} Command;

enum { DEFAULT_VOCAB = 512 };

typedef struct {
  const char *only, *form; /* of bench: names with commas between; null: all */
  const char *tokenizer, *separator;
  const char *text, *out, *resume, *log, *trace, *dump, *model, *prompt;
  ModelConfig shape; /* vocab is 0 until the text is read */
  TrainConfig train;
  MemoryMode memory;
  uint64_t ram;         /* bytes, 0: what the system has free */
  uint64_t text_ram;    /* bytes; a text of more tokens is read from a token file */
  int32_t vocab;        /* tokens that bpe may learn, 0: DEFAULT_VOCAB */
  int32_t stop_after;   /* steps after which to stop early, 0: none */
  int32_t save_every;   /* steps between checkpoints, 0: only at the end */
  int32_t batch_tokens; /* tokens a step, 0: batch says how many sequences */
  int32_t keep;         /* checkpoints that are kept, the newest among them */
  int32_t eval_every;   /* steps between evaluations, 0: none */
  int32_t log_format;   /* a LogFormat */
  int32_t log_every;    /* steps between those that are logged */
  int32_t tokens;
  int32_t repeat;      /* measurements of each, 0: by time */
  int32_t eval_tokens; /* of the held-out part to judge by, 0: all */
  float temperature;
  int32_t top_k; /* 0: all */
  float top_p;
  const char *stop; /* "": none */
  int32_t order;    /* of the n-grams of eval */
  bool interactive;
  bool json;
  uint64_t given; /* bit i: the i-th row of the table was on the command line */
} Options;

/* Defaults of every option. */
void options_default(Options *options);

/* Parses arguments[0..count-1] for a command; anything unknown, incomplete or out of range is an
 * error that names it. */
bool options_parse(Options *options, Command command, int count, char *const arguments[],
                   Error *error);

/* Whether the options of a resumed training, those that were given, say what its checkpoint has;
 * an error names the first that does not. Tokenizers aside. */
bool options_agree(const Options *options, const ModelConfig *shape, const TrainConfig *train,
                   Error *error);

/* Prints the options of a command with their defaults. */
void options_help(Command command);

#endif
