/* sampler.h - from logits to a token: the likeliest, or one drawn from what temperature, top-k and
 * top-p leave of the distribution.
 *
 * The cuts come in the customary order, each on what the one before has left:
 *
 *   temperature   logits are divided by it; below LEAST_TEMPERATURE: greedy, no draw
 *   top-k         the k largest (Fan et al., 2018); of equals at the border, the lower tokens
 *   top-p         the nucleus: the fewest of the largest with a probability of p in all, at least
 *                 one (Holtzman et al., 2020)
 *
 * What is left is drawn from in proportion, with 24 random bits. Where the caller refuses a token,
 * it is taken out and another is drawn with other bits, so that the others keep their proportions;
 * where all that is left is refused, it is the likeliest of the others that is not. No state and no
 * memory of its own.
 */
#ifndef SAMPLER_H
#define SAMPLER_H

#include "base/config.h"

#define LEAST_TEMPERATURE 0.01f

typedef struct {
  float temperature;
  int32_t top_k; /* 0, or V and more: all */
  float top_p;   /* 1 and more: all */
} SamplerSettings;

/* A token as the cuts order them. */
typedef struct {
  float logit;
  int32_t token;
} Candidate;

/* Whether a token may be drawn. */
typedef struct {
  const void *context;
  bool (*takes)(const void *context, int token); /* null: every one may */
} TokenFilter;

/* Index of the largest of x [n], the first of equals. */
int argmax(const float *x, int n);

/* Draws a token; where the filter takes none of all, the likeliest. Overwrites logits [V]. scratch
 * [V] is used, and need be there, only if top_k or top_p cuts or there is a filter. Time O(V + m
 * log V) for m tokens that are left, and O(V) more for each that is refused. */
int sample(float *logits, int vocab, const SamplerSettings *settings, const TokenFilter *filter,
           Candidate *scratch, uint32_t random);

#endif
