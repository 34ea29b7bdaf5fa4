/* count_hash.h - how often each token followed each context, in scratch memory of a fixed size.
 *
 * Open addressing with linear probing, entries of 8 bytes. Only build_read.c uses it. What is in it
 * is a matter of what was counted alone; where it lies is not, so it is sorted before it is used.
 */
#ifndef COUNT_HASH_H
#define COUNT_HASH_H

#include "base/config.h"

typedef struct {
  uint32_t parent;       /* node of the context */
  uint16_t token, count; /* count 0: free */
} CountEntry;

typedef struct {
  CountEntry *entry; /* [slots] */
  uint32_t slots, used;
  uint32_t most; /* entries that it may hold: seven eighths of the slots, or fewer */
} CountHash;

/* Takes bytes [size] at a multiple of 4, and clears them. */
void count_hash_open(CountHash *h, void *bytes, uint32_t size);

/* Counts a token once more, up to `largest`; false where it is new and h->most are there. */
bool count_hash_add(CountHash *h, uint32_t parent, int token, uint32_t largest);

/* Removes all entries that are not kept. */
typedef bool KeepParent(const void *context, uint32_t parent);
void count_hash_keep(CountHash *h, KeepParent *keep, const void *context);

/* Puts the entries at the front, by parent and token. Ends its use as a hash. */
void count_hash_sort(CountHash *h);

#endif
