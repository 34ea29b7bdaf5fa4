/* norm.h - normalisation of a vector a position, its result in int8, forward and backward.
 *
 *   RMSNorm     y = x / rms(x)                     (Zhang and Sennrich, 2019, without gain)
 *   LayerNorm   y = c / rms(c), c = x - mean(x)    (Ba et al., 2016, without gain and bias)
 *
 * x is rounded to int8 first, q = round(127 x / max|x|), and the rms is that of q: so y = q /
 * rms(q) has a root mean square of 1 exactly, whatever was rounded, and nothing float need be kept.
 */
#ifndef NORM_H
#define NORM_H

#include "base/arena.h"

#define SMALLEST_ABSMAX 9.5367431640625e-7f /* 2^-20: a vector below it counts as zero */

/* What the norm of T vectors keeps: y[t,i] = q[t,i] * scale[t], and y = x * inverse_rms, with x
 * less its mean first where the norm is LayerNorm. */
typedef struct {
  int width;          /* D, or F for the hidden layer */
  bool centered;      /* LayerNorm: the mean of x is taken away first */
  int8_t *q;          /* [T,width] */
  float *scale;       /* [T] 1 / rms(q); 0 of a zero vector */
  float *inverse_rms; /* [T] 1 / rms(x); 0 of a zero vector */
} NormActivations;

/* Takes (or plans) the memory for `rows` positions. */
void norm_layout(NormActivations *a, int width, bool centered, int rows, Arena *arena);

/* Rows 0 .. n-1 of x float [n,width] to those of a. scratch float [width] */
void norm_forward(NormActivations *a, const float *x, int n, float *scratch);

/* Row t as floats, to y [width]. */
void norm_output(const NormActivations *a, int t, float *y);

/* Gradients of rows 0..n-1: from that of y, dnorm, to that of x, which is added to dx, both float
 * [T,width]:
 *
 *   dx += inverse_rms (dnorm - y mean(dnorm y)), less its mean where the norm is LayerNorm
 *
 * scratch float [width] */
void norm_backward(const NormActivations *a, const float *dnorm, float *dx, int n, float *scratch);

/* The same for row t alone: dnorm, dx float [width]. */
void norm_row_backward(const NormActivations *a, int t, const float *dnorm, float *dx,
                       float *scratch);

/* 1 / rms of q int8 [n]; 0 of the zero vector. */
float norm_inverse_rms(const int8_t *q, int n);

#endif
