/* baseline_backward.c - the float32 backward pass: baseline_forward.c from its end to its start. */
#include <string.h>

#include "baseline/baseline.h"
#include "baseline/loops.h"

static void clear(float *x, int n) { memset(x, 0, (size_t)n * sizeof(float)); }

/* ---- pieces ---- */

/* dx += inverse (dy - y mean(dy y)).  y, dy, dx [n] */
static void norm_row_backward(const float *restrict y, float inverse, const float *restrict dy,
                              float *restrict dx, int n) {
  const float mean = dot_loop(dy, y, n) / (float)n;
  for (int i = 0; i < n; i++) dx[i] += inverse * (dy[i] - mean * y[i]);
}

void baseline_norm_backward(const BaselineNorm *a, const float *dy, float *dx, int n, int width) {
  for (int t = 0; t < n; t++)
    norm_row_backward(a->y + t * width, a->inverse[t], dy + t * width, dx + t * width, width);
}

/* A product y = w x: from dy [n,R] to the gradient of w [R,C] and, added, to dx [n,C]. */
static void product_backward(Baseline *b, int l, LayerMatrix which, const float *dy, const float *x,
                             float *dx, int n, int R, int C) {
  b->products->weight_gradient(b->gradients.matrix[l][which], dy, x, n, R, C);
  b->products->input_gradient(dx, b->weights.matrix[l][which], dy, n, R, C);
}

/* ---- loss ---- */

/* To b->dx; returns the summed loss. */
static float loss_backward(Baseline *b, const uint16_t *targets, int n, float scale) {
  const int D = b->config.dim, V = b->config.vocab;
  const float *embedding = b->weights.token_embedding;
  float loss = 0.0f;
  b->products->forward(b->logits, embedding, b->final.y, n, V, D);
  for (int t = 0; t < n; t++) {
    float *row = b->logits + t * V;
    loss += baseline_softmax(row, V, targets[t]);
    for (int v = 0; v < V; v++) row[v] *= scale;
    row[targets[t]] -= scale;
  }
  b->products->weight_gradient(b->gradients.token_embedding, b->logits, b->final.y, n, V, D);
  clear(b->dnorm, n * D);
  b->products->input_gradient(b->dnorm, embedding, b->logits, n, V, D);
  clear(b->dx, n * D);
  baseline_norm_backward(&b->final, b->dnorm, b->dx, n, D);
  return loss;
}

/* ---- MLP ---- */

static void relu_squared_backward(float *restrict d, const float *restrict relu, int n) {
  for (int i = 0; i < n; i++) d[i] *= 2.0f * relu[i];
}

static void mlp_backward(Baseline *b, int l, int n) {
  const int D = b->config.dim, F = hidden_size(&b->config);
  BaselineLayer *a = &b->layer[l];
  clear(b->dnorm, n * F);
  product_backward(b, l, WDOWN, b->dx, a->hidden.y, b->dnorm, n, D, F);
  clear(b->dproduct, n * F);
  baseline_norm_backward(&a->hidden, b->dnorm, b->dproduct, n, F);
  relu_squared_backward(b->dproduct, a->relu, n * F);
  clear(b->dnorm, n * D);
  product_backward(b, l, WUP, b->dproduct, a->mlp_in.y, b->dnorm, n, F, D);
  baseline_norm_backward(&a->mlp_in, b->dnorm, b->dx, n, D);
}

/* ---- attention ---- */

/* Query t of one head: sets dquery and row t of dscores, of the scores before the gain. */
static void attention_query_backward(Baseline *b, int l, int h, int t, const float *dout) {
  const int D = b->config.dim, K = head_size(&b->config), T = b->config.context, at = h * K;
  const BaselineLayer *a = &b->layer[l];
  const float *p = a->scores + (h * b->rows + t) * T, *query = a->query.y + t * D + at;
  const float root = 1.0f / float_sqrt((float)K), gain = b->weights.query_gain[l][h];
  float *ds = b->dscores + t * T, *dquery = b->dquery + t * D + at;
  b->products->dots(ds, dout, a->value + at, D, t + 1, K);
  const float mean = dot_loop(p, ds, t + 1);
  for (int j = 0; j <= t; j++) ds[j] = p[j] * (ds[j] - mean) * root;
  clear(dquery, K);
  b->products->mix(dquery, ds, 1, a->key.y + at, D, t + 1, K);
  b->gradients.query_gain[l][h] += dot_loop(dquery, query, K);
  for (int i = 0; i < K; i++) dquery[i] *= gain;
}

/* Key and value j of one head, which the queries j..n-1 have looked at: sets dkey and dvalue. */
static void attention_key_backward(Baseline *b, int l, int h, int j, const float *dout, int n) {
  const int D = b->config.dim, K = head_size(&b->config), T = b->config.context;
  const BaselineLayer *a = &b->layer[l];
  const int at = j * D + h * K, diagonal = j * T + j;
  const float *scores = a->scores + h * b->rows * T;
  const float gain = b->weights.query_gain[l][h];
  float *dkey = b->dkey + at, *dvalue = b->dvalue + at;
  clear(dkey, K);
  clear(dvalue, K);
  b->products->mix(dkey, b->dscores + diagonal, T, a->query.y + at, D, n - j, K);
  b->products->mix(dvalue, scores + diagonal, T, dout + at, D, n - j, K);
  for (int i = 0; i < K; i++) dkey[i] *= gain;
}

void baseline_attention_backward(Baseline *b, int l, const float *dout, int n) {
  const int D = b->config.dim, K = head_size(&b->config);
  for (int h = 0; h < b->config.heads; h++) {
    for (int t = 0; t < n; t++) attention_query_backward(b, l, h, t, dout + t * D + h * K);
    for (int j = 0; j < n; j++) attention_key_backward(b, l, h, j, dout, n);
  }
}

/* d [n,D] of normalised and turned queries or keys to that of their product, in b->dproduct: first
 * the norm, whose y is turned too, then RoPE back. */
static void heads_backward(Baseline *b, const BaselineNorm *a, const float *d, int n) {
  const int D = b->config.dim;
  clear(b->dproduct, n * D);
  baseline_norm_backward(a, d, b->dproduct, n * b->config.heads, head_size(&b->config));
  for (int t = 0; t < n; t++) baseline_rope(b, b->dproduct + t * D, t, true);
}

static void attention_backward(Baseline *b, int l, int n) {
  const int D = b->config.dim;
  BaselineLayer *a = &b->layer[l];
  clear(b->dnorm, n * D);
  product_backward(b, l, WO, b->dx, a->attention_out.y, b->dnorm, n, D, D);
  clear(b->dmixed, n * D);
  baseline_norm_backward(&a->attention_out, b->dnorm, b->dmixed, n, D);
  baseline_attention_backward(b, l, b->dmixed, n);
  clear(b->dnorm, n * D);
  heads_backward(b, &a->query, b->dquery, n);
  product_backward(b, l, WQ, b->dproduct, a->attention_in.y, b->dnorm, n, D, D);
  heads_backward(b, &a->key, b->dkey, n);
  product_backward(b, l, WK, b->dproduct, a->attention_in.y, b->dnorm, n, D, D);
  product_backward(b, l, WV, b->dvalue, a->attention_in.y, b->dnorm, n, D, D);
  baseline_norm_backward(&a->attention_in, b->dnorm, b->dx, n, D);
}

/* ---- the whole model ---- */

static void embed_backward(Baseline *b, const uint16_t *tokens, int n) {
  const int D = b->config.dim;
  for (int t = 0; t < n; t++) {
    axpy_loop(b->gradients.token_embedding + tokens[t] * D, 1.0f, b->dx + t * D, D);
    if (b->config.bigram_rows == 0) continue;
    const int row =
        row_of_pair(b->config.bigram_rows, b->config.vocab, t > 0 ? tokens[t - 1] : 0, tokens[t]);
    axpy_loop(b->gradients.bigram_embedding + row * D, 1.0f, b->dx + t * D, D);
  }
}

float baseline_backward(Baseline *b, const uint16_t *tokens, const uint16_t *targets, int n,
                        float scale) {
  const float loss = loss_backward(b, targets, n, scale);
  for (int l = b->config.layers - 1; l >= 0; l--) {
    mlp_backward(b, l, n);
    attention_backward(b, l, n);
  }
  embed_backward(b, tokens, n);
  return loss;
}
