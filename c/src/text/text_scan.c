/* text_scan.c - learning, counting, encoding. */
#include "text/text_scan.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "text/bpe.h"

/* The scratch of one reading; the arena of an encoder or of a learner follows it. */
typedef struct {
  Arena arena;
  BpeLearner learner;
  TextEncoder encoder;
} Scan;

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

/* What stands at the place of the reader is no character of a text: no UTF-8, or a NUL. */
static bool not_a_text(const TextReader *reader, bool is_nul, Error *error) {
  const long long at = (long long)reader->position + 1;
  if (is_nul)
    return error_set(error, EXIT_USAGE,
                     "%s has a NUL at byte %lld, which no text has; take it out, or use the "
                     "tokenizer bytes or bpe",
                     reader->from.name, at);
  return error_set(error, EXIT_USAGE,
                   "%s is not UTF-8 text: byte %lld is wrong; give a UTF-8 text, or use the "
                   "tokenizer bytes or bpe",
                   reader->from.name, at);
}

static bool empty_text(const char *name, Error *error) {
  return error_set(error, EXIT_USAGE, "%s is empty; give another text", name);
}

static bool collect_characters(Tokenizer *to, TextReader *reader, Error *error) {
  const uint8_t *bytes;
  size_t count;
  to->size = 0;
  for (;;) {
    if (!text_reader_look(reader, &bytes, &count, error)) return false;
    if (count == 0) break;
    uint32_t character = 0;
    int length = to->separator_bytes;
    if (!separator_at(to, bytes, count)) {
      length = utf8_read(bytes, count, &character);
      if (length == 0 || character == 0) return not_a_text(reader, length > 0, error);
      if (!add_character(to, character))
        return error_set(error, EXIT_USAGE,
                         "%s has more than %d different characters; use the tokenizer bpe or bytes",
                         reader->from.name, MAX_VOCAB - 1);
    }
    text_reader_take(reader, (size_t)length);
  }
  if (reader->position > 0 && to->size < 2)
    return error_set(
        error, EXIT_USAGE,
        "%s repeats one single character, so there is nothing to learn; give another text",
        reader->from.name);
  if (to->separator_bytes > 0) to->size++;
  return true;
}

static bool count_words(const Tokenizer *to, TextReader *reader, BpeLearner *learner,
                        Error *error) {
  const uint8_t *bytes;
  size_t count;
  for (;;) {
    if (!text_reader_look(reader, &bytes, &count, error)) return false;
    if (count == 0) return true;
    int length = to->separator_bytes;
    if (!separator_at(to, bytes, count)) {
      length = word_length(to, bytes, count);
      bpe_count(learner, bytes, length);
    }
    text_reader_take(reader, (size_t)length);
  }
}

static bool learn_merges(Tokenizer *to, Scan *scan, int64_t bytes, Error *error) {
  Arena plan = {0};
  bpe_layout(&scan->learner, bytes, &plan);
  arena_use(&scan->arena, (uint8_t *)scan + arena_object_bytes(sizeof *scan),
            (size_t)plan.plan.total);
  bpe_layout(&scan->learner, bytes, &scan->arena);
  const bool good = count_words(to, &scan->encoder.reader, &scan->learner, error);
  if (good) bpe_learn(&scan->learner, to);
  arena_release(&scan->arena);
  return good;
}

bool legacy_llm_learn_tokenizer(Tokenizer *to, const Source *text, int64_t text_bytes,
                                void *scratch, Error *error) {
  Scan *scan = scratch;
  TextReader *reader = &scan->encoder.reader;
  memset(&scan->arena, 0, sizeof scan->arena);
  text_reader_start(reader, text);
  bool good = true;
  if (to->kind == TOKENIZER_BYTES) {
    to->size = BYTE_TOKENS + (to->separator_bytes > 0);
  } else {
    good = to->kind == TOKENIZER_CHARS ? collect_characters(to, reader, error)
                                       : learn_merges(to, scan, text_bytes, error);
    if (good && reader->position == 0) good = empty_text(text->name, error);
  }
  const char *why = good ? tokenizer_settle(to) : NULL;
  return why ? error_set(error, EXIT_USAGE, "cannot make a tokenizer from %s: %s", text->name, why)
             : good;
}

/* ---- encoding ---- */

/* What went wrong at a unit, bytes [count], that cannot be encoded. */
static bool refuse_unit(const TextReader *reader, EncodeStatus status, const uint8_t *bytes,
                        size_t count, Error *error) {
  uint32_t character = 0;
  char shown[UTF8_LONGEST + 4] = "";
  const int length = utf8_read(bytes, count, &character);
  if (status == ENCODE_NOT_UTF8 || character == 0) return not_a_text(reader, length > 0, error);
  if (character > ' ' && !(character >= 0x7f && character < 0xa0)) /* it can be seen */
    snprintf(shown, sizeof shown, " (%.*s)", length, (const char *)bytes);
  return error_set(error, EXIT_USAGE,
                   "the model does not know the character at byte %lld of %s, U+%04lX%s; it knows "
                   "only those of its training text; a model with the tokenizer bpe or bytes knows "
                   "all",
                   (long long)reader->position + 1, reader->from.name, (unsigned long)character,
                   shown);
}

bool text_encode(Encoder *e, TextReader *reader, const Source *text, const UnitSink *to,
                 Error *error) {
  uint16_t tokens[MAX_WORD];
  const uint8_t *bytes;
  size_t count;
  text_reader_start(reader, text);
  for (;;) {
    int n, taken;
    if (!text_reader_look(reader, &bytes, &count, error)) return false;
    if (count == 0) return true;
    const EncodeStatus status = encode_unit(e, bytes, count, tokens, &n, &taken);
    if (status != ENCODE_OK) return refuse_unit(reader, status, bytes, count, error);
    if (!to->take(to->context, bytes, taken, tokens, n)) return true;
    text_reader_take(reader, (size_t)taken);
  }
}

bool text_encode_counted(Encoder *e, TextReader *reader, const Source *text, const TextFacts *facts,
                         const UnitSink *to, Error *error) {
  if (!text_encode(e, reader, text, to, error)) return false;
  if (reader->position == facts->bytes && reader->crc == facts->crc) return true;
  return error_set(error, EXIT_FAILED, "%s changed while it was read; run the command again",
                   text->name);
}

bool legacy_llm_encode(TextEncoder *e, const Source *text, const UnitSink *to, Error *error) {
  return text_encode(&e->encoder, &e->reader, text, to, error);
}

size_t legacy_llm_encoder_size(const Tokenizer *t) {
  Arena plan = {0};
  Encoder encoder;
  encoder_layout(&encoder, t, &plan);
  return arena_object_bytes(sizeof(TextEncoder)) + (size_t)plan.plan.total;
}

/* An encoder whose arena follows `own` bytes of the block. */
static void open_encoder(TextEncoder *e, const Tokenizer *t, Arena *arena, void *block) {
  Arena plan = {0};
  encoder_layout(&e->encoder, t, &plan);
  arena_use(arena, block, (size_t)plan.plan.total);
  encoder_layout(&e->encoder, t, arena);
  encoder_start(&e->encoder);
}

TextEncoder *legacy_llm_encoder_open(void *memory, const Tokenizer *t) {
  TextEncoder *e = memory;
  Arena arena = {0};
  open_encoder(e, t, &arena, (uint8_t *)memory + arena_object_bytes(sizeof *e));
  return e;
}

/* ---- counting ---- */

typedef struct {
  int64_t tokens, documents;
  int separator; /* 0: none */
} Count;

static bool count_tokens(void *context, const uint8_t *bytes, int size, const uint16_t *tokens,
                         int n) {
  Count *count = context;
  (void)bytes, (void)size;
  count->tokens += n;
  count->documents += count->separator > 0 && tokens[0] == count->separator;
  return true;
}

bool legacy_llm_count_tokens(const Tokenizer *t, const Source *text, TextFacts *facts,
                             void *scratch, Error *error) {
  Scan *scan = scratch;
  Count count = {0, 0, tokenizer_separator(t)};
  const UnitSink sink = {&count, count_tokens};
  memset(&scan->arena, 0, sizeof scan->arena);
  open_encoder(&scan->encoder, t, &scan->arena, (uint8_t *)scan + arena_object_bytes(sizeof *scan));
  const bool good = text_encode(&scan->encoder.encoder, &scan->encoder.reader, text, &sink, error);
  arena_release(&scan->arena);
  *facts = (TextFacts){.bytes = scan->encoder.reader.position,
                       .crc = scan->encoder.reader.crc,
                       .tokens = (int32_t)count.tokens,
                       .documents = (int32_t)count.documents};
  if (!good) return false;
  if (facts->bytes > INT32_MAX)
    return error_set(error, EXIT_USAGE, "%s is larger than 2 GB; give a part of it", text->name);
  return count.tokens > 0 ? true : empty_text(text->name, error);
}

size_t legacy_llm_scan_size(const Tokenizer *t, int64_t text_bytes) {
  Arena encoding = {0}, learning = {0};
  Encoder encoder;
  BpeLearner learner;
  encoder_layout(&encoder, t, &encoding);
  if (t->kind == TOKENIZER_BPE) bpe_layout(&learner, text_bytes, &learning);
  const uint64_t most =
      encoding.plan.total > learning.plan.total ? encoding.plan.total : learning.plan.total;
  return arena_object_bytes(sizeof(Scan)) + (size_t)most;
}
