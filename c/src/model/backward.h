/* backward.h - from the loss of one sequence to the gradients of all parameters.
 *
 * Every function mirrors one of forward.c, in reverse order. Gradients are sums over positions (not
 * means): the optimizer divides. They are kept in fixed point (fixed.h), so that the order in which
 * sequences add to them does not matter.
 */
#ifndef BACKWARD_H
#define BACKWARD_H

#include "math/fixed.h"
#include "model/forward.h"
#include "model/linear.h"

/* Gradient sums of a step, one beside each parameter, in units of fixed.unit. The matrices of all
 * layers share one place if only one layer is held at a time. */
typedef struct {
  FixedPoint fixed;
  bool by_layer;                               /* matrix[l] is the same memory for every l */
  int32_t *matrix[MAX_LAYERS][LAYER_MATRICES]; /* [R,C] each */
  int32_t *token_embedding;                    /* [V,D] */
  int32_t *bigram_embedding;                   /* [G,D] */
  int32_t *query_gain[MAX_LAYERS];             /* [H] each */
} Gradients;

typedef struct {
  float *dnorm;                  /* [T,F] gradient of a norm's output */
  float *dproduct;               /* [T,F] gradient of a product's output */
  float *dmixed;                 /* [T,D] gradient of the heads' outputs */
  float *dquery, *dkey, *dvalue; /* [T,D] */
  float *queries, *keys;         /* [T,K] of one head, dequantized */
  float *dscores;                /* [T] */
  LinearWorkspace linear;
} BackwardWorkspace;

/* Takes (or plans) the gradients' memory, for steps over batch sequences. */
void gradients_layout(Gradients *g, const ModelConfig *config, int batch, bool by_layer,
                      Arena *arena);

/* Sets the gradients of the matrices of a layer to zero, or those of all float parameters. */
void gradients_clear_layer(Gradients *g, const ModelConfig *config, int layer);
void gradients_clear_floats(Gradients *g, const ModelConfig *config);

/* Float blocks of the gradients in the order of model_float_blocks. */
int gradients_float_blocks(const Gradients *g, const ModelConfig *config,
                           int32_t *blocks[MAX_FLOAT_BLOCKS]);

/* Takes (or plans) the scratch for sequences of at most capacity positions. */
void backward_layout(BackwardWorkspace *b, const ModelConfig *config, int capacity, Arena *arena);

/* ---- the parts of backward, in the order in which they follow forward ---- */

/* After final_forward of positions 0..n-1: the gradient of the summed cross-entropy against
 * targets [n], to dx [n,D] of the residual stream and to the output embedding. Returns the loss of
 * each position in losses [n] (nats). */
void loss_backward(const Model *model, Activations *a, BackwardWorkspace *b, Gradients *g,
                   const uint16_t *targets, float *dx, int n, float *losses);

/* Layer l, whose forward left `kept`: dx [n,D] of its output becomes that of its input. */
void layer_backward(const Model *model, int l, const LayerActivations *kept, Activations *a,
                    BackwardWorkspace *b, Gradients *g, float *dx, int n);

/* dx [n,D] of the first layer's input, to the embeddings of tokens [n]. */
void embed_backward(const Model *model, Gradients *g, const uint16_t *tokens, const float *dx,
                    int n);

/* ---- single layers, in the order in which backward meets them; public for the tests ---- */

/* Row t of a norm: dx[width] += inverse_rms (dnorm - y mean(dnorm y)), y = q * scale; less its mean
 * where the norm is LayerNorm. dnorm, dx, row (scratch) float [width] */
void norm_backward(const NormActivations *a, int t, const float *dnorm, float *dx, float *row);

/* Row t of the MLP: gradient of norm(act), dnorm [F], to gradient of the product of WUP, dup [F].
 * row float [F] is scratch. */
void hidden_backward(const LayerActivations *a, int t, const float *dnorm, float *dup, float *row);

/* All heads of layer l: from b->dmixed [n,D] to b->dquery, dkey, dvalue [n,D], as they enter the
 * scores; adds to the gradient of the gains. */
void attention_heads_backward(const Model *model, int l, const LayerActivations *kept,
                              Activations *a, BackwardWorkspace *b, Gradients *g, int n);

/* Gradient of one row of softmax: probabilities p [count], dp [count] (overwritten):
 * dp[j] = p[j] (dp[j] - sum_k p[k] dp[k]), tiny values flushed. */
void attention_row_backward(float *dp, const float *p, int count);

/* d [n,D] of queries or keys, as they enter the scores, to that of the product, in place: RMS
 * normalisation per head, RoPE turned back. row float [K] is scratch. */
void heads_backward(const Model *model, const HeadActivations *a, float *d, float *row, int n);

#endif
