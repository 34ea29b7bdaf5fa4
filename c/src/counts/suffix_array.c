/* suffix_array.c - sorts the places of a text by what begins there, one token deeper at a time. */
#include "counts/suffix_array.h"

#include <string.h>

void suffix_array_open(SuffixArray *s, const uint8_t *token, int width, int32_t tokens,
                       uint32_t *end) {
  *s = (SuffixArray){.token = token,
                     .tokens = (uint32_t)tokens,
                     .width = width,
                     .place = end - tokens,
                     .places = (uint32_t)tokens};
  for (uint32_t i = 0; i < s->places; i++) s->place[i] = i;
  s->place[s->places - 1] |= LAST_OF_GROUP;
}

/* ---- sorting a group ---- */

/* By the tokens that stand at places of `key`, which begins at the depth that is sorted by. */
typedef struct {
  const uint8_t *key;
  int width;
} Order;

static uint32_t key_of(const Order *by, uint32_t place) {
  return get_token(by->key, by->width, place);
}

static void sort_few(const Order *by, uint32_t *place, uint32_t n) {
  for (uint32_t i = 1; i < n; i++) {
    const uint32_t moved = place[i], key = key_of(by, moved);
    uint32_t at = i;
    for (; at > 0 && key_of(by, place[at - 1]) > key; at--) place[at] = place[at - 1];
    place[at] = moved;
  }
}

/* Radix exchange (Knuth, 5.2.2, R), from a bit of the token downwards: as deep as a token is long.
 */
static void sort_by_bit(const Order *by, uint32_t *place, uint32_t n, int bit) {
  enum { FEW = 16 };
  if (bit < 0) return;
  if (n <= FEW) {
    sort_few(by, place, n);
    return;
  }
  uint32_t zeros = 0, end = n;
  while (zeros < end) {
    const uint32_t first = place[zeros];
    if (!(key_of(by, first) >> bit & 1)) {
      zeros++;
      continue;
    }
    place[zeros] = place[--end];
    place[end] = first;
  }
  sort_by_bit(by, place, zeros, bit - 1);
  sort_by_bit(by, place + zeros, n - zeros, bit - 1);
}

/* Marks the last place of each token but the last token; the number of tokens. */
static uint32_t mark_groups(const Order *by, uint32_t *place, uint32_t n) {
  uint32_t groups = 1, before = key_of(by, place[0]);
  for (uint32_t i = 1; i < n; i++) {
    const uint32_t key = key_of(by, place[i]);
    if (key == before) continue;
    place[i - 1] |= LAST_OF_GROUP;
    before = key;
    groups++;
  }
  return groups;
}

/* Sorts a group of one or more; the number of groups that it becomes. Most have one token only. */
static uint32_t split_group(const Order *by, uint32_t *place, uint32_t n) {
  uint32_t groups = 1, differ = 0;
  if (n > 1) {
    const uint32_t first = key_of(by, place[0]);
    for (uint32_t i = 1; i < n; i++) differ |= key_of(by, place[i]) ^ first;
  }
  if (differ) {
    int bit = 0;
    while (differ >> bit > 1) bit++;
    sort_by_bit(by, place, n, bit);
    groups = mark_groups(by, place, n);
  }
  place[n - 1] |= LAST_OF_GROUP;
  return groups;
}

/* ---- all groups ---- */

/* The places that are left stand at the front; they go to the end, where the memory is theirs. */
static void keep_front(SuffixArray *s, uint32_t left) {
  const uint32_t gone = s->places - left;
  if (gone) memmove(s->place + gone, s->place, left * sizeof *s->place);
  s->place += gone;
  s->places = left;
}

void suffix_array_deepen(SuffixArray *s, KeepGroup *keep, const void *context, uint32_t *made,
                         uint32_t groups) {
  if (s->places == 0) return; /* the text has no n-grams that are longer */
  const Order by = {s->token + (size_t)s->depth * (size_t)s->width, s->width};
  uint32_t left = 0, begin = 0, at;
  for (uint32_t g = 0; g < groups; g++) {
    const bool kept = keep(context, g);
    uint32_t *to = s->place + left, n = 0;
    do {
      at = s->place[begin++];
      const uint32_t place = at & ~LAST_OF_GROUP;
      if (kept && place + s->depth < s->tokens) to[n++] = place;
    } while (!(at & LAST_OF_GROUP));
    made[g] = n > 0 ? split_group(&by, to, n) : 0;
    left += n;
  }
  keep_front(s, left);
  s->depth++;
}

void suffix_array_drop(SuffixArray *s, KeepGroup *keep, const void *context, uint32_t *made,
                       uint32_t groups) {
  uint32_t left = 0, begin = 0;
  for (uint32_t g = 0; g < groups; g++) {
    uint32_t end = begin;
    for (uint32_t i = 0; i < made[g]; i++) end = suffix_array_group_end(s, end);
    if (keep(context, g)) {
      memmove(s->place + left, s->place + begin, (end - begin) * sizeof *s->place);
      left += end - begin;
    } else {
      made[g] = 0;
    }
    begin = end;
  }
  keep_front(s, left);
}
