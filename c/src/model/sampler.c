/* sampler.c - temperature, top-k, top-p and the draw. */
#include "model/sampler.h"

#include "math/math_ops.h"
#include "math/random.h"

int argmax(const float *x, int n) {
  int best = 0;
  for (int i = 1; i < n; i++)
    if (x[i] > x[best]) best = i;
  return best;
}

/* ---- the largest first ---- */

/* Candidates [vocab]: the first `waiting` are a heap with the largest on top; those that were taken
 * lie behind it, so that the one of rank r, from 0, is at vocab - 1 - r. */
typedef struct {
  Candidate *candidates; /* [V] */
  int vocab, waiting;
} Ranking;

/* An order without equals, so that the heap decides nothing. */
static bool outranks(Candidate a, Candidate b) {
  return a.logit > b.logit || (a.logit == b.logit && a.token < b.token);
}

static void sift_down(Candidate *heap, int from, int count) {
  for (int child; (child = 2 * from + 1) < count; from = child) {
    if (child + 1 < count && outranks(heap[child + 1], heap[child])) child++;
    if (!outranks(heap[child], heap[from])) return;
    const Candidate swap = heap[from];
    heap[from] = heap[child];
    heap[child] = swap;
  }
}

static Ranking rank(Candidate *candidates, const float *logits, int vocab) {
  const Ranking r = {candidates, vocab, vocab};
  for (int v = 0; v < vocab; v++) {
    candidates[v].logit = logits[v];
    candidates[v].token = v;
  }
  for (int i = vocab / 2 - 1; i >= 0; i--) sift_down(candidates, i, vocab);
  return r;
}

/* The token at a place in the ranking; places are asked for from 0 on. */
static int token_of_rank(Ranking *r, int place) {
  Candidate *at = r->candidates + r->vocab - 1 - place;
  if (r->vocab - r->waiting <= place) {
    const Candidate largest = r->candidates[0];
    r->waiting--;
    r->candidates[0] = *at;
    *at = largest;
    sift_down(r->candidates, 0, r->waiting);
  }
  return at->token;
}

/* ---- the cuts ---- */

/* Leaves those whose rank is below kept, all of which were taken. */
static void cut(float *weights, const Ranking *r, int kept) {
  for (int i = 0; i < r->vocab - kept; i++) weights[r->candidates[i].token] = 0.0f;
}

/* How many of the first `most` have the share top_p of all weights [V]. */
static int nucleus(const float *weights, Ranking *r, int most, float top_p) {
  const float enough = top_p * ops->sum(weights, r->vocab);
  float mass = weights[token_of_rank(r, 0)];
  int kept = 1;
  for (; kept < most && mass < enough; kept++) mass = mass + weights[token_of_rank(r, kept)];
  return kept;
}

/* ---- the draw ---- */

/* A token with a probability in proportion to weights [vocab], of which some are above 0. */
static int draw_from(const float *weights, int vocab, uint32_t random) {
  float remaining = (float)(int32_t)(random >> 8) * (1.0f / 16777216.0f) * ops->sum(weights, vocab);
  int last = 0;
  for (int v = 0; v < vocab; v++) {
    if (weights[v] == 0.0f) continue;
    remaining = remaining - weights[v];
    last = v;
    if (remaining < 0.0f) break;
  }
  return last;
}

/* ---- what the caller refuses ---- */

static bool takes(const TokenFilter *filter, int token) {
  return !filter->takes || filter->takes(filter->context, token);
}

/* The first in the ranking that is not refused. */
static int likeliest_ranked(Ranking *r, const TokenFilter *filter) {
  for (int place = 0; place < r->vocab; place++)
    if (takes(filter, token_of_rank(r, place))) return token_of_rank(r, place);
  return token_of_rank(r, 0);
}

/* The largest of logits [vocab] that is not refused. */
static int likeliest(const float *logits, int vocab, const TokenFilter *filter,
                     Candidate *scratch) {
  if (!filter->takes) return argmax(logits, vocab);
  Ranking r = rank(scratch, logits, vocab);
  return likeliest_ranked(&r, filter);
}

/* Draws from the weights until a token is not refused, or none is left. */
static int draw_taken(float *weights, Ranking *r, const TokenFilter *filter, uint32_t random) {
  int token = draw_from(weights, r->vocab, random);
  for (uint32_t draws = 1; !takes(filter, token); draws++) {
    weights[token] = 0.0f;
    if (ops->max(weights, r->vocab) == 0.0f) return likeliest_ranked(r, filter);
    token = draw_from(weights, r->vocab, random_u32(random, draws));
  }
  return token;
}

int sample(float *logits, int vocab, const SamplerSettings *settings, const TokenFilter *filter,
           Candidate *scratch, uint32_t random) {
  if (settings->temperature < LEAST_TEMPERATURE) return likeliest(logits, vocab, filter, scratch);
  const bool cuts_k = settings->top_k > 0 && settings->top_k < vocab;
  const bool cuts_p = settings->top_p < 1.0f;
  const int most = cuts_k ? settings->top_k : vocab;
  const float largest = ops->max(logits, vocab);
  Ranking r = {scratch, vocab, vocab};
  for (int v = 0; v < vocab; v++) logits[v] = (logits[v] - largest) / settings->temperature;
  if (cuts_k || cuts_p || filter->takes) r = rank(scratch, logits, vocab);
  ops->exp_shifted(logits, 0.0f, vocab);
  if (cuts_k) {
    for (int place = 0; place < most; place++) token_of_rank(&r, place);
    cut(logits, &r, most);
  }
  if (cuts_p) cut(logits, &r, nucleus(logits, &r, most, settings->top_p));
  return draw_taken(logits, &r, filter, random);
}
