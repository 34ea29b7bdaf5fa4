/* backward.h - from the loss of one sequence to the gradients of all parameters.
 *
 * Every function mirrors one of forward.c, in reverse order. Gradients are sums over positions (not
 * means): the optimizer divides. They are added to what is there, sequence after sequence, so a
 * batch of any size needs the activations of one sequence only.
 */
#ifndef BACKWARD_H
#define BACKWARD_H

#include "forward.h"
#include "linear.h"

/* Gradient sums of a step, one beside each parameter. */
typedef struct {
  float *matrix[MAX_LAYERS][LAYER_MATRICES]; /* [R,C] each */
  float *token_embedding;                    /* [V,D] */
  float *bigram_embedding;                   /* [G,D] */
  float *query_gain[MAX_LAYERS];             /* [H] each */
} Gradients;

typedef struct {
  float *dx;                     /* [T,D] gradient of the residual stream */
  float *dnorm;                  /* [T,F] gradient of a norm's output */
  float *dproduct;               /* [T,F] gradient of a product's output */
  float *dmixed;                 /* [T,D] gradient of the heads' outputs */
  float *dquery, *dkey, *dvalue; /* [T,D] */
  float *queries, *keys;         /* [T,K] of one head, dequantized */
  float *dscores;                /* [T] */
  LinearWorkspace linear;
} BackwardWorkspace;

/* Takes (or plans) the gradients' memory. */
void gradients_layout(Gradients *g, const ModelConfig *config, Arena *arena);

/* Sets all gradients to zero. */
void gradients_clear(Gradients *g, const ModelConfig *config);

/* Float blocks of the gradients in the order of model_float_blocks. */
int gradients_float_blocks(const Gradients *g, const ModelConfig *config,
                           float *blocks[MAX_FLOAT_BLOCKS]);

/* Takes (or plans) the scratch for sequences of at most capacity positions. */
void backward_layout(BackwardWorkspace *b, const ModelConfig *config, int capacity, Arena *arena);

/* After forward of positions 0..n-1: adds the gradients of the summed cross-entropy against
 * targets [n] to g. Returns the loss of each position in losses [n] (nats). */
void backward(const Model *model, Activations *a, BackwardWorkspace *b, Gradients *g,
              const uint16_t *tokens, const uint16_t *targets, int n, float *losses);

/* ---- single layers, in the order in which backward meets them; public for the tests ---- */

/* Row t of a norm: dx[width] += inverse_rms (dnorm - y mean(dnorm y)), y = q * scale.
 * dnorm, dx, row (scratch) float [width] */
void norm_backward(const NormActivations *a, int t, const float *dnorm, float *dx, float *row);

/* Row t of the MLP: gradient of norm(relu^2), dnorm [F], to gradient of the product of WUP, dup
 * [F]. row float [F] is scratch. */
void relu_squared_backward(const LayerActivations *a, int t, const float *dnorm, float *dup,
                           float *row);

/* All heads of layer l: from b->dmixed [n,D] to b->dquery, dkey, dvalue [n,D], as they enter the
 * scores; adds to the gradient of the gains. */
void attention_heads_backward(const Model *model, int l, Activations *a, BackwardWorkspace *b,
                              Gradients *g, int n);

/* Gradient of one row of softmax: probabilities p [count], dp [count] (overwritten):
 * dp[j] = p[j] (dp[j] - sum_k p[k] dp[k]), tiny values flushed. */
void attention_row_backward(float *dp, const float *p, int count);

/* d [n,D] of queries or keys, as they enter the scores, to that of the product, in place: RMS
 * normalisation per head, RoPE turned back. row float [K] is scratch. */
void heads_backward(const Model *model, const HeadActivations *a, float *d, float *row, int n);

#endif
