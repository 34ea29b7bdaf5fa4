/* data_utils.h - from a text file to tokens, windows and baselines.
 *
 * The vocabulary is the text's own characters (Unicode code points). The last tenth of a text is
 * held out: never trained on, used by eval.
 */
#ifndef DATA_UTILS_H
#define DATA_UTILS_H

#include "arena.h"
#include "errors.h"
#include "legacy_llm.h"

/* Characters in ascending order; the token of a character is its place. */
typedef struct {
  int32_t size;                  /* V */
  uint32_t character[MAX_VOCAB]; /* [V] code points */
} Vocabulary;

typedef struct {
  int32_t count;       /* tokens in all */
  int32_t train_count; /* the first nine tenths */
  uint32_t crc;        /* of the file's bytes */
  uint16_t *tokens;    /* [count] */
} Text;

/* Reads the file once without keeping it: counts characters and, if vocabulary is not null,
 * collects them. Refuses what is missing, empty, not UTF-8 text, or has a single character. */
bool text_scan(const char *path, Text *text, Vocabulary *vocabulary, Error *error);

/* Takes (or plans) the memory of the tokens. */
void text_layout(Text *text, Arena *arena);

/* Reads the file again into text->tokens. */
bool text_read(const char *path, Text *text, const Vocabulary *vocabulary, Error *error);

/* Whether the text is long enough for sequences of context positions, in both of its parts. */
bool text_check_length(const Text *text, int context, const char *path, Error *error);

/* Token of a character, -1 if it is not in the vocabulary. */
int vocabulary_find(const Vocabulary *vocabulary, uint32_t character);

/* Tokens of a UTF-8 string, at most capacity; -1 and an error naming the character that is unknown.
 */
int vocabulary_encode(const Vocabulary *vocabulary, const char *string, uint16_t *tokens,
                      int capacity, Error *error);

/* UTF-8 of one token; returns its length, 1 to 4 bytes. */
int vocabulary_decode(const Vocabulary *vocabulary, int token, char utf8[4]);

/* Start of the sequence-th training window of length context + 1: each epoch visits every window
 * once, in an order and from an offset of its own. No state: sequence says it all. */
int32_t training_window(const Text *text, int context, uint32_t seed, uint32_t sequence);

/* A sum of losses that is exact, so that its order does not matter: units of 2^-15 nat. */
typedef struct {
  int64_t sum;
  int64_t tokens;
} LossSum;

enum { LOSS_UNITS = 1 << 15 };

/* Adds one loss in nats; more than 127 (a training that went astray) counts as 127. */
void loss_add(LossSum *loss, float nats);

/* Mean loss with four decimals: "1.6180". text holds at least 24 bytes. */
void loss_format(char *text, const LossSum *loss);

/* Entropy in nats per token of tokens [count] under their own counts: of single tokens, and of a
 * token given the one before. scratch [count + V]. What a model must beat to know more than
 * frequencies of pairs. */
void text_entropies(const uint16_t *tokens, int32_t count, int vocab, uint32_t *scratch,
                    LossSum *unigram, LossSum *bigram);

#endif
