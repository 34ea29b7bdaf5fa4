/* count_hash.c - a hash table of counts, and sorting its entries in place. */
#include "counts/count_hash.h"

#include <string.h>

void count_hash_open(CountHash *h, void *bytes, uint32_t size) {
  h->entry = bytes;
  h->slots = size / (uint32_t)sizeof *h->entry;
  h->used = 0;
  h->most = h->slots - (h->slots + 7) / 8;
  memset(bytes, 0, (size_t)h->slots * sizeof *h->entry);
}

static uint32_t home_slot(const CountHash *h, uint32_t parent, uint32_t token) {
  uint32_t mixed = parent * 0x9e3779b1u + token * 0x85ebca77u;
  mixed = (mixed ^ mixed >> 15) * 0x2c1b3c6du;
  return (uint32_t)((uint64_t)(mixed ^ mixed >> 13) * h->slots >> 32);
}

static uint32_t next_slot(const CountHash *h, uint32_t slot) {
  return slot + 1 < h->slots ? slot + 1 : 0;
}

bool count_hash_add(CountHash *h, uint32_t parent, int token, uint32_t largest) {
  if (h->slots == 0) return false;
  uint32_t slot = home_slot(h, parent, (uint32_t)token);
  CountEntry *e = h->entry + slot;
  while (e->count && (e->parent != parent || e->token != token)) {
    slot = next_slot(h, slot);
    e = h->entry + slot;
  }
  if (e->count) {
    if (e->count < largest) e->count++;
    return true;
  }
  if (h->used >= h->most) return false;
  *e = (CountEntry){parent, (uint16_t)token, 1};
  h->used++;
  return true;
}

/* Frees a slot and closes the gap: what is behind it moves towards its home (Knuth, 6.4, R). */
static void free_slot(CountHash *h, uint32_t slot) {
  uint32_t gap = slot;
  for (slot = next_slot(h, slot); h->entry[slot].count; slot = next_slot(h, slot)) {
    const uint32_t home = home_slot(h, h->entry[slot].parent, h->entry[slot].token);
    const bool stays = gap < slot ? home > gap && home <= slot : home > gap || home <= slot;
    if (stays) continue;
    h->entry[gap] = h->entry[slot];
    gap = slot;
  }
  h->entry[gap].count = 0;
  h->used--;
}

void count_hash_keep(CountHash *h, KeepParent *keep, const void *context) {
  for (uint32_t i = 0; i < h->slots; i++)
    while (h->entry[i].count && !keep(context, h->entry[i].parent)) free_slot(h, i);
}

/* ---- sorting ---- */

static uint64_t key_of(const CountEntry *e) { return (uint64_t)e->parent << 16 | e->token; }

static void sort_few(CountEntry *e, uint32_t n) {
  for (uint32_t i = 1; i < n; i++) {
    const CountEntry moved = e[i];
    uint32_t at = i;
    for (; at > 0 && key_of(e + at - 1) > key_of(&moved); at--) e[at] = e[at - 1];
    e[at] = moved;
  }
}

/* Radix exchange (Knuth, 5.2.2, R), from a bit of the key downwards: as deep as the key is long. */
static void sort_by_bit(CountEntry *e, uint32_t n, int bit) {
  enum { FEW = 16 };
  if (n <= FEW || bit < 0) {
    sort_few(e, n);
    return;
  }
  uint32_t zeros = 0, end = n;
  while (zeros < end) {
    if (!(key_of(e + zeros) >> bit & 1)) {
      zeros++;
      continue;
    }
    const CountEntry one = e[zeros];
    e[zeros] = e[--end];
    e[end] = one;
  }
  sort_by_bit(e, zeros, bit - 1);
  sort_by_bit(e + zeros, n - zeros, bit - 1);
}

void count_hash_sort(CountHash *h) {
  uint32_t n = 0, largest = 0;
  for (uint32_t i = 0; i < h->slots; i++) {
    if (!h->entry[i].count) continue;
    h->entry[n++] = h->entry[i];
    if (h->entry[i].parent > largest) largest = h->entry[i].parent;
  }
  int bit = 15;
  for (; largest; largest >>= 1) bit++;
  sort_by_bit(h->entry, n, bit);
}
