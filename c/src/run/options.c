/* options.c - the table of options, and the exact parsing of numbers. */
#include "run/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/numbers.h"
#include "run/presets.h"
#include "text/ngram.h"

typedef enum {
  KIND_STRING,
  KIND_INT,
  KIND_SEED,
  KIND_DECIMAL,
  KIND_SIZE,
  KIND_CHOICE,
  KIND_SEGMENT,
  KIND_PRESET,
  KIND_FLAG
} OptionKind;

typedef struct {
  const char *name, *argument, *help;
  OptionKind kind;
  size_t offset;     /* of its member of Options */
  int32_t low, high; /* of KIND_INT */
  unsigned commands;
  bool in_checkpoint; /* --resume brings it: it may be given again, not changed */
} OptionRow;

#define AT(member) offsetof(Options, member)

enum {
  TRAINING = COMMAND_TRAIN | COMMAND_PLAN,
  SHAPING = TRAINING | COMMAND_BENCH,
  CODES = COMMAND_ENCODE | COMMAND_DECODE,
  LEARNS = COMMAND_TRAIN | COMMAND_PLAN | COMMAND_PRESETS | COMMAND_TOKENIZER | CODES,
  USES_TEXT =
      CODES | COMMAND_TOKENIZER | COMMAND_TRAIN | COMMAND_PLAN | COMMAND_EVAL | COMMAND_PRESETS,
  USES_MODEL =
      COMMAND_GENERATE | COMMAND_EVAL | COMMAND_INFO | COMMAND_EXPORT | COMMAND_TOKENIZER | CODES,
  USES_MEMORY = COMMAND_ENCODE | COMMAND_TOKENIZER | COMMAND_TRAIN | COMMAND_PLAN | COMMAND_EVAL |
                COMMAND_GENERATE | COMMAND_BENCH
};

static const OptionRow table[] = {
    {"text", "FILE", "UTF-8 text to train on, or to judge by", KIND_STRING, AT(text), 0, 0,
     USES_TEXT, false},
    {"tokenizer", "chars|bytes|bpe|FILE", "how text becomes tokens; FILE: as `tokenizer` wrote it",
     KIND_STRING, AT(tokenizer), 0, 0, LEARNS, true},
    {"vocab", "N", "tokens that bpe learns, its 256 bytes among them; default: 512", KIND_INT,
     AT(vocab), 257, MAX_VOCAB, LEARNS, true},
    {"separator", "TEXT", "what stands between documents, such as '\\n\\n'; one token", KIND_STRING,
     AT(separator), 0, 0, LEARNS, true},
    {"text-ram", "SIZE", "a text of more tokens is read from a token file; default: 8MB", KIND_SIZE,
     AT(text_ram), 0, 0, TRAINING | COMMAND_EVAL, false},
    {"model", "FILE", "checkpoint to use", KIND_STRING, AT(model), 0, 0, USES_MODEL, false},
    {"out", "FILE", "where the checkpoint (or the generated text) goes; train: none keeps nothing",
     KIND_STRING, AT(out), 0, 0,
     COMMAND_TRAIN | COMMAND_GENERATE | COMMAND_EXPORT | COMMAND_TOKENIZER | CODES, false},
    {"resume", "FILE", "continue a checkpoint to the end of its schedule", KIND_STRING, AT(resume),
     0, 0, TRAINING, false},
    {"log", "FILE", "one JSON line a step; the same bytes in every build", KIND_STRING, AT(log), 0,
     0, COMMAND_TRAIN | COMMAND_PLAN, false},
    {"log-format", "json|csv", "of the log", KIND_CHOICE, AT(log_format), 0, 0, COMMAND_TRAIN,
     false},
    {"log-every", "N", "log each Nth step only, and those with an evaluation", KIND_INT,
     AT(log_every), 1, MAX_STEPS, COMMAND_TRAIN, false},
    {"trace", "FILE", "a checksum of every tensor of every step", KIND_STRING, AT(trace), 0, 0,
     COMMAND_TRAIN, false},
    {"dump", "FILE", "every tensor of every step itself; large", KIND_STRING, AT(dump), 0, 0,
     COMMAND_TRAIN, false},
    {"preset", "NAME", "a shape and its settings by name; other options change them", KIND_PRESET,
     0, 0, 0, SHAPING, true},
    {"steps", "N", "optimizer steps", KIND_INT, AT(train.steps), 1, MAX_STEPS, TRAINING, true},
    {"seed", "N", "the only source of randomness", KIND_SEED, AT(train.seed), 0, 0,
     SHAPING | COMMAND_GENERATE, true},
    {"layers", "N", "transformer blocks", KIND_INT, AT(shape.layers), 1, MAX_LAYERS, SHAPING, true},
    {"heads", "N", "attention heads", KIND_INT, AT(shape.heads), 1, MAX_HEADS, SHAPING, true},
    {"dim", "N", "width; a multiple of 2 * heads", KIND_INT, AT(shape.dim), 4, MAX_DIM, SHAPING,
     true},
    {"context", "N", "tokens that it sees at once", KIND_INT, AT(shape.context), 2, MAX_CONTEXT,
     SHAPING, true},
    {"bigram-rows", "N", "rows of the hashed bigram embedding, 0: none", KIND_INT,
     AT(shape.bigram_rows), 0, MAX_BIGRAM_ROWS, SHAPING, true},
    {"batch", "N", "sequences a step", KIND_INT, AT(train.batch), 1, MAX_BATCH, SHAPING, true},
    {"batch-tokens", "N", "tokens a step: instead of --batch, as many sequences as they fill",
     KIND_INT, AT(batch_tokens), 2, 1 << 22, TRAINING, true},
    {"warmup", "N", "steps of linear warm-up", KIND_INT, AT(train.warmup), 0, MAX_STEPS, TRAINING,
     true},
    {"scheme", "pow2|absmean|twn|row|constant|binary|2bit",
     "what values weights take; `methods` explains", KIND_CHOICE, AT(shape.scheme), 0, 0, SHAPING,
     true},
    {"norm", "rms|layer", "RMSNorm or LayerNorm", KIND_CHOICE, AT(shape.norm), 0, 0, SHAPING, true},
    {"act", "relu2|relu", "between the matrices of the MLP", KIND_CHOICE, AT(shape.activation), 0,
     0, SHAPING, true},
    {"optimizer", "muon|lion|spectral|direct|direct-stateless|muon-float|adam",
     "how the matrices learn; `methods` explains", KIND_CHOICE, AT(train.optimizer), 0, 0, SHAPING,
     true},
    {"micro-batch", "N", "sequences that go through together; default: what takes less memory",
     KIND_INT, AT(memory.micro_batch), 1, MAX_BATCH, SHAPING, false},
    {"recompute", "none|block|N", "keep activations of all layers, of one, or of N at a time",
     KIND_SEGMENT, AT(memory.segment), 1, MAX_LAYERS, SHAPING, false},
    {"lr", "X", "learning rate of the matrices; default: the optimizer's", KIND_DECIMAL,
     AT(train.matrix_learning_rate), 0, 0, TRAINING, true},
    {"embedding-lr", "X", "learning rate of embeddings and gains", KIND_DECIMAL,
     AT(train.embedding_learning_rate), 0, 0, TRAINING, true},
    {"clip", "X", "largest gradient norm, shared out among the tensors", KIND_DECIMAL,
     AT(train.clip), 0, 0, TRAINING, true},
    {"stop-after", "N", "stop at this step of the schedule; --resume goes on", KIND_INT,
     AT(stop_after), 1, MAX_STEPS, COMMAND_TRAIN, false},
    {"save-every", "N", "also write the checkpoint every N steps", KIND_INT, AT(save_every), 1,
     MAX_STEPS, COMMAND_TRAIN, false},
    {"keep", "N", "checkpoints that are kept: --out, --out.1, ...", KIND_INT, AT(keep), 1, 100,
     COMMAND_TRAIN, false},
    {"eval-every", "N", "judge by the held-out part every N steps, and at the end", KIND_INT,
     AT(eval_every), 1, MAX_STEPS, COMMAND_TRAIN, false},
    {"eval-tokens", "N", "judge only by the first N held-out tokens", KIND_INT, AT(eval_tokens), 1,
     INT32_MAX, COMMAND_EVAL | COMMAND_TRAIN, false},
    {"order", "N", "tokens of the longest n-gram to compare with", KIND_INT, AT(order), 1,
     MAX_NGRAM_ORDER, COMMAND_EVAL, false},
    {"prompt", "TEXT", "what the text begins with; -: standard input", KIND_STRING, AT(prompt), 0,
     0, COMMAND_GENERATE, false},
    {"tokens", "N", "tokens to generate", KIND_INT, AT(tokens), 1, 1 << 24, COMMAND_GENERATE,
     false},
    {"temperature", "X", "0: always the likeliest; 1: as the model says", KIND_DECIMAL,
     AT(temperature), 0, 0, COMMAND_GENERATE, false},
    {"top-k", "N", "draw among the N likeliest only; default: all", KIND_INT, AT(top_k), 1,
     MAX_VOCAB, COMMAND_GENERATE, false},
    {"top-p", "X", "draw among the likeliest that have this probability together", KIND_DECIMAL,
     AT(top_p), 0, 0, COMMAND_GENERATE, false},
    {"stop", "TEXT", "end before this text", KIND_STRING, AT(stop), 0, 0, COMMAND_GENERATE, false},
    {"interactive", NULL, "a prompt a line, until the input ends; also -i", KIND_FLAG,
     AT(interactive), 0, 0, COMMAND_GENERATE, false},
    {"only", "NAME[,NAME]", "rows or groups to measure; default: all", KIND_STRING, AT(only), 0, 0,
     COMMAND_BENCH, false},
    {"form", "FORM[,FORM]", "of plain, fast, fp32, fp32-sse; default: all", KIND_STRING, AT(form),
     0, 0, COMMAND_BENCH, false},
    {"repeat", "N", "measure each N times; 0: at least 3 times and 0.2 s", KIND_INT, AT(repeat), 0,
     1000, COMMAND_BENCH, false},
    {"ram", "SIZE", "refuse a plan larger than this (64MB, 512KB); default: what is free",
     KIND_SIZE, AT(ram), 0, 0, USES_MEMORY, false},
    {"json", NULL, "one JSON object a line instead of text for people", KIND_FLAG, AT(json), 0, 0,
     COMMAND_TRAIN | COMMAND_PLAN | COMMAND_EVAL | COMMAND_METHODS | COMMAND_PRESETS |
         COMMAND_GENERATE | COMMAND_BENCH,
     false},
};

enum { OPTIONS = sizeof table / sizeof *table };
typedef char options_fit_the_mask[OPTIONS <= 64 ? 1 : -1];

void options_default(Options *o) {
  memset(o, 0, sizeof *o);
  o->text = "data/tiny_stories_sample.txt";
  o->tokenizer = "chars";
  o->separator = "";
  o->text_ram = 8u << 20;
  o->prompt = "";
  o->train.seed = 1;
  preset_apply(preset_find("small"), &o->shape, &o->train, &o->memory);
  o->keep = o->log_every = 1;
  o->tokens = 400;
  o->temperature = 0.0f;
  o->top_p = 1.0f;
  o->stop = "";
  o->order = 5;
}

/* ---- parsing ---- */

/* The place of value in a list "first|second|...", -1 if it is not there. */
static int find_choice(const char *list, const char *value) {
  const size_t length = strlen(value);
  for (int place = 0; *list; place++) {
    size_t item = strcspn(list, "|");
    if (item == length && strncmp(list, value, item) == 0) return place;
    list += item + (list[item] == '|');
  }
  return -1;
}

/* "none" is 0 layers at a time, that is all; "block" is 1. */
static bool parse_segment(const char *value, long most, int32_t *segment) {
  long number = strcmp(value, "block") == 0 ? 1 : 0;
  if (number == 0 && strcmp(value, "none") != 0 && !parse_int(value, 1, most, &number))
    return false;
  *segment = (int32_t)number;
  return true;
}

static bool store_value(Options *options, const OptionRow *row, const char *value, Error *error) {
  void *member = (char *)options + row->offset;
  long number;
  switch (row->kind) {
  case KIND_STRING:
    if (!*value && strcmp(row->name, "prompt") != 0 && strcmp(row->name, "separator") != 0 &&
        strcmp(row->name, "stop") != 0)
      return error_set(error, EXIT_USAGE, "--%s is empty; give %s", row->name, row->argument);
    *(const char **)member = value;
    return true;
  case KIND_INT:
    if (!parse_int(value, row->low, row->high, &number))
      return error_set(error, EXIT_USAGE, "--%s %s: give a whole number from %ld to %ld", row->name,
                       value, (long)row->low, (long)row->high);
    *(int32_t *)member = (int32_t)number;
    return true;
  case KIND_SEED:
    if (parse_seed(value, member)) return true;
    return error_set(error, EXIT_USAGE, "--%s %s: give a whole number from 0 to 4294967295",
                     row->name, value);
  case KIND_DECIMAL:
    if (parse_decimal(value, member) && *(float *)member <= 1000.0f) return true;
    return error_set(error, EXIT_USAGE, "--%s %s: give a decimal such as 0.002, at most 7 digits",
                     row->name, value);
  case KIND_SIZE:
    if (parse_size(value, member)) return true;
    return error_set(error, EXIT_USAGE, "--%s %s: give a size such as 64MB or 512KB", row->name,
                     value);
  case KIND_CHOICE:
    *(int32_t *)member = find_choice(row->argument, value);
    if (*(int32_t *)member >= 0) return true;
    return error_set(error, EXIT_USAGE, "--%s %s: give one of %s", row->name, value, row->argument);
  case KIND_SEGMENT:
    if (parse_segment(value, row->high, member)) return true;
    return error_set(error, EXIT_USAGE, "--%s %s: give none, block, or a number of layers to %ld",
                     row->name, value, (long)row->high);
  case KIND_PRESET: /* taken before all others, see apply_preset */
  case KIND_FLAG:
    break;
  }
  return true;
}

static int find_row(const char *name, Command command) {
  for (int i = 0; i < OPTIONS; i++)
    if (strcmp(table[i].name, name) == 0 && (table[i].commands & command)) return i;
  return -1;
}

/* Whether a number that both have is the same; what is still a default counts as the same. */
static bool same_number(const OptionRow *row, const Options *options, const Options *other) {
  const char *a = (const char *)options + row->offset, *b = (const char *)other + row->offset;
  if (row->kind == KIND_DECIMAL && *(const float *)(const void *)a < 0.0f) return true;
  return memcmp(a, b, sizeof(int32_t)) == 0;
}

bool options_agree(const Options *options, const ModelConfig *shape, const TrainConfig *train,
                   Error *error) {
  const int preset = find_row("preset", COMMAND_TRAIN);
  Options other = *options;
  other.shape = *shape;
  other.train = *train;
  if (options->batch_tokens) other.batch_tokens = train->batch * shape->context;
  for (int i = 0; i < OPTIONS; i++) {
    const OptionRow *row = &table[i];
    if (!row->in_checkpoint || row->kind == KIND_STRING || row->kind == KIND_PRESET) continue;
    const bool asked = (options->given >> i | options->given >> preset) & 1;
    if (asked && !same_number(row, options, &other))
      return error_set(error, EXIT_USAGE,
                       "--%s cannot change in a resumed training; leave it out, or train anew",
                       options->given >> i & 1 ? row->name : "preset");
  }
  return true;
}

/* The preset of the command line, if there is one, so that the other options can change it. */
static bool apply_preset(Options *options, Command command, int count, char *const arguments[],
                         Error *error) {
  for (int i = 0; i + 1 < count; i++) {
    if (strcmp(arguments[i], "--preset") != 0 || find_row("preset", command) < 0) continue;
    const Preset *preset = preset_find(arguments[i + 1]);
    if (!preset)
      return error_set(error, EXIT_USAGE, "--preset %s: `legacy_llm presets` lists what there is",
                       arguments[i + 1]);
    preset_apply(preset, &options->shape, &options->train, &options->memory);
  }
  return true;
}

/* From a budget of tokens to sequences. */
static bool settle_batch(Options *options, Error *error) {
  if (options->given >> find_row("batch", COMMAND_TRAIN) & 1)
    return error_set(error, EXIT_USAGE, "--batch and --batch-tokens say the same; leave one out");
  options->train.batch = options->batch_tokens / options->shape.context;
  if (options->train.batch >= 1 && options->train.batch <= MAX_BATCH) return true;
  return error_set(error, EXIT_USAGE,
                   "--batch-tokens %ld: give from one to %d times the context of %ld tokens",
                   (long)options->batch_tokens, MAX_BATCH, (long)options->shape.context);
}

bool options_parse(Options *options, Command command, int count, char *const arguments[],
                   Error *error) {
  if (!apply_preset(options, command, count, arguments, error)) return false;
  for (int i = 0; i < count; i++) {
    const char *argument = strcmp(arguments[i], "-i") == 0 ? "--interactive" : arguments[i];
    int at = strncmp(argument, "--", 2) == 0 ? find_row(argument + 2, command) : -1;
    if (at < 0)
      return error_set(error, EXIT_USAGE,
                       "unknown option %s; the command's --help lists what there is", argument);
    const OptionRow *row = &table[at];
    options->given |= (uint64_t)1 << at;
    if (row->kind == KIND_FLAG) {
      *(bool *)((char *)options + row->offset) = true;
      continue;
    }
    if (++i == count)
      return error_set(error, EXIT_USAGE, "%s needs a value: --%s %s", argument, row->name,
                       row->argument);
    if (!store_value(options, row, arguments[i], error)) return false;
  }
  if (options->batch_tokens && !settle_batch(options, error)) return false;
  if (options->train.warmup < 0)
    options->train.warmup = options->train.steps >= 1000 ? 100 : options->train.steps / 10;
  if (options->train.warmup >= options->train.steps && options->train.warmup > 0)
    return error_set(error, EXIT_USAGE, "--warmup %ld is not below --steps %ld",
                     (long)options->train.warmup, (long)options->train.steps);
  if (options->train.clip == 0.0f)
    return error_set(error, EXIT_USAGE, "--clip 0 would stop all learning; give more than 0");
  return true;
}

/* ---- help ---- */

static void print_default(const OptionRow *row, const Options *defaults) {
  const void *member = (const char *)defaults + row->offset;
  char decimal[24];
  if (row->kind == KIND_STRING && *(const char *const *)member && **(const char *const *)member)
    printf(" (%s)", *(const char *const *)member);
  if (row->kind == KIND_INT && *(const int32_t *)member > 0)
    printf(" (%ld)", (long)*(const int32_t *)member);
  if (row->kind == KIND_SEED) printf(" (%lu)", (unsigned long)*(const uint32_t *)member);
  if (row->kind == KIND_CHOICE) /* the first is the default */
    printf(" (%.*s)", (int)strcspn(row->argument, "|"), row->argument);
  if (row->kind == KIND_DECIMAL && *(const float *)member >= 0.0f) {
    format_decimal(decimal, *(const float *)member, 4);
    printf(" (%s)", decimal);
  }
}

void options_help(Command command) {
  enum { HELP_AT = 22 }; /* column before the help; a longer option has a line of its own */
  Options defaults;
  options_default(&defaults);
  for (int i = 0; i < OPTIONS; i++) {
    if (!(table[i].commands & command)) continue;
    const char *argument = table[i].argument ? table[i].argument : "";
    const int written = printf("  --%s %s", table[i].name, argument);
    if (written > HELP_AT) printf("\n");
    printf("%*s %s", written > HELP_AT ? HELP_AT : HELP_AT - written, "", table[i].help);
    print_default(&table[i], &defaults);
    printf("\n");
  }
}
