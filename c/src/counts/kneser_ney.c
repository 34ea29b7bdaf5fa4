/* kneser_ney.c - continuation counts, discounts, probabilities. */
#include "counts/kneser_ney.h"

#include "base/floats.h"
#include "counts/gates.h"
#include "counts/suffix_walk.h"
#include "math/math_ops.h"

/* ---- continuation counts ---- */

/* An n-gram s occurred c(s) times, c(vs) of them after each token v for which vs was counted. Its
 * continuation count is c(s) - sum_v (c(vs) - 1). That needs no memory but the count itself, unless
 * c(s) was cut off at MOST_COUNTED: then only the v are counted, in the numbers above it. */
static uint32_t continue_count(uint32_t count, uint32_t longer) {
  if (count >= MOST_COUNTED) return count + 1;
  return longer - 1 < count - 1 ? count - (longer - 1) : 1;
}

/* The other way: exact, or MOST_COUNTED. */
static uint32_t occurrence_count(uint32_t count, uint32_t longer) {
  return longer - 1 < MOST_COUNTED - count ? count + (longer - 1) : MOST_COUNTED;
}

/* Changes the counts of a level by those of the next one, which are occurrences. */
static void change_level(const Counts *c, int level, uint32_t (*change)(uint32_t, uint32_t)) {
  SuffixWalk walk = {.begun = false};
  for (uint32_t i = 0; i < c->level[level + 1].nodes; i++) {
    suffix_walk_to(c, &walk, level + 1, i);
    const uint32_t s = walk.suffix[level + 1];
    counts_put(c, level, s, change(counts_count(c, level, s), counts_count(c, level + 1, i)));
  }
}

static void to_continuations(const Counts *c, int level) {
  change_level(c, level, continue_count);
  for (uint32_t i = 0; i < c->level[level].nodes; i++) {
    const uint32_t count = counts_count(c, level, i);
    if (count > MOST_COUNTED) counts_put(c, level, i, count - MOST_COUNTED);
  }
}

void counts_use_order(Counts *c, int order) {
  for (; c->order > order; c->order--) change_level(c, c->order - 1, occurrence_count);
  for (; c->order < order; c->order++) to_continuations(c, c->order);
  counts_find_discounts(c);
}

/* ---- discounts ---- */

/* What a level has where its counts of counts say nothing. */
static const float usual_discount[4] = {0.0f, 0.75f, 1.0f, 1.25f};

/* k - (k+1) Y n[k+1] / n[k], between what is sane. */
static float discount_of(int k, float y, const float *n) {
  const float least = 0.125f, most = (float)k - 0.125f;
  if (n[k] == 0.0f || n[k + 1] == 0.0f) return usual_discount[k];
  const float d = (float)k - (float)(k + 1) * y * n[k + 1] / n[k];
  return d < least ? least : d > most ? most : d;
}

/* New text resembles what was counted less than parts of that resemble each other, in which phrases
 * come back. So what was counted once is trusted less, the more the longer it is: its discount
 * moves towards 1 by a tenth for each token of the context, at most by half. On tinyshakespeare
 * this takes 0.020 nats a character from the loss at order 8. */
static float distrust(float discount, int level) {
  const int tenths = level - 1 < 5 ? level - 1 : 5;
  return discount + (1.0f - discount) * (0.1f * (float)tenths);
}

static void find_discounts(const Counts *c, int level, float *discount) {
  int32_t counts[5] = {0};
  float n[5];
  for (uint32_t i = 0; i < c->level[level].nodes; i++) {
    const uint32_t count = counts_count(c, level, i);
    if (count <= 4) counts[count]++;
  }
  for (int k = 0; k <= 4; k++) n[k] = float_of_i32(counts[k]);
  const float y = counts[1] ? n[1] / (n[1] + 2.0f * n[2]) : 1.0f;
  for (int k = 1; k <= 3; k++) discount[k] = discount_of(k, y, n);
  discount[1] = distrust(discount[1], level);
}

void counts_find_discounts(Counts *c) {
  for (int level = 1; level <= c->order; level++)
    find_discounts(c, level, c->level[level].discount);
}

/* ---- probabilities ---- */

/* What followed a context: nodes from..to-1 of the next level. */
typedef struct {
  int level; /* of these nodes */
  uint32_t from, to;
  float scale, gamma; /* 1 / C, gamma(h) */
} Followers;

static uint32_t total_of(const Counts *c, int level, uint32_t from, uint32_t to, int32_t n[4]) {
  uint32_t total = 0;
  for (uint32_t i = from; i < to; i++) {
    const uint32_t count = counts_count(c, level, i);
    total += count;
    n[count < 3 ? count : 3]++;
  }
  return total;
}

/* The followers of the newest `length` tokens; false where there are none. */
static bool find_followers(const Counts *c, const CountsContext *context, int length,
                           Followers *f) {
  const uint32_t *children = c->level[length].children + context->node[length];
  const float *d = c->level[length + 1].discount;
  int32_t n[4] = {0};
  f->level = length + 1;
  f->from = children[0];
  f->to = children[1];
  if (f->from == f->to) return false;
  f->scale = 1.0f / float_of_i32((int32_t)total_of(c, f->level, f->from, f->to, n));
  f->gamma = ((d[1] * (float)n[1] + d[2] * (float)n[2]) + d[3] * (float)n[3]) * f->scale;
  return true;
}

/* The share of a follower that is not discounted. */
static float own_share(const Counts *c, const Followers *f, uint32_t node) {
  const uint32_t count = counts_count(c, f->level, node);
  const float discount = c->level[f->level].discount[count < 3 ? count : 3];
  return ((float)(int32_t)count - discount) * f->scale;
}

static float at_least_tiny(float p) { return p < TINY ? TINY : p; }

float counts_probability(const Counts *c, const CountsContext *context, int token) {
  float p = 1.0f / (float)c->shape.vocab;
  Followers f;
  for (int length = 0; length <= context->known; length++) {
    if (!find_followers(c, context, length, &f)) continue;
    const uint32_t node = counts_child(c, length, context->node[length], token);
    p = f.gamma * p;
    if (node != NO_NODE) p = p + own_share(c, &f, node);
    p = at_least_tiny(p);
  }
  return p;
}

void counts_distribution(const Counts *c, const CountsContext *context, float *p) {
  const int vocab = c->shape.vocab;
  Followers f;
  for (int w = 0; w < vocab; w++) p[w] = 1.0f / (float)vocab;
  for (int length = 0; length <= context->known; length++) {
    if (!find_followers(c, context, length, &f)) continue;
    uint32_t node = f.from;
    for (int w = 0; w < vocab; w++) {
      p[w] = f.gamma * p[w];
      if (node < f.to && counts_token(c, f.level, node) == w)
        p[w] = p[w] + own_share(c, &f, node++);
      p[w] = at_least_tiny(p[w]);
    }
  }
}

/* How much of all that was counted is the likeliest: less than a third, than 0.6, than 0.9, or
 * more.
 */
static int share_class(uint32_t likeliest, uint32_t all) {
  if (3 * likeliest < all) return 0;
  if (5 * likeliest < 3 * all) return 1;
  return 10 * likeliest < 9 * all ? 2 : 3;
}

int counts_bucket(const Counts *c, const CountsContext *context) {
  uint32_t all = 0, likeliest = 0;
  for (int length = context->known; length >= 0 && all == 0; length--) {
    const uint32_t *children = c->level[length].children + context->node[length];
    for (uint32_t i = children[0]; i < children[1]; i++) {
      const uint32_t count = counts_count(c, length + 1, i);
      all += count;
      if (count > likeliest) likeliest = count;
    }
  }
  return GATE_SHARES * (all < 2 ? 0 : all < 4 ? 1 : 2) + share_class(likeliest, all);
}
