/* tokenizer.c - tokenizer files. One that is accepted encodes any bytes to tokens that stand for
 * them, or refuses, and is the same when it is written and read again; and quoted strings come out
 * of their quotes as they went in. */
#include "base/quote.h"
#include "base/stream.h"
#include "harness.h"
#include "run/heap.h"
#include "text/tokenizer_file.h"

enum { TOKENS = 256 };

/* Any text is encoded to tokens that stand for exactly its bytes, or refused. */
static void encode(const Tokenizer *t, const uint8_t *bytes, size_t size) {
  static uint16_t tokens[TOKENS];
  Encoder encoder;
  Arena arena = {0};
  Error error = {EXIT_OK, ""};
  encoder_layout(&encoder, t, &arena);
  MUST(arena_open(&arena, &error));
  encoder_layout(&encoder, t, &arena);
  encoder_start(&encoder);
  const int count = encode_string(&encoder, bytes, size, tokens, TOKENS, &error);
  if (count < 0) must_be_refusal(&error);
  size_t at = 0;
  for (int i = 0; i < count; i++) {
    uint8_t piece[MAX_WORD];
    MUST(tokens[i] < t->size);
    const size_t length = (size_t)legacy_llm_decode(t, tokens[i], piece);
    MUST(length >= 1 && length <= size - at && memcmp(piece, bytes + at, length) == 0);
    at += length;
  }
  MUST(count < 0 || at == size);
  arena_close(&arena);
}

/* What is in quotes comes out of them as it went in. */
static void quote(const uint8_t *bytes, size_t size) {
  char quoted[4 * MAX_WORD + 8];
  uint8_t again[MAX_WORD];
  const int count = size < MAX_WORD ? (int)size : MAX_WORD;
  const size_t length = strlen(quote_bytes(quoted, sizeof quoted, bytes, count));
  MUST(length >= 2 && unquote_bytes(again, MAX_WORD, quoted + 1, length - 2) == count);
  MUST(memcmp(again, bytes, (size_t)count) == 0);
  unquote_bytes(again, MAX_WORD, (const char *)bytes, (size_t)count);
}

/* What is written of it is read as the same. */
static void write_and_read(const Tokenizer *t) {
  static Tokenizer again;
  static char text[MAX_VOCAB * 32];
  Error error = {EXIT_OK, ""};
  FILE *stream = fmemopen(text, sizeof text, "wb");
  MUST(stream);
  const Sink sink = file_sink(stream);
  MUST(legacy_llm_tokenizer_write(t, &sink));
  const long length = ftell(stream);
  MUST(length > 0 && length < (long)sizeof text && fclose(stream) == 0);
  Memory written = {text, (size_t)length, 0};
  const Source source = memory_source(&written, "what was written");
  MUST(legacy_llm_tokenizer_read(&again, &source, &error));
  MUST(memcmp(t, &again, sizeof again) == 0 && tokenizer_crc(t) == tokenizer_crc(&again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static Tokenizer t;
  Error error = {EXIT_OK, ""};
  Memory input = {data, size, 0};
  const Source source = memory_source(&input, "the input");
  if (size == 0) return 0;
  const bool good = legacy_llm_tokenizer_read(&t, &source, &error);
  quote(data, size);
  if (!good) {
    must_be_refusal(&error);
    return 0;
  }
  MUST(tokenizer_settle(&t) == NULL && t.size >= 2 && t.size <= MAX_VOCAB);
  for (int i = 0; i < t.size; i++) MUST(t.bytes[i] >= 1 && t.bytes[i] <= MAX_WORD);
  write_and_read(&t);
  encode(&t, data, size < TOKENS ? size : TOKENS);
  return 0;
}
