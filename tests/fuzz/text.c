/* text.c - texts: learned from, counted, loaded and cut into windows, by each kind of tokenizer,
 * with and without a separator. The first byte chooses; the rest is the text. */
#include "harness.h"
#include "memory_file.h"
#include "text/data_utils.h"

enum { SEPARATOR_BYTES = 2, CONTEXT = 4 };

/* All tokens together are the text. */
static void must_decode(const Tokenizer *t, const Text *text, const uint8_t *bytes, size_t size) {
  size_t at = 0;
  for (int i = 0; i < text->count; i++) {
    uint16_t token;
    uint8_t piece[MAX_WORD];
    Error error;
    MUST(text_window(text, i, 1, &token, &error) && token < t->size);
    const size_t length = (size_t)tokenizer_decode(t, token, piece);
    MUST(length <= size - at && memcmp(piece, bytes + at, length) == 0);
    at += length;
  }
  MUST(at == size);
}

static void must_cut(const Text *text) {
  Error error = {EXIT_OK, ""};
  if (!text_check_length(text, CONTEXT, "the input", &error)) {
    must_be_refusal(&error);
    return;
  }
  for (uint32_t i = 0; i < 20; i++) {
    const int32_t start = training_window(text->train_count, CONTEXT, 1, i);
    MUST(start >= 0 && start + CONTEXT < text->train_count);
  }
}

static void load(const char *path, const Tokenizer *t, const uint8_t *bytes, size_t size) {
  Text text;
  Encoder encoder;
  Arena arena = {0};
  Error error = {EXIT_OK, ""};
  if (!text_count(path, t, &text, &error)) {
    must_be_refusal(&error);
    return;
  }
  text_layout(&text, &arena);
  encoder_layout(&encoder, t, &arena);
  MUST(arena_open(&arena, &error));
  text_layout(&text, &arena);
  encoder_layout(&encoder, t, &arena);
  encoder_start(&encoder);
  MUST(text_load(path, &text, &encoder, &error));
  must_decode(t, &text, bytes, size);
  must_cut(&text);
  arena_close(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static Tokenizer t;
  Error error = {EXIT_OK, ""};
  if (size < 1 || size > 4096) return -1;
  const char *path = memory_file(data + 1, size - 1);
  memset(&t, 0, sizeof t);
  t.kind = data[0] % TOKENIZERS;
  t.size = t.kind == TOKENIZER_BPE ? BYTE_TOKENS + 4 : 0;
  if (data[0] & 0x80) {
    t.separator_bytes = SEPARATOR_BYTES;
    memcpy(t.separator, "\n\n", SEPARATOR_BYTES);
    t.size += t.kind == TOKENIZER_BPE;
  }
  if (text_learn(path, &t, &error))
    load(path, &t, data + 1, size - 1);
  else
    must_be_refusal(&error);
  return 0;
}
