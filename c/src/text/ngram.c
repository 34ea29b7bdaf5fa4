/* ngram.c - counts of n-grams in one hash table, and Witten-Bell smoothing over them. */
#include "text/ngram.h"

#include <string.h>

#include "math/math_ops.h"
#include "math/random.h"

/* ---- the table ---- */

/* Slots a token and order: three counts, in a table that may be 0.6 full (see has_room). */
enum { SLOTS_PER_NGRAM = 5 };

void ngram_layout(Ngram *m, int order, int vocab, int64_t training_tokens, Arena *arena) {
  const int64_t wanted = training_tokens * order * SLOTS_PER_NGRAM;
  memset(m, 0, sizeof *m);
  m->order = order;
  m->vocab = vocab;
  m->slots = LEAST_NGRAM_SLOTS;
  while (m->slots < wanted && m->slots < MOST_NGRAM_SLOTS) m->slots *= 2;
  m->entries = arena_take(arena, MEMORY_WORKSPACE, m->slots, sizeof *m->entries);
}

/* Two hashes of the same: where an entry is looked for, and what it is known by. */
typedef struct {
  uint32_t place, check;
} Key;

/* A context is its tokens, the newest first. One more step makes the key of a count: with a token,
 * the key of c(hw), or else of c(h) or u(h). */
enum { KEY_TOTAL = 1 << 16, KEY_DISTINCT };

static const Key empty_context = {0x6e677261u, 0x6d6d6f64u};

static Key extend(Key key, uint32_t by) {
  const Key longer = {random_u32(key.place, by), random_u32(key.check, by)};
  return longer;
}

/* The entry of a key, or the free one where it belongs. */
static NgramEntry *find(const Ngram *m, Key key) {
  const uint32_t mask = m->slots - 1;
  uint32_t i = key.place & mask;
  while (m->entries[i].count && m->entries[i].check != key.check) i = (i + 1) & mask;
  return m->entries + i;
}

static void count_one(Ngram *m, Key key) {
  NgramEntry *entry = find(m, key);
  if (entry->count++) return;
  entry->check = key.check;
  m->used++;
}

/* Whether so many entries are free for n-grams after a context of a length. An eighth of the table
 * stays free, for probing to be short; a sixteenth of the rest is kept from each length for those
 * that are shorter. */
static bool has_room(const Ngram *m, int length, uint32_t entries) {
  const uint32_t limit = m->slots - m->slots / 8;
  return m->used + entries <= limit - limit / 16 * (uint32_t)length;
}

/* ---- counting ---- */

/* Counts token after a context of a length: all its counts find room, or none is made. */
static void add_continuation(Ngram *m, Key context, int length, int token) {
  const Key ngram = extend(context, (uint32_t)token), total = extend(context, KEY_TOTAL);
  const bool is_new = find(m, ngram)->count == 0, seen = find(m, total)->count > 0;
  const bool counts = !is_new || has_room(m, length, seen ? 1 : 3);
  if (counts) {
    count_one(m, ngram);
    count_one(m, total);
  } else {
    m->dropped++;
  }
  if (is_new && (counts || seen)) count_one(m, extend(context, KEY_DISTINCT));
}

void legacy_llm_ngram_add(Ngram *m, const uint16_t *history, int known, int token) {
  Key context = empty_context;
  add_continuation(m, context, 0, token);
  for (int length = 1; length < m->order && length <= known; length++) {
    context = extend(context, history[known - length]);
    add_continuation(m, context, length, token);
  }
}

/* ---- probabilities ---- */

static float count_of(const Ngram *m, Key key) {
  return float_of_i32((int32_t)find(m, key)->count);
}

/* p_k from p_{k-1}, at least 2^-40: so no product here is a denormal, and the logarithm is exact
 * enough. */
static float interpolate(const Ngram *m, Key context, int token, float shorter) {
  const float total = count_of(m, extend(context, KEY_TOTAL));
  if (total == 0.0f) return shorter;
  const float distinct = count_of(m, extend(context, KEY_DISTINCT));
  const float seen = count_of(m, extend(context, (uint32_t)token));
  const float p = (seen + distinct * shorter) / (total + distinct);
  return p < TINY ? TINY : p;
}

float ngram_loss(const Ngram *m, const uint16_t *history, int known, int token, int order) {
  Key context = empty_context;
  float p = interpolate(m, context, token, 1.0f / (float)m->vocab);
  for (int length = 1; length < order && length <= known; length++) {
    context = extend(context, history[known - length]);
    p = interpolate(m, context, token, p);
  }
  return 0.0f - float_log(p);
}
