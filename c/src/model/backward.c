/* backward.c - the backward pass: forward.c read from its end to its start. */
#include "model/backward.h"

#include <string.h>

#include "math/math_ops.h"
#include "math/random.h"
#include "model/forward.h"

static void clear(float *x, int n) { memset(x, 0, (size_t)n * sizeof(float)); }

/* ---- loss and logits ----
 *
 * For the logits, positions go through in groups, and the vocabulary in blocks of tokens, whose
 * embeddings stay in the first-level cache while all positions of a group use them.
 *
 * The gradient of logit v is p[v] - [v is the target]. Backward takes for p[v] a whole number of
 * equal shares, right on average: so of a large vocabulary only some 130 tokens have a gradient,
 * and that of the output embedding is a sum of products of integers. */

/* How many units a share has, as a power of two: 512 shares are a probability of 1, and 128 where
 * the vocabulary is so large that more would be dealt to tokens one by one. */
static int share_log(int vocab) { return vocab <= 256 ? 12 : 14; }

/* The shares that the tokens have in the softmax of logits [V], in `list`, less all of them for the
 * target, which comes last; returns its loss. `at` decides how the shares are rounded. */
static float logits_shares(float *logits, int vocab, int target, int32_t at, ShareList *list) {
  const float largest = ops->max(logits, vocab), at_target = logits[target] - largest;
  ops->exp_shifted(logits, largest, vocab);
  const float total = ops->sum(logits, vocab);
  ops->take_shares(list, logits, (float)UNITS_OF_ONE / total, at, share_log(vocab), vocab);
  list->index[list->count] = (uint16_t)target;
  list->shares[list->count++] = (int16_t)(0 - (UNITS_OF_ONE >> share_log(vocab)));
  return float_log(total) - at_target;
}

/* What 1 is in an output in int16, as a power of two: 2^16 together with a probability in shares,
 * so that their products are whole units of the finest fixed point (fixed.h). An output is at most
 * sqrt(MAX_DIM) = 32. */
enum { PRODUCT_LOG = 16 };
static int output_log(int vocab) { return PRODUCT_LOG - (UNITS_LOG - share_log(vocab)); }

/* Adds shares times the output of position t, in int16, to the gradients of the tokens' embeddings:
 * in units of the fixed point they are 2^-shift of the products. None can be cut off: a position's
 * limit is a gradient of 32. */
static void embedding_gradient(const Pass *p, const ShareList *list, int t) {
  const int D = p->model->config.dim;
  const Gradients *g = p->gradients;
  const int shift = PRODUCT_LOG + g->fixed.exponent;
  int16_t *x = p->backward->output;
  float *row = p->activations->work.row;
  norm_output(&p->activations->final, t, row);
  ops->quantize_i16(x, row, float_exp2i(output_log(p->model->config.vocab)), D);
  for (int j = 0; j < list->count; j++)
    ops->add_multiple(g->token_embedding + list->index[j] * D, x, list->shares[j], shift, D);
}

/* Shares times the embeddings of their tokens, which is exact, to the gradient of the output of a
 * position, dnorm [D]. */
static void output_gradient(const Pass *p, const ShareList *list, float *dnorm) {
  const ModelConfig *c = &p->model->config;
  int32_t *sums = p->backward->doutput;
  ops->mix_i16(sums, list->shares, list->index, p->model->token_embedding, list->count, c->dim);
  ops->scale_fixed(dnorm, sums, float_exp2i(share_log(c->vocab) - UNITS_LOG) * TOKEN_UNIT, c->dim);
}

/* Shows what the gradients of a position's logits were rounded to, in the place of these. */
static void trace_shares(const Pass *p, float *shares, const ShareList *list) {
  if (!trace_is_on(p->trace)) return;
  clear(shares, p->model->config.vocab);
  for (int j = 0; j < list->count; j++)
    shares[list->index[j]] = shares[list->index[j]] + (float)list->shares[j];
  trace_floats(p->trace, "shares", -1, shares, p->model->config.vocab);
}

/* From the logits of position t, row i of the group, to its loss, to the gradient of its norm(x),
 * dnorm [D], and to that of the output embedding. */
static float position_backward(const Pass *p, int t, int i, int32_t at, float *dnorm) {
  const int V = p->model->config.vocab;
  float *logits = p->backward->logits + i * V;
  ShareList list;
  const float loss = logits_shares(logits, V, p->tokens[t + 1], at, &list);
  output_gradient(p, &list, dnorm);
  embedding_gradient(p, &list, t);
  trace_shares(p, logits, &list);
  return loss;
}

void loss_backward(const Pass *p, float *dx, float *losses) {
  const int D = p->model->config.dim;
  float *dnorm = p->backward->dnorm;
  const uint32_t mask = ((uint32_t)1 << share_log(p->model->config.vocab)) - 1;
  uint32_t seen = p->tokens[0]; /* a number that stands for all tokens up to the target */
  clear(dx, p->n * D);
  for (int t = 0; t < p->n; t++) {
    const int i = t % LOGITS_POSITIONS, left = p->n - t;
    if (i == 0)
      logits_forward(p, t, left < LOGITS_POSITIONS ? left : LOGITS_POSITIONS, p->backward->logits);
    seen = random_u32(seen, p->tokens[t + 1]);
    losses[t] = position_backward(p, t, i, (int32_t)(seen & mask), dnorm + t * D);
  }
  norm_backward(&p->activations->final, dnorm, dx, p->n, p->activations->work.row);
  trace_floats(p->trace, "losses", -1, losses, p->n);
}

/* ---- products ---- */

/* Gradient of the output y = W gain in, dy [n,R], to that of W, and to dnorm [n,C], the gradient of
 * gain in: it is added there, or takes the place of what was there. */
static void product_backward(const Pass *p, int l, LayerMatrix which, const NormActivations *in,
                             float gain, const float *dy, bool add) {
  const WeightMatrix *w = &p->model->layer[l].matrix[which];
  LinearWorkspace *work = &p->activations->work.linear;
  BackwardWorkspace *b = p->backward;
  linear_measure(&b->linear, dy, p->n, w->rows);
  linear_backward_weights(w, work, &b->linear, dy, in, gain, p->gradients->matrix[l][which],
                          &p->gradients->fixed, p->n);
  linear_backward_input(w, work, &b->linear, dy, b->dnorm, p->n, add);
}

/* Gradient of x += gain W in, dx [n,D], to those of W and of the gain, and to dnorm [n,C]. The gain
 * belongs to `in` here: its gradient is the sum of that of gain in, times in. */
static void output_backward(const Pass *p, int l, LayerMatrix which, OutputGain which_gain,
                            const NormActivations *in, const float *dx) {
  const float gain = p->model->layer[l].output_gain[which_gain];
  const int C = in->width;
  float *dnorm = p->backward->dnorm, *row = p->activations->work.row, dgain = 0.0f;
  product_backward(p, l, which, in, gain, dx, false);
  for (int t = 0; t < p->n; t++, dnorm += C) {
    norm_output(in, t, row);
    dgain = dgain + ops->dot(dnorm, row, C);
    ops->scale_flush(dnorm, gain, C);
  }
  gradients_add(p->gradients, &p->gradients->output_gain[l][which_gain], 1.0f, &dgain, 1);
}

/* ---- MLP ---- */

void hidden_backward(const LayerActivations *a, int t, const float *dnorm, float *dup, float *row) {
  const int F = a->hidden.width;
  const int8_t *relu = a->relu + t * F;
  clear(dup, F);
  norm_row_backward(&a->hidden, t, dnorm, dup, row);
  if (a->relu != a->hidden.q)
    ops->multiply_i8(dup, relu, F);
  else
    for (int i = 0; i < F; i++) dup[i] = relu[i] > 0 ? dup[i] : 0.0f;
}

static void mlp_backward(const Pass *p, int l, const LayerActivations *kept, float *dx) {
  const int D = p->model->config.dim, F = hidden_size(&p->model->config);
  float *dnorm = p->backward->dnorm, *dup = p->backward->dproduct, *row = p->activations->work.row;
  output_backward(p, l, WDOWN, MLP_GAIN, &kept->hidden, dx);
  for (int t = 0; t < p->n; t++) hidden_backward(kept, t, dnorm + t * F, dup + t * F, row);
  product_backward(p, l, WUP, &kept->mlp_in, 1.0f, dup, false);
  norm_backward(&kept->mlp_in, dnorm, dx, p->n, row);
  trace_floats(p->trace, "before_mlp.gradient", l, dx, p->n * D);
}

/* ---- attention ---- */

void attention_row_backward(float *dp, const float *p, int count) {
  ops->softmax_backward(dp, p, ops->dot(p, dp, count), count);
}

/* Some queries of a head that follow each other, and where they lie. */
typedef struct {
  const Pass *pass;
  int t, n;        /* positions t .. t+n-1 */
  int K, D;        /* values of a head, of all heads */
  int ld;          /* length of a row of scores */
  const float *x;  /* [n,K] the queries */
  const float *dy; /* [n,D] gradients of their head's outputs, K values of each */
  const float *p;  /* [n,ld] probabilities */
  float *dp;       /* [n,ld] gradients of their products with the keys, times a factor */
  float *dquery;   /* [n,D] gradients of the queries, K values of each */
} Queries;

static Queries queries_of(const Pass *p, int h, int t, int n) {
  const int D = p->model->config.dim, K = head_size(&p->model->config);
  const ForwardWorkspace *work = &p->activations->work;
  const BackwardWorkspace *b = p->backward;
  return (Queries){.pass = p,
                   .t = t,
                   .n = n,
                   .K = K,
                   .D = D,
                   .ld = work->ld_scores,
                   .x = b->queries + t * K,
                   .dy = b->dmixed + t * D + h * K,
                   .p = work->scores,
                   .dp = b->dscores,
                   .dquery = b->dquery + t * D + h * K};
}

/* A step of all queries over a block of positions, from .. from+KEYS_AT_ONCE-1. */
typedef void QueriesStep(const Queries *q, int from);

/* That step over all that they look at. */
static void over_positions(const Queries *q, QueriesStep *step) {
  for (int from = q->pass->first[q->t]; from < q->t + q->n; from += KEYS_AT_ONCE) step(q, from);
}

/* dp = products of dy and the values. */
static void probabilities_backward(const Queries *q, int from) {
  const float *values = q->pass->activations->work.values;
  for (int i = 0; i < q->n; i++) {
    const Seen seen = attention_seen(q->pass, q->t + i, from);
    if (seen.count > 0)
      ops->dots(q->dp + i * q->ld + seen.at, q->dy + i * q->D, values + seen.at * q->K, seen.count,
                q->K);
  }
}

/* dquery += dp times the keys. */
static void products_backward(const Queries *q, int from) {
  const float *keys = q->pass->backward->keys;
  for (int i = 0; i < q->n; i++) {
    const Seen seen = attention_seen(q->pass, q->t + i, from);
    if (seen.count > 0)
      ops->mix(q->dquery + i * q->D, q->dp + i * q->ld + seen.at, keys + seen.at * q->K, seen.count,
               q->K);
  }
}

/* Adds to the gradients of values and keys what query i of them gives. */
static void add_query(const Queries *q, int i, int at, int count) {
  const BackwardWorkspace *b = q->pass->backward;
  const int row = i * q->ld + at, to = at * q->K;
  ops->outer(b->dvalues + to, q->K, q->p + row, q->dy + i * q->D, count, q->K);
  ops->outer(b->dkeys + to, q->K, q->dp + row, q->x + i * q->K, count, q->K);
}

/* The same of queries i and i+1. */
static void add_pair(const Queries *q, int i, int at, int count) {
  const BackwardWorkspace *b = q->pass->backward;
  const int row = i * q->ld + at, next = row + q->ld, to = at * q->K;
  const float *dy = q->dy + i * q->D, *x = q->x + i * q->K;
  ops->outer_pair(b->dvalues + to, q->K, q->p + row, dy, q->p + next, dy + q->D, count, q->K);
  ops->outer_pair(b->dkeys + to, q->K, q->dp + row, x, q->dp + next, x + q->K, count, q->K);
}

/* The same of all queries, by pairs: the second of a pair, of the same document, looks at one
 * position more. */
static void values_keys_backward(const Queries *q, int from) {
  const int32_t *first = q->pass->first;
  for (int i = 0; i < q->n; i++) {
    const Seen seen = attention_seen(q->pass, q->t + i, from);
    if (i + 1 == q->n || first[q->t + i] != first[q->t + i + 1]) {
      if (seen.count > 0) add_query(q, i, seen.at, seen.count);
      continue;
    }
    const Seen next = attention_seen(q->pass, q->t + ++i, from);
    if (seen.count > 0) add_pair(q, i - 1, seen.at, seen.count);
    if (next.count > 0 && next.count > seen.count) add_query(q, i, next.at + next.count - 1, 1);
  }
}

/* From dy to dquery, and to what the queries add to the gradients of values and keys. Returns
 * dgain, the gradient of the head's gain, with theirs. */
static float queries_backward(const Queries *q, float gain, float dgain) {
  const float factor = 1.0f / float_sqrt((float)q->K);
  over_positions(q, probabilities_backward);
  for (int i = 0; i < q->n; i++) {
    const int first = q->pass->first[q->t + i], count = q->t + i + 1 - first;
    float *dp = q->dp + i * q->ld + first;
    attention_row_backward(dp, q->p + i * q->ld + first, count);
    ops->scale(dp, dp, factor, count);
    clear(q->dquery + i * q->D, q->K);
  }
  over_positions(q, products_backward);
  for (int i = 0; i < q->n; i++) {
    const int first = q->pass->first[q->t + i];
    float *dp = q->dp + i * q->ld + first, *dquery = q->dquery + i * q->D;
    ops->scale(dp, dp, gain, q->t + i + 1 - first);
    dgain = dgain + ops->dot(dquery, q->x + i * q->K, q->K);
    ops->scale_flush(dquery, gain, q->K);
  }
  over_positions(q, values_keys_backward);
  return dgain;
}

/* Queries, keys and values of head h, widened and dequantized, to both workspaces. */
static void attention_keys_backward(const Pass *p, const LayerActivations *kept, int h) {
  const int H = p->model->config.heads, K = head_size(&p->model->config), n = p->n;
  ForwardWorkspace *work = &p->activations->work;
  BackwardWorkspace *b = p->backward;
  for (int j = 0; j < n; j++) {
    const int at = j * H + h;
    work->key_scale[j] = kept->key.scale[at];
    ops->widen_i8(work->keys + j * K, kept->key.q + at * K, K);
    ops->dequantize(b->keys + j * K, kept->key.q + at * K, kept->key.scale[at], K);
    ops->dequantize(b->queries + j * K, kept->query.q + at * K, kept->query.scale[at], K);
    ops->dequantize(work->values + j * K, kept->value.q + at * K, kept->value.scale[at], K);
  }
}

/* Gradients of keys and values of head h to their place among those of all heads. */
static void place_head(const Pass *p, int h) {
  const int D = p->model->config.dim, K = head_size(&p->model->config);
  const BackwardWorkspace *b = p->backward;
  for (int t = 0; t < p->n; t++) {
    const int to = t * D + h * K;
    memcpy(b->dkey + to, b->dkeys + t * K, (size_t)K * sizeof(float));
    memcpy(b->dvalue + to, b->dvalues + t * K, (size_t)K * sizeof(float));
  }
}

/* All queries of one head. Returns the gradient of the head's gain. */
static float attention_head_backward(const Pass *p, int l, const LayerActivations *kept, int h) {
  const float gain = p->model->layer[l].query_gain[h];
  const int K = head_size(&p->model->config);
  float dgain = 0.0f;
  attention_keys_backward(p, kept, h);
  clear(p->backward->dkeys, p->n * K);
  clear(p->backward->dvalues, p->n * K);
  for (int t = 0, n; t < p->n; t += n) {
    n = attention_queries(p->n - t);
    const Queries queries = queries_of(p, h, t, n);
    attention_scores(p, &kept->query, h, t, n, gain); /* computed again, not kept */
    dgain = queries_backward(&queries, gain, dgain);
  }
  place_head(p, h);
  return dgain;
}

void attention_heads_backward(const Pass *p, int l, const LayerActivations *kept) {
  for (int h = 0; h < p->model->config.heads; h++) {
    const float dgain = attention_head_backward(p, l, kept, h);
    gradients_add(p->gradients, &p->gradients->query_gain[l][h], 1.0f, &dgain, 1);
  }
}

/* ---- queries, keys, values ---- */

void heads_backward(const Model *model, const HeadActivations *a, float *d, float *row, int n) {
  const int D = model->config.dim, H = model->config.heads, K = head_size(&model->config);
  for (int t = 0; t < n; t++)
    for (int h = 0; h < H; h++) {
      const int at = t * H + h, turn = t * (K / 2);
      float *dh = d + t * D + h * K;
      if (a->inverse_rms) {
        ops->dequantize(row, a->q + at * K, a->scale[at], K);
        ops->axpy(dh, -flush_tiny(ops->dot(dh, row, K) / (float)K), row, K);
        ops->scale_flush(dh, a->inverse_rms[at], K);
      }
      ops->rope(dh, model->rope_cos + turn, model->rope_sin + turn, K, true);
    }
}

/* From dquery, dkey, dvalue to the gradients of WQ, WK, WV and to dnorm of attention_in. */
static void project_backward(const Pass *p, int l, const LayerActivations *kept) {
  BackwardWorkspace *b = p->backward;
  heads_backward(p->model, &kept->query, b->dquery, p->activations->work.row, p->n);
  heads_backward(p->model, &kept->key, b->dkey, p->activations->work.row, p->n);
  product_backward(p, l, WQ, &kept->attention_in, 1.0f, b->dquery, false);
  product_backward(p, l, WK, &kept->attention_in, 1.0f, b->dkey, true);
  product_backward(p, l, WV, &kept->attention_in, 1.0f, b->dvalue, true);
}

static void attention_backward(const Pass *p, int l, const LayerActivations *kept, float *dx) {
  const int D = p->model->config.dim;
  BackwardWorkspace *b = p->backward;
  float *row = p->activations->work.row;
  output_backward(p, l, WO, ATTENTION_GAIN, &kept->attention_out, dx);
  clear(b->dmixed, p->n * D);
  norm_backward(&kept->attention_out, b->dnorm, b->dmixed, p->n, row);
  attention_heads_backward(p, l, kept);
  project_backward(p, l, kept);
  norm_backward(&kept->attention_in, b->dnorm, dx, p->n, row);
  trace_floats(p->trace, "before_attention.gradient", l, dx, p->n * D);
}

/* ---- one layer ---- */

void layer_backward(const Pass *p, int l, const LayerActivations *kept, float *dx) {
  mlp_backward(p, l, kept, dx);
  attention_backward(p, l, kept, dx);
}

/* ---- embedding ---- */

void embed_backward(const Pass *p, const float *dx) {
  const Model *model = p->model;
  const Gradients *g = p->gradients;
  const int D = model->config.dim;
  for (int t = 0; t < p->n; t++) {
    gradients_add(g, g->token_embedding + p->tokens[t] * D, EMBEDDING_GAIN, dx + t * D, D);
    for (int i = 0; i < model->rows.count; i++) {
      const RowTable *table = &model->rows.table[i];
      const float factor = row_factor(&p->dropout, &model->rows, i, t);
      if (factor == 0.0f) continue;
      const int row = row_of(table, &model->config, p->tokens, t, p->first[t]);
      gradients_add(g, gradients_of_row(&g->rows[i], row), EMBEDDING_GAIN * factor, dx + t * D,
                    table->width);
    }
  }
}
