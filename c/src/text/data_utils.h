/* data_utils.h - a text as training sees it: tokens, in memory or read from elsewhere, and windows
 * of them.
 *
 * In memory a token takes one byte if the vocabulary has at most 256, else two. What is too long
 * for memory is read through a callback (legacy_llm_token_reader; token_file.h has one for files);
 * the windows are the same.
 *
 * The last tenth of the tokens is held out: never trained on, used to evaluate.
 */
#ifndef DATA_UTILS_H
#define DATA_UTILS_H

#include "text/token_file.h"

typedef struct {
  int32_t count;       /* tokens in all */
  int32_t train_count; /* the first nine tenths */
  int32_t kept;        /* tokens that are in memory so far */
  int32_t vocab;       /* V; all tokens are below it */
  int width;           /* bytes of a token in memory: 1 or 2 */
  uint8_t *tokens;     /* [count,width], little-endian; null: they are read through `reader` */
  TokenReader reader;
} Text;

/* Tokens of a counted text of the first nine tenths. */
int32_t text_train_count(const TextFacts *facts);

/* Sets up a counted text of a vocabulary, and takes (or plans) the memory of its tokens, none if
 * they are read through a reader. reader null: they are kept in memory. */
void text_layout(Text *text, const TextFacts *facts, int vocab, const TokenReader *reader,
                 Arena *arena);

/* Puts the tokens of a text into memory, as text_encode gives them; takes no more than were
 * counted. */
UnitSink text_keeper(Text *text);

/* Whether a text is long enough for sequences of context positions, in both of its parts. name is
 * what an error calls it. */
bool text_check_length(const TextFacts *facts, int context, const char *name, Error *error);

/* Copies tokens [count] from start on. Fails where the reader does, and where it gives what is no
 * token. */
bool text_window(const Text *text, int32_t start, int count, uint16_t *tokens, Error *error);

/* Start of the sequence-th training window of length context + 1 in a training part of so many
 * tokens: each epoch visits every window once, in an order and from an offset of its own. No state:
 * sequence says it all, so a training's place in its text is its step. */
int32_t training_window(int32_t train_count, int context, uint32_t seed, uint32_t sequence);

#endif
