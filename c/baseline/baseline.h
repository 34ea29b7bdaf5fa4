/* baseline.h - the same model and training step in float32, as one would write it without this
 * project. `bench` holds the ternary model against it, `baseline` trains it; nothing else of the
 * core uses it.
 *
 *   x = token_embedding[token] + bigram_embedding[hash(previous, token)]
 *   each layer:  a = norm(x);  q, k, v = Wq a, Wk a, Wv a;  q, k = RoPE(norm(q)), RoPE(norm(k))
 *                x += Wo norm(softmax(gain q k / sqrt(K)) v)
 *                x += Wdown norm(relu(Wup norm(x))^2)
 *   logits = norm(x) token_embedding^T
 *
 * norm is RMSNorm (per head for q and k). A step is forward and backward of one sequence after the
 * other, gradients added up in float, then AdamW: 16 bytes a weight. Generation keeps float keys
 * and values.
 *
 * The files of c/baseline are compiled with -ffast-math, which none of the others may be: what they
 * compute differs between builds, and nothing that is compared comes from here.
 */
#ifndef BASELINE_H
#define BASELINE_H

#define OTHER_BITS_ARE_MEANT /* in these files alone: nothing that is compared comes from them */

#include "base/arena.h"
#include "model/model.h"

/* ---- products ---- */

typedef struct {
  const char *name;

  /* ---- with a matrix of weights w [R,C] ---- */

  /* y[t,R] = w x[t,C].  t = 0..n-1 */
  void (*forward)(float *y, const float *w, const float *x, int n, int R, int C);

  /* dx[t,C] += w^T dy[t,R].  t = 0..n-1 */
  void (*input_gradient)(float *dx, const float *w, const float *dy, int n, int R, int C);

  /* dw[R,C] += sum_t dy[t,R] x[t,C].  t = 0..n-1 */
  void (*weight_gradient)(float *dw, const float *dy, const float *x, int n, int R, int C);

  /* ---- with rows that lie ld floats apart: a head of attention ---- */

  /* y[j] = x . rows[j].  j = 0..count-1; x, rows[j] [n] */
  void (*dots)(float *y, const float *x, const float *rows, int ld, int count, int n);

  /* y += sum_j a[j * step] rows[j].  j = 0..count-1; y, rows[j] [n] */
  void (*mix)(float *y, const float *a, int step, const float *rows, int ld, int count, int n);
} BaselineProducts;

/* Loops in plain C, which the compiler may vectorise. */
extern const BaselineProducts baseline_products_plain;

/* The same with SSE1 intrinsics, blocked for registers and caches; null where the build has no SSE.
 */
extern const BaselineProducts *const baseline_products_sse;

/* ---- the model ---- */

/* One float for each parameter: the weights, their gradients or one of Adam's moments. */
typedef struct {
  size_t count;
  float *all; /* [count] the others are parts of it */
  float *token_embedding, *bigram_embedding;
  float *matrix[MAX_LAYERS][LAYER_MATRICES]; /* shapes as in model.h */
  float *query_gain[MAX_LAYERS];             /* [H] each */
} BaselineParameters;

/* A vector per position after RMSNorm. */
typedef struct {
  float *y;       /* [N,width] */
  float *inverse; /* [N] 1 / rms of what came in */
} BaselineNorm;

/* What one layer keeps of N positions: for backward, and the key/value cache. */
typedef struct {
  BaselineNorm attention_in, attention_out, mlp_in; /* [N,D] */
  BaselineNorm query;                               /* [N,D], inverse [N,H] */
  BaselineNorm key;                                 /* [T,D], inverse [T,H] */
  float *value;                                     /* [T,D] */
  float *scores;                                    /* [H,N,T] softmax of the rows */
  float *relu;                                      /* [N,F] */
  BaselineNorm hidden;                              /* [N,F] norm(relu^2) */
} BaselineLayer;

typedef struct {
  ModelConfig config; /* scheme, norm and activation are not looked at */
  const BaselineProducts *products;
  int rows; /* N: positions of one call; T to train, 1 to generate */
  BaselineParameters weights, gradients, first_moment, second_moment;
  BaselineLayer layer[MAX_LAYERS];
  BaselineNorm final;         /* [N,D] */
  float *x, *dx;              /* [N,D] the residual stream, its gradient */
  float *product;             /* [N,F] */
  float *dnorm, *dproduct;    /* [N,F] */
  float *dquery, *dkey;       /* [N,D] */
  float *dvalue, *dmixed;     /* [N,D] */
  float *dscores;             /* [T,T] of one head */
  float *logits;              /* [N,V] */
  float *rope_cos, *rope_sin; /* [T,K/2] */
} Baseline;

/* Takes (or plans) the memory: to train, or only to generate. */
void baseline_layout(Baseline *b, const ModelConfig *config, bool training, Arena *arena);

/* Random first weights, of the deviations of the ternary model, and the RoPE tables. */
void baseline_init(Baseline *b, const BaselineProducts *products, uint32_t seed);

/* Number of parameters. */
size_t baseline_parameters(const ModelConfig *config);

/* Positions start .. start+n-1 up to norm(x). tokens [start+n]; n <= N; those before start must
 * have been run before; start is 0 in a training. */
void baseline_forward(Baseline *b, const uint16_t *tokens, int start, int n);

/* Logits [V] of row i of the last forward, to b->logits row i. */
void baseline_logits(Baseline *b, int i);

void baseline_clear_gradients(Baseline *b);

/* After forward of positions 0..n-1: the summed cross-entropy (nats) against targets [n]. Adds the
 * gradients of `scale` times it. */
float baseline_backward(Baseline *b, const uint16_t *tokens, const uint16_t *targets, int n,
                        float scale);

/* One step of AdamW (Loshchilov and Hutter, 2019). step: 0, 1, ... */
void baseline_update(Baseline *b, float learning_rate, int step);

/* One training step over the sequences that start at starts [batch] of tokens; the mean loss. */
float baseline_step(Baseline *b, const uint16_t *tokens, const int32_t *starts, int batch,
                    float learning_rate, int step);

/* ---- pieces, for `bench` and the tests ---- */

/* y = x / rms(x), row after row. x [n,width]; in and out may be the same memory */
void baseline_norm(BaselineNorm *out, int row, const float *x, int n, int width);

/* dx += inverse (dy - y mean(dy y)), rows 0..n-1. dy, dx [n,width] */
void baseline_norm_backward(const BaselineNorm *a, const float *dy, float *dx, int n, int width);

/* All heads of layer l: from its queries, keys and values to out [n,D]. */
void baseline_attention(Baseline *b, int l, float *out, int start, int n);

/* From dout [n,D] to b->dquery, dkey, dvalue [n,D]; adds to the gradient of the gains. */
void baseline_attention_backward(Baseline *b, int l, const float *dout, int n);

/* Turns the heads of x [D] by the angles of one position, or by minus the angles. */
void baseline_rope(const Baseline *b, float *x, int position, bool inverse);

/* logits [vocab] to probabilities; returns the cross-entropy in nats. */
float baseline_softmax(float *logits, int vocab, int target);

/* One step of AdamW on w [n] with gradient g and moments m, v. c1, c2: 1 / (1 - b^t). */
void baseline_adamw(float *w, const float *g, float *m, float *v, size_t n, float learning_rate,
                    float c1, float c2);

/* sum_i x[i] y[i], and y[i] += a x[i] */
float baseline_dot(const float *x, const float *y, int n);
void baseline_axpy(float *y, float a, const float *x, int n);

#endif
