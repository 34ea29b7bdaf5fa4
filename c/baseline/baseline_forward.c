/* baseline_forward.c - the float32 forward pass, for a whole sequence or for one position. */
#include <string.h>

#include "baseline/baseline.h"
#include "baseline/loops.h"

#define NORM_EPSILON 1e-6f

/* ---- pieces ---- */

/* y = x / rms(x); returns 1 / rms(x). x, y [n] */
static float norm_row(float *y, const float *x, int n) {
  const float inverse = 1.0f / float_sqrt(dot_loop(x, x, n) / (float)n + NORM_EPSILON);
  for (int i = 0; i < n; i++) y[i] = x[i] * inverse;
  return inverse;
}

void baseline_norm(BaselineNorm *out, int row, const float *x, int n, int width) {
  for (int t = 0; t < n; t++)
    out->inverse[row + t] = norm_row(out->y + (row + t) * width, x + t * width, width);
}

void baseline_rope(const Baseline *b, float *x, int position, bool inverse) {
  const int K = head_size(&b->config), half = K / 2;
  const float *cosine = b->rope_cos + position * half, *sine = b->rope_sin + position * half;
  const float sign = inverse ? -1.0f : 1.0f;
  for (int h = 0; h < b->config.heads; h++) {
    float *low = x + h * K, *high = low + half;
    for (int i = 0; i < half; i++) {
      const float u = low[i], v = high[i], s = sign * sine[i];
      low[i] = u * cosine[i] - v * s;
      high[i] = u * s + v * cosine[i];
    }
  }
}

/* scores [count] to softmax. */
static void softmax_row(float *x, int count) {
  float largest = x[0], sum = 0.0f;
  for (int j = 1; j < count; j++) largest = x[j] > largest ? x[j] : largest;
  for (int j = 0; j < count; j++) sum += x[j] = exp_inline(x[j] - largest);
  const float inverse = 1.0f / sum;
  for (int j = 0; j < count; j++) x[j] *= inverse;
}

float baseline_softmax(float *logits, int vocab, int target) {
  softmax_row(logits, vocab);
  const float p = logits[target];
  return -float_log(p > 1e-12f ? p : 1e-12f);
}

/* ---- attention ---- */

/* Query row i (position t) of one head. */
static void attention_query(Baseline *b, int l, int h, int i, int t, float *out) {
  const int D = b->config.dim, K = head_size(&b->config), T = b->config.context;
  BaselineLayer *a = &b->layer[l];
  const float scale = b->weights.query_gain[l][h] / float_sqrt((float)K);
  const float *query = a->query.y + i * D + h * K;
  float *p = a->scores + (h * b->rows + i) * T;
  b->products->dots(p, query, a->key.y + h * K, D, t + 1, K);
  for (int j = 0; j <= t; j++) p[j] *= scale;
  softmax_row(p, t + 1);
  memset(out, 0, (size_t)K * sizeof(float));
  b->products->mix(out, p, 1, a->value + h * K, D, t + 1, K);
}

void baseline_attention(Baseline *b, int l, float *out, int start, int n) {
  const int D = b->config.dim, K = head_size(&b->config);
  for (int h = 0; h < b->config.heads; h++)
    for (int i = 0; i < n; i++) attention_query(b, l, h, i, start + i, out + i * D + h * K);
}

/* Queries or keys of positions start.. from their product: RMSNorm per head, RoPE. */
static void normalise_heads(Baseline *b, BaselineNorm *out, int row, int start, int n) {
  const int D = b->config.dim, H = b->config.heads;
  baseline_norm(out, row * H, b->product, n * H, head_size(&b->config));
  for (int i = 0; i < n; i++) baseline_rope(b, out->y + (row + i) * D, start + i, false);
}

static void add(float *restrict x, const float *restrict y, int n) {
  for (int i = 0; i < n; i++) x[i] += y[i];
}

static void attention_forward(Baseline *b, int l, int start, int n) {
  const int D = b->config.dim;
  float *const *w = b->weights.matrix[l];
  BaselineLayer *a = &b->layer[l];
  baseline_norm(&a->attention_in, 0, b->x, n, D);
  b->products->forward(b->product, w[WQ], a->attention_in.y, n, D, D);
  normalise_heads(b, &a->query, 0, start, n);
  b->products->forward(b->product, w[WK], a->attention_in.y, n, D, D);
  normalise_heads(b, &a->key, start, start, n);
  b->products->forward(a->value + start * D, w[WV], a->attention_in.y, n, D, D);
  baseline_attention(b, l, b->product, start, n);
  baseline_norm(&a->attention_out, 0, b->product, n, D);
  b->products->forward(b->product, w[WO], a->attention_out.y, n, D, D);
  add(b->x, b->product, n * D);
}

/* ---- MLP ---- */

static void relu_squared(float *restrict relu, float *restrict x, int n) {
  for (int i = 0; i < n; i++) {
    relu[i] = x[i] > 0.0f ? x[i] : 0.0f;
    x[i] = relu[i] * relu[i];
  }
}

static void mlp_forward(Baseline *b, int l, int n) {
  const int D = b->config.dim, F = hidden_size(&b->config);
  float *const *w = b->weights.matrix[l];
  BaselineLayer *a = &b->layer[l];
  baseline_norm(&a->mlp_in, 0, b->x, n, D);
  b->products->forward(b->product, w[WUP], a->mlp_in.y, n, F, D);
  relu_squared(a->relu, b->product, n * F);
  baseline_norm(&a->hidden, 0, b->product, n, F);
  b->products->forward(b->product, w[WDOWN], a->hidden.y, n, D, F);
  add(b->x, b->product, n * D);
}

/* ---- the whole model ---- */

static void embed(Baseline *b, const uint16_t *tokens, int start, int n) {
  const int D = b->config.dim;
  for (int i = 0; i < n; i++) {
    const int t = start + i;
    memcpy(b->x + i * D, b->weights.token_embedding + tokens[t] * D, (size_t)D * sizeof(float));
    if (b->config.bigram_rows == 0) continue;
    const int row =
        row_of_pair(b->config.bigram_rows, b->config.vocab, t > 0 ? tokens[t - 1] : 0, tokens[t]);
    add(b->x + i * D, b->weights.bigram_embedding + row * D, D);
  }
}

void baseline_forward(Baseline *b, const uint16_t *tokens, int start, int n) {
  embed(b, tokens, start, n);
  for (int l = 0; l < b->config.layers; l++) {
    attention_forward(b, l, start, n);
    mlp_forward(b, l, n);
  }
  baseline_norm(&b->final, 0, b->x, n, b->config.dim);
}

void baseline_logits(Baseline *b, int i) {
  const int D = b->config.dim, V = b->config.vocab;
  b->products->forward(b->logits + i * V, b->weights.token_embedding, b->final.y + i * D, 1, V, D);
}
