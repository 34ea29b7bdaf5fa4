/* forward.c - the forward pass, in the order of the model: embed, attention, MLP, logits.
 *
 * Not here: how kernels compute (math_ops.c), norms (norm.c) and products with ternary matrices
 * (linear.c), gradients (backward.c, which has one function beside each of these).
 */
#include "model/forward.h"

#include <string.h>

#include "math/math_ops.h"

/* ---- embedding: x[t] = 8 (token_embedding[token] + rows of its pair and n-grams) ---- */

/* Adds the row that position t has in table number i to x [D]. */
static void add_table_row(const Pass *p, int i, int t, float *x) {
  const RowTable *table = &p->model->rows.table[i];
  const float factor = row_factor(&p->dropout, &p->model->rows, i, t);
  if (factor == 0.0f) return;
  const int row = row_of(table, &p->model->config, p->tokens, t, p->first[t]);
  float *values = p->activations->work.row;
  ops->dequantize(values, table->value + (size_t)row * (size_t)table->width,
                  EMBEDDING_GAIN * ROW_UNIT * factor, table->width);
  ops->axpy(x, 1.0f, values, table->width);
}

void embed_forward(const Pass *p) {
  const Model *model = p->model;
  const int D = model->config.dim;
  float *x = p->activations->x;
  for (int r = 0; r < p->n; r++) {
    const int t = p->start + r;
    ops->dequantize_i16(x + r * D, model->token_embedding + p->tokens[t] * D,
                        EMBEDDING_GAIN * TOKEN_UNIT, D);
    for (int i = 0; i < model->rows.count; i++) add_table_row(p, i, t, x + r * D);
  }
  trace_floats(p->trace, "embedding", -1, x, p->n * D);
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

/* One head of a query or key of position t, x [K] of the real value x * unit, to place `at`: to
 * RMS 1 where it is normalised; RoPE, int8. */
static void head_forward(const Model *model, HeadActivations *a, int at, int t, float *x,
                         float unit) {
  const int K = head_size(&model->config), turn = t * (K / 2);
  float factor = unit;
  if (a->normalised) {
    const float mean_square = ops->dot(x, x, K) / (float)K;
    factor = mean_square == 0.0f ? 0.0f : 1.0f / float_sqrt(mean_square);
    if (a->inverse_rms) a->inverse_rms[at] = unit > 0.0f ? factor / unit : 0.0f;
  }
  ops->scale_flush(x, factor, K);
  ops->rope(x, model->rope_cos + turn, model->rope_sin + turn, K, false);
  head_quantize(a->q + at * K, &a->scale[at], x, 1.0f, K);
}

/* One of query, key and value of position t, from its sums [D] to row r. x float [D] is scratch. */
static void project_position(const Model *model, const WeightMatrix *w, HeadActivations *out, int r,
                             int t, const int32_t *sums, float unit, float *x) {
  const int D = model->config.dim, H = model->config.heads, K = head_size(&model->config);
  ops->scale_rows(x, sums, w->scale, 1.0f, D);
  for (int h = 0; h < H; h++) {
    const int at = r * H + h;
    if (out->turned)
      head_forward(model, out, at, t, x + h * K, unit);
    else
      head_quantize(out->q + at * K, &out->scale[at], x + h * K, unit, K);
  }
}

/* Query, key and value from attention_in. */
static void project_forward(const Pass *p, int l, LayerActivations *kept) {
  enum { PROJECTIONS = 3 };
  const int D = p->model->config.dim;
  ForwardWorkspace *work = &p->activations->work;
  const WeightMatrix *w = &p->model->layer[l].matrix[WQ];
  const NormActivations *in = &kept->attention_in;
  HeadActivations *out[PROJECTIONS] = {&kept->query, &kept->key, &kept->value};
  const int32_t *sums = linear_forward(w, PROJECTIONS, &work->linear, in->q, p->n);
  for (int r = 0; r < p->n; r++)
    for (int i = 0, t = p->start + r; i < PROJECTIONS; i++, sums += D)
      project_position(p->model, w + i, out[i], i > 0 ? t : r, t, sums, in->scale[r], work->row);
}

/* ---- attention ----
 *
 * Queries of a head go a few at a time, so that a block of keys or values stays in the first-level
 * cache while all of them use it. The rows of scores have a place for each position. */

Seen attention_seen(const Pass *p, int t, int from) {
  const int at = from > p->first[t] ? from : p->first[t];
  const int end = from + KEYS_AT_ONCE < t + 1 ? from + KEYS_AT_ONCE : t + 1;
  return (Seen){at, end - at};
}

void attention_row(float *scores, const int32_t *sums, const float *key_scale, float scale,
                   int count) {
  ops->scale_rows(scores, sums, key_scale, scale, count);
  ops->exp_shifted(scores, ops->max(scores, count), count);
  ops->scale_flush(scores, 1.0f / ops->sum(scores, count), count);
}

void attention_scores(const Pass *p, const HeadActivations *query, int h, int t, int n,
                      float gain) {
  const int H = p->model->config.heads, K = head_size(&p->model->config);
  const int first = p->first[t], count = t + n - first, r = t - p->start;
  const ForwardWorkspace *work = &p->activations->work;
  for (int i = 0; i < n; i++)
    ops->widen_i8(work->queries + i * K, query->q + ((r + i) * H + h) * K, K);
  ops->matmul_i16(work->score_sums, count, work->queries, work->keys + first * K, n, count, K);
  for (int i = 0; i < n; i++) {
    const int from = p->first[t + i];
    attention_row(work->scores + i * work->ld_scores + from,
                  work->score_sums + i * count + (from - first), work->key_scale + from,
                  gain / float_sqrt((float)K) * query->scale[(r + i) * H + h], t + i + 1 - from);
  }
}

/* Keys and values of head h that the positions look at, to work. */
static void attention_keys(const Pass *p, const LayerActivations *kept, int h) {
  const int H = p->model->config.heads, K = head_size(&p->model->config), end = pass_end(p);
  const HeadActivations *key = &kept->key, *value = &kept->value;
  const ForwardWorkspace *work = &p->activations->work;
  float *key_scale = work->key_scale, *values = work->values;
  int16_t *keys = work->keys;
  for (int j = p->first[p->start]; j < end; j++) {
    const int at = j * H + h;
    key_scale[j] = key->scale[at];
    ops->widen_i8(keys + j * K, key->q + at * K, K);
    ops->dequantize(values + j * K, value->q + at * K, value->scale[at], K);
  }
}

/* Outputs of queries t .. t+n-1 of head h: mixed[t] = sum_j p[t,j] value[j], j from the beginning
 * of t's document. */
static void attention_queries_forward(const Pass *p, int l, const LayerActivations *kept, int h,
                                      int t, int n) {
  const int D = p->model->config.dim, K = head_size(&p->model->config);
  const ForwardWorkspace *work = &p->activations->work;
  float *out = work->mixed + (t - p->start) * D + h * K;
  attention_scores(p, &kept->query, h, t, n, p->model->layer[l].query_gain[h]);
  for (int i = 0; i < n; i++) memset(out + i * D, 0, (size_t)K * sizeof(float));
  for (int from = p->first[t]; from < t + n; from += KEYS_AT_ONCE)
    for (int i = 0; i < n; i++) {
      const Seen seen = attention_seen(p, t + i, from);
      if (seen.count > 0)
        ops->mix(out + i * D, work->scores + i * work->ld_scores + seen.at,
                 work->values + seen.at * K, seen.count, K);
    }
}

void attention_heads_forward(const Pass *p, int l, const LayerActivations *kept) {
  for (int h = 0; h < p->model->config.heads; h++) {
    attention_keys(p, kept, h);
    for (int t = p->start, n; t < pass_end(p); t += n) {
      n = attention_queries(pass_end(p) - t);
      attention_queries_forward(p, l, kept, h, t, n);
    }
  }
}

/* x += gain W in, the end of a sublayer. */
static void output_forward(const Pass *p, int l, LayerMatrix which, OutputGain gain,
                           const NormActivations *in) {
  const Layer *layer = &p->model->layer[l];
  linear_forward_add(&layer->matrix[which], &p->activations->work.linear, in,
                     layer->output_gain[gain], p->activations->x, p->n);
}

/* x += gain WO norm(attention(norm(x))) */
static void attention_forward(const Pass *p, int l, LayerActivations *kept) {
  const int D = p->model->config.dim;
  ForwardWorkspace *work = &p->activations->work;
  float *x = p->activations->x;
  norm_forward(&kept->attention_in, x, p->n, work->centered);
  project_forward(p, l, kept);
  attention_heads_forward(p, l, kept);
  norm_forward(&kept->attention_out, work->mixed, p->n, work->centered);
  output_forward(p, l, WO, ATTENTION_GAIN, &kept->attention_out);
  trace_floats(p->trace, "after_attention", l, x, p->n * D);
}

/* ---- MLP ---- */

/* One position: sums [F] of WUP (real value sums * scale * unit) to relu, act and its RMS norm, all
 * int8. With u = largest * unit / 127 the real relu is relu * u, of rms u / hidden.scale; its real
 * square is square * 127 u^2, of rms 127 u^2 / hidden.scale. So the gradient of WUP's product is
 * [relu > 0] * inverse_rms * (...) and, for the square, with 2 relu u as its slope,
 * 2 (relu u) (hidden.scale / (127 u^2)) (...) = relu * inverse_rms * (...). */
static void hidden_forward(LayerActivations *a, int r, const int32_t *sums, const float *scale,
                           float unit, float *x) {
  const int F = a->hidden.width;
  int8_t *relu = a->relu + r * F, *q = a->hidden.q + r * F;
  ops->scale_rows(x, sums, scale, 1.0f, F);
  ops->relu(x, F);
  const float largest = ops->max(x, F);
  if (largest == 0.0f || unit == 0.0f) {
    memset(relu, 0, (size_t)F);
    memset(q, 0, (size_t)F);
    a->hidden.scale[r] = a->hidden.inverse_rms[r] = 0.0f;
    return;
  }
  ops->quantize(relu, x, 127.0f / largest, F);
  const bool square = relu != q;
  if (square) ops->relu_square(q, relu, F);
  const float relu_unit = largest * unit / 127.0f, inverse = norm_inverse_rms(q, F);
  a->hidden.scale[r] = inverse;
  a->hidden.inverse_rms[r] = square ? 2.0f * inverse / (127.0f * relu_unit) : inverse / relu_unit;
}

/* x += gain WDOWN norm(act(WUP norm(x))) */
static void mlp_forward(const Pass *p, int l, LayerActivations *kept) {
  const int D = p->model->config.dim, F = hidden_size(&p->model->config);
  ForwardWorkspace *work = &p->activations->work;
  float *x = p->activations->x;
  const WeightMatrix *up = &p->model->layer[l].matrix[WUP];
  const NormActivations *in = &kept->mlp_in;
  norm_forward(&kept->mlp_in, x, p->n, work->centered);
  const int32_t *sums = linear_forward(up, 1, &work->linear, in->q, p->n);
  for (int r = 0; r < p->n; r++, sums += F)
    hidden_forward(kept, r, sums, up->scale, in->scale[r], work->row);
  output_forward(p, l, WDOWN, MLP_GAIN, &kept->hidden);
  trace_floats(p->trace, "after_mlp", l, x, p->n * D);
}

/* ---- one layer ---- */

void layer_forward(const Pass *p, int l, LayerActivations *kept) {
  attention_forward(p, l, kept);
  mlp_forward(p, l, kept);
}

/* ---- logits and loss ---- */

void final_forward(const Pass *p) {
  Activations *a = p->activations;
  norm_forward(&a->final, a->x, p->n, a->work.centered);
}

enum { MOST_TOKENS = 64 }; /* whose logits are computed at a time */

/* Tokens of a block: their embeddings take 8 KB, of 16 that the cache has. */
static int block_of_tokens(const ModelConfig *c, int first) {
  const int fit = 4096 / c->dim, left = c->vocab - first;
  const int block = fit < MOST_TOKENS ? fit : MOST_TOKENS;
  return left < block ? left : block;
}

void logits_forward(const Pass *p, int t, int n, float *logits) {
  const Model *model = p->model;
  const NormActivations *y = &p->activations->final;
  const int D = model->config.dim, V = model->config.vocab, r = t - p->start;
  int16_t *outputs = p->activations->work.outputs;
  int32_t sums[LOGITS_POSITIONS * MOST_TOKENS];
  ops->widen_i8(outputs, y->q + r * D, n * D);
  for (int first = 0, count; first < V; first += count) {
    count = block_of_tokens(&model->config, first);
    ops->matmul_i16(sums, count, outputs, model->token_embedding + first * D, n, count, D);
    for (int i = 0; i < n; i++)
      ops->scale_fixed(logits + i * V + first, sums + i * count, y->scale[r + i] * TOKEN_UNIT,
                       count);
  }
}

float *forward_logits(const Pass *p, int t) {
  float *logits = p->activations->work.logits;
  logits_forward(p, t, 1, logits);
  return logits;
}

float softmax_cross_entropy(float *logits, int vocab, int target) {
  float largest = ops->max(logits, vocab), at_target = logits[target] - largest;
  ops->exp_shifted(logits, largest, vocab);
  float total = ops->sum(logits, vocab);
  ops->scale_flush(logits, 1.0f / total, vocab);
  return float_log(total) - at_target;
}

/* ---- the whole model ---- */

void forward(const Pass *p) {
  embed_forward(p);
  for (int l = 0; l < p->model->config.layers; l++) {
    LayerActivations kept = activations_slot(p->activations, l);
    layer_forward(p, l, &kept);
  }
  final_forward(p);
}
