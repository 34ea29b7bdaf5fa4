/* llama2.c - models and tokenizers of llama2.c, one behind the other in an input: the bytes of the
 * model (4 of them), the model, the tokenizer. A model that is accepted has weights that the
 * arithmetic is made for, and its logits are numbers; what a tokenizer makes of a text stands for
 * the text. */
#include "base/bytes.h"
#include "base/stream.h"
#include "kernels.h"
#include "llama2/llama2_file.h"
#include "llama2/llama2_tokenizer.h"
#include "run/heap.h"

enum { MOST_MEMORY = 1 << 20, POSITIONS = 3, TEXT = 40 };

/* Some tokens through a model, also the last one of the vocabulary. */
static void use_model(Llama2 *m) {
  llama2_init(m);
  for (int i = 0; i < m->room; i++) {
    llama2_push(m, i == 1 ? m->shape.vocab - 1 : i);
    const float *logits = llama2_logits(m);
    for (int v = 0; v < m->shape.vocab; v++) MUST(float_abs(logits[v]) < 1e30f);
  }
  const legacy_llm_sampling sampling = {0.8f, 5, 0.9f};
  const int token = llama2_draw(m, &sampling, 12345);
  MUST(token >= 0 && token < m->shape.vocab);
}

/* The vocabulary of the model that bytes [size] are; 0: they are none. */
static int32_t read_model(const uint8_t *bytes, size_t size) {
  static Llama2 model;
  Memory input = {bytes, size, 0};
  const Source source = memory_source(&input, "the input");
  Llama2Header header;
  Arena arena = {0};
  Error error = {EXIT_OK, ""};
  if (!llama2_read_header(&header, &source, (int64_t)size, &error)) {
    must_be_refusal(&error);
    return 0;
  }
  const int room = header.shape.context < POSITIONS ? header.shape.context : POSITIONS;
  llama2_layout(&model, &header.shape, room, &arena);
  if (arena.plan.total > MOST_MEMORY) return header.shape.vocab;
  MUST(arena_open(&arena, &error));
  llama2_layout(&model, &header.shape, room, &arena);
  MUST(arena_whole(&arena, &error));
  if (llama2_read_weights(&model, &header, &source, &error))
    use_model(&model);
  else
    must_be_refusal(&error);
  arena_close(&arena);
  return header.shape.vocab;
}

/* A text to tokens and back, with the space before it that is not written. */
static void use_tokenizer(const Llama2Tokenizer *t, Llama2Tokens *tokens, const uint8_t *text,
                          int32_t count) {
  Error error = {EXIT_OK, ""};
  int at = -1; /* of the text; the space before it */
  if (!llama2_encode(t, tokens, text, count, &error)) {
    must_be_refusal(&error);
    return;
  }
  MUST(tokens->count >= 1 && tokens->count <= count + 2);
  MUST(tokens->token[0] == LLAMA2_BEGIN);
  for (int i = 1; i < tokens->count; i++) {
    uint8_t piece[LLAMA2_MOST_PIECE];
    MUST(tokens->token[i] >= 0 && tokens->token[i] < t->vocab);
    const int length = llama2_decode(t, 0, tokens->token[i], piece);
    for (int k = 0; k < length; k++, at++)
      MUST(at < count && piece[k] == (at < 0 ? ' ' : text[at]));
  }
  MUST(at == count || count == 0);
}

static void read_tokenizer(int32_t vocab, const uint8_t *bytes, size_t size) {
  static Llama2Tokenizer t;
  Memory input = {bytes, size, 0};
  const Source source = memory_source(&input, "the input");
  const int32_t count = size < TEXT ? (int32_t)size : TEXT;
  Llama2Tokens tokens;
  Arena arena = {0};
  Error error = {EXIT_OK, ""};
  if (!llama2_tokenizer_check(vocab, (int64_t)size, "the input", &error)) {
    must_be_refusal(&error);
    return;
  }
  for (int pass = 0; pass < 2; pass++) {
    llama2_tokenizer_layout(&t, vocab, (int64_t)size, &arena);
    llama2_tokens_layout(&tokens, count, &arena);
    if (pass == 0) MUST(arena_open(&arena, &error));
  }
  MUST(arena_whole(&arena, &error));
  if (llama2_tokenizer_read(&t, &source, &error))
    use_tokenizer(&t, &tokens, bytes, count);
  else
    must_be_refusal(&error);
  arena_close(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 4) return 0;
  const size_t rest = size - 4, first = get_u32(data) < rest ? get_u32(data) : rest;
  const int32_t vocab = read_model(data + 4, first);
  if (vocab > 0) read_tokenizer(vocab, data + 4 + first, rest - first);
  return 0;
}
