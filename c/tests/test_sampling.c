/* test_sampling.c - the way from logits to a token. */
#include <string.h>

#include "model/sampler.h"
#include "run/heap.h"
#include "tests/frame.h"

enum { SAMPLED_VOCAB = 60 };

static Candidate candidates[SAMPLED_VOCAB];

/* A draw that leaves logits [V] as they are. */
static int sample_filtered(const float *logits, const SamplerSettings *settings,
                           const TokenFilter *filter, uint32_t random) {
  float copy[SAMPLED_VOCAB];
  memcpy(copy, logits, sizeof copy);
  return sample(copy, SAMPLED_VOCAB, settings, filter, candidates, random);
}

/* The same among all tokens. */
static int sample_from(const float *logits, float temperature, int top_k, float top_p,
                       uint32_t random) {
  const SamplerSettings settings = {temperature, top_k, top_p};
  const TokenFilter any = {NULL, NULL};
  return sample_filtered(logits, &settings, &any, random);
}

static void test_greedy(void) {
  float logits[SAMPLED_VOCAB];
  for (int trial = 0; trial < 50; trial++) {
    draw_floats(logits, SAMPLED_VOCAB, 3.0f);
    const int first = draw_int(9) + 10, second = first + 1 + (int)(draw() % 30);
    logits[first] = logits[second] = 4.0f;
    check(argmax(logits, SAMPLED_VOCAB) == first, "argmax is not the first of equals");
    check(sample_from(logits, 0.0f, 0, 1.0f, draw()) == first, "temperature 0");
    check(sample_from(logits, 0.009f, 5, 0.5f, draw()) == first, "a very low temperature");
    check(sample_from(logits, 2.0f, 1, 1.0f, draw()) == first, "top-k of 1");
    check(sample_from(logits, 2.0f, 0, 1e-6f, draw()) == first, "a tiny top-p");
    check(sample_from(logits, 2.0f, 7, 0.0f, draw()) == first, "top-k and a top-p of 0");
  }
}

/* Sampling without cuts as it was before there were any; its texts must not change. */
static int reference_sample(float *logits, int vocab, float temperature, uint32_t random) {
  float largest = ops->max(logits, vocab);
  for (int v = 0; v < vocab; v++) logits[v] = (logits[v] - largest) / temperature;
  ops->exp_shifted(logits, 0.0f, vocab);
  float remaining = (float)(int32_t)(random >> 8) * (1.0f / 16777216.0f) * ops->sum(logits, vocab);
  for (int v = 0; v < vocab - 1; v++) {
    remaining = remaining - logits[v];
    if (remaining < 0.0f) return v;
  }
  return vocab - 1;
}

static void test_no_cuts(void) {
  float logits[SAMPLED_VOCAB], copy[SAMPLED_VOCAB];
  for (int trial = 0; trial < 300; trial++) {
    const uint32_t random = trial == 0 ? 0 : trial == 1 ? UINT32_MAX : draw();
    const float temperature = 0.1f + 0.01f * (float)(trial % 200);
    draw_floats(logits, SAMPLED_VOCAB, trial % 3 ? 4.0f : 120.0f);
    memcpy(copy, logits, sizeof copy);
    const int expected = reference_sample(copy, SAMPLED_VOCAB, temperature, random);
    check(sample_from(logits, temperature, 0, 1.0f, random) == expected, "no cuts, trial %d",
          trial);
    check(sample_from(logits, temperature, SAMPLED_VOCAB, 2.0f, random) == expected,
          "cuts that leave all, trial %d", trial);
  }
}

/* With equal logits at the border exactly k tokens are drawn, the lower ones. */
static void test_top_k(void) {
  enum { K = 5 };
  float logits[SAMPLED_VOCAB];
  int drawn[SAMPLED_VOCAB] = {0}, distinct = 0;
  for (int v = 0; v < SAMPLED_VOCAB; v++) logits[v] = v % 10 == 7 ? 1.0f : v % 3 ? -1.0f : 0.5f;
  logits[57] = 0.5f; /* 7, 17, 27 and 37 are the largest; 0, 3, 6, .. 57 are equal */
  logits[47] = -2.0f;
  for (int i = 0; i < 500; i++) drawn[sample_from(logits, 1.0f, K, 1.0f, draw())]++;
  for (int v = 0; v < SAMPLED_VOCAB; v++) distinct += drawn[v] > 0;
  check(distinct == K, "%d different tokens of %d", distinct, K);
  check(drawn[7] && drawn[17] && drawn[27] && drawn[37] && drawn[0], "not the first of equals");
}

/* Frequencies of many draws beside the softmax of the tokens in kept, 0 where it is false. */
static void check_frequencies(const char *what, const float *logits, const bool *kept, int top_k,
                              float top_p) {
  enum { DRAWS = 8000 };
  float p[SAMPLED_VOCAB], total = 0.0f;
  int drawn[SAMPLED_VOCAB] = {0};
  for (int v = 0; v < SAMPLED_VOCAB; v++)
    total = total + (p[v] = kept[v] ? float_exp(logits[v] / 0.8f) : 0.0f);
  for (int i = 0; i < DRAWS; i++)
    drawn[sample_from(logits, 0.8f, top_k, top_p, random_u32(77u, (uint32_t)i))]++;
  for (int v = 0; v < SAMPLED_VOCAB; v++) {
    const float expected = p[v] / total, seen = (float)drawn[v] / (float)DRAWS;
    const float deviation = float_sqrt(expected / (float)DRAWS);
    check(near(seen, expected, 4.0f * deviation), "%s: token %d %d times, expected %d", what, v,
          drawn[v], (int)(expected * (float)DRAWS));
  }
}

/* Six tokens with known probabilities, in no order, and many with hardly any. */
static void test_frequencies(void) {
  static const float share[6] = {0.05f, 0.30f, 0.10f, 0.35f, 0.18f, 0.02f};
  float logits[SAMPLED_VOCAB];
  bool kept[SAMPLED_VOCAB];
  for (int v = 0; v < SAMPLED_VOCAB; v++) {
    logits[v] = v % 9 == 4 ? 0.8f * float_log(share[v / 9 % 6]) : -15.0f;
    kept[v] = true;
  }
  logits[58] = -15.0f;
  check_frequencies("all", logits, kept, 0, 1.0f);
  for (int v = 0; v < SAMPLED_VOCAB; v++) kept[v] = v % 9 == 4 && v < 54 && share[v / 9] > 0.04f;
  check_frequencies("top-k", logits, kept, 5, 1.0f);
  kept[4] = kept[22] = false; /* the shares of 0.05 and 0.10 */
  check_frequencies("top-p", logits, kept, 0, 0.8f);
  check_frequencies("top-p within top-k", logits, kept, 5, 0.8f);
  kept[40] = false; /* 0.18: 0.65 of 0.83 are more than 0.75 of them */
  check_frequencies("top-p of what top-k left", logits, kept, 3, 0.75f);
}

/* The nucleus is the fewest with enough probability: checked against the definition. */
static void test_nucleus(void) {
  float logits[SAMPLED_VOCAB];
  for (int trial = 0; trial < 10; trial++) {
    bool drawn[SAMPLED_VOCAB] = {false};
    float total = 0.0f, mass = 0.0f, least = 10.0f;
    const float top_p = 0.2f + 0.05f * (float)trial;
    draw_floats(logits, SAMPLED_VOCAB, 2.0f);
    for (int v = 0; v < SAMPLED_VOCAB; v++) total = total + float_exp(logits[v]);
    for (int i = 0; i < 4000; i++) drawn[sample_from(logits, 1.0f, 0, top_p, draw())] = true;
    for (int v = 0; v < SAMPLED_VOCAB; v++) {
      if (!drawn[v]) continue;
      mass = mass + float_exp(logits[v]) / total;
      if (logits[v] < least) least = logits[v];
    }
    for (int v = 0; v < SAMPLED_VOCAB; v++)
      check(drawn[v] == (logits[v] >= least), "a likelier token than %d was left out", v);
    check(mass >= top_p && mass - float_exp(least) / total < top_p, "the mass of the nucleus");
  }
}

/* What is drawn follows from logits, settings and random bits alone, not from the scratch. */
static void test_sampling_again(void) {
  float logits[SAMPLED_VOCAB];
  for (int trial = 0; trial < 100; trial++) {
    const int top_k = trial % 7;
    const uint32_t random = draw();
    draw_floats(logits, SAMPLED_VOCAB, 3.0f);
    for (int v = 0; v < SAMPLED_VOCAB; v++) logits[v] = (float)(int)logits[v]; /* many equals */
    const int token = sample_from(logits, 1.3f, top_k, 0.7f, random);
    memset(candidates, trial, sizeof candidates);
    check(sample_from(logits, 1.3f, top_k, 0.7f, random) == token, "trial %d", trial);
  }
}

/* Tokens of fixed logits and random bits: every build must draw the same. */
static void test_sampling_bits(void) {
  float logits[SAMPLED_VOCAB];
  uint32_t sum = 0;
  for (int trial = 0; trial < 500; trial++) {
    for (int v = 0; v < SAMPLED_VOCAB; v++)
      logits[v] = (float)(int32_t)(random_u32((uint32_t)trial, (uint32_t)v) >> 8) / 2000000.0f;
    const float temperature = 0.1f + (float)(trial % 9) / 7.0f,
                top_p = 1.0f - (float)(trial % 5) / 9.0f;
    sum = random_u32(sum, (uint32_t)sample_from(logits, temperature, trial % 13, top_p,
                                                random_u32(99u, (uint32_t)trial)));
  }
  check(sum == 0x3886bbeeu, "other tokens: %08lx", (unsigned long)sum);
}

/* ---- tokens that the caller refuses ---- */

/* context: bool [V], whether a token may be drawn. */
static bool takes_marked(const void *context, int token) { return ((const bool *)context)[token]; }

/* The likeliest token of those that are marked, -1 where none is. */
static int likeliest_marked(const float *logits, const bool *marked) {
  int best = -1;
  for (int v = 0; v < SAMPLED_VOCAB; v++)
    if (marked[v] && (best < 0 || logits[v] > logits[best])) best = v;
  return best;
}

static const SamplerSettings settings_tried[] = {
    {0.0f, 0, 1.0f}, {0.7f, 0, 0.8f}, {1.0f, 3, 1.0f}, {1.5f, 9, 0.5f}, {1.0f, 0, 1.0f}};

/* What is refused is never drawn, and what is left to draw is not empty: where the cuts left only
 * what is refused, the likeliest of the others comes, and where all is refused, the likeliest. */
static void test_refused(void) {
  float logits[SAMPLED_VOCAB];
  bool marked[SAMPLED_VOCAB];
  const TokenFilter filter = {marked, takes_marked};
  for (int trial = 0; trial < 400; trial++) {
    const SamplerSettings *settings = &settings_tried[trial % 5];
    const uint32_t few = 1 + (uint32_t)(trial % 20); /* of so many, one may be drawn */
    draw_floats(logits, SAMPLED_VOCAB, trial % 2 ? 4.0f : 150.0f);
    for (int v = 0; v < SAMPLED_VOCAB; v++) marked[v] = trial > 10 && draw() % few == 0;
    const int token = sample_filtered(logits, settings, &filter, draw());
    const int best = likeliest_marked(logits, marked);
    const bool lone = best < 0 || settings->temperature == 0.0f;
    check(best < 0 || marked[token], "trial %d: token %d is refused", trial, token);
    check(!lone || token == (best < 0 ? argmax(logits, SAMPLED_VOCAB) : best),
          "trial %d: token %d is not the likeliest", trial, token);
  }
}

/* Beyond the nucleus, the likeliest that may be drawn. */
static void test_refused_nucleus(void) {
  const SamplerSettings settings = {1.0f, 0, 0.9f};
  float logits[SAMPLED_VOCAB];
  bool marked[SAMPLED_VOCAB];
  const TokenFilter filter = {marked, takes_marked};
  for (int v = 0; v < SAMPLED_VOCAB; v++) {
    logits[v] = v == 7 ? 10.0f : v == 30 ? 9.0f : -(float)v;
    marked[v] = v != 7 && v != 30 && v != 0;
  }
  for (int i = 0; i < 50; i++)
    check(sample_filtered(logits, &settings, &filter, draw()) == 1, "not the next likeliest");
}

/* Tokens that are left keep their proportions. */
static void test_refused_frequencies(void) {
  enum { DRAWS = 8000 };
  const SamplerSettings settings = {1.0f, 0, 1.0f};
  float logits[SAMPLED_VOCAB];
  bool marked[SAMPLED_VOCAB];
  int drawn[SAMPLED_VOCAB] = {0};
  const TokenFilter filter = {marked, takes_marked};
  for (int v = 0; v < SAMPLED_VOCAB; v++) {
    logits[v] = v == 5    ? float_log(0.6f)
                : v == 6  ? float_log(0.1f)
                : v == 50 ? float_log(0.3f)
                          : -30.0f;
    marked[v] = v != 5;
  }
  for (uint32_t i = 0; i < DRAWS; i++)
    drawn[sample_filtered(logits, &settings, &filter, random_u32(78u, i))]++;
  check(near((float)drawn[6] / DRAWS, 0.25f, 0.02f) && near((float)drawn[50] / DRAWS, 0.75f, 0.02f),
        "%d and %d of %d, not 0.25 and 0.75 of them", drawn[6], drawn[50], DRAWS);
}

const Test sampling_tests[] = {
    {"greedy sampling", test_greedy},
    {"sampling without cuts", test_no_cuts},
    {"top-k", test_top_k},
    {"frequencies of draws", test_frequencies},
    {"nucleus", test_nucleus},
    {"sampling is deterministic", test_sampling_again},
    {"tokens of fixed draws", test_sampling_bits},
    {"refused tokens", test_refused},
    {"a refused nucleus", test_refused_nucleus},
    {"frequencies beside refused tokens", test_refused_frequencies},
    {NULL, NULL},
};
