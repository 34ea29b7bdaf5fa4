/* bpe.c - counts words, then merges the most frequent pair again and again.
 *
 * A merge goes through the distinct words, not through the text, and changes the counts of the
 * pairs that it breaks and makes; none is counted again from the beginning.
 */
#include "text/bpe.h"

#include <string.h>

/* ---- memory ---- */

static uint32_t power_of_two_from(uint32_t least) {
  uint32_t size = 16;
  while (size < least) size *= 2;
  return size;
}

void bpe_layout(BpeLearner *b, int64_t text_bytes, Arena *arena) {
  memset(b, 0, sizeof *b);
  b->symbols = text_bytes < BPE_MOST_SYMBOLS ? (int32_t)text_bytes : BPE_MOST_SYMBOLS;
  if (b->symbols < 2) b->symbols = 2;
  const uint32_t words = (uint32_t)b->symbols / 2, index = power_of_two_from(words * 3 / 2);
  b->most_pairs = power_of_two_from(2 * (uint32_t)b->symbols);
  b->word_mask = index - 1;
  b->symbol = arena_take(arena, MEMORY_TEXT, (size_t)b->symbols, sizeof *b->symbol);
  b->word = arena_take(arena, MEMORY_TEXT, words, sizeof *b->word);
  b->index = arena_take(arena, MEMORY_TEXT, index, sizeof *b->index);
  b->pair = arena_take(arena, MEMORY_TEXT, b->most_pairs, sizeof *b->pair);
}

/* ---- counting words ---- */

static uint32_t hash_word(const uint8_t *word, int count) {
  uint32_t hash = 2166136261u; /* FNV-1a (Fowler, Noll, Vo, 1991) */
  for (int i = 0; i < count; i++) hash = (hash ^ word[i]) * 16777619u;
  return hash ^ hash >> 15;
}

static bool is_word(const BpeLearner *b, const BpeWord *w, const uint8_t *word, int count) {
  if (w->length != count) return false;
  for (int i = 0; i < count; i++)
    if (b->symbol[w->start + i] != word[i]) return false;
  return true;
}

void bpe_count(BpeLearner *b, const uint8_t *word, int count) {
  uint32_t at = hash_word(word, count) & b->word_mask;
  if (count < 2) return; /* no pair */
  for (; b->index[at]; at = (at + 1) & b->word_mask) {
    BpeWord *w = &b->word[b->index[at] - 1];
    if (!is_word(b, w, word, count)) continue;
    w->count++;
    return;
  }
  if (count > b->symbols - b->used) return;
  b->word[b->words] = (BpeWord){.start = b->used, .length = count, .count = 1};
  for (int i = 0; i < count; i++) b->symbol[b->used++] = word[i];
  b->index[at] = ++b->words;
}

/* ---- counting pairs ---- */

enum { FEWEST_PLACES = 1 << 14 };

#define FREE_PLACE 0xffffffffu /* no token is that large */

static uint32_t pair_of(const uint16_t *symbol) { return symbol[0] | (uint32_t)symbol[1] << 16; }

/* Adds to the count of a pair; false where its place would be one too many. */
static bool add_pair(BpeLearner *b, uint32_t pair, uint32_t count) {
  uint32_t at = (pair * 2654435761u >> 7) & b->pair_mask;
  while (b->pair[at].pair != pair && b->pair[at].pair != FREE_PLACE) at = (at + 1) & b->pair_mask;
  if (b->pair[at].pair == FREE_PLACE) {
    if (b->pairs > b->pair_mask / 4 * 3) return false;
    b->pair[at] = (BpePair){pair, 0};
    b->pairs++;
  }
  b->pair[at].count += count; /* taking away is adding a negative count, modulo 2^32 */
  return true;
}

/* Adds (or takes away) all pairs of a word. */
static bool add_word(BpeLearner *b, const BpeWord *w, uint32_t count) {
  bool placed = true;
  for (int i = 0; i + 1 < w->length; i++)
    placed = add_pair(b, pair_of(b->symbol + w->start + i), count) && placed;
  return placed;
}

/* Counts in a table of so many places; false if they are too few. */
static bool count_in(BpeLearner *b, uint32_t places) {
  b->pair_mask = places - 1;
  b->pairs = 0;
  for (uint32_t i = 0; i < places; i++) b->pair[i] = (BpePair){FREE_PLACE, 0};
  for (int i = 0; i < b->words; i++)
    if (!add_word(b, &b->word[i], b->word[i].count)) return false;
  return true;
}

/* Counts all pairs anew, in as small a table as will do. */
static void count_pairs(BpeLearner *b) {
  uint32_t places = b->most_pairs < FEWEST_PLACES ? b->most_pairs : FEWEST_PLACES;
  while (!count_in(b, places) && places < b->most_pairs) places *= 2;
}

/* ---- merging ---- */

static bool comes_before(uint32_t a, uint32_t b) {
  const uint32_t left = a & 0xffff, other = b & 0xffff;
  return left != other ? left < other : a < b;
}

static int bytes_of(const Tokenizer *t, uint32_t pair) {
  return t->bytes[pair & 0xffff] + t->bytes[pair >> 16];
}

/* The most frequent pair that occurs twice and is not too long; its count is 0 if there is none. */
static BpePair most_frequent(const BpeLearner *b, const Tokenizer *t) {
  BpePair best = {0, 0};
  for (uint32_t i = 0; i <= b->pair_mask; i++) {
    const BpePair *p = &b->pair[i];
    if (p->count < 2 || p->count < best.count || bytes_of(t, p->pair) > MAX_WORD) continue;
    if (p->count > best.count || comes_before(p->pair, best.pair)) best = *p;
  }
  return best;
}

static bool has_pair(const BpeLearner *b, const BpeWord *w, uint32_t pair) {
  for (int i = 0; i + 1 < w->length; i++)
    if (pair_of(b->symbol + w->start + i) == pair) return true;
  return false;
}

/* Puts token where the pair stands, from the left. */
static void merge_in_word(BpeLearner *b, BpeWord *w, uint32_t pair, uint16_t token) {
  uint16_t *symbol = b->symbol + w->start;
  int length = 0;
  for (int i = 0; i < w->length; length++) {
    const bool merges = i + 1 < w->length && pair_of(symbol + i) == pair;
    symbol[length] = merges ? token : symbol[i];
    i += merges ? 2 : 1;
  }
  w->length = length;
}

/* Returns false where the table of pairs is full and must be counted anew. */
static bool merge_everywhere(BpeLearner *b, uint32_t pair, uint16_t token) {
  bool placed = true;
  for (int i = 0; i < b->words; i++) {
    BpeWord *w = &b->word[i];
    if (!has_pair(b, w, pair)) continue;
    add_word(b, w, 0u - w->count);
    merge_in_word(b, w, pair, token);
    placed = add_word(b, w, w->count) && placed;
  }
  return placed;
}

void bpe_learn(BpeLearner *b, Tokenizer *t) {
  const int separators = t->separator_bytes > 0, wanted = t->size - separators;
  memset(t->bytes, 1, BYTE_TOKENS);
  count_pairs(b);
  for (t->size = BYTE_TOKENS; t->size < wanted; t->size++) {
    const BpePair best = most_frequent(b, t);
    if (best.count == 0) break;
    t->entry[t->size - BYTE_TOKENS] = best.pair;
    t->bytes[t->size] = (uint8_t)bytes_of(t, best.pair);
    if (!merge_everywhere(b, best.pair, (uint16_t)t->size)) count_pairs(b);
  }
  t->size += separators;
  tokenizer_settle(t);
}
