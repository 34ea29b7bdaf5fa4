/* forward.c - the forward pass, in the order of the model: embed, attention, MLP, logits.
 *
 * Not here: how kernels compute (math_ops.c), products with ternary matrices (linear.c), gradients
 * (backward.c, which has one function beside each of these).
 */
#include "model/forward.h"

#include <string.h>

#include "base/trace.h"
#include "math/math_ops.h"
#include "model/linear.h"

#define SMALLEST_ABSMAX 9.5367431640625e-7f /* 2^-20: a vector below it counts as zero */

/* ---- memory ---- */

static void norm_layout(NormActivations *a, int width, bool centered, size_t rows, Arena *arena) {
  a->width = width;
  a->centered = centered;
  a->q = arena_take(arena, MEMORY_ACTIVATIONS, rows * (size_t)width, 1);
  a->scale = arena_take(arena, MEMORY_ACTIVATIONS, rows, sizeof(float));
  a->inverse_rms = arena_take(arena, MEMORY_ACTIVATIONS, rows, sizeof(float));
}

static void head_layout(HeadActivations *a, const ModelConfig *c, size_t rows, bool normalised,
                        Arena *arena) {
  const size_t heads = rows * (size_t)c->heads;
  a->q = arena_take(arena, MEMORY_ACTIVATIONS, rows * (size_t)c->dim, 1);
  a->scale = arena_take(arena, MEMORY_ACTIVATIONS, heads, sizeof(float));
  a->inverse_rms = normalised ? arena_take(arena, MEMORY_ACTIVATIONS, heads, sizeof(float)) : NULL;
}

static void layer_layout(LayerActivations *a, const ModelConfig *c, size_t rows, Arena *arena) {
  const bool centered = c->norm == NORM_LAYER;
  const int F = hidden_size(c);
  norm_layout(&a->attention_in, c->dim, centered, rows, arena);
  head_layout(&a->query, c, rows, true, arena);
  head_layout(&a->key, c, rows, true, arena);
  head_layout(&a->value, c, rows, false, arena);
  norm_layout(&a->attention_out, c->dim, centered, rows, arena);
  norm_layout(&a->mlp_in, c->dim, centered, rows, arena);
  norm_layout(&a->hidden, F, false, rows, arena);
  a->relu = c->activation == ACTIVATION_RELU
                ? a->hidden.q
                : arena_take(arena, MEMORY_ACTIVATIONS, rows * (size_t)F, 1);
}

size_t layer_activation_bytes(const ModelConfig *config, int capacity) {
  Arena plan = {0};
  LayerActivations layer;
  layer_layout(&layer, config, (size_t)capacity, &plan);
  return (size_t)plan.plan.total;
}

LayerActivations activations_slot(const Activations *a, int slot) {
  LayerActivations layer;
  Arena piece = {.block = a->kept + (size_t)slot * a->layer_bytes, .size = a->layer_bytes};
  layer_layout(&layer, a->config, (size_t)a->capacity, &piece);
  return layer;
}

static void workspace_layout(ForwardWorkspace *w, const ModelConfig *c, size_t rows, Arena *arena) {
  const size_t F = (size_t)hidden_size(c), D = (size_t)c->dim, K = (size_t)head_size(c);
  w->input = arena_take(arena, MEMORY_WORKSPACE, rows * F, sizeof(int16_t));
  const size_t wide = group_bytes((int)F, c->dim), tall = group_bytes(c->dim, (int)F);
  w->trits = arena_take(arena, MEMORY_WORKSPACE, BLOCK_INPUTS * F, 1);
  w->groups = arena_take(arena, MEMORY_WORKSPACE, wide > tall ? wide : tall, 1);
  w->product = arena_take(arena, MEMORY_WORKSPACE, (rows > WEIGHT_TILE ? rows : WEIGHT_TILE) * F,
                          sizeof(int32_t));
  w->query = arena_take(arena, MEMORY_WORKSPACE, K, sizeof(int16_t));
  w->keys = arena_take(arena, MEMORY_WORKSPACE, rows * K, sizeof(int16_t));
  w->key_scale = arena_take(arena, MEMORY_WORKSPACE, rows, sizeof(float));
  w->values = arena_take(arena, MEMORY_WORKSPACE, rows * K, sizeof(float));
  w->scores = arena_take(arena, MEMORY_WORKSPACE, rows, sizeof(float));
  w->mixed = arena_take(arena, MEMORY_WORKSPACE, rows * D, sizeof(float));
  w->row = arena_take(arena, MEMORY_WORKSPACE, F, sizeof(float));
  w->centered = arena_take(arena, MEMORY_WORKSPACE, D, sizeof(float));
  w->logits = arena_take(arena, MEMORY_WORKSPACE, (size_t)c->vocab, sizeof(float));
}

void activations_layout(Activations *a, const ModelConfig *config, int capacity, int slots,
                        Arena *arena) {
  const size_t rows = (size_t)capacity;
  a->capacity = capacity;
  a->config = config;
  a->layer_bytes = layer_activation_bytes(config, capacity);
  a->first = arena_take(arena, MEMORY_WORKSPACE, rows, sizeof(int32_t));
  a->x = arena_take(arena, MEMORY_ACTIVATIONS, rows * (size_t)config->dim, sizeof(float));
  a->kept = arena_take(arena, MEMORY_ACTIVATIONS, (size_t)slots, a->layer_bytes);
  norm_layout(&a->final, config->dim, config->norm == NORM_LAYER, rows, arena);
  workspace_layout(&a->work, config, rows, arena);
}

void activations_documents(Activations *a, const uint16_t *tokens, int start, int n) {
  for (int t = start; t < start + n; t++)
    a->first[t] = model_starts_document(a->config, tokens[t]) ? t : t > 0 ? a->first[t - 1] : 0;
}

/* ---- embedding: x[t] = token_embedding[token] + bigram_embedding[hash(previous, token)] ---- */

void embed_forward(const Model *model, Activations *a, const uint16_t *tokens, int start, int n) {
  const int D = model->config.dim;
  for (int t = start; t < start + n; t++) {
    float *xt = a->x + t * D;
    memcpy(xt, model->token_embedding + tokens[t] * D, (size_t)D * sizeof(float));
    if (model->config.bigram_rows == 0) continue;
    int row =
        model_bigram_row(&model->config, model_previous(&model->config, tokens, t), tokens[t]);
    ops->axpy(xt, 1.0f, model->bigram_embedding + row * D, D);
  }
  trace_floats("embedding", -1, a->x + start * D, n * D);
}

/* ---- norm: q = round(127 x / max|x|), normalised = q / rms(q) ---- */

/* Square root of the mean square of int8 values, inverted; 0 for the zero vector. */
static float inverse_rms_i8(const int8_t *q, int n) {
  int32_t sum = ops->sum_squares_i8(q, n);
  return sum == 0 ? 0.0f : 1.0f / float_sqrt(float_of_i32(sum) / (float)n);
}

/* x [n] less its mean, to centered [n]. */
static void center(float *centered, const float *x, int n) {
  const float mean = ops->sum(x, n) / (float)n;
  for (int i = 0; i < n; i++) centered[i] = x[i] - mean;
}

/* x float [width] to row t of a. The rms of x is taken from its int8 form: what comes out has rms 1
 * exactly, and nothing float needs to be kept. */
static void norm_forward(NormActivations *a, int t, const float *x, ForwardWorkspace *work) {
  int8_t *q = a->q + t * a->width;
  if (a->centered) {
    center(work->centered, x, a->width);
    x = work->centered;
  }
  float largest = ops->absmax(x, a->width);
  if (largest < SMALLEST_ABSMAX) {
    memset(q, 0, (size_t)a->width);
    a->scale[t] = a->inverse_rms[t] = 0.0f;
    return;
  }
  float k = 127.0f / largest;
  ops->quantize(q, x, k, a->width);
  a->scale[t] = inverse_rms_i8(q, a->width);
  a->inverse_rms[t] = a->scale[t] * k;
}

/* ---- queries, keys, values ---- */

/* Quantizes one head's vector x [K], of the real value x * unit, to int8 with its own scale. */
static void head_quantize(int8_t *q, float *scale, const float *x, float unit, int size) {
  float largest = ops->absmax(x, size);
  if (largest * unit < SMALLEST_ABSMAX) {
    memset(q, 0, (size_t)size);
    *scale = 0.0f;
    return;
  }
  ops->quantize(q, x, 127.0f / largest, size);
  *scale = largest * unit / 127.0f;
}

/* One head of a query or key, x [K] of the real value x * unit: to RMS 1, RoPE, int8. */
static void head_forward(const Model *model, HeadActivations *a, int t, int h, float *x,
                         float unit) {
  const int K = head_size(&model->config), at = t * model->config.heads + h;
  const int turn = t * (K / 2);
  float mean_square = ops->dot(x, x, K) / (float)K;
  float inverse = mean_square == 0.0f ? 0.0f : 1.0f / float_sqrt(mean_square);
  ops->scale_flush(x, inverse, K);
  ops->rope(x, model->rope_cos + turn, model->rope_sin + turn, K, false);
  head_quantize(a->q + at * K, &a->scale[at], x, 1.0f, K);
  a->inverse_rms[at] = unit > 0.0f ? inverse / unit : 0.0f;
}

/* One of query, key and value of position t, from its sums [D]. */
static void project_position(const Model *model, const WeightMatrix *w, HeadActivations *out, int t,
                             const int32_t *sums, float unit, float *row) {
  const int D = model->config.dim, H = model->config.heads, K = head_size(&model->config);
  ops->scale_rows(row, sums, w->scale, 1.0f, D);
  for (int h = 0; h < H; h++) {
    const int at = t * H + h;
    if (out->inverse_rms)
      head_forward(model, out, t, h, row + h * K, unit);
    else
      head_quantize(out->q + at * K, &out->scale[at], row + h * K, unit, K);
  }
}

/* Rows start.. of query, key and value from attention_in. */
static void project_heads(const Model *model, int l, LayerActivations *layer, Activations *a,
                          int start, int n) {
  enum { PROJECTIONS = 3 };
  const int D = model->config.dim;
  const WeightMatrix *w = &model->layer[l].matrix[WQ];
  const NormActivations *in = &layer->attention_in;
  HeadActivations *out[PROJECTIONS] = {&layer->query, &layer->key, &layer->value};
  linear_forward(w, PROJECTIONS, &a->work, in->q + start * D, n);
  for (int t = start; t < start + n; t++)
    for (int i = 0; i < PROJECTIONS; i++)
      project_position(model, w + i, out[i], t,
                       a->work.product + ((t - start) * PROJECTIONS + i) * D, in->scale[t],
                       a->work.row);
}

/* ---- attention ---- */

void attention_row(float *scores, int32_t *scratch, const int16_t *query, const int16_t *keys,
                   const float *key_scale, float scale, int count, int size) {
  ops->matmul_i16(scratch, count, query, keys, 1, count, size);
  ops->scale_rows(scores, scratch, key_scale, scale, count);
  ops->exp_shifted(scores, ops->max(scores, count), count);
  ops->scale_flush(scores, 1.0f / ops->sum(scores, count), count);
}

/* Outputs of one head, positions start.. : mixed[t] = sum_j p[t,j] value[j], j from the beginning
 * of t's document. */
static void attention_head(const Model *model, int l, const LayerActivations *layer, Activations *a,
                           int h, int start, int n) {
  const int D = model->config.dim, H = model->config.heads, K = head_size(&model->config);
  ForwardWorkspace *work = &a->work;
  const float gain = model->layer[l].query_gain[h] / float_sqrt((float)K);
  for (int j = a->first[start]; j < start + n; j++) {
    const int at = j * H + h;
    work->key_scale[j] = layer->key.scale[at];
    ops->widen_i8(work->keys + j * K, layer->key.q + at * K, K);
    ops->dequantize(work->values + j * K, layer->value.q + at * K, layer->value.scale[at], K);
  }
  for (int t = start; t < start + n; t++) {
    const int at = t * H + h, first = a->first[t], count = t + 1 - first;
    float *out = work->mixed + t * D + h * K;
    ops->widen_i8(work->query, layer->query.q + at * K, K);
    attention_row(work->scores, work->product, work->query, work->keys + first * K,
                  work->key_scale + first, gain * layer->query.scale[at], count, K);
    memset(out, 0, (size_t)K * sizeof(float));
    ops->mix(out, work->scores, work->values + first * K, count, K);
  }
}

void attention_heads_forward(const Model *model, int l, const LayerActivations *kept,
                             Activations *a, int start, int n) {
  for (int h = 0; h < model->config.heads; h++) attention_head(model, l, kept, a, h, start, n);
}

/* x += WO norm(attention(norm(x))) */
static void attention_forward(const Model *model, int l, LayerActivations *layer, Activations *a,
                              int start, int n) {
  const int D = model->config.dim;
  ForwardWorkspace *work = &a->work;
  for (int t = start; t < start + n; t++) norm_forward(&layer->attention_in, t, a->x + t * D, work);
  project_heads(model, l, layer, a, start, n);
  attention_heads_forward(model, l, layer, a, start, n);
  for (int t = start; t < start + n; t++)
    norm_forward(&layer->attention_out, t, work->mixed + t * D, work);
  linear_forward_add(&model->layer[l].matrix[WO], work, &layer->attention_out, a->x, start, n);
  trace_floats("after_attention", l, a->x + start * D, n * D);
}

/* ---- MLP ---- */

/* One position: sums [F] of WUP (real value sums * scale * unit) to relu, act and its RMS norm, all
 * int8. With u = largest * unit / 127 the real relu is relu * u, of rms u / hidden.scale; its real
 * square is square * 127 u^2, of rms 127 u^2 / hidden.scale. So the gradient of WUP's product is
 * [relu > 0] * inverse_rms * (...) and, for the square, with 2 relu u as its slope,
 * 2 (relu u) (hidden.scale / (127 u^2)) (...) = relu * inverse_rms * (...). */
static void hidden_forward(LayerActivations *a, int t, const int32_t *sums, const float *scale,
                           float unit, float *row) {
  const int F = a->hidden.width;
  int8_t *relu = a->relu + t * F, *q = a->hidden.q + t * F;
  ops->scale_rows(row, sums, scale, 1.0f, F);
  ops->relu(row, F);
  const float largest = ops->max(row, F);
  if (largest == 0.0f || unit == 0.0f) {
    memset(relu, 0, (size_t)F);
    memset(q, 0, (size_t)F);
    a->hidden.scale[t] = a->hidden.inverse_rms[t] = 0.0f;
    return;
  }
  ops->quantize(relu, row, 127.0f / largest, F);
  const bool square = relu != q;
  if (square) ops->relu_square(q, relu, F);
  const float relu_unit = largest * unit / 127.0f, inverse = inverse_rms_i8(q, F);
  a->hidden.scale[t] = inverse;
  a->hidden.inverse_rms[t] = square ? 2.0f * inverse / (127.0f * relu_unit) : inverse / relu_unit;
}

/* x += WDOWN norm(act(WUP norm(x))) */
static void mlp_forward(const Model *model, int l, LayerActivations *layer, Activations *a,
                        int start, int n) {
  const int D = model->config.dim, F = hidden_size(&model->config);
  const WeightMatrix *up = &model->layer[l].matrix[WUP];
  for (int t = start; t < start + n; t++) norm_forward(&layer->mlp_in, t, a->x + t * D, &a->work);
  linear_forward(up, 1, &a->work, layer->mlp_in.q + start * D, n);
  for (int i = 0; i < n; i++)
    hidden_forward(layer, start + i, a->work.product + i * F, up->scale,
                   layer->mlp_in.scale[start + i], a->work.row);
  linear_forward_add(&model->layer[l].matrix[WDOWN], &a->work, &layer->hidden, a->x, start, n);
  trace_floats("after_mlp", l, a->x + start * D, n * D);
}

/* ---- the whole model ---- */

void layer_forward(const Model *model, int l, LayerActivations *kept, Activations *a, int start,
                   int n) {
  attention_forward(model, l, kept, a, start, n);
  mlp_forward(model, l, kept, a, start, n);
}

void final_forward(Activations *a, int start, int n) {
  for (int t = start; t < start + n; t++)
    norm_forward(&a->final, t, a->x + t * a->config->dim, &a->work);
}

void forward(const Model *model, Activations *a, const uint16_t *tokens, int start, int n) {
  activations_documents(a, tokens, start, n);
  embed_forward(model, a, tokens, start, n);
  for (int l = 0; l < model->config.layers; l++) {
    LayerActivations kept = activations_slot(a, l);
    layer_forward(model, l, &kept, a, start, n);
  }
  final_forward(a, start, n);
}

void forward_logits(const Model *model, const Activations *a, int position, float *logits) {
  const int D = model->config.dim;
  float *x = a->work.row;
  ops->dequantize(x, a->final.q + position * D, a->final.scale[position], D);
  ops->dots(logits, x, model->token_embedding, model->config.vocab, D);
}

float softmax_cross_entropy(float *logits, int vocab, int target) {
  float largest = ops->max(logits, vocab), at_target = logits[target] - largest;
  ops->exp_shifted(logits, largest, vocab);
  float total = ops->sum(logits, vocab);
  ops->scale_flush(logits, 1.0f / total, vocab);
  return float_log(total) - at_target;
}
