/* linear.c - the three integer products of a matrix of weights, forward beside backward. */
#include "model/linear.h"

#include <string.h>

#include "math/math_ops.h"

size_t linear_product_size(const ModelConfig *config, int capacity) {
  const int rows = capacity > PRODUCT_TILE ? capacity : PRODUCT_TILE;
  return (size_t)rows * (size_t)hidden_size(config);
}

void linear_layout(LinearWorkspace *work, const ModelConfig *c, int capacity, Arena *arena) {
  const size_t F = (size_t)hidden_size(c), T = (size_t)capacity;
  const size_t wide = group_bytes((int)F, c->dim), tall = group_bytes(c->dim, (int)F);
  work->input = arena_take(arena, MEMORY_WORKSPACE, T * F, sizeof(int16_t));
  work->trits = arena_take(arena, MEMORY_WORKSPACE, BLOCK_INPUTS * F, 1);
  work->groups = arena_take(arena, MEMORY_WORKSPACE, wide > tall ? wide : tall, 1);
  work->product =
      arena_take(arena, MEMORY_WORKSPACE, linear_product_size(c, capacity), sizeof(int32_t));
  work->row = arena_take(arena, MEMORY_WORKSPACE, F, sizeof(float));
}

void linear_backward_layout(LinearBackwardWorkspace *back, const ModelConfig *config, int capacity,
                            Arena *arena) {
  const size_t F = (size_t)hidden_size(config), T = (size_t)capacity;
  back->q = arena_take(arena, MEMORY_WORKSPACE, QUANTIZED_AT_ONCE * F, 1);
  back->scaled = arena_take(arena, MEMORY_WORKSPACE, F, sizeof(float));
  back->largest = arena_take(arena, MEMORY_WORKSPACE, T, sizeof(float));
  back->unit = arena_take(arena, MEMORY_WORKSPACE, T, sizeof(float));
  back->transposed = arena_take(arena, MEMORY_WORKSPACE, F * T, sizeof(int16_t));
}

/* ---- forward ---- */

/* Groups of one plane of matrices w [count], whose rows, one after the other, are the outputs. */
static void group_rows(const WeightMatrix *w, int count, LinearWorkspace *work, int plane) {
  const int R = w->rows;
  for (int r = 0; r < count * R; r++) {
    matrix_trits(w + r / R, r % R, plane, work->trits);
    ops->group_row(work->groups + r * GROUPS_OF_BLOCK, work->trits, w->cols, count * R);
  }
}

/* y [count * R] = trits of the matrices w [count], in strips, times x [C]. */
static void strips_product(const WeightMatrix *w, int count, int32_t *y, const int8_t *x) {
  const uint8_t *strips[SAME_INPUT];
  for (int i = 0; i < count; i++) strips[i] = w[i].packed;
  ops->packed_product(y, strips, count, x, w->rows, w->cols);
}

int32_t *linear_forward(const WeightMatrix *w, int count, LinearWorkspace *work, const int8_t *x,
                        int n) {
  const int R = w->rows, C = w->cols;
  if (n == 1 && w->store == STORE_STRIPS) {
    strips_product(w, count, work->product, x);
    return work->product;
  }
  ops->widen_i8(work->input, x, n * C);
  for (int plane = 0; plane < matrix_planes(w); plane++) {
    group_rows(w, count, work, plane);
    ops->group_product(work->product, work->input, work->groups, n, count * R, C, plane > 0);
  }
  return work->product;
}

void linear_forward_add(const WeightMatrix *w, LinearWorkspace *work, const NormActivations *in,
                        float gain, float *y, int n) {
  const int R = w->rows;
  const int32_t *sums = linear_forward(w, 1, work, in->q, n);
  for (int t = 0; t < n; t++) {
    ops->scale_rows(work->row, sums + t * R, w->scale, 1.0f, R);
    ops->axpy(y + t * R, gain * in->scale[t], work->row, R);
  }
}

/* ---- gradient of the input ---- */

void linear_measure(LinearBackwardWorkspace *back, const float *dy, int n, int R) {
  for (int t = 0; t < n; t++) back->largest[t] = ops->absmax(dy + t * R, R);
}

/* Whether all rows have one scale, as in most schemes. */
static bool has_one_scale(const WeightMatrix *w) {
  for (int r = 1; r < w->rows; r++)
    if (w->scale[r] != w->scale[0]) return false;
  return true;
}

/* dy float [n,R] times the scales of w to int8 per position, in work->input [n,R]. Rounding keeps
 * the order of numbers, so the largest product by one scale is the product of the largest. */
static void quantize_positions(const WeightMatrix *w, LinearWorkspace *work,
                               LinearBackwardWorkspace *back, const float *dy, int n) {
  const int R = w->rows;
  const bool one_scale = has_one_scale(w);
  for (int t = 0; t < n; t++, dy += R) {
    float largest = back->largest[t] * w->scale[0];
    if (!one_scale) {
      ops->multiply(back->scaled, dy, w->scale, R);
      largest = ops->absmax(back->scaled, R);
    }
    bool zero = largest < TINY;
    back->unit[t] = zero ? 0.0f : largest / 127.0f;
    ops->quantize_scaled(work->input + t * R, dy, w->scale, zero ? 0.0f : 127.0f / largest, R);
  }
}

/* Groups of one plane of w, whose columns are the outputs. */
static void group_columns(const WeightMatrix *w, LinearWorkspace *work, int plane) {
  const int R = w->rows, C = w->cols;
  uint8_t *groups = work->groups;
  for (int r = 0; r < R; r += BLOCK_INPUTS, groups += C * GROUPS_OF_BLOCK) {
    const int rows = min_int(BLOCK_INPUTS, R - r);
    for (int i = 0; i < rows; i++) matrix_trits(w, r + i, plane, work->trits + i * C);
    ops->group_block(groups, work->trits, rows, C);
  }
}

void linear_backward_input(const WeightMatrix *w, LinearWorkspace *work,
                           LinearBackwardWorkspace *back, const float *dy, float *dx, int n,
                           bool add) {
  const int R = w->rows, C = w->cols;
  quantize_positions(w, work, back, dy, n);
  for (int plane = 0; plane < matrix_planes(w); plane++) {
    group_columns(w, work, plane);
    ops->group_product(work->product, work->input, work->groups, n, C, R, plane > 0);
  }
  for (int t = 0; t < n; t++) {
    const int32_t *sums = work->product + t * C;
    if (add)
      ops->add_scaled_i32(dx + t * C, sums, back->unit[t], C);
    else
      ops->scale_fixed(dx + t * C, sums, back->unit[t], C);
  }
}

/* ---- gradient of the weights ---- */

enum { ZERO_UNIT = -1000 }; /* the exponent of a gradient that counts as zero */

/* Exponent of the smallest power of two u with largest / u <= 127. */
static int exponent_of_sequence(float largest) {
  if (largest < TINY) return ZERO_UNIT;
  uint32_t bits = float_bits(largest * (1.0f / 127.0f));
  return (int)(bits >> 23) - 127 + ((bits & 0x007fffffu) != 0);
}

/* dy[t,R] * gain * in.scale[t] in int8 with one unit, transposed to [R,n]; returns the unit's
 * exponent. */
static int quantize_sequence(LinearBackwardWorkspace *back, const float *dy,
                             const NormActivations *in, float gain, int n, int R) {
  float largest = 0.0f;
  for (int t = 0; t < n; t++) {
    const float here = back->largest[t] * float_abs(gain * in->scale[t]);
    largest = here > largest ? here : largest;
  }
  const int exponent = exponent_of_sequence(largest);
  if (exponent == ZERO_UNIT) return exponent;
  const float per_unit = float_exp2i(-exponent);
  for (int t = 0; t < n; t += QUANTIZED_AT_ONCE) {
    const int count = min_int(QUANTIZED_AT_ONCE, n - t);
    for (int i = 0; i < count; i++)
      ops->quantize(back->q + i * R, dy + (t + i) * R, gain * in->scale[t + i] * per_unit, R);
    ops->transpose_i8(back->transposed + t, n, back->q, count, R);
  }
  return exponent;
}

void linear_backward_weights(const WeightMatrix *w, LinearWorkspace *work,
                             LinearBackwardWorkspace *back, const float *dy,
                             const NormActivations *in, float gain, int32_t *gradient,
                             const FixedPoint *fixed, int n) {
  const int R = w->rows, C = w->cols;
  const int exponent = quantize_sequence(back, dy, in, gain, n, R);
  if (exponent == ZERO_UNIT) return;
  const ProductSum sum = {R, C, n, exponent - fixed->exponent, fixed->sequence_limit};
  ops->lay_columns(work->input, in->q, n, C);
  ops->add_products(gradient, work->product, back->transposed, work->input, &sum);
}
