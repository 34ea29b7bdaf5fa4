/* backward.c - the backward pass: forward.c read from its end to its start. */
#include "model/backward.h"

#include <string.h>

#include "base/trace.h"
#include "math/math_ops.h"

/* ---- memory ---- */

void gradients_layout(Gradients *g, const ModelConfig *c, int batch, bool by_layer, Arena *arena) {
  const size_t D = (size_t)c->dim, F = (size_t)hidden_size(c), word = sizeof(int32_t);
  g->fixed = fixed_point(batch, c->context);
  g->by_layer = by_layer;
  for (int l = 0; l < c->layers; l++) {
    for (int i = 0; i < LAYER_MATRICES; i++)
      g->matrix[l][i] = by_layer && l > 0
                            ? g->matrix[0][i]
                            : arena_take(arena, MEMORY_GRADIENTS, D * (i < WUP ? D : F), word);
    g->query_gain[l] = arena_take(arena, MEMORY_GRADIENTS, (size_t)c->heads, word);
  }
  g->token_embedding = arena_take(arena, MEMORY_GRADIENTS, (size_t)c->vocab * D, word);
  g->bigram_embedding = arena_take(arena, MEMORY_GRADIENTS, (size_t)c->bigram_rows * D, word);
}

int gradients_float_blocks(const Gradients *g, const ModelConfig *c,
                           int32_t *blocks[MAX_FLOAT_BLOCKS]) {
  int count = 0;
  blocks[count++] = g->token_embedding;
  if (c->bigram_rows > 0) blocks[count++] = g->bigram_embedding;
  for (int l = 0; l < c->layers; l++) blocks[count++] = g->query_gain[l];
  return count;
}

static void clear(float *x, int n) { memset(x, 0, (size_t)n * sizeof(float)); }
static void clear_sums(int32_t *x, int n) { memset(x, 0, (size_t)n * sizeof(int32_t)); }

void gradients_clear_layer(Gradients *g, const ModelConfig *c, int l) {
  for (int i = 0; i < LAYER_MATRICES; i++)
    clear_sums(g->matrix[l][i], c->dim * (i < WUP ? c->dim : hidden_size(c)));
}

void gradients_clear_floats(Gradients *g, const ModelConfig *c) {
  for (int l = 0; l < c->layers; l++) clear_sums(g->query_gain[l], c->heads);
  clear_sums(g->token_embedding, c->vocab * c->dim);
  clear_sums(g->bigram_embedding, c->bigram_rows * c->dim);
}

void backward_layout(BackwardWorkspace *b, const ModelConfig *c, int capacity, Arena *arena) {
  const size_t T = (size_t)capacity, D = (size_t)c->dim, F = (size_t)hidden_size(c);
  const size_t K = (size_t)head_size(c);
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

/* gradient[n] += x[n], the part of one position. */
static void add_gradient(const Gradients *g, int32_t *gradient, const float *x, int n) {
  ops->add_rounded(gradient, x, g->fixed.per_unit, g->fixed.position_limit, n);
}

/* gradient[n] += a * x[n] */
static void add_scaled_gradient(const Gradients *g, int32_t *gradient, float a, const float *x,
                                int n) {
  ops->add_rounded(gradient, x, a * g->fixed.per_unit, g->fixed.position_limit, n);
}

/* Position t: from logits to the gradient of norm(x), dnorm[D], and of the output embedding. */
static float logits_backward(const Model *model, Activations *a, Gradients *g, int t, int target,
                             float *dnorm) {
  const int D = model->config.dim, V = model->config.vocab;
  float *dlogits = a->work.logits;
  forward_logits(model, a, t, dlogits);
  float loss = softmax_cross_entropy(dlogits, V, target);
  dlogits[target] = dlogits[target] - 1.0f;
  ops->mix(dnorm, dlogits, model->token_embedding, V, D);
  for (int v = 0; v < V; v++)
    if (dlogits[v] != 0.0f)
      add_scaled_gradient(g, g->token_embedding + v * D, dlogits[v], a->work.row, D);
  return loss;
}

void loss_backward(const Model *model, Activations *a, BackwardWorkspace *b, Gradients *g,
                   const uint16_t *targets, float *dx, int n, float *losses) {
  const int D = model->config.dim;
  clear(b->dnorm, n * D);
  clear(dx, n * D);
  for (int t = 0; t < n; t++)
    losses[t] = logits_backward(model, a, g, t, targets[t], b->dnorm + t * D);
  for (int t = 0; t < n; t++)
    norm_backward(&a->final, t, b->dnorm + t * D, dx + t * D, a->work.row);
  trace_floats("losses", -1, losses, n);
}

/* ---- norm ---- */

void norm_backward(const NormActivations *a, int t, const float *dnorm, float *dx, float *row) {
  const int n = a->width;
  const float scale = a->scale[t];
  ops->dequantize(row, a->q + t * n, 1.0f, n);
  const float along = flush_tiny(ops->dot(dnorm, row, n) / (float)n);
  const float mean = flush_tiny(along * scale) * scale;
  if (!a->centered) {
    ops->norm_backward(dx, dnorm, row, a->inverse_rms[t], mean, n);
    return;
  }
  for (int i = 0; i < n; i++) row[i] = flush_tiny(a->inverse_rms[t] * (dnorm[i] - mean * row[i]));
  const float shift = ops->sum(row, n) / (float)n;
  for (int i = 0; i < n; i++) dx[i] = dx[i] + (row[i] - shift);
}

/* ---- MLP ---- */

void hidden_backward(const LayerActivations *a, int t, const float *dnorm, float *dup, float *row) {
  const int F = a->hidden.width;
  const int8_t *relu = a->relu + t * F;
  clear(dup, F);
  norm_backward(&a->hidden, t, dnorm, dup, row);
  if (a->relu != a->hidden.q)
    ops->multiply_i8(dup, relu, F);
  else
    for (int i = 0; i < F; i++) dup[i] = relu[i] > 0 ? dup[i] : 0.0f;
}

static void mlp_backward(const Model *model, int l, const LayerActivations *kept, Activations *a,
                         BackwardWorkspace *b, Gradients *g, float *dx, int n) {
  const int D = model->config.dim, F = hidden_size(&model->config);
  const WeightMatrix *up = &model->layer[l].matrix[WUP], *down = &model->layer[l].matrix[WDOWN];
  ForwardWorkspace *work = &a->work;
  linear_backward_weights(down, work, &b->linear, dx, &kept->hidden, g->matrix[l][WDOWN], &g->fixed,
                          n);
  clear(b->dnorm, n * F);
  linear_backward_input(down, work, &b->linear, dx, b->dnorm, n);
  for (int t = 0; t < n; t++)
    hidden_backward(kept, t, b->dnorm + t * F, b->dproduct + t * F, work->row);
  linear_backward_weights(up, work, &b->linear, b->dproduct, &kept->mlp_in, g->matrix[l][WUP],
                          &g->fixed, n);
  clear(b->dnorm, n * D);
  linear_backward_input(up, work, &b->linear, b->dproduct, b->dnorm, n);
  for (int t = 0; t < n; t++)
    norm_backward(&kept->mlp_in, t, b->dnorm + t * D, dx + t * D, work->row);
  trace_floats("before_mlp.gradient", l, dx, n * D);
}

/* ---- attention ---- */

void attention_row_backward(float *dp, const float *p, int count) {
  ops->softmax_backward(dp, p, ops->dot(p, dp, count), count);
}

/* Query t of head h: adds to dvalue, dkey of the positions of its document up to t, sets dquery of
 * t; returns the contribution to the gain's gradient. */
static float attention_query_backward(const Model *model, const Activations *a,
                                      BackwardWorkspace *b, int h, int t, float gain) {
  const int D = model->config.dim, K = head_size(&model->config);
  const float *p = a->work.scores, *dmixed = b->dmixed + t * D + h * K;
  const float *query = b->queries + t * K;
  float *dquery = b->dquery + t * D + h * K;
  const float root = 1.0f / float_sqrt((float)K);
  const int first = a->first[t], count = t + 1 - first, to = first * D + h * K;
  ops->dots(b->dscores, dmixed, a->work.values + first * K, count, K);
  attention_row_backward(b->dscores, p, count);
  ops->outer(b->dvalue + to, D, p, dmixed, count, K);
  ops->scale(b->dscores, b->dscores, root, count);
  clear(dquery, K);
  ops->mix(dquery, b->dscores, b->keys + first * K, count, K);
  ops->scale(b->dscores, b->dscores, gain, count);
  ops->outer(b->dkey + to, D, b->dscores, query, count, K);
  float dgain = ops->dot(dquery, query, K);
  ops->scale_flush(dquery, gain, K);
  return dgain;
}

/* All queries of one head; the row of probabilities is computed again, not kept. Returns the
 * gradient of the head's gain. */
static float attention_head_backward(const Model *model, const LayerActivations *kept,
                                     Activations *a, BackwardWorkspace *b, int h, float gain,
                                     int n) {
  const int H = model->config.heads, K = head_size(&model->config);
  ForwardWorkspace *work = &a->work;
  float dgain = 0.0f;
  for (int j = 0; j < n; j++) {
    const int at = j * H + h;
    work->key_scale[j] = kept->key.scale[at];
    ops->widen_i8(work->keys + j * K, kept->key.q + at * K, K);
    ops->dequantize(b->keys + j * K, kept->key.q + at * K, kept->key.scale[at], K);
    ops->dequantize(b->queries + j * K, kept->query.q + at * K, kept->query.scale[at], K);
    ops->dequantize(work->values + j * K, kept->value.q + at * K, kept->value.scale[at], K);
  }
  for (int t = 0; t < n; t++) {
    const int at = t * H + h, first = a->first[t];
    ops->widen_i8(work->query, kept->query.q + at * K, K);
    attention_row(work->scores, work->product, work->query, work->keys + first * K,
                  work->key_scale + first, gain / float_sqrt((float)K) * kept->query.scale[at],
                  t + 1 - first, K);
    dgain = dgain + attention_query_backward(model, a, b, h, t, gain);
  }
  return dgain;
}

void attention_heads_backward(const Model *model, int l, const LayerActivations *kept,
                              Activations *a, BackwardWorkspace *b, Gradients *g, int n) {
  clear(b->dkey, n * model->config.dim);
  clear(b->dvalue, n * model->config.dim);
  for (int h = 0; h < model->config.heads; h++) {
    const float gain = model->layer[l].query_gain[h];
    const float dgain = attention_head_backward(model, kept, a, b, h, gain, n);
    add_gradient(g, &g->query_gain[l][h], &dgain, 1);
  }
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
      ops->rope(dh, model->rope_cos + turn, model->rope_sin + turn, K, true);
    }
}

/* One of WQ, WK, WV: gradient of its product, d [T,D], to its weights and to b->dnorm [T,D]. */
static void project_backward(const Model *model, int l, LayerMatrix which,
                             const LayerActivations *kept, Activations *a, BackwardWorkspace *b,
                             Gradients *g, const float *d, int n) {
  const WeightMatrix *w = &model->layer[l].matrix[which];
  linear_backward_weights(w, &a->work, &b->linear, d, &kept->attention_in, g->matrix[l][which],
                          &g->fixed, n);
  linear_backward_input(w, &a->work, &b->linear, d, b->dnorm, n);
}

/* From dx to the gradient of the heads' outputs, b->dmixed. */
static void attention_out_backward(const Model *model, int l, const LayerActivations *kept,
                                   Activations *a, BackwardWorkspace *b, Gradients *g,
                                   const float *dx, int n) {
  const int D = model->config.dim;
  const WeightMatrix *w = &model->layer[l].matrix[WO];
  const NormActivations *out = &kept->attention_out;
  linear_backward_weights(w, &a->work, &b->linear, dx, out, g->matrix[l][WO], &g->fixed, n);
  clear(b->dnorm, n * D);
  linear_backward_input(w, &a->work, &b->linear, dx, b->dnorm, n);
  clear(b->dmixed, n * D);
  for (int t = 0; t < n; t++)
    norm_backward(out, t, b->dnorm + t * D, b->dmixed + t * D, a->work.row);
}

static void attention_backward(const Model *model, int l, const LayerActivations *kept,
                               Activations *a, BackwardWorkspace *b, Gradients *g, float *dx,
                               int n) {
  const int D = model->config.dim;
  attention_out_backward(model, l, kept, a, b, g, dx, n);
  attention_heads_backward(model, l, kept, a, b, g, n);
  heads_backward(model, &kept->query, b->dquery, a->work.row, n);
  heads_backward(model, &kept->key, b->dkey, a->work.row, n);
  clear(b->dnorm, n * D);
  project_backward(model, l, WQ, kept, a, b, g, b->dquery, n);
  project_backward(model, l, WK, kept, a, b, g, b->dkey, n);
  project_backward(model, l, WV, kept, a, b, g, b->dvalue, n);
  for (int t = 0; t < n; t++)
    norm_backward(&kept->attention_in, t, b->dnorm + t * D, dx + t * D, a->work.row);
  trace_floats("before_attention.gradient", l, dx, n * D);
}

/* ---- embedding ---- */

void embed_backward(const Model *model, Gradients *g, const uint16_t *tokens, const float *dx,
                    int n) {
  const int D = model->config.dim;
  for (int t = 0; t < n; t++) {
    add_gradient(g, g->token_embedding + tokens[t] * D, dx + t * D, D);
    if (model->config.bigram_rows == 0) continue;
    int row =
        model_bigram_row(&model->config, model_previous(&model->config, tokens, t), tokens[t]);
    add_gradient(g, g->bigram_embedding + row * D, dx + t * D, D);
  }
}

/* ---- one layer ---- */

void layer_backward(const Model *model, int l, const LayerActivations *kept, Activations *a,
                    BackwardWorkspace *b, Gradients *g, float *dx, int n) {
  mlp_backward(model, l, kept, a, b, g, dx, n);
  attention_backward(model, l, kept, a, b, g, dx, n);
}
