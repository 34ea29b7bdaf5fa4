/* word_collector.c - reads a text letter by letter into the tree, then walks through it. */
#include "text/word_collector.h"

#include <string.h>

#include "base/errors.h"

size_t legacy_llm_words_size(void) { return sizeof(WordCollector); }

WordCollector *legacy_llm_words_open(void *memory) {
  WordCollector *w = memory;
  w->node[0] = (WordNode){0, 0, 0, false};
  w->nodes = 1;
  w->words = 0;
  w->list = (WordList){w->text, 0};
  return w;
}

int32_t legacy_llm_words_count(const WordCollector *w) { return w->words; }

int32_t legacy_llm_words_bytes(const WordCollector *w) { return (int32_t)w->list.bytes; }

/* ---- the tree ---- */

/* Place of a letter behind a node, which is made where it is not there yet; 0 where there is no
 * room for it. */
static uint32_t letter_behind(WordCollector *w, uint32_t node, uint8_t letter) {
  uint32_t *link = &w->node[node].first;
  while (*link && w->node[*link].letter < letter) link = &w->node[*link].next;
  if (*link && w->node[*link].letter == letter) return *link;
  if (w->nodes == MOST_WORD_NODES) return 0;
  w->node[w->nodes] = (WordNode){0, *link, letter, false};
  return *link = w->nodes++;
}

/* Takes a word; one that is longer than any of a list is passed over. False where there is no room.
 */
static bool take_word(WordCollector *w, const WordBegun *word) {
  uint32_t node = 0;
  if (word->count == 0 || word->count > WORD_LETTERS) return true;
  for (int i = 0; i < word->count; i++)
    if ((node = letter_behind(w, node, word->letters[i])) == 0) return false;
  w->words += !w->node[node].ends;
  w->node[node].ends = true;
  return true;
}

/* ---- the list ---- */

/* Appends the word that nodes [letters] spell; false where there is no room. */
static bool write_word(WordCollector *w, const uint32_t *nodes, int letters) {
  if (w->list.bytes + (uint32_t)letters + 1 > LEGACY_LLM_MAX_WORD_LIST) return false;
  for (int i = 0; i < letters; i++) w->text[w->list.bytes++] = w->node[nodes[i]].letter;
  w->text[w->list.bytes++] = '\n';
  return true;
}

/* Walks through the tree, each letter before those behind it and those after it. */
static bool write_list(WordCollector *w) {
  uint32_t path[WORD_LETTERS], node = w->node[0].first;
  int letters = 0; /* of path */
  w->list.bytes = 0;
  for (;;) {
    for (; node; node = w->node[node].first) {
      path[letters++] = node;
      if (w->node[node].ends && !write_word(w, path, letters)) return false;
    }
    if (letters == 0) return true;
    node = w->node[path[--letters]].next;
  }
}

/* ---- reading ---- */

static bool refuse_room(const Source *text, Error *error) {
  return error_set(error, EXIT_USAGE,
                   "%s has more different words than there is room for; give a smaller text",
                   text->name);
}

bool legacy_llm_words_read(WordCollector *w, const Source *text, Error *error) {
  WordBegun word = {.count = 0};
  const uint8_t *bytes;
  size_t count;
  text_reader_start(&w->reader, text);
  do {
    if (!text_reader_look(&w->reader, &bytes, &count, error)) return false;
    for (size_t i = 0; i < count; i++) {
      if (!letter_of(bytes[i]) && !take_word(w, &word)) return refuse_room(text, error);
      word_follow(&word, bytes + i, 1);
    }
    text_reader_take(&w->reader, count);
  } while (count > 0);
  return (take_word(w, &word) && write_list(w)) || refuse_room(text, error);
}
