/* suffix_array.h - the places of a text, sorted by the tokens that begin there (a suffix array:
 * Manber and Myers, 1990), in memory that the caller gives.
 *
 * They are sorted one token deeper at a time: at depth n, by the first n tokens. Places with the
 * same n tokens are a group, so a group is an n-gram and its size is how often that occurs. Groups
 * are in the order of their tokens; the order within a group says nothing. What nobody asks for is
 * dropped on the way: a group that the caller does not keep is not sorted any deeper, and neither
 * is a place less than n tokens before the end of the text.
 *
 * It knows nothing of tables or separators; build_sorted.c makes one of the other.
 */
#ifndef SUFFIX_ARRAY_H
#define SUFFIX_ARRAY_H

#include "text/data_utils.h"

typedef struct {
  const uint8_t *token; /* [tokens,width] of the text */
  uint32_t tokens;
  int width;
  uint32_t *place; /* [places]; the last of a group has the bit LAST_OF_GROUP. Null: no array */
  uint32_t places;
  uint32_t depth;
} SuffixArray;

#define LAST_OF_GROUP 0x80000000u

/* Whether the places of one of the groups, 0, 1, .. in their order, are asked for. */
typedef bool KeepGroup(const void *context, uint32_t group);

/* Tokens [tokens,width], one or more, at depth 0: one group. Takes as many uint32, those before
 * `end`; what is dropped later leaves the front of them free. */
void suffix_array_open(SuffixArray *s, const uint8_t *token, int width, int32_t tokens,
                       uint32_t *end);

/* Goes one token deeper, if any places are left. made [groups] becomes the number of groups that
 * each group was split into, 0 where it was not kept. */
void suffix_array_deepen(SuffixArray *s, KeepGroup *keep, const void *context, uint32_t *made,
                         uint32_t groups);

/* Drops what was made of groups (as they were before the array went deeper) that are not kept, and
 * clears their numbers. */
void suffix_array_drop(SuffixArray *s, KeepGroup *keep, const void *context, uint32_t *made,
                       uint32_t groups);

/* Where the group ends that begins at an index. */
static inline uint32_t suffix_array_group_end(const SuffixArray *s, uint32_t begin) {
  while (!(s->place[begin] & LAST_OF_GROUP)) begin++;
  return begin + 1;
}

/* The newest of the tokens that the place at an index is sorted by; at depth 1 and more. */
static inline uint32_t suffix_array_token(const SuffixArray *s, uint32_t index) {
  return get_token(s->token, s->width, (s->place[index] & ~LAST_OF_GROUP) + s->depth - 1);
}

#endif
