/* data_utils.c - reading a text for its tokenizer, its length and its tokens; drawing windows. */
#include "text/data_utils.h"

#include <errno.h>
#include <string.h>

#include "base/platform.h"
#include "base/utf8.h"
#include "math/random.h"
#include "text/bpe.h"
#include "text/text_reader.h"
#include "text/token_file.h"

static TextReader reader; /* large, so not on the stack; one text is read at a time */

/* ---- learning a tokenizer ---- */

/* Puts a character among the t->size that are there; false where there is no place. */
static bool add_character(Tokenizer *t, uint32_t character) {
  const int at = character_place(t, t->size, character);
  if (at < t->size && t->entry[at] == character) return true;
  if (t->size == MAX_VOCAB - 1) return false;
  memmove(t->entry + at + 1, t->entry + at, (size_t)(t->size - at) * sizeof *t->entry);
  t->entry[at] = character;
  t->size++;
  return true;
}

static bool not_a_text(Error *error) {
  return error_set(
      error, EXIT_USAGE,
      "%s is not a text: no UTF-8 at byte %lld; name a UTF-8 text file with --text, or "
      "take --tokenizer bytes",
      reader.path, (long long)reader.position + 1);
}

static bool collect_characters(Tokenizer *to, Error *error) {
  const uint8_t *bytes;
  size_t count;
  to->size = 0;
  for (;;) {
    if (!text_reader_look(&reader, &bytes, &count, error)) return false;
    if (count == 0) break;
    uint32_t character = 0;
    int length = to->separator_bytes;
    if (!separator_at(to, bytes, count)) {
      length = utf8_read(bytes, count, &character);
      if (length == 0 || character == 0) return not_a_text(error);
      if (!add_character(to, character))
        return error_set(error, EXIT_USAGE,
                         "%s has more than %d different characters; take --tokenizer bpe or bytes",
                         reader.path, MAX_VOCAB - 1);
    }
    text_reader_take(&reader, (size_t)length);
  }
  if (reader.position > 0 && to->size < 2)
    return error_set(error, EXIT_USAGE,
                     "%s has only one character, again and again: there is nothing to learn",
                     reader.path);
  if (to->separator_bytes > 0) to->size++;
  return true;
}

static bool count_words(const Tokenizer *to, BpeLearner *learner, Error *error) {
  const uint8_t *bytes;
  size_t count;
  for (;;) {
    if (!text_reader_look(&reader, &bytes, &count, error)) return false;
    if (count == 0) return true;
    int length = to->separator_bytes;
    if (!separator_at(to, bytes, count)) {
      length = word_length(to, bytes, count);
      bpe_count(learner, bytes, length);
    }
    text_reader_take(&reader, (size_t)length);
  }
}

static bool learn_merges(Tokenizer *to, int64_t bytes, Error *error) {
  static BpeLearner learner;
  Arena arena = {0};
  bpe_layout(&learner, bytes, &arena);
  if (!arena_open(&arena, error)) return false;
  bpe_layout(&learner, bytes, &arena);
  const bool good = count_words(to, &learner, error);
  if (good) bpe_learn(&learner, to);
  arena_close(&arena);
  return good;
}

/* Whether a file can be read and has at most 2 GB; its size. */
static bool text_size(const char *path, int64_t *bytes, Error *error) {
  if (!file_size(path, bytes))
    return error_set(error, EXIT_USAGE, "cannot read the text %s: %s; name a text file with --text",
                     path, strerror(errno));
  if (*bytes <= INT32_MAX) return true;
  return error_set(error, EXIT_USAGE, "%s has more than 2 GB; train on a part of it", path);
}

bool text_learn(const char *path, Tokenizer *to, Error *error) {
  int64_t bytes;
  bool good = true;
  if (!text_size(path, &bytes, error)) return false;
  if (to->kind == TOKENIZER_BYTES) {
    to->size = BYTE_TOKENS + (to->separator_bytes > 0);
  } else {
    if (!text_reader_open(&reader, path, "learning the tokenizer of", error)) return false;
    good = to->kind == TOKENIZER_CHARS ? collect_characters(to, error)
                                       : learn_merges(to, bytes, error);
    if (good && reader.position == 0)
      good = error_set(error, EXIT_USAGE, "the text %s is empty; name another with --text", path);
    text_reader_close(&reader);
  }
  const char *why = good ? tokenizer_settle(to) : NULL;
  return why ? error_set(error, EXIT_USAGE, "the tokenizer of %s: %s", path, why) : good;
}

/* ---- encoding a text ---- */

/* What went wrong at a unit that cannot be encoded. */
static bool refuse_unit(EncodeStatus status, Error *error) {
  if (status == ENCODE_NOT_UTF8) return not_a_text(error);
  return error_set(
      error, EXIT_USAGE,
      "the model does not know the character at byte %lld of %s; it knows those of its "
      "training text only (see `info`); train with --tokenizer bpe or bytes",
      (long long)reader.position + 1, reader.path);
}

/* The whole text of the open reader. */
static bool encode_units(Encoder *encoder, TokenSink *sink, void *context, Error *error) {
  uint16_t tokens[MAX_WORD];
  const uint8_t *bytes;
  size_t count;
  for (;;) {
    int n, taken;
    if (!text_reader_look(&reader, &bytes, &count, error)) return false;
    if (count == 0) return true;
    const EncodeStatus status = encode_unit(encoder, bytes, count, tokens, &n, &taken);
    if (status != ENCODE_OK) return refuse_unit(status, error);
    text_reader_take(&reader, (size_t)taken);
    if (!sink(context, tokens, n)) return true; /* what went wrong shows when it is closed */
  }
}

static bool count_tokens(void *context, const uint16_t *tokens, int n) {
  int64_t *count = context;
  (void)tokens;
  *count += n;
  return true;
}

bool text_count(const char *path, const Tokenizer *tokenizer, Text *text, Error *error) {
  Arena arena = {0};
  Encoder encoder;
  int64_t count = 0;
  memset(text, 0, sizeof *text);
  if (!text_size(path, &text->bytes, error)) return false;
  encoder_layout(&encoder, tokenizer, &arena);
  if (!arena_open(&arena, error)) return false;
  encoder_layout(&encoder, tokenizer, &arena);
  encoder_start(&encoder);
  bool good = text_reader_open(&reader, path, "counting the tokens of", error);
  if (good) {
    good = encode_units(&encoder, count_tokens, &count, error);
    text_reader_close(&reader);
  }
  arena_close(&arena);
  if (good && count == 0)
    good = error_set(error, EXIT_USAGE, "the text %s is empty; name another with --text", path);
  text->bytes = reader.position;
  text->crc = reader.crc;
  text->count = (int32_t)count; /* tokens are not more than bytes */
  text->train_count = (int32_t)(count * 9 / 10);
  text->vocab = tokenizer->size;
  text->width = tokenizer->size <= BYTE_TOKENS ? 1 : 2;
  return good;
}

uint64_t text_scan_bytes(const char *path, const Tokenizer *tokenizer) {
  Arena encoding = {0}, learning = {0};
  Encoder encoder;
  BpeLearner learner;
  int64_t bytes;
  encoder_layout(&encoder, tokenizer, &encoding);
  if (tokenizer->kind == TOKENIZER_BPE && file_size(path, &bytes))
    bpe_layout(&learner, bytes, &learning);
  return encoding.plan.total > learning.plan.total ? encoding.plan.total : learning.plan.total;
}

bool text_encode(const char *path, const Text *text, Encoder *encoder, const char *doing,
                 TokenSink *sink, void *context, Error *error) {
  if (!text_reader_open(&reader, path, doing, error)) return false;
  bool good = encode_units(encoder, sink, context, error);
  text_reader_close(&reader);
  if (good && (reader.position != text->bytes || reader.crc != text->crc))
    good = error_set(error, EXIT_FAILED, "%s changed while it was read; start again", path);
  return good;
}

/* ---- tokens in memory ---- */

void text_settle(Text *text, uint64_t most_bytes) {
  text->streamed = (uint64_t)text->count * (uint64_t)text->width > most_bytes;
}

void text_layout(Text *text, Arena *arena) {
  text->tokens = text->streamed
                     ? NULL
                     : arena_take(arena, MEMORY_TEXT, (size_t)text->count, (size_t)text->width);
}

typedef struct {
  Text *text;
  int32_t count; /* tokens so far */
} Loading;

/* Keeps n tokens; ends the reading where a changed text has more than were counted. */
static bool keep_tokens(void *context, const uint16_t *tokens, int n) {
  Loading *to = context;
  if (n > to->text->count - to->count) return false;
  for (int i = 0; i < n; i++, to->count++)
    put_token(to->text->tokens, to->text->width, (size_t)to->count, tokens[i]);
  return true;
}

bool text_load(const char *path, Text *text, Encoder *encoder, Error *error) {
  Loading to = {text, 0};
  return text_encode(path, text, encoder, "reading", keep_tokens, &to, error);
}

bool text_check_length(const Text *text, int context, const char *path, Error *error) {
  if (text->train_count >= 2 * context && text->count - text->train_count > context) return true;
  return error_set(
      error, EXIT_USAGE,
      "%s has %ld tokens, too few for context %d: it takes %ld; use a longer text or a model of "
      "a smaller --context",
      path, (long)text->count, context, 10L * context + 1);
}

bool text_window(const Text *text, int32_t start, int count, uint16_t *tokens, Error *error) {
  uint8_t chunk[512];
  const int most = (int)sizeof chunk / text->width;
  for (int done = 0, n; done < count; done += n) {
    n = count - done < most ? count - done : most;
    const uint8_t *at = chunk;
    if (text->tokens)
      at = text->tokens + (size_t)(start + done) * (size_t)text->width;
    else if (!token_file_read(text, start + done, n, chunk, error))
      return false;
    for (int i = 0; i < n; i++) tokens[done + i] = get_token(at, text->width, (size_t)i);
  }
  return true;
}

/* ---- training windows ---- */

/* A permutation of 0..n-1 without a table: four Feistel rounds on the next even power of two,
 * repeated until the value falls below n (cycle walking; Black and Rogaway, 2002). */
static uint32_t permute(uint32_t i, uint32_t n, uint32_t key) {
  uint32_t half = 1;
  while ((uint64_t)1 << (2 * half) < n) half++;
  const uint32_t mask = (1u << half) - 1;
  do {
    uint32_t left = i >> half, right = i & mask;
    for (uint32_t round = 0; round < 4; round++) {
      uint32_t mixed = left ^ (random_u32(key + round, right) & mask);
      left = right;
      right = mixed;
    }
    i = left << half | right;
  } while (i >= n);
  return i;
}

int32_t training_window(int32_t train_count, int context, uint32_t seed, uint32_t sequence) {
  const uint32_t T = (uint32_t)context, windows = ((uint32_t)train_count - T) / T;
  const uint32_t epoch = sequence / windows;
  uint32_t offset = random_key(seed, STREAM_WINDOW_OFFSET, epoch) % T;
  uint32_t window =
      permute(sequence % windows, windows, random_key(seed, STREAM_WINDOW_ORDER, epoch));
  return (int32_t)(offset + window * T);
}
