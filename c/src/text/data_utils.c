/* data_utils.c - tokens in memory; drawing windows. */
#include "text/data_utils.h"

#include "math/random.h"

/* ---- tokens ---- */

int32_t text_train_count(const TextFacts *facts) {
  return (int32_t)((int64_t)facts->tokens * 9 / 10);
}

void text_layout(Text *text, const TextFacts *facts, int vocab, const TokenReader *reader,
                 Arena *arena) {
  *text = (Text){.count = facts->tokens,
                 .train_count = text_train_count(facts),
                 .vocab = vocab,
                 .width = token_width(vocab)};
  if (reader)
    text->reader = *reader;
  else
    text->tokens = arena_take(arena, MEMORY_TEXT, (size_t)text->count, (size_t)text->width);
}

static bool keep_tokens(void *context, const uint8_t *bytes, int size, const uint16_t *tokens,
                        int n) {
  Text *to = context;
  (void)bytes, (void)size;
  if (n > to->count - to->kept) return false; /* the text has changed; its sum will say so */
  for (int i = 0; i < n; i++, to->kept++)
    put_token(to->tokens, to->width, (size_t)to->kept, tokens[i]);
  return true;
}

UnitSink text_keeper(Text *text) {
  const UnitSink sink = {text, keep_tokens};
  text->kept = 0;
  return sink;
}

bool text_check_length(const TextFacts *facts, int context, const char *name, Error *error) {
  const int32_t train = text_train_count(facts);
  if (train >= 2 * context && facts->tokens - train > context) return true;
  return error_set(error, EXIT_USAGE,
                   "%s has %ld tokens, too few for a context of %d, which needs %ld; use a longer "
                   "text or a smaller context",
                   name, (long)facts->tokens, context, 10L * context + 1);
}

/* Tokens through the reader, checked: they come from outside. */
static bool read_window(const Text *text, int32_t start, int count, uint16_t *tokens,
                        Error *error) {
  error_set(error, EXIT_FAILED, "the tokens of the text cannot be read; start again");
  if (!text->reader.read(text->reader.context, start, count, tokens, error)) return false;
  for (int i = 0; i < count; i++)
    if (tokens[i] >= text->vocab)
      return error_set(
          error, EXIT_FAILED,
          "token %ld of the text is %d, but the vocabulary has only 0 to %ld; read the "
          "tokens of this text",
          (long)start + i, tokens[i], (long)text->vocab - 1);
  return true;
}

bool text_window(const Text *text, int32_t start, int count, uint16_t *tokens, Error *error) {
  if (!text->tokens) return read_window(text, start, count, tokens, error);
  const uint8_t *at = text->tokens + (size_t)start * (size_t)text->width;
  for (int i = 0; i < count; i++) tokens[i] = get_token(at, text->width, (size_t)i);
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
