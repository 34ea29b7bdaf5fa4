/* words.h - a list of the words that a model may write, and whether a token keeps to it.
 *
 * A word is a run of the letters A to Z, here always small ones; all other bytes stand between
 * words. So a text in other letters has none, and a list holds back nothing of it. The list, in
 * memory as in a file, in ascending order, no word twice:
 *
 *   +---------------------+------+---------------------+------+     +---------------------+------+
 *   | 1 to 32 letters a-z | '\n' | 1 to 32 letters a-z | '\n' | ... | 1 to 32 letters a-z | '\n' |
 *   +---------------------+------+---------------------+------+     +---------------------+------+
 */
#ifndef WORDS_H
#define WORDS_H

#include "base/config.h"

enum { WORD_LETTERS = 32 /* of the longest word of a list */ };

typedef struct {
  const uint8_t *text; /* [bytes] */
  uint32_t bytes;      /* 0: there is no list */
} WordList;

/* What stands behind the last byte that is no letter: the beginning of a word, or nothing. */
typedef struct {
  uint8_t letters[WORD_LETTERS + 1]; /* [count] small ones */
  int count;                         /* one more than fit: it is longer than any word */
} WordBegun;

/* The small letter of a byte, 0 where it is no letter. */
static inline uint8_t letter_of(uint8_t byte) {
  const uint8_t small = byte | 0x20;
  return small >= 'a' && small <= 'z' ? small : 0;
}

/* Goes on behind bytes [count] of a text. */
void word_follow(WordBegun *begun, const uint8_t *bytes, int count);

/* Why bytes are no such list, as a part of a sentence; null where they are one. */
const char *word_list_fault(const WordList *list);

/* ---- keeping to a list ---- */

enum { STRANGE_BYTES = 256 };

/* What a text has had so far: what it stands in, and the newest words that the list has not, such
 * as the names of a prompt, which may come again. All zeros: nothing. */
typedef struct {
  WordBegun begun;
  uint8_t strange[STRANGE_BYTES]; /* [strange_bytes] the words, each with '\n' behind it */
  uint32_t strange_bytes;
  bool given; /* the last bytes were not chosen by the list: the word may end as it stands */
} WordsRead;

/* Goes on behind bytes [count]. */
void words_read(const WordList *list, WordsRead *read, const uint8_t *bytes, int count);

/* Whether bytes [count] can follow: every word that they end is in the list or was in the text, and
 * one that they leave open begins such a word. What was begun before in a way that no word begins
 * may go on and end as it will. */
bool words_take(const WordList *list, const WordsRead *read, const uint8_t *bytes, int count);

#endif
