/* checkpoint_header.c - the table of fields, and what is done with all of them. */
#include "train/checkpoint_header.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/floats.h"
#include "base/numbers.h"
#include "train/optimizer.h"

enum { VERSION_AT = 8, SIZE_AT = 12, CRC_AT = CHECKPOINT_HEADER_BYTES - 4 };

static const char magic[8] = {'L', 'E', 'G', 'A', 'C', 'Y', 'L', 'M'};

/* ---- the table ---- */

#define SHAPE "impossible shape"
#define SETTINGS "its training settings are impossible"
#define COUNTS "its counts are impossible"
#define WORDS "its list of words is impossible"

#define INT(name, at, member, low, high, refusal)                                                  \
  { name, FIELD_INT32, at, 4, offsetof(CheckpointHeader, member), low, high, refusal }
#define UINT(name, at, member)                                                                     \
  { name, FIELD_UINT32, at, 4, offsetof(CheckpointHeader, member), INT32_MIN, INT32_MAX, NULL }
#define RATE(name, at, member)                                                                     \
  { name, FIELD_FLOAT, at, 4, offsetof(CheckpointHeader, member), 0, 1000, SETTINGS }

static const CheckpointField fields[] = {
    INT("layers", 16, model.layers, 1, MAX_LAYERS, SHAPE),
    INT("heads", 20, model.heads, 1, MAX_HEADS, SHAPE),
    INT("dim", 24, model.dim, 4, MAX_DIM, SHAPE),
    INT("context", 28, model.context, 2, MAX_CONTEXT, SHAPE),
    INT("vocabulary", 32, model.vocab, 2, MAX_VOCAB, SHAPE),
    INT("separator", 36, model.separator, 0, MAX_VOCAB - 1, SHAPE),
    INT("bigram-rows", 40, model.bigram_rows, 0, MAX_BIGRAM_ROWS, SHAPE),
    INT("scheme", 44, model.scheme, 0, SCHEMES - 1, SHAPE),
    INT("norm", 48, model.norm, 0, NORMS - 1, SHAPE),
    INT("act", 52, model.activation, 0, ACTIVATION_KINDS - 1, SHAPE),
    INT("steps", 56, train.steps, 1, MAX_STEPS, SETTINGS),
    INT("batch", 60, train.batch, 1, MAX_BATCH, SETTINGS),
    INT("warmup", 64, train.warmup, 0, MAX_STEPS, SETTINGS),
    UINT("seed", 68, train.seed),
    INT("optimizer", 72, train.optimizer, 0, OPTIMIZERS - 1, SETTINGS),
    RATE("lr", 76, train.matrix_learning_rate),
    RATE("embedding-lr", 80, train.embedding_learning_rate),
    RATE("clip", 84, train.clip),
    INT("steps done", 88, step, 0, MAX_STEPS, SETTINGS),
    INT("text tokens", 92, text_tokens, INT32_MIN, INT32_MAX, NULL),
    INT("text bytes", 96, text_bytes, INT32_MIN, INT32_MAX, NULL),
    UINT("text CRC-32", 100, text_crc),
    INT("contents", 104, contents, CONTENTS_TRAINING, CONTENTS_MODEL,
        "its contents are of an unknown kind"),
    INT("tokenizer", 108, tokenizer.kind, 0, TOKENIZERS - 1, "its tokenizer is of an unknown kind"),
    INT("separator bytes", 112, tokenizer.separator_bytes, 0, MAX_SEPARATOR,
        "its separator is too long"),
    {"separator text", FIELD_BYTES, 116, MAX_SEPARATOR,
     offsetof(CheckpointHeader, tokenizer.separator), INT32_MIN, INT32_MAX, NULL},
    INT("qk-norm", 148, model.qk_norm, 0, QK_NORMS - 1, SHAPE),
    INT("words bytes", 152, words_bytes, 0, LEGACY_LLM_MAX_WORD_LIST, WORDS),
    INT("counts", 156, train.counts, 0, LEGACY_LLM_MAX_COUNTS, SETTINGS),
    INT("order", 160, train.order, 1, LEGACY_LLM_MAX_ORDER, SETTINGS),
    INT("counts bytes", 164, counts_bytes, 0, LEGACY_LLM_MAX_COUNTS, COUNTS),
    INT("counts packed", 168, counts_packed, 0, LEGACY_LLM_MAX_COUNTS, COUNTS),
    INT("ngrams", 172, model.ngrams, 0, MAX_NGRAM, SHAPE),
    INT("ngram-rows", 176, model.ngram_rows, 0, MAX_NGRAM_ROWS, SHAPE),
    INT("ngram-width", 180, model.ngram_width, 0, MAX_DIM, SHAPE),
    {"ngram-dropout", FIELD_FLOAT, 184, 4, offsetof(CheckpointHeader, train.ngram_dropout), 0, 1,
     SETTINGS},
};

enum { FIELDS = sizeof fields / sizeof *fields };

const CheckpointField *checkpoint_field(int i) { return i >= 0 && i < FIELDS ? &fields[i] : NULL; }

/* The four bytes of a field as a number, from a struct that begins at offset `from` of a header. */
static uint32_t word_of(const CheckpointField *f, const void *at, size_t from) {
  uint32_t word;
  memcpy(&word, (const uint8_t *)at + f->member - from, sizeof word);
  return word;
}

const char *checkpoint_field_format(char text[FIELD_TEXT], const CheckpointField *f,
                                    const CheckpointHeader *h) {
  if (f->kind == FIELD_BYTES) {
    const uint8_t *bytes = (const uint8_t *)h + f->member;
    int count = f->bytes;
    while (count > 0 && bytes[count - 1] == 0) count--;
    text[0] = 0;
    for (int i = 0; i < count; i++) snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
  }
  const uint32_t word = word_of(f, h, 0);
  if (f->kind == FIELD_FLOAT)
    format_decimal(text, float_from_bits(word), 6);
  else if (f->kind == FIELD_UINT32)
    snprintf(text, FIELD_TEXT, "%lu", (unsigned long)word);
  else
    snprintf(text, FIELD_TEXT, "%ld", (long)(int32_t)word);
  return text;
}

/* ---- counts ---- */

static CountsShape counts_shape(const ModelConfig *model, int order, uint32_t bytes) {
  const CountsShape shape = {model->vocab, model->separator, order, bytes};
  return shape;
}

CountsShape training_counts(const ModelConfig *model, const TrainConfig *t, int32_t tokens) {
  const uint32_t most = (uint32_t)t->counts;
  if (most == 0 || tokens < 1) return counts_shape(model, t->order, 0);
  return counts_shape(model, t->order, counts_wanted_bytes(tokens, model->vocab, t->order, most));
}

CountsShape checkpoint_counts(const CheckpointHeader *h) {
  return counts_shape(&h->model, h->train.order, h->leaves_counts ? 0 : (uint32_t)h->counts_bytes);
}

/* ---- what can be ---- */

static bool refuse_number(const char *refusal, const char *name, long value, long low, long high,
                          Error *error) {
  return error_set(error, EXIT_USAGE, "%s: %s is %ld; it must be %ld to %ld", refusal, name, value,
                   low, high);
}

/* One field of a struct that begins at offset `from` of a header. */
static bool check_field(const CheckpointField *f, const void *at, size_t from, Error *error) {
  const uint32_t word = word_of(f, at, from);
  if (f->kind == FIELD_INT32) {
    const int32_t value = (int32_t)word;
    return (value >= f->low && value <= f->high) ||
           refuse_number(f->refusal, f->name, value, f->low, f->high, error);
  }
  if (f->kind != FIELD_FLOAT) return true;
  const float value = float_from_bits(word);
  return (value >= (float)f->low && value <= (float)f->high) || /* NaN is neither */
         error_set(error, EXIT_USAGE, "%s: %s must be a number from %ld to %ld", f->refusal,
                   f->name, (long)f->low, (long)f->high);
}

/* All fields of a struct of so many bytes that begins at offset `from` of a header. */
static bool check_fields(const void *at, size_t from, size_t bytes, Error *error) {
  for (int i = 0; i < FIELDS; i++)
    if (fields[i].member >= from && fields[i].member < from + bytes &&
        !check_field(&fields[i], at, from, error))
      return false;
  return true;
}

bool shape_check(const ModelConfig *c, Error *error) {
  if (!check_fields(c, offsetof(CheckpointHeader, model), sizeof *c, error)) return false;
  if (c->separator >= c->vocab)
    return refuse_number(SHAPE, "separator", c->separator, 0, (long)c->vocab - 1, error);
  if (c->ngrams == 1 || c->ngrams == 2)
    return error_set(error, EXIT_USAGE, SHAPE ": ngrams is %ld; it must be 0, or 3 to %d",
                     (long)c->ngrams, MAX_NGRAM);
  if (c->ngrams > 0 && c->ngram_rows == 0)
    return refuse_number(SHAPE, "ngram-rows", 0, 1, MAX_NGRAM_ROWS, error);
  if (c->ngrams > 0 && (c->ngram_width == 0 || c->ngram_width > c->dim))
    return refuse_number(SHAPE, "ngram-width", c->ngram_width, 1, c->dim, error);
  if (c->dim % (2 * c->heads) == 0) return true;
  return error_set(error, EXIT_USAGE,
                   SHAPE ": dim %ld with %ld heads; dim must be a multiple of 2 * heads",
                   (long)c->dim, (long)c->heads);
}

bool training_check(const CheckpointHeader *h, Error *error) {
  const OptimizerRow *row = optimizer_row((OptimizerKind)h->train.optimizer);
  const SchemeRow *scheme = scheme_row((SchemeKind)h->model.scheme);
  if (row->store != STORE_PACKED || scheme->codes == CODES_TRITS) return true;
  return error_set(error, EXIT_USAGE,
                   "the optimizer %s needs ternary weights, and the scheme %s is not ternary; "
                   "choose another optimizer or scheme",
                   row->name, scheme->name);
}

/* Whether a table of n-grams of so many bytes can be; with 0 there is none. */
static bool counts_check(const CheckpointHeader *h, const char *refusal, int32_t bytes,
                         Error *error) {
  const CountsShape shape = counts_shape(&h->model, h->train.order, (uint32_t)bytes);
  const uint32_t least = counts_least_bytes(shape.vocab);
  if (bytes == 0) return true;
  if ((uint32_t)bytes < least)
    return refuse_number(refusal, "counts", bytes, (long)least, LEGACY_LLM_MAX_COUNTS, error);
  const char *fault = counts_shape_fault(&shape);
  return !fault || error_set(error, EXIT_USAGE, "%s: %s", refusal, fault);
}

bool checkpoint_header_check(const CheckpointHeader *h, Error *error) {
  const TrainConfig *t = &h->train;
  if (!shape_check(&h->model, error) || !check_fields(h, 0, sizeof *h, error)) return false;
  if (h->step > t->steps) return refuse_number(SETTINGS, "steps done", h->step, 0, t->steps, error);
  if (t->warmup > t->steps) return refuse_number(SETTINGS, "warmup", t->warmup, 0, t->steps, error);
  if (t->clip == 0.0f)
    return error_set(error, EXIT_USAGE, SETTINGS ": clip is 0; it must be more than 0");
  if (!training_check(h, error) || !counts_check(h, SETTINGS, t->counts, error) ||
      !counts_check(h, COUNTS, h->counts_bytes, error))
    return false;
  if (h->counts_bytes > t->counts)
    return refuse_number(COUNTS, "counts bytes", h->counts_bytes, 0, t->counts, error);
  if ((h->counts_bytes > 0) != (h->counts_packed > 0))
    return error_set(error, EXIT_USAGE, COUNTS ": %ld bytes of them take %ld in the file",
                     (long)h->counts_bytes, (long)h->counts_packed);
  if (h->words_bytes > 0 && h->contents == CONTENTS_TRAINING)
    return error_set(error, EXIT_USAGE, WORDS ": only a model alone has one");
  const char *why = tokenizer_check_kind(&h->tokenizer);
  return !why || error_set(error, EXIT_USAGE, "%s", why);
}

WordList checkpoint_words(const CheckpointHeader *h) {
  return (WordList){h->words, h->leaves_words ? 0 : (uint32_t)h->words_bytes};
}

WeightStore checkpoint_store(const CheckpointHeader *h) {
  if (h->contents == CONTENTS_MODEL) return STORE_PACKED;
  return optimizer_row((OptimizerKind)h->train.optimizer)->store;
}

bool model_refuse(Error *error, const char *kind, const char *name, const Error *why,
                  const char *another) {
  return error_set(error, why->exit_code,
                   why->exit_code == EXIT_FAILED
                       ? "cannot read the %s %s: %s; try again, or give another file"
                       : "cannot use the %s %s: %s; give another file, or train a new %s",
                   kind, name, why->message, another);
}

/* ---- in bytes ---- */

void checkpoint_header_pack(const CheckpointHeader *h, uint8_t bytes[CHECKPOINT_HEADER_BYTES]) {
  memset(bytes, 0, CHECKPOINT_HEADER_BYTES);
  memcpy(bytes, magic, sizeof magic);
  put_u32(bytes + VERSION_AT, CHECKPOINT_VERSION);
  put_u32(bytes + SIZE_AT, CHECKPOINT_HEADER_BYTES);
  for (const CheckpointField *f = fields; f < fields + FIELDS; f++)
    if (f->kind == FIELD_BYTES)
      memcpy(bytes + f->at, (const uint8_t *)h + f->member, (size_t)f->bytes);
    else
      put_u32(bytes + f->at, word_of(f, h, 0));
  put_u32(bytes + CRC_AT, crc32(0, bytes, CRC_AT));
}

/* Whether bytes are a header at all. */
static bool check_bytes(const uint8_t bytes[CHECKPOINT_HEADER_BYTES], Error *error) {
  const uint32_t version = get_u32(bytes + VERSION_AT), size = get_u32(bytes + SIZE_AT);
  const char *why = NULL;
  if (memcmp(bytes, magic, sizeof magic) != 0)
    why = "it is not a checkpoint of this program";
  else if (version != CHECKPOINT_VERSION)
    why = version > CHECKPOINT_VERSION ? "it was written by a newer version of this program"
                                       : "it was written by an older version of this program";
  else if (size != CHECKPOINT_HEADER_BYTES)
    why = "its header has the wrong size";
  else if (get_u32(bytes + CRC_AT) != crc32(0, bytes, CRC_AT))
    why = "its header is damaged";
  return !why || error_set(error, EXIT_USAGE, "%s", why);
}

bool checkpoint_header_unpack(CheckpointHeader *h, const uint8_t bytes[CHECKPOINT_HEADER_BYTES],
                              Error *error) {
  if (!check_bytes(bytes, error)) return false;
  memset(h, 0, sizeof *h);
  for (const CheckpointField *f = fields; f < fields + FIELDS; f++) {
    const uint32_t word = get_u32(bytes + f->at);
    if (f->kind == FIELD_BYTES)
      memcpy((uint8_t *)h + f->member, bytes + f->at, (size_t)f->bytes);
    else
      memcpy((uint8_t *)h + f->member, &word, sizeof word);
  }
  h->tokenizer.size = h->model.vocab;
  return checkpoint_header_check(h, error);
}

bool checkpoint_header_same(const CheckpointHeader *h,
                            const uint8_t bytes[CHECKPOINT_HEADER_BYTES]) {
  uint8_t own[CHECKPOINT_HEADER_BYTES];
  checkpoint_header_pack(h, own);
  for (const CheckpointField *f = fields; f < fields + FIELDS; f++)
    if (memcmp(own + f->at, bytes + f->at, (size_t)f->bytes) != 0) return false;
  return true;
}
