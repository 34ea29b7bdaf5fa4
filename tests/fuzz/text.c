/* text.c - texts: learned from, counted, loaded and cut into windows, by each kind of tokenizer,
 * with and without a separator. The first byte chooses; the rest is the text. */
#include "base/stream.h"
#include "harness.h"
#include "run/heap.h"
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
    const size_t length = (size_t)legacy_llm_decode(t, token, piece);
    MUST(length <= size - at && memcmp(piece, bytes + at, length) == 0);
    at += length;
  }
  MUST(at == size);
}

static void must_cut(const TextFacts *facts) {
  Error error = {EXIT_OK, ""};
  if (!text_check_length(facts, CONTEXT, "the input", &error)) {
    must_be_refusal(&error);
    return;
  }
  const int32_t train = text_train_count(facts);
  for (uint32_t i = 0; i < 20; i++) {
    const int32_t start = training_window(train, CONTEXT, 1, i);
    MUST(start >= 0 && start + CONTEXT < train);
  }
}

static Source source_of(Memory *memory) { return memory_source(memory, "the input"); }

/* The tokens of the text, in memory. */
static void load(const Tokenizer *t, Memory *memory, const TextFacts *facts) {
  static TextReader reader;
  Text text;
  Encoder encoder;
  Arena arena = {0};
  Error error = {EXIT_OK, ""};
  text_layout(&text, facts, t->size, NULL, &arena);
  encoder_layout(&encoder, t, &arena);
  MUST(arena_open(&arena, &error));
  text_layout(&text, facts, t->size, NULL, &arena);
  encoder_layout(&encoder, t, &arena);
  encoder_start(&encoder);
  const UnitSink keeper = text_keeper(&text);
  const Source source = source_of(memory);
  MUST(text_encode_counted(&encoder, &reader, &source, facts, &keeper, &error));
  must_decode(t, &text, memory->bytes, memory->size);
  must_cut(facts);
  arena_close(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static Tokenizer t;
  TextFacts facts;
  Error error = {EXIT_OK, ""};
  if (size < 1 || size > 4096) return -1;
  Memory memory = {data + 1, size - 1, 0};
  const TokenizerKind kind = (TokenizerKind)(data[0] % TOKENIZERS);
  const int separator_bytes = data[0] & 0x80 ? SEPARATOR_BYTES : 0;
  MUST(legacy_llm_tokenizer_open(&t, kind, BYTE_TOKENS + 4 + (separator_bytes > 0), "\n\n",
                                 separator_bytes, &error));
  void *scratch = malloc(legacy_llm_scan_size(&t, (int64_t)memory.size));
  MUST(scratch);
  Source source = source_of(&memory);
  bool good = legacy_llm_learn_tokenizer(&t, &source, (int64_t)memory.size, scratch, &error);
  if (good) {
    source = source_of(&memory);
    good = legacy_llm_count_tokens(&t, &source, &facts, scratch, &error);
  }
  if (good)
    load(&t, &memory, &facts);
  else
    must_be_refusal(&error);
  free(scratch);
  return 0;
}
