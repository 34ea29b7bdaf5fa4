/* gates.c - mixing a model with counts, and fitting how. */
#include "counts/gates.h"

#include "base/floats.h"
#include "math/math_ops.h"

#define LARGEST_LOSS 27.725887f /* 40 ln 2 */

void gates_reset(float gate[MAX_GATES]) {
  for (int i = 0; i < MAX_GATES; i++) gate[i] = DEFAULT_GATE;
}

bool gates_sound(const float gate[MAX_GATES]) {
  for (int i = 0; i < MAX_GATES; i++)
    if (!(gate[i] >= 0.0f && gate[i] <= 1.0f)) return false;
  return true;
}

/* ---- fitting ---- */

/* A pair is the binary32 number p_counts / p_model, of whose 23 bits of fraction the lowest 6 make
 * place for the bucket. */
enum { BUCKET_BITS = 6, BUCKET_MASK = (1 << BUCKET_BITS) - 1 };

uint32_t gate_pair(float loss, float p, int bucket) {
  const float ratio = p * float_exp(loss < LARGEST_LOSS ? loss : LARGEST_LOSS);
  return (float_bits(ratio) & ~(uint32_t)BUCKET_MASK) | (uint32_t)bucket;
}

enum {
  ROUNDS = 20,
  USUAL_TOKENS = 8,   /* that the default counts for in each bucket */
  SHARE_UNITS = 65536 /* in which shares are summed, exactly */
};

static void fit_once(float gate[MAX_GATES], const uint32_t *pairs, int n) {
  int32_t share[MAX_GATES] = {0}, tokens[MAX_GATES] = {0};
  for (int i = 0; i < n; i++) {
    const uint32_t bucket = pairs[i] & BUCKET_MASK;
    const float g = gate[bucket], ratio = float_from_bits(pairs[i] & ~(uint32_t)BUCKET_MASK);
    share[bucket] += float_round(g / (g + (1.0f - g) * ratio) * (float)SHARE_UNITS);
    tokens[bucket]++;
  }
  for (int b = 0; b < MAX_GATES; b++)
    gate[b] = (float_of_i32(share[b]) / (float)SHARE_UNITS + DEFAULT_GATE * (float)USUAL_TOKENS) /
              (float)(tokens[b] + USUAL_TOKENS);
}

void gates_fit(float gate[MAX_GATES], const uint32_t *pairs, int n) {
  gates_reset(gate);
  for (int round = 0; round < ROUNDS; round++) fit_once(gate, pairs, n);
}

/* ---- mixing ---- */

float gate_loss(float gate, float loss, float p) {
  const float model = float_exp(loss < LARGEST_LOSS ? 0.0f - loss : 0.0f - LARGEST_LOSS);
  const float mixed = gate * model + (1.0f - gate) * p;
  return 0.0f - float_log(mixed < TINY ? TINY : mixed);
}

void gate_logits(float gate, float *logits, const float *p, int vocab) {
  ops->exp_shifted(logits, ops->max(logits, vocab), vocab);
  const float share = gate / ops->sum(logits, vocab), rest = 1.0f - gate;
  for (int w = 0; w < vocab; w++) {
    const float mixed = share * flush_tiny(logits[w]) + rest * p[w];
    logits[w] = float_log(mixed < TINY ? TINY : mixed);
  }
}
