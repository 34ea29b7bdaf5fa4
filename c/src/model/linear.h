/* linear.h - the three products of a matrix of weights, all of them in integers.
 *
 *   forward        y[t,R]  = W x[t,C]          codes x int8
 *   input gradient dx[t,C] = W^T dy[t,R]       codes x int8 (dy * scale quantized per position)
 *   weight gradient dW[R,C] = sum_t dy[t,R] x[t,C]   int8 x int8 (dy quantized per sequence)
 *
 * The codes are made from the latents as they are used, in groups (math_ops.h), once for all the
 * positions of a call. Rounding is passed straight through in backward (Bengio et al., 2013): dW is
 * the gradient of the latents.
 */
#ifndef LINEAR_H
#define LINEAR_H

#include "math/fixed.h"
#include "model/norm.h"
#include "model/quantizer.h"

enum { QUANTIZED_AT_ONCE = 16 /* positions of a gradient that are quantized at a time */ };

/* Scratch of all three products. */
typedef struct {
  int16_t *input;   /* [T,F] widened activations or gradients */
  int8_t *trits;    /* [BLOCK_INPUTS,F] a few rows of weights */
  uint8_t *groups;  /* the trits of one matrix in groups, see math_ops.h */
  int32_t *product; /* [max(T,PRODUCT_TILE),F] sums of a matrix product */
  float *row;       /* [F] one position of a product, scaled */
} LinearWorkspace;

/* Scratch of the two backward products, beside that of all three. */
typedef struct {
  int8_t *q;           /* [QUANTIZED_AT_ONCE,F] positions of dy, quantized */
  float *scaled;       /* [F] one position of dy times the scales of W */
  float *largest;      /* [T] the largest |dy| of each position, by linear_measure */
  float *unit;         /* [T] what 1 stands for in each position of dy */
  int16_t *transposed; /* [F,T] dy, quantized and transposed */
} LinearBackwardWorkspace;

/* Sums that fit in `product`, of a scratch for at most capacity positions. */
size_t linear_product_size(const ModelConfig *config, int capacity);

/* Takes (or plans) the scratch for at most capacity positions, 1..T. */
void linear_layout(LinearWorkspace *work, const ModelConfig *config, int capacity, Arena *arena);
void linear_backward_layout(LinearBackwardWorkspace *back, const ModelConfig *config, int capacity,
                            Arena *arena);

enum { SAME_INPUT = 3 }; /* matrices of a layer that share an input, at most */

/* Sums y[n, count * R] = codes of the matrices w [count], all of one shape and scheme, times x.
 * They lie in work and are good until the next product. x int8 [n,C]; count * R * C <= F * D. Real
 * value: sum * scale of x * scale of the row */
int32_t *linear_forward(const WeightMatrix *w, int count, LinearWorkspace *work, const int8_t *x,
                        int n);

/* y[t,R] += gain W in[t,C], t = 0..n-1. y float [n,R] */
void linear_forward_add(const WeightMatrix *w, LinearWorkspace *work, const NormActivations *in,
                        float gain, float *y, int n);

/* Looks at the gradient of an output, dy float [n,R], once for the two functions that follow, which
 * take the same dy. */
void linear_measure(LinearBackwardWorkspace *back, const float *dy, int n, int R);

/* dx[t,C] = (add ? dx[t,C] : 0) + W^T dy[t,R], t = 0..n-1. dy float [n,R], dx float [n,C] */
void linear_backward_input(const WeightMatrix *w, LinearWorkspace *work,
                           LinearBackwardWorkspace *back, const float *dy, float *dx, int n,
                           bool add);

/* gradient[R,C] += sum_t dy[t,R] gain in[t,C], t = 0..n-1, in fixed point. The unit of the
 * quantized dy is one power of two for the sequence, so dW is a whole number of that unit, and a
 * shift away from the unit of the gradient. dy float [n,R] */
void linear_backward_weights(const WeightMatrix *w, LinearWorkspace *work,
                             LinearBackwardWorkspace *back, const float *dy,
                             const NormActivations *in, float gain, int32_t *gradient,
                             const FixedPoint *fixed, int n);

#endif
