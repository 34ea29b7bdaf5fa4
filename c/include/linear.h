/* linear.h - the three products of a ternary matrix, all of them in integers.
 *
 *   forward        y[t,R]  = W x[t,C]          trits x int8
 *   input gradient dx[t,C] = W^T dy[t,R]       trits x int8 (dy quantized per position)
 *   weight gradient dW[R,C] = sum_t dy[t,R] x[t,C]   int8 x int8 (dy quantized per sequence)
 *
 * The trits are made from the latents a few rows at a time, as they are used. Rounding is passed
 * straight through in backward (Bengio et al., 2013): dW is the gradient of the latents.
 */
#ifndef LINEAR_H
#define LINEAR_H

#include "forward.h"
#include "model.h"

/* Scratch of the two backward products. */
typedef struct {
  int8_t *q;           /* [F] one position of dy, quantized */
  float *unit;         /* [T] what 1 stands for in each position of dy */
  int16_t *transposed; /* [F,T] dy, quantized and transposed */
} LinearWorkspace;

void linear_layout(LinearWorkspace *work, const ModelConfig *config, int capacity, Arena *arena);

/* work->product[n,R] = trits of w times x. x int8 [n,C]. Real value: product * scale of x *
 * w->scale */
void linear_forward(const TernaryMatrix *w, ForwardWorkspace *work, const int8_t *x, int n);

/* y[t,R] += W in[t,C] for t = start..start+n-1. y float [T,R] */
void linear_forward_add(const TernaryMatrix *w, ForwardWorkspace *work, const NormActivations *in,
                        float *y, int start, int n);

/* dx[t,C] += W^T dy[t,R], t = 0..n-1. dy float [n,R], dx float [n,C] */
void linear_backward_input(const TernaryMatrix *w, ForwardWorkspace *work, LinearWorkspace *linear,
                           const float *dy, float *dx, int n);

/* gradient[R,C] += sum_t dy[t,R] in[t,C], t = 0..n-1. The unit of the quantized dy is one power of
 * two for the sequence, so dW is a whole number of that unit. dy float [n,R] */
void linear_backward_weights(const TernaryMatrix *w, ForwardWorkspace *work,
                             LinearWorkspace *linear, const float *dy, const NormActivations *in,
                             float *gradient, int n);

#endif
