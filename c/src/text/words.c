/* words.c - finds words by halving the list, and strange ones one after the other. */
#include "text/words.h"

#include <string.h>

/* ---- is it a list? ---- */

/* Length of the word that stands at a place of the list, its end not counted; 0 where there is none
 * that can be. */
static uint32_t word_at(const WordList *list, uint32_t at) {
  uint32_t letters = 0;
  while (at + letters < list->bytes && letters <= WORD_LETTERS && list->text[at + letters] >= 'a' &&
         list->text[at + letters] <= 'z')
    letters++;
  const bool ends = at + letters < list->bytes && list->text[at + letters] == '\n';
  return ends && letters <= WORD_LETTERS ? letters : 0;
}

/* Whether a word comes before another one; both end in '\n', which comes before all letters. */
static bool word_before(const uint8_t *word, const uint8_t *other) {
  while (*word == *other && *word != '\n') word++, other++;
  return *word < *other;
}

const char *word_list_fault(const WordList *list) {
  const uint8_t *last = NULL;
  for (uint32_t at = 0, letters; at < list->bytes; at += letters + 1) {
    letters = word_at(list, at);
    if (letters == 0) return "its list of words holds something that is no word";
    if (last && !word_before(last, list->text + at)) return "its list of words is in disorder";
    last = list->text + at;
  }
  return NULL;
}

/* ---- looking up ---- */

typedef enum { WORD_UNKNOWN, WORD_BEGUN, WORD_WHOLE } WordMatch;

/* Begin of the word in which a place of the list lies. */
static uint32_t word_start(const WordList *list, uint32_t at) {
  while (at > 0 && list->text[at - 1] != '\n') at--;
  return at;
}

/* How a word compares with `begun`, as far as that goes: below 0 where it comes before. */
static int compare(const uint8_t *word, const WordBegun *begun) {
  for (int i = 0; i < begun->count; i++)
    if (word[i] != begun->letters[i]) return word[i] < begun->letters[i] ? -1 : 1;
  return 0;
}

/* Place behind the word at a place. */
static uint32_t word_end(const uint8_t *text, uint32_t at) {
  while (text[at] != '\n') at++;
  return at + 1;
}

/* What `begun` is of a word: that word itself, or how it begins. */
static WordMatch match(const uint8_t *word, const WordBegun *begun) {
  if (compare(word, begun) != 0) return WORD_UNKNOWN;
  return word[begun->count] == '\n' ? WORD_WHOLE : WORD_BEGUN;
}

/* What `begun` is in the list, where a word comes before all that it begins. */
static WordMatch find_listed(const WordList *list, const WordBegun *begun) {
  uint32_t low = 0, high = list->bytes; /* both where a word begins, or at the end */
  while (low < high) {
    const uint32_t middle = word_start(list, low + (high - low) / 2);
    if (compare(list->text + middle, begun) < 0)
      low = word_end(list->text, middle);
    else
      high = middle;
  }
  return low == list->bytes ? WORD_UNKNOWN : match(list->text + low, begun);
}

/* What `begun` is in the list or of a strange word. */
static WordMatch find(const WordList *list, const WordsRead *read, const WordBegun *begun) {
  if (begun->count > WORD_LETTERS) return WORD_UNKNOWN;
  WordMatch best = find_listed(list, begun);
  for (uint32_t at = 0; best != WORD_WHOLE && at < read->strange_bytes;
       at = word_end(read->strange, at)) {
    const WordMatch found = match(read->strange + at, begun);
    if (found > best) best = found;
  }
  return best;
}

/* ---- what follows ---- */

static void follow_byte(WordBegun *begun, uint8_t byte) {
  const uint8_t letter = letter_of(byte);
  if (!letter)
    begun->count = 0;
  else if (begun->count <= WORD_LETTERS)
    begun->letters[begun->count++] = letter;
}

void word_follow(WordBegun *begun, const uint8_t *bytes, int count) {
  for (int i = 0; i < count; i++) follow_byte(begun, bytes[i]);
}

/* Takes a word among the strange ones; the oldest make room for it. */
static void remember(WordsRead *read, const WordBegun *word) {
  const uint32_t bytes = (uint32_t)word->count + 1;
  uint32_t gone = 0;
  while (read->strange_bytes - gone + bytes > STRANGE_BYTES) gone = word_end(read->strange, gone);
  read->strange_bytes -= gone;
  memmove(read->strange, read->strange + gone, read->strange_bytes);
  memcpy(read->strange + read->strange_bytes, word->letters, bytes - 1);
  read->strange_bytes += bytes;
  read->strange[read->strange_bytes - 1] = '\n';
}

void words_read(const WordList *list, WordsRead *read, const uint8_t *bytes, int count) {
  WordBegun *word = &read->begun;
  for (int i = 0; i < count; i++) {
    const bool ends = word->count > 0 && word->count <= WORD_LETTERS && !letter_of(bytes[i]);
    if (ends && find(list, read, word) != WORD_WHOLE) remember(read, word);
    follow_byte(word, bytes[i]);
  }
}

bool words_take(const WordList *list, const WordsRead *read, const uint8_t *bytes, int count) {
  WordBegun word = read->begun;
  bool strange = word.count > 0 && find(list, read, &word) == WORD_UNKNOWN;
  for (int i = 0; i < count; i++) {
    const bool ends = word.count > 0 && !letter_of(bytes[i]), as_given = i == 0 && read->given;
    if (ends && !strange && !as_given && find(list, read, &word) != WORD_WHOLE) return false;
    strange = strange && !ends;
    follow_byte(&word, bytes[i]);
  }
  return word.count == 0 || strange || find(list, read, &word) != WORD_UNKNOWN;
}
