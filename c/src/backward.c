/* backward.c - the backward pass: forward.c read from its end to its start. */
#include "backward.h"

#include <string.h>

#include "math_ops.h"
#include "trace.h"

/* ---- memory ---- */

void gradients_layout(Gradients *g, const ModelConfig *c, Arena *arena) {
  const size_t D = (size_t)c->dim, F = (size_t)hidden_size(c);
  for (int l = 0; l < c->layers; l++) {
    for (int i = 0; i < LAYER_MATRICES; i++)
      g->matrix[l][i] = arena_take(arena, MEMORY_GRADIENTS, D * (i < WUP ? D : F), sizeof(float));
    g->query_gain[l] = arena_take(arena, MEMORY_GRADIENTS, (size_t)c->heads, sizeof(float));
  }
  g->token_embedding = arena_take(arena, MEMORY_GRADIENTS, (size_t)c->vocab * D, sizeof(float));
  g->bigram_embedding =
      arena_take(arena, MEMORY_GRADIENTS, (size_t)c->bigram_rows * D, sizeof(float));
}

int gradients_float_blocks(const Gradients *g, const ModelConfig *c,
                           float *blocks[MAX_FLOAT_BLOCKS]) {
  int count = 0;
  blocks[count++] = g->token_embedding;
  if (c->bigram_rows > 0) blocks[count++] = g->bigram_embedding;
  for (int l = 0; l < c->layers; l++) blocks[count++] = g->query_gain[l];
  return count;
}

static void clear(float *x, int n) { memset(x, 0, (size_t)n * sizeof(float)); }

void gradients_clear(Gradients *g, const ModelConfig *c) {
  for (int l = 0; l < c->layers; l++) {
    for (int i = 0; i < LAYER_MATRICES; i++)
      clear(g->matrix[l][i], c->dim * (i < WUP ? c->dim : hidden_size(c)));
    clear(g->query_gain[l], c->heads);
  }
  clear(g->token_embedding, c->vocab * c->dim);
  clear(g->bigram_embedding, c->bigram_rows * c->dim);
}

void backward_layout(BackwardWorkspace *b, const ModelConfig *c, int capacity, Arena *arena) {
  const size_t T = (size_t)capacity, D = (size_t)c->dim, F = (size_t)hidden_size(c);
  const size_t K = (size_t)head_size(c);
  b->dx = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->dnorm = arena_take(arena, MEMORY_WORKSPACE, T * F, sizeof(float));
  b->dproduct = arena_take(arena, MEMORY_WORKSPACE, T * F, sizeof(float));
  b->dmixed = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->dquery = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->dkey = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->dvalue = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->queries = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(float));
  b->keys = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(float));
  b->dscores = arena_take(arena, MEMORY_WORKSPACE, T, sizeof(float));
  linear_layout(&b->linear, c, capacity, arena);
}

/* ---- loss and logits ---- */

/* Position t: from logits to the gradient of norm(x), dnorm[D], and of the output embedding. */
static float logits_backward(const Model *model, Activations *a, Gradients *g, int t, int target,
                             float *dnorm) {
  const int D = model->config.dim, V = model->config.vocab;
  float *dlogits = a->work.logits;
  forward_logits(model, a, t, dlogits);
  float loss = softmax_cross_entropy(dlogits, V, target);
  dlogits[target] = dlogits[target] - 1.0f;
  for (int v = 0; v < V; v++) {
    if (dlogits[v] == 0.0f) continue;
    ops->axpy(dnorm, dlogits[v], model->token_embedding + v * D, D);
    ops->axpy(g->token_embedding + v * D, dlogits[v], a->work.row, D);
  }
  return loss;
}

/* ---- norm ---- */

void norm_backward(const NormActivations *a, int t, const float *dnorm, float *dx, float *row) {
  const int8_t *q = a->q + t * a->width;
  const float scale = a->scale[t];
  ops->dequantize(row, q, 1.0f, a->width);
  float along = flush_tiny(ops->dot(dnorm, row, a->width) / (float)a->width);
  ops->norm_backward(dx, dnorm, q, a->inverse_rms[t], flush_tiny(along * scale) * scale, a->width);
}

/* ---- MLP ---- */

void relu_squared_backward(const LayerActivations *a, int t, const float *dnorm, float *dup,
                           float *row) {
  const int F = a->hidden.width;
  const int8_t *relu = a->relu + t * F;
  clear(dup, F);
  norm_backward(&a->hidden, t, dnorm, dup, row);
  for (int i = 0; i < F; i++) dup[i] = dup[i] * (float)relu[i];
}

static void mlp_backward(const Model *model, int l, Activations *a, BackwardWorkspace *b,
                         Gradients *g, int n) {
  const int D = model->config.dim, F = hidden_size(&model->config);
  const TernaryMatrix *up = &model->layer[l].matrix[WUP], *down = &model->layer[l].matrix[WDOWN];
  const LayerActivations *layer = &a->layer[l];
  ForwardWorkspace *work = &a->work;
  linear_backward_weights(down, work, &b->linear, b->dx, &layer->hidden, g->matrix[l][WDOWN], n);
  clear(b->dnorm, n * F);
  linear_backward_input(down, work, &b->linear, b->dx, b->dnorm, n);
  for (int t = 0; t < n; t++)
    relu_squared_backward(layer, t, b->dnorm + t * F, b->dproduct + t * F, work->row);
  linear_backward_weights(up, work, &b->linear, b->dproduct, &layer->mlp_in, g->matrix[l][WUP], n);
  clear(b->dnorm, n * D);
  linear_backward_input(up, work, &b->linear, b->dproduct, b->dnorm, n);
  for (int t = 0; t < n; t++)
    norm_backward(&layer->mlp_in, t, b->dnorm + t * D, b->dx + t * D, work->row);
  trace_floats("before_mlp.gradient", l, b->dx, n * D);
}

/* ---- attention ---- */

void attention_row_backward(float *dp, const float *p, int count) {
  float mean = ops->dot(p, dp, count);
  for (int j = 0; j < count; j++) dp[j] = flush_tiny(p[j] * flush_tiny(dp[j] - mean));
}

/* Query t of head h: adds to dvalue, dkey of positions 0..t, sets dquery of t; returns the
 * contribution to the gain's gradient. */
static float attention_query_backward(const Model *model, const Activations *a,
                                      BackwardWorkspace *b, int h, int t, float gain) {
  const int D = model->config.dim, K = head_size(&model->config);
  const float *p = a->work.scores, *dmixed = b->dmixed + t * D + h * K;
  const float *query = b->queries + t * K;
  float *dquery = b->dquery + t * D + h * K;
  const float root = 1.0f / float_sqrt((float)K);
  for (int j = 0; j <= t; j++) b->dscores[j] = ops->dot(dmixed, a->work.values + j * K, K);
  attention_row_backward(b->dscores, p, t + 1);
  clear(dquery, K);
  for (int j = 0; j <= t; j++) {
    if (p[j] == 0.0f) continue;
    const float ds = b->dscores[j] * root;
    ops->axpy(b->dvalue + j * D + h * K, p[j], dmixed, K);
    ops->axpy(dquery, ds, b->keys + j * K, K);
    ops->axpy(b->dkey + j * D + h * K, ds * gain, query, K);
  }
  float dgain = ops->dot(dquery, query, K);
  ops->scale_flush(dquery, gain, K);
  return dgain;
}

/* All queries of one head; the row of probabilities is computed again, not kept. */
static void attention_head_backward(const Model *model, const LayerActivations *layer,
                                    Activations *a, BackwardWorkspace *b, int h, float gain,
                                    float *dgain, int n) {
  const int H = model->config.heads, K = head_size(&model->config);
  ForwardWorkspace *work = &a->work;
  for (int j = 0; j < n; j++) {
    const int at = j * H + h;
    ops->widen_i8(work->keys + j * K, layer->key.q + at * K, K);
    ops->dequantize(b->keys + j * K, layer->key.q + at * K, layer->key.scale[at], K);
    ops->dequantize(b->queries + j * K, layer->query.q + at * K, layer->query.scale[at], K);
    ops->dequantize(work->values + j * K, layer->value.q + at * K, layer->value.scale[at], K);
  }
  for (int t = 0; t < n; t++) {
    const int at = t * H + h;
    ops->widen_i8(work->query, layer->query.q + at * K, K);
    attention_row(work->scores, work->product, work->query, work->keys, layer->key.scale + h, H,
                  gain / float_sqrt((float)K) * layer->query.scale[at], t + 1, K);
    *dgain = *dgain + attention_query_backward(model, a, b, h, t, gain);
  }
}

void attention_heads_backward(const Model *model, int l, Activations *a, BackwardWorkspace *b,
                              Gradients *g, int n) {
  clear(b->dkey, n * model->config.dim);
  clear(b->dvalue, n * model->config.dim);
  for (int h = 0; h < model->config.heads; h++)
    attention_head_backward(model, &a->layer[l], a, b, h, model->layer[l].query_gain[h],
                            &g->query_gain[l][h], n);
}

void heads_backward(const Model *model, const HeadActivations *a, float *d, float *row, int n) {
  const int D = model->config.dim, H = model->config.heads, K = head_size(&model->config);
  for (int t = 0; t < n; t++)
    for (int h = 0; h < H; h++) {
      const int at = t * H + h, turn = t * (K / 2);
      float *dh = d + t * D + h * K;
      ops->dequantize(row, a->q + at * K, a->scale[at], K);
      ops->axpy(dh, -flush_tiny(ops->dot(dh, row, K) / (float)K), row, K);
      ops->scale_flush(dh, a->inverse_rms[at], K);
      rope(dh, model->rope_cos + turn, model->rope_sin + turn, K, true);
    }
}

/* One of WQ, WK, WV: gradient of its product, d [T,D], to its weights and to b->dnorm [T,D]. */
static void project_backward(const Model *model, int l, LayerMatrix which, Activations *a,
                             BackwardWorkspace *b, Gradients *g, const float *d, int n) {
  const TernaryMatrix *w = &model->layer[l].matrix[which];
  linear_backward_weights(w, &a->work, &b->linear, d, &a->layer[l].attention_in,
                          g->matrix[l][which], n);
  linear_backward_input(w, &a->work, &b->linear, d, b->dnorm, n);
}

/* From dx to the gradient of the heads' outputs, b->dmixed. */
static void attention_out_backward(const Model *model, int l, Activations *a, BackwardWorkspace *b,
                                   Gradients *g, int n) {
  const int D = model->config.dim;
  const TernaryMatrix *w = &model->layer[l].matrix[WO];
  const NormActivations *out = &a->layer[l].attention_out;
  linear_backward_weights(w, &a->work, &b->linear, b->dx, out, g->matrix[l][WO], n);
  clear(b->dnorm, n * D);
  linear_backward_input(w, &a->work, &b->linear, b->dx, b->dnorm, n);
  clear(b->dmixed, n * D);
  for (int t = 0; t < n; t++)
    norm_backward(out, t, b->dnorm + t * D, b->dmixed + t * D, a->work.row);
}

static void attention_backward(const Model *model, int l, Activations *a, BackwardWorkspace *b,
                               Gradients *g, int n) {
  const int D = model->config.dim;
  const LayerActivations *layer = &a->layer[l];
  attention_out_backward(model, l, a, b, g, n);
  attention_heads_backward(model, l, a, b, g, n);
  heads_backward(model, &layer->query, b->dquery, a->work.row, n);
  heads_backward(model, &layer->key, b->dkey, a->work.row, n);
  clear(b->dnorm, n * D);
  project_backward(model, l, WQ, a, b, g, b->dquery, n);
  project_backward(model, l, WK, a, b, g, b->dkey, n);
  project_backward(model, l, WV, a, b, g, b->dvalue, n);
  for (int t = 0; t < n; t++)
    norm_backward(&layer->attention_in, t, b->dnorm + t * D, b->dx + t * D, a->work.row);
  trace_floats("before_attention.gradient", l, b->dx, n * D);
}

/* ---- embedding ---- */

static void embed_backward(const Model *model, Gradients *g, const uint16_t *tokens,
                           const float *dx, int n) {
  const int D = model->config.dim;
  for (int t = 0; t < n; t++) {
    ops->axpy(g->token_embedding + tokens[t] * D, 1.0f, dx + t * D, D);
    if (model->config.bigram_rows == 0) continue;
    int row = model_bigram_row(&model->config, t > 0 ? tokens[t - 1] : 0, tokens[t]);
    ops->axpy(g->bigram_embedding + row * D, 1.0f, dx + t * D, D);
  }
}

/* ---- the whole model ---- */

void backward(const Model *model, Activations *a, BackwardWorkspace *b, Gradients *g,
              const uint16_t *tokens, const uint16_t *targets, int n, float *losses) {
  const int D = model->config.dim;
  clear(b->dnorm, n * D);
  clear(b->dx, n * D);
  for (int t = 0; t < n; t++)
    losses[t] = logits_backward(model, a, g, t, targets[t], b->dnorm + t * D);
  for (int t = 0; t < n; t++)
    norm_backward(&a->final, t, b->dnorm + t * D, b->dx + t * D, a->work.row);
  trace_floats("losses", -1, losses, n);
  for (int l = model->config.layers - 1; l >= 0; l--) {
    mlp_backward(model, l, a, b, g, n);
    attention_backward(model, l, a, b, g, n);
  }
  embed_backward(model, g, tokens, b->dx, n);
}
