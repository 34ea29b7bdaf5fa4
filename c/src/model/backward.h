/* backward.h - from the loss of one sequence to the gradients of all parameters.
 *
 * Every function mirrors one of forward.c, in reverse order, and runs all positions of a Pass that
 * was made for training: 0..n-1. `dx` is the gradient of the residual stream, float [n,D].
 */
#ifndef BACKWARD_H
#define BACKWARD_H

#include "model/pass.h"

/* ---- the parts of backward, in the order in which they follow forward ---- */

/* After final_forward: the gradient of the summed cross-entropy against the targets (tokens 1..n),
 * to dx and to the output embedding. Returns the loss of each position in losses [n] (nats). */
void loss_backward(const Pass *pass, float *dx, float *losses);

/* Layer l, whose forward left `kept`: dx of its output becomes that of its input. */
void layer_backward(const Pass *pass, int l, const LayerActivations *kept, float *dx);

/* dx of the first layer's input, to the embeddings of the tokens. */
void embed_backward(const Pass *pass, const float *dx);

/* ---- pieces of a layer, for `bench` and the tests ---- */

/* Row t of the MLP: gradient of norm(act), dnorm [F], to gradient of the product of WUP, dup [F].
 * row float [F] is scratch. */
void hidden_backward(const LayerActivations *a, int t, const float *dnorm, float *dup, float *row);

/* All heads of layer l: from backward->dmixed [n,D] to its dquery, dkey, dvalue [n,D], as they
 * enter the scores; adds to the gradient of the gains. */
void attention_heads_backward(const Pass *pass, int l, const LayerActivations *kept);

/* Gradient of one row of softmax: probabilities p [count], dp [count] (overwritten):
 * dp[j] = p[j] (dp[j] - sum_k p[k] dp[k]), tiny values flushed. */
void attention_row_backward(float *dp, const float *p, int count);

/* d [n,D] of queries or keys, as they enter the scores, to that of the product, in place: RMS
 * normalisation per head, RoPE turned back. row float [K] is scratch. */
void heads_backward(const Model *model, const HeadActivations *a, float *d, float *row, int n);

#endif
