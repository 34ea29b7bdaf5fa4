/* products.c - the products as loops in plain C. A row of weights stays in the cache while
 * all positions use it. */
#include "baseline/baseline.h"
#include "baseline/loops.h"

static void forward(float *y, const float *w, const float *x, int n, int R, int C) {
  for (int r = 0; r < R; r++)
    for (int t = 0; t < n; t++) y[t * R + r] = dot_loop(w + r * C, x + t * C, C);
}

static void input_gradient(float *dx, const float *w, const float *dy, int n, int R, int C) {
  for (int r = 0; r < R; r++)
    for (int t = 0; t < n; t++) axpy_loop(dx + t * C, dy[t * R + r], w + r * C, C);
}

static void weight_gradient(float *dw, const float *dy, const float *x, int n, int R, int C) {
  for (int r = 0; r < R; r++)
    for (int t = 0; t < n; t++) axpy_loop(dw + r * C, dy[t * R + r], x + t * C, C);
}

static void dots(float *y, const float *x, const float *rows, int ld, int count, int n) {
  for (int j = 0; j < count; j++) y[j] = dot_loop(x, rows + j * ld, n);
}

static void mix(float *y, const float *a, int step, const float *rows, int ld, int count, int n) {
  for (int j = 0; j < count; j++) axpy_loop(y, a[j * step], rows + j * ld, n);
}

const BaselineProducts baseline_products_plain = {
    .name = "plain C",
    .forward = forward,
    .input_gradient = input_gradient,
    .weight_gradient = weight_gradient,
    .dots = dots,
    .mix = mix,
};

float baseline_dot(const float *x, const float *y, int n) { return dot_loop(x, y, n); }
void baseline_axpy(float *y, float a, const float *x, int n) { axpy_loop(y, a, x, n); }
