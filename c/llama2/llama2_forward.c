/* llama2_forward.c - one position through a Llama 2, in the order of the model.
 *
 * Whatever a matrix or a sum gave is flushed (settle) before it is a factor: see llama2_model.h.
 */
#include <string.h>

#include "llama2/llama2_model.h"
#include "math/math_ops.h"

#define NORM_EPSILON 1e-5f

/* Tiny values of x [n] to zero. */
static void settle(float *x, int n) { ops->scale_flush(x, 1.0f, n); }

/* The matrix of a layer. */
static const float *weights_of(const Llama2 *m, Llama2Tensor tensor, int layer) {
  const Llama2Extent e = llama2_extent(&m->shape, tensor);
  return m->weights[tensor] + (size_t)layer * (size_t)e.rows * (size_t)e.cols;
}

/* y[R] = W[R,C] x[C] of a layer, settled. */
static void product(const Llama2 *m, Llama2Tensor tensor, int layer, const float *x, float *y) {
  const Llama2Extent e = llama2_extent(&m->shape, tensor);
  ops->dots(y, x, weights_of(m, tensor, layer), e.rows, e.cols);
  settle(y, e.rows);
}

#define LARGE 1.12589990684262e15f       /* 2^50: the squares of some thousand such are floats */
#define SMALLER 5.42101086242752217e-20f /* 2^-64 */

/* y = norm(x) gain. Of large numbers that part is taken whose squares are floats; what is added
 * under the root is nothing beside these. x, gain, y [n] */
static void norm(float *y, const float *x, const float *gain, int n) {
  const bool large = ops->absmax(x, n) > LARGE;
  ops->scale(y, x, large ? SMALLER : 1.0f, n);
  const float mean_square = ops->sum_squares(y, n) / (float)n;
  ops->scale_flush(y, 1.0f / float_sqrt(large ? mean_square : mean_square + NORM_EPSILON), n);
  ops->multiply(y, y, gain, n);
  settle(y, n);
}

/* x += W in, the end of a sublayer. */
static void add_product(Llama2 *m, Llama2Tensor tensor, int layer, const float *in) {
  product(m, tensor, layer, in, m->normed);
  ops->axpy(m->x, 1.0f, m->normed, m->shape.dim);
}

/* ---- attention ---- */

/* Turns the heads of x [heads,K] by the angles of the position, then scales them. */
static void turn(const Llama2 *m, float *x, int heads, float scale) {
  const int K = llama2_head_size(&m->shape), at = m->count * (K / 2);
  for (int h = 0; h < heads; h++)
    ops->rope(x + h * K, m->rope_cos + at, m->rope_sin + at, K, false);
  ops->scale_flush(x, scale, heads * K);
}

/* Where the head j of a layer begins in the keys and the values. */
static size_t cache_at(const Llama2 *m, int layer, int j) {
  const size_t heads = (size_t)layer * (size_t)m->shape.kv_heads + (size_t)j;
  return heads * (size_t)m->room * (size_t)llama2_head_size(&m->shape);
}

/* Key and value of the position, to those of the positions before it. */
static void keep(Llama2 *m, int layer) {
  const int K = llama2_head_size(&m->shape);
  for (int j = 0; j < m->shape.kv_heads; j++) {
    const size_t at = cache_at(m, layer, j) + (size_t)m->count * (size_t)K;
    memcpy(m->key + at, m->new_key + j * K, (size_t)K * sizeof(float));
    memcpy(m->value + at, m->new_value + j * K, (size_t)K * sizeof(float));
  }
}

/* One head: softmax(q k) v over all positions so far. */
static void attend(Llama2 *m, int layer, int h) {
  const int K = llama2_head_size(&m->shape), n = m->count + 1;
  const size_t at = cache_at(m, layer, h / (m->shape.heads / m->shape.kv_heads));
  float *out = m->mixed + h * K;
  ops->dots(m->scores, m->query + h * K, m->key + at, n, K);
  ops->exp_shifted(m->scores, ops->max(m->scores, n), n);
  ops->scale_flush(m->scores, 1.0f / ops->sum(m->scores, n), n);
  memset(out, 0, (size_t)K * sizeof(float));
  ops->mix(out, m->scores, m->value + at, n, K);
}

static void attention(Llama2 *m, int layer) {
  const Llama2Shape *s = &m->shape;
  norm(m->normed, m->x, weights_of(m, LLAMA2_ATTENTION_GAIN, layer), s->dim);
  product(m, LLAMA2_WQ, layer, m->normed, m->query);
  product(m, LLAMA2_WK, layer, m->normed, m->new_key);
  product(m, LLAMA2_WV, layer, m->normed, m->new_value);
  turn(m, m->query, s->heads, 1.0f / float_sqrt((float)llama2_head_size(s)));
  turn(m, m->new_key, s->kv_heads, 1.0f);
  keep(m, layer);
  for (int h = 0; h < s->heads; h++) attend(m, layer, h);
  settle(m->mixed, s->dim);
  add_product(m, LLAMA2_WO, layer, m->mixed);
}

/* ---- MLP ---- */

/* x = silu(x) = x / (1 + exp(-x)), by the exponential of -|x| alone, which is at most 1.
 * x, scratch [n] */
static void silu(float *x, float *scratch, int n) {
  for (int i = 0; i < n; i++) scratch[i] = -float_abs(x[i]);
  ops->exp_shifted(scratch, 0.0f, n);
  for (int i = 0; i < n; i++) {
    const float e = scratch[i], sigmoid = (x[i] < 0.0f ? e : 1.0f) / (1.0f + e);
    x[i] = flush_tiny(x[i] * flush_tiny(sigmoid));
  }
}

static void mlp(Llama2 *m, int layer) {
  const int F = m->shape.hidden;
  norm(m->normed, m->x, weights_of(m, LLAMA2_MLP_GAIN, layer), m->shape.dim);
  product(m, LLAMA2_W1, layer, m->normed, m->gate);
  product(m, LLAMA2_W3, layer, m->normed, m->up);
  silu(m->gate, m->sigmoid, F);
  ops->multiply(m->gate, m->gate, m->up, F);
  settle(m->gate, F);
  add_product(m, LLAMA2_W2, layer, m->gate);
}

/* ---- the whole ---- */

void llama2_push(Llama2 *m, int token) {
  const size_t D = (size_t)m->shape.dim;
  memcpy(m->x, m->weights[LLAMA2_EMBEDDING] + (size_t)token * D, D * sizeof(float));
  for (int l = 0; l < m->shape.layers; l++) {
    attention(m, l);
    mlp(m, l);
  }
  m->count++;
}

const float *llama2_logits(Llama2 *m) {
  norm(m->normed, m->x, m->weights[LLAMA2_FINAL_GAIN], m->shape.dim);
  product(m, LLAMA2_CLASSIFIER, 0, m->normed, m->logits);
  return m->logits;
}

int llama2_draw(Llama2 *m, const legacy_llm_sampling *sampling, uint32_t random) {
  const SamplerSettings settings = {sampling->temperature, sampling->top_k, sampling->top_p};
  const TokenFilter any = {NULL, NULL};
  return sample(m->logits, m->shape.vocab, &settings, &any, m->candidates, random);
}
