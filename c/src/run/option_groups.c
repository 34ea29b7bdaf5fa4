/* option_groups.c - the rows of the shared groups, their defaults and their rules. */
#include "run/option_groups.h"

#include <string.h>

enum { DEFAULT_VOCAB = 512 };

/* ---- names ---- */

const char *scheme_names(int place) {
  return place < SCHEMES ? legacy_llm_scheme_method((SchemeKind)place).name : NULL;
}

const char *optimizer_names(int place) {
  return place < OPTIMIZERS ? legacy_llm_optimizer_method((OptimizerKind)place).name : NULL;
}

const char *preset_names(int place) {
  legacy_llm_preset preset;
  return legacy_llm_preset_at(place, &preset) ? preset.name : NULL;
}

const char *tokenizer_names(int place) {
  return place < LEGACY_LLM_TOKENIZER_KINDS
             ? legacy_llm_tokenizer_name((legacy_llm_tokenizer_kind)place)
             : NULL;
}

const char *norm_names(int place) {
  static const char *const names[NORMS] = {[NORM_RMS] = "rms", [NORM_LAYER] = "layer"};
  return place < NORMS ? names[place] : NULL;
}

const char *qk_norm_names(int place) {
  static const char *const names[QK_NORMS] = {[QK_NORM_RMS] = "rms", [QK_NORM_NONE] = "none"};
  return place < QK_NORMS ? names[place] : NULL;
}

const char *activation_names(int place) {
  static const char *const names[ACTIVATION_KINDS] = {
      [ACTIVATION_RELU_SQUARED] = "relu2", [ACTIVATION_RELU] = "relu"};
  return place < ACTIVATION_KINDS ? names[place] : NULL;
}

/* Layers whose activations are kept at a time: none left out is 0, a block is 1. */
static const char *segment_names(int place) {
  static const char *const names[] = {"none", "block"};
  return place < 2 ? names[place] : NULL;
}

const char *no_counts(int place) { return place == 0 ? "none" : NULL; }

/* ---- tokenizer ---- */

#define AT(member) .offset = offsetof(TokenizerSettings, member)
static const OptionRow tokenizer_rows[] = {
    {.name = "tokenizer",
     .argument = "FILE",
     .help =
         "how text becomes tokens: characters, bytes, byte pairs that are learned from the text "
         "(bpe), or as a FILE says that `legacy_llm tokenizer` wrote",
     .kind = OPTION_FILE,
     AT(tokenizer),
     .use = FILE_READ,
     .names = tokenizer_names,
     .in_checkpoint = true},
    {.name = "vocab",
     .argument = "N",
     .help = "most tokens that bpe learns, the 256 single bytes included",
     .kind = OPTION_INT,
     AT(vocab),
     .low = 257,
     .high = MAX_VOCAB,
     .in_checkpoint = true},
    {.name = "separator",
     .argument = "TEXT",
     .help =
         "the text between documents, such as '\\n\\n' for an empty line; it becomes one token, "
         "and the model does not look back beyond it",
     .kind = OPTION_ESCAPED,
     AT(separator),
     .high = LEGACY_LLM_MAX_SEPARATOR,
     .in_checkpoint = true},
};
#undef AT
const OptionGroup tokenizer_group = OPTION_GROUP("Tokens", tokenizer_rows);

/* ---- shape ---- */

static void apply_preset(void *group) {
  ModelSettings *m = group;
  const uint32_t seed = m->train.seed;
  legacy_llm_preset preset;
  if (!legacy_llm_preset_at(m->preset, &preset)) return;
  m->shape = preset.shape;
  m->train = preset.training;
  m->memory = preset.memory;
  m->counts = (uint64_t)preset.training.counts;
  m->train.seed = seed;
}

#define AT(member) .offset = offsetof(ModelSettings, member)
static const OptionRow shape_rows[] = {
    {.name = "preset",
     .help = "a model, its tokenizer and its training settings by name (`legacy_llm presets` lists "
             "them); other options change it",
     .kind = OPTION_CHOICE,
     .once = true,
     AT(preset),
     .names = preset_names,
     .apply = apply_preset},
    {.name = "layers",
     .argument = "N",
     .help = "transformer blocks",
     .kind = OPTION_INT,
     AT(shape.layers),
     .low = 1,
     .high = MAX_LAYERS,
     .saving = "smaller",
     .in_checkpoint = true},
    {.name = "heads",
     .argument = "N",
     .help = "attention heads of a block",
     .kind = OPTION_INT,
     AT(shape.heads),
     .low = 1,
     .high = MAX_HEADS,
     .in_checkpoint = true},
    {.name = "dim",
     .argument = "N",
     .help = "width of the model; a multiple of twice the heads",
     .kind = OPTION_INT,
     AT(shape.dim),
     .low = 4,
     .high = MAX_DIM,
     .saving = "smaller",
     .in_checkpoint = true},
    {.name = "context",
     .argument = "N",
     .help = "tokens that the model sees at once",
     .kind = OPTION_INT,
     AT(shape.context),
     .low = 2,
     .high = MAX_CONTEXT,
     .saving = "smaller",
     .in_checkpoint = true},
};
const OptionGroup shape_group = OPTION_GROUP("Model", shape_rows);

static const OptionRow form_rows[] = {
    {.name = "bigram-rows",
     .argument = "N",
     .help =
         "rows of the embedding of token pairs, which share them by a hash; 0: no such embedding",
     .kind = OPTION_INT,
     AT(shape.bigram_rows),
     .low = 0,
     .high = MAX_BIGRAM_ROWS,
     .saving = "smaller",
     .in_checkpoint = true},
    {.name = "ngrams",
     .argument = "N",
     .help = "tokens of the longest n-grams that have embeddings, 3 to 5; those of 3 tokens on "
             "have them; 0: none",
     .kind = OPTION_INT,
     AT(shape.ngrams),
     .low = 0,
     .high = MAX_NGRAM,
     .saving = "0",
     .in_checkpoint = true},
    {.name = "ngram-rows",
     .argument = "N",
     .help =
         "rows of the embedding of n-grams of 3 tokens, which share them by a hash; longer ones "
         "have twice as many for each token more",
     .kind = OPTION_INT,
     AT(shape.ngram_rows),
     .low = 1,
     .high = MAX_NGRAM_ROWS,
     .saving = "smaller",
     .in_checkpoint = true},
    {.name = "ngram-width",
     .argument = "N",
     .help = "values of such a row; they count to as many of the model's --dim",
     .kind = OPTION_INT,
     AT(shape.ngram_width),
     .low = 1,
     .high = MAX_DIM,
     .saving = "smaller",
     .in_checkpoint = true},
    {.name = "scheme",
     .help = "which values weights can take; `legacy_llm methods` explains them",
     .kind = OPTION_CHOICE,
     AT(shape.scheme),
     .names = scheme_names,
     .in_checkpoint = true},
    {.name = "norm",
     .help = "how activations are normalized: RMSNorm or LayerNorm",
     .kind = OPTION_CHOICE,
     AT(shape.norm),
     .names = norm_names,
     .in_checkpoint = true},
    {.name = "qk-norm",
     .help = "how queries and keys are normalized: each head's by RMSNorm, or not at all, as "
             "programs for GGUF files need it",
     .kind = OPTION_CHOICE,
     AT(shape.qk_norm),
     .names = qk_norm_names,
     .in_checkpoint = true},
    {.name = "act",
     .help = "the activation function inside a block: ReLU squared, or ReLU",
     .kind = OPTION_CHOICE,
     AT(shape.activation),
     .names = activation_names,
     .in_checkpoint = true},
};
const OptionGroup form_group = OPTION_GROUP("Model", form_rows);

/* ---- learning ---- */

static const OptionRow learning_rows[] = {
    {.name = "steps",
     .argument = "N",
     .help = "optimizer steps of the whole training; with --resume it may be more than before: the "
             "steps that follow have the learning rates of the longer training",
     .kind = OPTION_INT,
     AT(train.steps),
     .low = 1,
     .high = MAX_STEPS,
     .in_checkpoint = true},
    {.name = "batch",
     .argument = "N",
     .help = "sequences of each step, each as long as the context",
     .kind = OPTION_INT,
     AT(train.batch),
     .low = 1,
     .high = MAX_BATCH,
     .saving = "smaller",
     .in_checkpoint = true},
    {.name = "batch-tokens",
     .argument = "N",
     .help = "instead of --batch: as many sequences as N tokens fill",
     .kind = OPTION_INT,
     AT(batch_tokens),
     .low = 2,
     .high = 1 << 22,
     .in_checkpoint = true},
    {.name = "seed",
     .letter = 's',
     .argument = "N",
     .help = "the only source of randomness: equal seeds give equal bits",
     .kind = OPTION_SEED,
     AT(train.seed),
     .in_checkpoint = true},
    {.name = "optimizer",
     .help = "how the matrices learn; `legacy_llm methods` explains them",
     .kind = OPTION_CHOICE,
     AT(train.optimizer),
     .names = optimizer_names,
     .in_checkpoint = true},
    {.name = "lr",
     .argument = "X",
     .help = "learning rate of the matrices; without it the optimizer's own, which `legacy_llm "
             "methods` lists",
     .kind = OPTION_DECIMAL,
     AT(train.matrix_learning_rate),
     .low = 0,
     .high = 1000,
     .in_checkpoint = true},
    {.name = "embedding-lr",
     .argument = "X",
     .help = "learning rate of embeddings and gains",
     .kind = OPTION_DECIMAL,
     AT(train.embedding_learning_rate),
     .low = 0,
     .high = 1000,
     .in_checkpoint = true},
    {.name = "embedding-init",
     .argument = "X",
     .help = "standard deviation of the embeddings of tokens at the start; with 0.2 a model learns "
             "sooner to repeat names, with 0.02 sooner what follows what",
     .kind = OPTION_DECIMAL,
     AT(train.embedding_init),
     .low = 0,
     .high = 1,
     .above = true,
     .in_checkpoint = true},
    {.name = "ngram-dropout",
     .argument = "X",
     .help =
         "share of the embeddings of n-grams that a step leaves out, at random, so that a small "
         "text is not learned by heart",
     .kind = OPTION_DECIMAL,
     AT(train.ngram_dropout),
     .low = 0,
     .high = 1,
     .in_checkpoint = true},
    {.name = "warmup",
     .argument = "N",
     .help =
         "steps in which the learning rate rises to its full size; without it a tenth of --steps, "
         "at most 100",
     .kind = OPTION_INT,
     AT(train.warmup),
     .low = 0,
     .high = MAX_STEPS,
     .in_checkpoint = true},
    {.name = "clip",
     .argument = "X",
     .help = "largest norm of the gradient; a larger one is scaled down, each tensor to its share",
     .kind = OPTION_DECIMAL,
     AT(train.clip),
     .low = 0,
     .high = 1000,
     .above = true,
     .in_checkpoint = true},
};
const OptionGroup learning_group = OPTION_GROUP("Training", learning_rows);

/* ---- counts ---- */

static const OptionRow counts_rows[] = {
    {.name = "counts",
     .argument = "SIZE",
     .help = "count the n-grams of the text too, in at most this much memory, and mix what they "
             "predict with what the transformer predicts; `none`: the transformer alone",
     .kind = OPTION_SIZE,
     AT(counts),
     .names = no_counts,
     .saving = "smaller",
     .in_checkpoint = true},
    {.name = "order",
     .argument = "N",
     .help = "tokens of the longest n-grams that are counted",
     .kind = OPTION_INT,
     AT(train.order),
     .low = 1,
     .high = LEGACY_LLM_MAX_ORDER,
     .saving = "smaller",
     .in_checkpoint = true},
};
const OptionGroup counts_group = OPTION_GROUP("Counts", counts_rows);

static const OptionRow alone_rows[] = {
    {.name = "counts",
     .help = "`none`: leave out the n-grams that the model counted; the transformer alone",
     .kind = OPTION_CHOICE,
     .names = no_counts},
};
const OptionGroup alone_group = OPTION_GROUP("Counts", alone_rows);

/* ---- words ---- */

const char *word_names(int place) {
  static const char *const names[] = {"any", "-"};
  return place < 2 ? names[place] : NULL;
}

static const OptionRow words_rows[] = {
    {.name = "words",
     .argument = "FILE",
     .help = "a text whose words, runs of the letters A to Z, are all that the model may write, so "
             "that it invents none (- reads standard input); `any`: also words that are not in its "
             "own list",
     .kind = OPTION_FILE,
     .names = word_names,
     .use = FILE_READ},
};
const OptionGroup words_group = OPTION_GROUP("Words", words_rows);

/* ---- memory ---- */

static const OptionRow memory_rows[] = {
    {.name = "micro-batch",
     .argument = "N",
     .help = "sequences that are computed together; without it one (with --threads one for each) "
             "or all "
             "of a step, whichever takes less memory",
     .kind = OPTION_INT,
     AT(memory.micro_batch),
     .low = 1,
     .high = MAX_BATCH},
    {.name = "recompute",
     .argument = "N",
     .help =
         "saves memory: keeps the activations of one block, or of N, at a time and computes the "
         "others again; none keeps all",
     .kind = OPTION_INT,
     AT(memory.segment),
     .low = 1,
     .high = MAX_LAYERS,
     .names = segment_names,
     .saving = "block"},
};
#undef AT
const OptionGroup memory_group = OPTION_GROUP("Memory", memory_rows);

static const OptionRow ram_rows[] = {
    {.name = "ram",
     .argument = "SIZE",
     .help = "refuse to take more memory than this, such as 64MB or 512KB; without it, more than "
             "the system has free",
     .kind = OPTION_SIZE},
};
const OptionGroup ram_group = OPTION_GROUP("Memory", ram_rows);

static const OptionRow text_ram_rows[] = {
    {.name = "text-ram",
     .argument = "SIZE",
     .help = "read the tokens of a text from a file, not from memory, if they take more than this",
     .kind = OPTION_SIZE,
     .saving = "smaller"},
};
const OptionGroup text_ram_group = OPTION_GROUP("Memory", text_ram_rows);

static const OptionRow threads_rows[] = {
    {.name = "threads",
     .argument = "N",
     .help = "threads that compute, at most one for each sequence; the bits are the same with any "
             "number of them, and each takes memory of its own",
     .kind = OPTION_INT,
     .low = 1,
     .high = LEGACY_LLM_MAX_THREADS,
     .saving = "smaller"},
};
const OptionGroup threads_group = OPTION_GROUP("Threads", threads_rows);

static const OptionRow json_rows[] = {
    {.name = "json",
     .help = "print JSON, one object per line, instead of text for people",
     .kind = OPTION_FLAG},
};
const OptionGroup json_group = OPTION_GROUP("Output", json_rows);

static const OptionRow force_rows[] = {
    {.name = "force",
     .once = true,
     .help = "write over what an output would not replace by itself: the checkpoint or the log of "
             "another training, or another kind of file",
     .kind = OPTION_FLAG},
};
const OptionGroup force_group = OPTION_GROUP("Output", force_rows);

/* ---- sampling ---- */

#define AT(member) .offset = offsetof(SamplingSettings, member)
static const OptionRow sampling_rows[] = {
    {.name = "temperature",
     .argument = "X",
     .help = "0 always takes the likeliest token, which soon repeats itself; 1 draws as the model "
             "predicts, more is wilder",
     .kind = OPTION_DECIMAL,
     AT(temperature),
     .low = 0,
     .high = 100},
    {.name = "top-k",
     .argument = "N",
     .help = "draw among the N likeliest tokens at most",
     .kind = OPTION_INT,
     AT(top_k),
     .low = 1,
     .high = MAX_VOCAB},
    {.name = "top-p",
     .argument = "X",
     .help =
         "draw among the likeliest tokens only that together have this probability; 1: among all",
     .kind = OPTION_DECIMAL,
     AT(top_p),
     .low = 0,
     .high = 1,
     .above = true},
    {.name = "seed",
     .letter = 's',
     .argument = "N",
     .help = "seed of the random draws: equal seeds write equal texts, another seed another text",
     .kind = OPTION_SEED,
     AT(seed)},
};
#undef AT
const OptionGroup sampling_group = OPTION_GROUP("Sampling", sampling_rows);

/* ---- defaults ---- */

void tokenizer_default(TokenizerSettings *t) {
  *t = (TokenizerSettings){.tokenizer = legacy_llm_tokenizer_name(LEGACY_LLM_CHARS),
                           .separator = "",
                           .vocab = DEFAULT_VOCAB};
}

void model_settings_default(ModelSettings *m) {
  memset(m, 0, sizeof *m);
  while (strcmp(preset_names(m->preset), "small") != 0) m->preset++;
  m->train.seed = 1;
  apply_preset(m);
}

/* Small models read best so: whole words, no loops. */
void sampling_default(SamplingSettings *s) {
  *s = (SamplingSettings){.temperature = 0.6f, .top_p = 0.8f, .seed = 1};
}

void training_default(TrainingSettings *t) {
  t->text = BUNDLED_TEXT;
  t->text_ram = DEFAULT_TEXT_RAM;
  t->threads = 1;
  tokenizer_default(&t->tokenizer);
  model_settings_default(&t->model);
}

/* ---- rules ---- */

/* The kind of the name of a tokenizer; LEGACY_LLM_TOKENIZER_KINDS: it is a file. */
static int tokenizer_kind(const char *name) {
  int kind = 0;
  while (kind < LEGACY_LLM_TOKENIZER_KINDS &&
         strcmp(name, legacy_llm_tokenizer_name((legacy_llm_tokenizer_kind)kind)) != 0)
    kind++;
  return kind;
}

bool tokenizer_rules(const void *settings, const TokenizerSettings *t, const char *model,
                     Error *error) {
  static const char *const names[] = {"tokenizer", "vocab", "separator"};
  const int kind = t->tokenizer ? tokenizer_kind(t->tokenizer) : LEGACY_LLM_TOKENIZER_KINDS;
  for (int i = 0; i < 3; i++) {
    if (!options_given(settings, names[i])) continue;
    if (model)
      return error_set(error, EXIT_USAGE,
                       "the model of --model has its own tokenizer; leave out --%s", names[i]);
    if (i > 0 && t->tokenizer && kind == LEGACY_LLM_TOKENIZER_KINDS)
      return error_set(
          error, EXIT_USAGE,
          "the file of --tokenizer has its own vocabulary and separator; leave out --%s", names[i]);
  }
  if (!options_given(settings, "vocab") || kind == LEGACY_LLM_BPE || !t->tokenizer) return true;
  return error_set(error, EXIT_USAGE,
                   "--vocab is only for --tokenizer bpe; leave it out, because the size of the "
                   "vocabulary of %s cannot be chosen",
                   t->tokenizer);
}

/* From a budget of tokens to sequences. */
static bool settle_batch(const void *settings, ModelSettings *m, Error *error) {
  if (options_given(settings, "batch"))
    return error_set(error, EXIT_USAGE,
                     "--batch and --batch-tokens exclude each other; leave one of them out");
  m->train.batch = m->batch_tokens / m->shape.context;
  if (m->train.batch >= 1 && m->train.batch <= MAX_BATCH) return true;
  return error_set(error, EXIT_USAGE,
                   "--batch-tokens %ld: give from one to %d times the context of %ld tokens",
                   (long)m->batch_tokens, MAX_BATCH, (long)m->shape.context);
}

/* Warm-up where none was given. */
static bool settle_warmup(ModelSettings *m, Error *error) {
  if (m->train.warmup < 0) m->train.warmup = m->train.steps >= 1000 ? 100 : m->train.steps / 10;
  if (m->train.warmup < m->train.steps || m->train.warmup == 0) return true;
  return error_set(error, EXIT_USAGE, "--warmup %ld: give fewer steps than the %ld of --steps",
                   (long)m->train.warmup, (long)m->train.steps);
}

/* What may be counted, as a checkpoint stores it. */
static bool settle_counts(const void *settings, ModelSettings *m, Error *error) {
  if (m->counts == 0 && options_given(settings, "order"))
    return error_set(error, EXIT_USAGE, "with --counts none nothing is counted; leave out --order");
  if (m->counts > LEGACY_LLM_MAX_COUNTS)
    return error_set(error, EXIT_USAGE, "--counts %llu: give at most 1GB",
                     (unsigned long long)m->counts);
  m->train.counts = (int32_t)m->counts;
  return true;
}

bool model_settle(const void *settings, ModelSettings *m, Error *error) {
  return settle_counts(settings, m, error) &&
         (!m->batch_tokens || settle_batch(settings, m, error)) && settle_warmup(m, error);
}

/* The tokenizer of a preset, but for what was given. */
static void take_preset_tokenizer(TrainingSettings *t) {
  legacy_llm_preset preset;
  if (options_given(t, "tokenizer") || !legacy_llm_preset_at(t->model.preset, &preset)) return;
  t->tokenizer.tokenizer = legacy_llm_tokenizer_name(preset.tokenizer);
  if (preset.vocab && !options_given(t, "vocab")) t->tokenizer.vocab = preset.vocab;
}

void training_take_preset(TrainingSettings *t, int32_t place) {
  t->model.preset = place;
  apply_preset(&t->model);
  take_preset_tokenizer(t);
}

bool training_settle(TrainingSettings *t, Error *error) {
  if (t->log) t->counts_steps = true;
  if (options_given(t, "preset")) take_preset_tokenizer(t);
  if (!tokenizer_rules(t, &t->tokenizer, NULL, error)) return false;
  if (t->resume) return settle_counts(t, &t->model, error); /* context and steps are its own */
  return model_settle(t, &t->model, error);
}

/* ---- a resumed training ---- */

/* Whether a member is what the checkpoint has. A rate that is still the optimizer's, and a warm-up
 * that still follows from the steps, count as that. */
static bool same_member(const OptionRow *row, const void *asked, const void *has) {
  if (row->kind == OPTION_DECIMAL && *(const float *)asked < 0.0f) return true;
  if (row->kind == OPTION_INT && *(const int32_t *)asked < 0) return true;
  return memcmp(asked, has, row->kind == OPTION_SIZE ? sizeof(uint64_t) : sizeof(int32_t)) == 0;
}

/* Whether a row is that of --steps, which was given and makes the training longer. */
static bool is_longer(const OptionRow *row, const void *settings, const ModelSettings *asked,
                      const ModelSettings *has) {
  return row->offset == offsetof(ModelSettings, train.steps) &&
         options_given(settings, row->name) && asked->train.steps > has->train.steps;
}

/* The first row of a group that was asked for, itself or by a preset, and that the checkpoint has
 * otherwise; null if there is none. A preset says nothing of the seed. */
static const OptionRow *other_member(const OptionGroup *group, const void *settings,
                                     const ModelSettings *asked, const ModelSettings *has) {
  const bool preset = options_given(settings, "preset");
  for (int i = 0; i < group->count; i++) {
    const OptionRow *row = &group->rows[i];
    if (!row->in_checkpoint || is_longer(row, settings, asked, has) ||
        !(options_given(settings, row->name) || (preset && row->kind != OPTION_SEED)))
      continue;
    if (!same_member(row, (const char *)asked + row->offset, (const char *)has + row->offset))
      return row;
  }
  return NULL;
}

bool training_agrees(const TrainingSettings *t, const ModelConfig *shape, const TrainConfig *train,
                     Error *error) {
  ModelSettings asked = t->model, has = t->model;
  has.shape = *shape;
  has.train = *train;
  has.counts = (uint64_t)train->counts;
  has.train.embedding_init = asked.train.embedding_init; /* of a beginning; no checkpoint has it */
  if (asked.batch_tokens) asked.train.batch = asked.batch_tokens / shape->context;
  if (asked.batch_tokens && asked.train.batch != train->batch) has.batch_tokens = 0;
  const OptionRow *row = other_member(&shape_group, t, &asked, &has);
  if (!row) row = other_member(&form_group, t, &asked, &has);
  if (!row) row = other_member(&learning_group, t, &asked, &has);
  if (!row) row = other_member(&counts_group, t, &asked, &has);
  if (!row) return true;
  if (strcmp(row->name, "steps") == 0 && options_given(t, "steps"))
    return error_set(
        error, EXIT_USAGE,
        "--steps cannot become fewer in a resumed training, which has %ld; leave it out, "
        "give more, or end earlier with --stop-after",
        (long)train->steps);
  return error_set(
      error, EXIT_USAGE,
      "--%s cannot change in a resumed training; leave it out, or start a new training",
      options_given(t, row->name) ? row->name : "preset");
}
