/* forward.c - the forward pass, in the order of the model: embed, attention, MLP, logits.
 *
 * Not here: how kernels compute (math_ops.c), products with ternary matrices (linear.c), gradients
 * (backward.c, which has one function beside each of these).
 */
#include "forward.h"

#include <string.h>

#include "linear.h"
#include "math_ops.h"
#include "trace.h"

#define SMALLEST_ABSMAX 9.5367431640625e-7f /* 2^-20: a vector below it counts as zero */

/* ---- memory ---- */

static void norm_layout(NormActivations *a, int width, size_t rows, Arena *arena) {
  a->width = width;
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
  norm_layout(&a->attention_in, c->dim, rows, arena);
  head_layout(&a->query, c, rows, true, arena);
  head_layout(&a->key, c, rows, true, arena);
  head_layout(&a->value, c, rows, false, arena);
  norm_layout(&a->attention_out, c->dim, rows, arena);
  norm_layout(&a->mlp_in, c->dim, rows, arena);
  a->relu = arena_take(arena, MEMORY_ACTIVATIONS, rows * (size_t)hidden_size(c), 1);
  norm_layout(&a->hidden, hidden_size(c), rows, arena);
}

static void workspace_layout(ForwardWorkspace *w, const ModelConfig *c, size_t rows, Arena *arena) {
  const size_t F = (size_t)hidden_size(c), D = (size_t)c->dim, K = (size_t)head_size(c);
  w->input = arena_take(arena, MEMORY_WORKSPACE, rows * F, sizeof(int16_t));
  w->weights = arena_take(arena, MEMORY_WORKSPACE, WEIGHT_TILE * F, sizeof(int16_t));
  w->product = arena_take(arena, MEMORY_WORKSPACE, (rows > WEIGHT_TILE ? rows : WEIGHT_TILE) * F,
                          sizeof(int32_t));
  w->query = arena_take(arena, MEMORY_WORKSPACE, K, sizeof(int16_t));
  w->keys = arena_take(arena, MEMORY_WORKSPACE, rows * K, sizeof(int16_t));
  w->values = arena_take(arena, MEMORY_WORKSPACE, rows * K, sizeof(float));
  w->scores = arena_take(arena, MEMORY_WORKSPACE, rows, sizeof(float));
  w->mixed = arena_take(arena, MEMORY_WORKSPACE, rows * D, sizeof(float));
  w->row = arena_take(arena, MEMORY_WORKSPACE, F, sizeof(float));
  w->logits = arena_take(arena, MEMORY_WORKSPACE, (size_t)c->vocab, sizeof(float));
}

void activations_layout(Activations *a, const ModelConfig *config, int capacity, Arena *arena) {
  const size_t rows = (size_t)capacity;
  a->capacity = capacity;
  a->x = arena_take(arena, MEMORY_ACTIVATIONS, rows * (size_t)config->dim, sizeof(float));
  for (int l = 0; l < config->layers; l++) layer_layout(&a->layer[l], config, rows, arena);
  norm_layout(&a->final, config->dim, rows, arena);
  workspace_layout(&a->work, config, rows, arena);
}

/* ---- embedding: x[t] = token_embedding[token] + bigram_embedding[hash(previous, token)] ---- */

static void embed_forward(const Model *model, float *x, const uint16_t *tokens, int start, int n) {
  const int D = model->config.dim;
  for (int t = start; t < start + n; t++) {
    float *xt = x + t * D;
    memcpy(xt, model->token_embedding + tokens[t] * D, (size_t)D * sizeof(float));
    if (model->config.bigram_rows == 0) continue;
    int row = model_bigram_row(&model->config, t > 0 ? tokens[t - 1] : 0, tokens[t]);
    ops->axpy(xt, 1.0f, model->bigram_embedding + row * D, D);
  }
}

/* ---- norm: q = round(127 x / max|x|), normalised = q / rms(q) ---- */

/* Square root of the mean square of int8 values, inverted; 0 for the zero vector. */
static float inverse_rms_i8(const int8_t *q, int n) {
  int32_t sum = ops->sum_squares_i8(q, n);
  return sum == 0 ? 0.0f : 1.0f / float_sqrt(float_of_i32(sum) / (float)n);
}

/* x float [width] to row t of a. The rms of x is taken from its int8 form: what comes out has rms 1
 * exactly, and nothing float needs to be kept. */
static void norm_forward(NormActivations *a, int t, const float *x) {
  int8_t *q = a->q + t * a->width;
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

void rope(float *x, const float *cosine, const float *sine, int size, bool inverse) {
  const int half = size / 2;
  for (int i = 0; i < half; i++) {
    float a = x[i], b = x[i + half], s = inverse ? -sine[i] : sine[i];
    x[i] = a * cosine[i] - b * s;
    x[i + half] = a * s + b * cosine[i];
  }
}

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

/* One head of a query or key: sums [K] of real value sums * unit, to RMS 1, RoPE, int8. */
static void head_forward(const Model *model, HeadActivations *a, int t, int h, const int32_t *sums,
                         float unit, float *row) {
  const int K = head_size(&model->config), at = t * model->config.heads + h;
  const int turn = t * (K / 2);
  ops->scale_i32(row, sums, 1.0f, K);
  float mean_square = ops->dot(row, row, K) / (float)K;
  float inverse = mean_square == 0.0f ? 0.0f : 1.0f / float_sqrt(mean_square);
  ops->scale_flush(row, inverse, K);
  rope(row, model->rope_cos + turn, model->rope_sin + turn, K, false);
  head_quantize(a->q + at * K, &a->scale[at], row, 1.0f, K);
  a->inverse_rms[at] = unit > 0.0f ? inverse / unit : 0.0f;
}

/* Rows start.. of query, key or value from attention_in. */
static void project_heads(const Model *model, int l, Activations *a, LayerMatrix which,
                          HeadActivations *out, int start, int n) {
  const int D = model->config.dim, H = model->config.heads, K = head_size(&model->config);
  const TernaryMatrix *w = &model->layer[l].matrix[which];
  const NormActivations *in = &a->layer[l].attention_in;
  ForwardWorkspace *work = &a->work;
  linear_forward(w, work, in->q + start * D, n);
  for (int i = 0; i < n; i++)
    for (int h = 0; h < H; h++) {
      const int32_t *sums = work->product + i * D + h * K;
      const int t = start + i, at = t * H + h;
      float unit = in->scale[t] * w->scale;
      if (which != WV) {
        head_forward(model, out, t, h, sums, unit, work->row);
        continue;
      }
      ops->scale_i32(work->row, sums, 1.0f, K);
      head_quantize(out->q + at * K, &out->scale[at], work->row, unit, K);
    }
}

/* ---- attention ---- */

void attention_row(float *scores, int32_t *scratch, const int16_t *query, const int16_t *keys,
                   const float *key_scale, int heads, float scale, int count, int size) {
  ops->matmul_i16(scratch, count, query, keys, 1, count, size);
  for (int j = 0; j < count; j++) scores[j] = (scale * key_scale[j * heads]) * (float)scratch[j];
  ops->exp_shifted(scores, ops->max(scores, count), count);
  ops->scale_flush(scores, 1.0f / ops->sum(scores, count), count);
}

/* Outputs of one head, positions start.. : mixed[t] = sum_j p[t,j] value[j]. */
static void attention_head(const Model *model, int l, Activations *a, int h, int start, int n) {
  const int D = model->config.dim, H = model->config.heads, K = head_size(&model->config);
  const LayerActivations *layer = &a->layer[l];
  ForwardWorkspace *work = &a->work;
  const float gain = model->layer[l].query_gain[h] / float_sqrt((float)K);
  for (int j = 0; j < start + n; j++) {
    const int at = j * H + h;
    ops->widen_i8(work->keys + j * K, layer->key.q + at * K, K);
    ops->dequantize(work->values + j * K, layer->value.q + at * K, layer->value.scale[at], K);
  }
  for (int t = start; t < start + n; t++) {
    const int at = t * H + h;
    float *out = work->mixed + t * D + h * K;
    ops->widen_i8(work->query, layer->query.q + at * K, K);
    attention_row(work->scores, work->product, work->query, work->keys, layer->key.scale + h, H,
                  gain * layer->query.scale[at], t + 1, K);
    memset(out, 0, (size_t)K * sizeof(float));
    for (int j = 0; j <= t; j++)
      if (work->scores[j] > 0.0f) ops->axpy(out, work->scores[j], work->values + j * K, K);
  }
}

/* x += WO norm(attention(norm(x))) */
static void attention_forward(const Model *model, int l, Activations *a, int start, int n) {
  const int D = model->config.dim;
  LayerActivations *layer = &a->layer[l];
  for (int t = start; t < start + n; t++) norm_forward(&layer->attention_in, t, a->x + t * D);
  project_heads(model, l, a, WQ, &layer->query, start, n);
  project_heads(model, l, a, WK, &layer->key, start, n);
  project_heads(model, l, a, WV, &layer->value, start, n);
  for (int h = 0; h < model->config.heads; h++) attention_head(model, l, a, h, start, n);
  for (int t = start; t < start + n; t++)
    norm_forward(&layer->attention_out, t, a->work.mixed + t * D);
  linear_forward_add(&model->layer[l].matrix[WO], &a->work, &layer->attention_out, a->x, start, n);
  trace_floats("after_attention", l, a->x + start * D, n * D);
}

/* ---- MLP ---- */

/* One position: sums [F] of WUP (real value sums * unit) to relu, its square and norm, all int8.
 * With u = relu_unit, the real relu is relu * u and its real square is square * 127 u^2, of rms
 * 127 u^2 / scale. So d up = 2 (relu u) (scale / (127 u^2)) (...) = relu * inverse_rms * (...). */
static void relu_squared_forward(LayerActivations *a, int t, const int32_t *sums, float unit,
                                 float *row) {
  const int F = a->hidden.width;
  int8_t *relu = a->relu + t * F, *square = a->hidden.q + t * F;
  int32_t largest = 0;
  for (int i = 0; i < F; i++) largest = sums[i] > largest ? sums[i] : largest;
  if (largest == 0 || unit == 0.0f) {
    memset(relu, 0, (size_t)F);
    memset(square, 0, (size_t)F);
    a->hidden.scale[t] = a->hidden.inverse_rms[t] = 0.0f;
    return;
  }
  for (int i = 0; i < F; i++) row[i] = (float)(sums[i] > 0 ? sums[i] : 0);
  ops->quantize(relu, row, 127.0f / (float)largest, F);
  for (int i = 0; i < F; i++) square[i] = (int8_t)((relu[i] * relu[i] + 63) / 127);
  float relu_unit = (float)largest * unit / 127.0f;
  a->hidden.scale[t] = inverse_rms_i8(square, F);
  a->hidden.inverse_rms[t] = 2.0f * a->hidden.scale[t] / (127.0f * relu_unit);
}

/* x += WDOWN norm(relu(WUP norm(x))^2) */
static void mlp_forward(const Model *model, int l, Activations *a, int start, int n) {
  const int D = model->config.dim, F = hidden_size(&model->config);
  const TernaryMatrix *up = &model->layer[l].matrix[WUP];
  LayerActivations *layer = &a->layer[l];
  for (int t = start; t < start + n; t++) norm_forward(&layer->mlp_in, t, a->x + t * D);
  linear_forward(up, &a->work, layer->mlp_in.q + start * D, n);
  for (int i = 0; i < n; i++)
    relu_squared_forward(layer, start + i, a->work.product + i * F,
                         layer->mlp_in.scale[start + i] * up->scale, a->work.row);
  linear_forward_add(&model->layer[l].matrix[WDOWN], &a->work, &layer->hidden, a->x, start, n);
  trace_floats("after_mlp", l, a->x + start * D, n * D);
}

/* ---- the whole model ---- */

void forward(const Model *model, Activations *a, const uint16_t *tokens, int start, int n) {
  const int D = model->config.dim;
  embed_forward(model, a->x, tokens, start, n);
  trace_floats("embedding", -1, a->x + start * D, n * D);
  for (int l = 0; l < model->config.layers; l++) {
    attention_forward(model, l, a, start, n);
    mlp_forward(model, l, a, start, n);
  }
  for (int t = start; t < start + n; t++) norm_forward(&a->final, t, a->x + t * D);
}

void forward_logits(const Model *model, const Activations *a, int position, float *logits) {
  const int D = model->config.dim;
  float *x = a->work.row;
  ops->dequantize(x, a->final.q + position * D, a->final.scale[position], D);
  for (int v = 0; v < model->config.vocab; v++)
    logits[v] = ops->dot(x, model->token_embedding + v * D, D);
}

float softmax_cross_entropy(float *logits, int vocab, int target) {
  float largest = ops->max(logits, vocab), at_target = logits[target] - largest;
  ops->exp_shifted(logits, largest, vocab);
  float total = ops->sum(logits, vocab);
  ops->scale_flush(logits, 1.0f / total, vocab);
  return float_log(total) - at_target;
}
