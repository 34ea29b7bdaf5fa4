/* linear.c - the three integer products of a ternary matrix, forward beside backward. */
#include "linear.h"

#include <string.h>

#include "math_ops.h"

void linear_layout(LinearWorkspace *work, const ModelConfig *config, int capacity, Arena *arena) {
  const size_t F = (size_t)hidden_size(config), T = (size_t)capacity;
  work->q = arena_take(arena, MEMORY_WORKSPACE, F, 1);
  work->unit = arena_take(arena, MEMORY_WORKSPACE, T, sizeof(float));
  work->transposed = arena_take(arena, MEMORY_WORKSPACE, F * T, sizeof(int16_t));
}

static int min_int(int a, int b) { return a < b ? a : b; }

/* ---- forward ---- */

void linear_forward(const TernaryMatrix *w, ForwardWorkspace *work, const int8_t *x, int n) {
  const int R = w->rows, C = w->cols;
  ops->widen_i8(work->input, x, n * C);
  for (int r = 0; r < R; r += WEIGHT_TILE) {
    int rows = min_int(WEIGHT_TILE, R - r);
    ops->ternarize(work->weights, w->latent + r * C, rows * C, w->threshold);
    ops->matmul_i16(work->product + r, R, work->input, work->weights, n, rows, C);
  }
}

void linear_forward_add(const TernaryMatrix *w, ForwardWorkspace *work, const NormActivations *in,
                        float *y, int start, int n) {
  const int R = w->rows;
  linear_forward(w, work, in->q + start * w->cols, n);
  for (int i = 0; i < n; i++)
    ops->add_scaled_i32(y + (start + i) * R, work->product + i * R, in->scale[start + i] * w->scale,
                        R);
}

/* ---- gradient of the input ---- */

/* dy float [n,R] to int8 per position, widened into work->input [n,R]. */
static void quantize_positions(ForwardWorkspace *work, LinearWorkspace *linear, const float *dy,
                               int n, int R) {
  for (int t = 0; t < n; t++) {
    float largest = ops->absmax(dy + t * R, R);
    bool zero = largest < TINY;
    linear->unit[t] = zero ? 0.0f : largest / 127.0f;
    ops->quantize(linear->q, dy + t * R, zero ? 0.0f : 127.0f / largest, R);
    ops->widen_i8(work->input + t * R, linear->q, R);
  }
}

/* Trits of columns c .. c+columns-1, as rows: weights[columns,R]. */
static void ternarize_columns(const TernaryMatrix *w, int16_t *weights, int c, int columns) {
  const int R = w->rows;
  for (int r = 0; r < R; r++) {
    const int8_t *latent = w->latent + r * w->cols + c;
    for (int i = 0; i < columns; i++)
      weights[i * R + r] = (int16_t)((latent[i] >= w->threshold) - (latent[i] <= -w->threshold));
  }
}

void linear_backward_input(const TernaryMatrix *w, ForwardWorkspace *work, LinearWorkspace *linear,
                           const float *dy, float *dx, int n) {
  const int R = w->rows, C = w->cols;
  quantize_positions(work, linear, dy, n, R);
  for (int c = 0; c < C; c += WEIGHT_TILE) {
    int columns = min_int(WEIGHT_TILE, C - c);
    ternarize_columns(w, work->weights, c, columns);
    ops->matmul_i16(work->product + c, C, work->input, work->weights, n, columns, R);
  }
  for (int t = 0; t < n; t++)
    ops->add_scaled_i32(dx + t * C, work->product + t * C, linear->unit[t] * w->scale, C);
}

/* ---- gradient of the weights ---- */

/* The smallest power of two u with largest / u <= 127; 0 when largest counts as zero. */
static float unit_of_sequence(float largest) {
  if (largest < TINY) return 0.0f;
  uint32_t bits = float_bits(largest * (1.0f / 127.0f));
  int exponent = (int)(bits >> 23) - 127 + ((bits & 0x007fffffu) != 0);
  return float_exp2i(exponent);
}

/* dy[t,R] * in.scale[t] in int8 with one unit, transposed to [R,n]; returns the unit. */
static float quantize_sequence(LinearWorkspace *linear, const float *dy, const NormActivations *in,
                               int n, int R) {
  float largest = 0.0f;
  for (int t = 0; t < n; t++) {
    float here = ops->absmax(dy + t * R, R) * in->scale[t];
    largest = here > largest ? here : largest;
  }
  float unit = unit_of_sequence(largest);
  for (int t = 0; t < n; t++) {
    ops->quantize(linear->q, dy + t * R, unit == 0.0f ? 0.0f : in->scale[t] / unit, R);
    for (int r = 0; r < R; r++) linear->transposed[r * n + t] = linear->q[r];
  }
  return unit;
}

void linear_backward_weights(const TernaryMatrix *w, ForwardWorkspace *work,
                             LinearWorkspace *linear, const float *dy, const NormActivations *in,
                             float *gradient, int n) {
  const int R = w->rows, C = w->cols;
  float unit = quantize_sequence(linear, dy, in, n, R);
  if (unit == 0.0f) return;
  for (int t = 0; t < n; t++)
    for (int c = 0; c < C; c++) work->input[c * n + t] = in->q[t * C + c];
  for (int r = 0; r < R; r += WEIGHT_TILE) {
    int rows = min_int(WEIGHT_TILE, R - r);
    ops->matmul_i16(work->product, C, linear->transposed + r * n, work->input, rows, C, n);
    ops->add_scaled_i32(gradient + r * C, work->product, unit, rows * C);
  }
}
