/* norm.c - RMSNorm and LayerNorm: layout, forward, backward. */
#include "model/norm.h"

#include <string.h>

#include "math/math_ops.h"

void norm_layout(NormActivations *a, int width, bool centered, int rows, Arena *arena) {
  const size_t T = (size_t)rows;
  a->width = width;
  a->centered = centered;
  a->q = arena_take(arena, MEMORY_ACTIVATIONS, T * (size_t)width, 1);
  a->scale = arena_take(arena, MEMORY_ACTIVATIONS, T, sizeof(float));
  a->inverse_rms = arena_take(arena, MEMORY_ACTIVATIONS, T, sizeof(float));
}

/* ---- forward ---- */

float norm_inverse_rms(const int8_t *q, int n) {
  const int32_t sum = ops->sum_squares_i8(q, n);
  return sum == 0 ? 0.0f : 1.0f / float_sqrt(float_of_i32(sum) / (float)n);
}

/* x [n] less its mean, to centered [n]. */
static void center(float *centered, const float *x, int n) {
  const float mean = ops->sum(x, n) / (float)n;
  for (int i = 0; i < n; i++) centered[i] = x[i] - mean;
}

/* x float [width] to row t of a. */
static void norm_row_forward(NormActivations *a, int t, const float *x, float *scratch) {
  int8_t *q = a->q + t * a->width;
  if (a->centered) {
    center(scratch, x, a->width);
    x = scratch;
  }
  const float largest = ops->absmax(x, a->width);
  if (largest < SMALLEST_ABSMAX) {
    memset(q, 0, (size_t)a->width);
    a->scale[t] = a->inverse_rms[t] = 0.0f;
    return;
  }
  const float k = 127.0f / largest;
  ops->quantize(q, x, k, a->width);
  a->scale[t] = norm_inverse_rms(q, a->width);
  a->inverse_rms[t] = a->scale[t] * k;
}

void norm_forward(NormActivations *a, const float *x, int n, float *scratch) {
  for (int t = 0; t < n; t++) norm_row_forward(a, t, x + t * a->width, scratch);
}

void norm_output(const NormActivations *a, int t, float *y) {
  ops->dequantize(y, a->q + t * a->width, a->scale[t], a->width);
}

/* ---- backward ---- */

void norm_row_backward(const NormActivations *a, int t, const float *dnorm, float *dx,
                       float *scratch) {
  const int n = a->width;
  const float scale = a->scale[t], inverse = a->inverse_rms[t];
  float *q = scratch;
  ops->dequantize(q, a->q + t * n, 1.0f, n);
  const float along = flush_tiny(ops->dot(dnorm, q, n) / (float)n);
  const float mean = flush_tiny(along * scale) * scale;
  if (!a->centered) {
    ops->norm_backward(dx, dnorm, q, inverse, mean, n);
    return;
  }
  for (int i = 0; i < n; i++) q[i] = flush_tiny(inverse * (dnorm[i] - mean * q[i]));
  const float shift = ops->sum(q, n) / (float)n;
  for (int i = 0; i < n; i++) dx[i] = dx[i] + (q[i] - shift);
}

void norm_backward(const NormActivations *a, const float *dnorm, float *dx, int n, float *scratch) {
  for (int t = 0; t < n; t++)
    norm_row_backward(a, t, dnorm + t * a->width, dx + t * a->width, scratch);
}
