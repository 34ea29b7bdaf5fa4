/* bpe.h - learns the merges of byte-pair encoding from a text that is never in memory.
 *
 * The text's words (tokenizer.h) are counted, each distinct one is kept once. Then the pair of
 * neighbours that occurs most often, counted over the text, becomes a new token, and again, until
 * the vocabulary is full. Equally frequent pairs: that of the smaller left token, then of the
 * smaller right one, so that every build learns the same.
 *
 * When the place for words is full, the text's later words are counted only if they are known: the
 * merges are then those of the text's beginning.
 */
#ifndef BPE_H
#define BPE_H

#include "text/tokenizer.h"

/* Memory of a learner is set by the symbols that it may keep; at most so many: 3.5 MB. */
enum { BPE_MOST_SYMBOLS = 1 << 17 };

/* A distinct word: where its symbols begin, how many are left, how often the text has it. */
typedef struct {
  int32_t start;
  int32_t length;
  uint32_t count;
} BpeWord;

/* A pair of neighbours and how often the text has it; overlapping places count each. */
typedef struct {
  uint32_t pair;  /* left | right << 16 */
  uint32_t count; /* at most the text's bytes */
} BpePair;

typedef struct {
  int32_t symbols;  /* capacity: bytes of all distinct words */
  int32_t used;     /* of them */
  int32_t words;    /* distinct words of two bytes at least so far */
  uint16_t *symbol; /* [symbols] the words, one after the other, as tokens */
  BpeWord *word;    /* [symbols / 2] */
  int32_t *index;   /* [word_mask + 1] open addressing by content: word + 1, 0: free */
  uint32_t word_mask;
  BpePair *pair;       /* [most_pairs] open addressing in the first pair_mask + 1 */
  uint32_t most_pairs; /* twice the symbols at least: a pair that counts stands somewhere */
  uint32_t pair_mask;
  uint32_t pairs; /* places in use */
} BpeLearner;

/* Takes (or plans) the memory for a text of so many bytes. */
void bpe_layout(BpeLearner *b, int64_t text_bytes, Arena *arena);

/* Counts one word of the text, bytes [count], 1..MAX_WORD. */
void bpe_count(BpeLearner *b, const uint8_t *word, int count);

/* Learns merges until t->size tokens are there, t->kind and its separator being set; sets t->size
 * to what was reached: pairs that occur only once are not merged, nor are tokens made longer than
 * MAX_WORD bytes. Leaves t settled. The words are used up. */
void bpe_learn(BpeLearner *b, Tokenizer *t);

#endif
