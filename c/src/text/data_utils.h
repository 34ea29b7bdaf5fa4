/* data_utils.h - a text as training sees it: tokens, in memory or in a file, and windows of them.
 *
 * A text is read front to back up to three times: to learn a tokenizer from it, to count its tokens
 * (so that the memory plan is true to the byte), and to keep them: one byte each if the vocabulary
 * has at most 256, else two. A short text's tokens are kept in memory, a long one's in a token file
 * (token_file.h); the windows are the same.
 *
 * The last tenth of the tokens is held out: never trained on, used by eval.
 */
#ifndef DATA_UTILS_H
#define DATA_UTILS_H

#include <stdio.h>

#include "text/tokenizer.h"

typedef struct {
  int64_t bytes;       /* of the text */
  uint32_t crc;        /* of its bytes */
  int32_t count;       /* tokens in all */
  int32_t train_count; /* the first nine tenths */
  int32_t vocab;       /* V; all tokens are below it */
  int32_t width;       /* bytes of a token as it is kept: 1 or 2 */
  bool streamed;       /* kept in a file, not in memory */
  uint8_t *tokens;     /* [count,width], little-endian; null if streamed */
  FILE *file;          /* the token file if streamed */
  const char *file_path;
} Text;

/* Settles a tokenizer of which kind, size and separator are asked for, by learning from a text: the
 * characters that it has, or the merges of pairs, at most to->size. Nothing is read for bytes.
 * Memory is taken for as long as it runs: text_scan_bytes. Refuses what is missing, empty, has
 * nothing to learn, or, for chars, is not UTF-8. */
bool text_learn(const char *path, Tokenizer *to, Error *error);

/* Counts the tokens of a text under a settled tokenizer, and sums its bytes. */
bool text_count(const char *path, const Tokenizer *tokenizer, Text *text, Error *error);

/* Bytes of memory that text_learn and text_count take, the larger of both, for a tokenizer of which
 * kind and size are set. */
uint64_t text_scan_bytes(const char *path, const Tokenizer *tokenizer);

/* Leaves the tokens of a counted text in a file if they take more than so many bytes. */
void text_settle(Text *text, uint64_t most_bytes);

/* Takes (or plans) the memory of the tokens, none if the text is streamed. */
void text_layout(Text *text, Arena *arena);

/* Reads the text again, its tokens into memory. */
bool text_load(const char *path, Text *text, Encoder *encoder, Error *error);

/* Called with the tokens of each unit of a text, n of them. */
typedef bool TokenSink(void *context, const uint16_t *tokens, int n);

/* Reads a text that text_count has counted, all its tokens to sink. Refuses one that has changed.
 */
bool text_encode(const char *path, const Text *text, Encoder *encoder, const char *doing,
                 TokenSink *sink, void *context, Error *error);

/* Whether the text is long enough for sequences of context positions, in both of its parts. */
bool text_check_length(const Text *text, int context, const char *path, Error *error);

/* Token i of bytes [.., width], and where it is put: how tokens lie in memory and in a token file.
 */
static inline uint16_t get_token(const uint8_t *bytes, int width, size_t i) {
  return (uint16_t)(width == 1 ? bytes[i] : bytes[2 * i] | bytes[2 * i + 1] << 8);
}

static inline void put_token(uint8_t *bytes, int width, size_t i, uint16_t token) {
  bytes[i * (size_t)width] = (uint8_t)token;
  if (width == 2) bytes[2 * i + 1] = (uint8_t)(token >> 8);
}

/* Copies tokens [count] from start on. Fails where the token file does. */
bool text_window(const Text *text, int32_t start, int count, uint16_t *tokens, Error *error);

/* Start of the sequence-th training window of length context + 1 in a training part of so many
 * tokens: each epoch visits every window once, in an order and from an offset of its own. No state:
 * sequence says it all, so a training's place in its text is its step. */
int32_t training_window(int32_t train_count, int context, uint32_t seed, uint32_t sequence);

#endif
