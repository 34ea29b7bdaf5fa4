/* forward.h - from tokens to logits.
 *
 * One function serves training (a whole sequence at once, start = 0) and generation (one position
 * at a time: the int8 keys and values kept from earlier calls are the key/value cache). Both give
 * the same bits, because nothing depends on which positions share a call: every quantization scale
 * belongs to one position, and to one head inside attention.
 *
 * All of them run the positions of a Pass, start .. start+n-1.
 */
#ifndef FORWARD_H
#define FORWARD_H

#include "model/pass.h"

/* All layers, for activations with a slot for each. Leaves norm(x) of the positions in
 * activations->final. */
void forward(const Pass *pass);

/* Logits of position t, which forward has run: normalised[t,D] token_embedding[V,D]^T. They are
 * float [V], lie in the activations, may be overwritten, and are good until the next call. */
float *forward_logits(const Pass *pass, int t);

/* ---- the parts of forward, in their order, for who keeps less than everything ---- */

/* activations->x[t] = 8 (token_embedding[token] + the rows of its pair and n-grams) */
void embed_forward(const Pass *pass);

/* Layer l: from activations->x to there, keeping in `kept` what its backward needs. */
void layer_forward(const Pass *pass, int l, LayerActivations *kept);

/* activations->final = norm(x) */
void final_forward(const Pass *pass);

/* Logits of positions t .. t+n-1, 1..LOGITS_POSITIONS of them, after final_forward: norm(x) [n,D]
 * token_embedding[V,D]^T. The sums are those of int8 and int16, exact; one rounding each makes them
 * floats. logits float [n,V] */
void logits_forward(const Pass *pass, int t, int n, float *logits);

/* Turns logits[V] into probabilities in place (those below 2^-40 become 0) and returns the
 * cross-entropy -log p[target] in nats. */
float softmax_cross_entropy(float *logits, int vocab, int target);

/* ---- pieces of a layer, for backward, `bench` and the tests ---- */

/* All heads of layer l, from the queries, keys and values in `kept` to work.mixed, the outputs of
 * the positions. */
void attention_heads_forward(const Pass *pass, int l, const LayerActivations *kept);

/* How many queries of a head go together, of those that are left. */
static inline int attention_queries(int left) {
  return left < QUERIES_AT_ONCE ? left : QUERIES_AT_ONCE;
}

/* Positions at .. at+count-1; none where count <= 0. */
typedef struct {
  int at, count;
} Seen;

/* The positions of a block that query t looks at: from .. from+KEYS_AT_ONCE-1, but none before its
 * document, and none after itself. */
Seen attention_seen(const Pass *pass, int t, int from);

/* Probabilities of queries t .. t+n-1 of head h, n <= QUERIES_AT_ONCE, to the rows of work.scores,
 * from the keys in work; shared with backward. gain: that of the head's queries. */
void attention_scores(const Pass *pass, const HeadActivations *query, int h, int t, int n,
                      float gain);

/* One row of attention: scores[j] = softmax_j((scale * key_scale[j]) * sums[j]), j = 0..count-1.
 * sums int32 [count], of products of the query and the keys; key_scale float [count] */
void attention_row(float *scores, const int32_t *sums, const float *key_scale, float scale,
                   int count);

#endif
