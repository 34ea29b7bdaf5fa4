/* test_words.c - lists of words: what is one, what keeps to it, and those of a text. */
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "run/heap.h"
#include "tests/frame.h"
#include "text/word_collector.h"

static WordList list_of(const char *text) {
  return (WordList){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* Whether `text` can follow behind `before` in the list. */
static bool takes(const WordList *list, const char *before, const char *text) {
  WordsRead read = {.strange_bytes = 0};
  words_read(list, &read, (const uint8_t *)before, (int)strlen(before));
  read.given = true;
  return words_take(list, &read, (const uint8_t *)text, (int)strlen(text));
}

/* ---- lists ---- */

static void test_faults(void) {
  static const char *const sound[] = {"", "a\n", "a\nab\nb\n", "an\nand\nant\nb\n",
                                      "abcdefghijklmnopqrstuvwxyzabcdef\n"};
  static const char *const faulty[] = {"\n",
                                       "a",
                                       "a\nb",
                                       "b\na\n",
                                       "a\na\n",
                                       "ab\na\n",
                                       "A\n",
                                       "a\n\n",
                                       "a\n\nb\n",
                                       "don't\n",
                                       "a\n\303\n",
                                       "a b\n",
                                       "abcdefghijklmnopqrstuvwxyzabcdefg\n"};
  for (size_t i = 0; i < sizeof sound / sizeof *sound; i++) {
    const WordList list = list_of(sound[i]);
    check(word_list_fault(&list) == NULL, "%s is refused", sound[i]);
  }
  for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
    const WordList list = list_of(faulty[i]);
    check(word_list_fault(&list) != NULL, "%s is taken", faulty[i]);
  }
}

static void test_words_taken(void) {
  const WordList list = list_of("a\nan\nand\ncat\ndog\nt\n");
  static const char *const good[][2] = {
      {"", "a"},      {"", "cat"},      {"", "An"},    {"", "ANd"},
      {"", "ca"},     {"c", "at."},     {"ca", "t"},   {"an", "d "},
      {"an", " d"},   {"", " a cat, "}, {"", "1 2 3"}, {"", "\303\274"},
      {"Zor", "bo "}, {"zor", "b c"},   {"don", "'t"}, {"", "an't"}};
  static const char *const bad[][2] = {
      {"", "b"},  {"", "catt"}, {"ca", "p "},    {"ca", "p"},        {"", "ca dog"},
      {"a", "b"}, {"dog", "s"}, {"zor", " zor"}, {"", "cat an ca."}, {"an", "de"}};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    check(takes(&list, good[i][0], good[i][1]), "\"%s\" behind \"%s\" is refused", good[i][1],
          good[i][0]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    check(!takes(&list, bad[i][0], bad[i][1]), "\"%s\" behind \"%s\" is taken", bad[i][1],
          bad[i][0]);
}

/* Words that only the text had may come again: the newest, as many as are remembered. */
static void test_strange(void) {
  enum { WORDS = 200 };
  const WordList list = list_of("a\nan\nand\ncat\ndog\nt\n");
  const char *before = "Zorbo and Umi, an ";
  check(takes(&list, before, "Zorbo ") && takes(&list, before, "UMI. Zor") &&
            takes(&list, "zorbo ", "a cat and zorbo "),
        "a word that was there is refused");
  check(takes(&list, "a do", " cat"), "a word cannot end as it was given");
  check(!takes(&list, before, "Zor ") && !takes(&list, before, "umib") &&
            !takes(&list, "Zorbo", " an umi"),
        "a word that was not there is taken");
  WordsRead read = {.strange_bytes = 0};
  uint8_t word[4] = {'x', 0, 0, ' '};
  for (int i = 0; i < WORDS; i++) {
    word[1] = (uint8_t)('a' + i / 20);
    word[2] = (uint8_t)('a' + i % 20);
    words_read(&list, &read, word, 4);
    check(words_take(&list, &read, word, 4), "word %d is not remembered", i);
  }
  check(read.strange_bytes == STRANGE_BYTES, "%d bytes remembered", (int)read.strange_bytes);
  check(!words_take(&list, &read, (const uint8_t *)"xaa ", 4), "the oldest is still there");
  for (int i = 0; i <= WORD_LETTERS; i++) words_read(&list, &read, (const uint8_t *)"y", 1);
  words_read(&list, &read, (const uint8_t *)" ", 1);
  check(words_take(&list, &read, word, 4) && !words_take(&list, &read, (const uint8_t *)"yy", 2),
        "a word that is too long is remembered");
}

/* ---- those of a text ---- */

/* The list of a text, in memory of the collector's; null without memory. */
static WordCollector *collect(const char *text, size_t count) {
  Error error;
  Memory from = {text, count, 0};
  const Source source = memory_source(&from, "it");
  void *memory = heap_take(legacy_llm_words_size(), &error);
  if (!check(memory != NULL, "memory for words")) return NULL;
  WordCollector *words = legacy_llm_words_open(memory);
  check(legacy_llm_words_read(words, &source, &error), "it is refused: %s", error.message);
  return words;
}

static void test_collected(void) {
  const char *text = "The cat AND the dog, don't the cats? \303\274ber caf\303\251; "
                     "abcdefghijklmnopqrstuvwxyzabcdefg ant";
  const char *expected = "and\nant\nber\ncaf\ncat\ncats\ndog\ndon\nt\nthe\n";
  WordCollector *words = collect(text, strlen(text));
  if (!words) return;
  check(words->list.bytes == strlen(expected) &&
            memcmp(words->list.text, expected, strlen(expected)) == 0,
        "another list, %d bytes", (int)words->list.bytes);
  check(legacy_llm_words_count(words) == 10, "%d words", (int)legacy_llm_words_count(words));
  free(words);
}

/* A text that is longer than the buffer through which it is read: every word of it is taken. */
static void test_collected_long(void) {
  enum { WORDS = 6000, LETTERS = 6 };
  static char text[WORDS * (LETTERS + 1)];
  for (uint32_t i = 0; i < WORDS; i++) {
    char *word = text + i * (LETTERS + 1);
    for (uint32_t l = 0; l < LETTERS; l++) word[l] = (char)('a' + random_u32(i, l) % 26);
    word[LETTERS] = i % 2 ? ' ' : '\n';
  }
  WordCollector *words = collect(text, sizeof text);
  if (!words) return;
  check(word_list_fault(&words->list) == NULL, "what was collected is no list");
  check(words->list.bytes == (uint32_t)words->words * (LETTERS + 1) && words->words > WORDS - 60,
        "%d words of %d", (int)words->words, WORDS);
  const WordsRead none = {.strange_bytes = 0};
  for (uint32_t i = 0; i < WORDS; i++)
    check(words_take(&words->list, &none, (const uint8_t *)text + i * (LETTERS + 1), LETTERS + 1),
          "word %d is missing", (int)i);
  free(words);
}

const Test word_tests[] = {
    {"faults of lists of words", test_faults},
    {"what keeps to a list", test_words_taken},
    {"strange words", test_strange},
    {"the words of a text", test_collected},
    {"the words of a longer text", test_collected_long},
    {NULL, NULL},
};
