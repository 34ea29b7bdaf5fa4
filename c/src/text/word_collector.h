/* word_collector.h - collects the words of a text of any size into a list (words.h).
 *
 * They are kept as a tree of letters (a trie; Fredkin, 1960), whose branches lie in the order of
 * the alphabet, so that the list comes out of it in order. The public functions of this file are
 * declared in legacy_llm.h: legacy_llm_words_size, _open, _read, _count, _bytes.
 */
#ifndef WORD_COLLECTOR_H
#define WORD_COLLECTOR_H

#include "text/text_reader.h"
#include "text/words.h"

enum { MOST_WORD_NODES = 1 << 18 };

/* A letter of a word behind those that lead to it. */
typedef struct {
  uint32_t first, next; /* places of the first letter behind it, and of another in its place with
                           a later letter; 0: none */
  uint8_t letter;
  bool ends; /* a word ends with it */
} WordNode;

typedef struct legacy_llm_words {
  WordNode node[MOST_WORD_NODES]; /* [nodes] the first stands before all letters */
  uint32_t nodes;
  int32_t words;
  uint8_t text[LEGACY_LLM_MAX_WORD_LIST]; /* of the list */
  WordList list;
  TextReader reader;
} WordCollector;

#endif
