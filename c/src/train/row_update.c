/* row_update.c - the rule of row_update.h. */
#include "train/row_update.h"

#include "math/math_ops.h"
#include "model/model.h"

#define SMALLEST_V 8.0779357e-28f /* 2^-90: below it counts as zero */

/* Steps after which nothing is left of v. 0.99 to this power is 2^-30, so v times it is no
 * denormal.
 */
enum { FORGOTTEN = 2048 };

RowUpdate row_update_make(float rate, int step, uint32_t key) {
  const uint32_t t = (uint32_t)step + 1;
  return (RowUpdate){.rate = rate,
                     .correction = 1.0f / (1.0f - float_power(ADAM_BETA2, t)),
                     .step = t,
                     .key = key};
}

/* v of a row after so many steps without a gradient and one with q. */
static float next_v(float v, uint32_t steps, float q) {
  const float kept = steps < FORGOTTEN ? float_power(ADAM_BETA2, steps) * v : 0.0f;
  const float next = kept + (1.0f - ADAM_BETA2) * q;
  return next < SMALLEST_V ? 0.0f : next;
}

/* The gradient [width] becomes the step of its row, in units, of which `per_unit` are one; v is
 * what was remembered, after so many steps. Returns the new v. */
static float make_step(float *gradient, int width, float v, uint32_t steps, float per_unit,
                       const RowUpdate *u) {
  const float q = ops->sum_squares(gradient, width) / (float)width;
  const float next = next_v(v, steps, q);
  const float size = u->rate * per_unit / (float_sqrt(next * u->correction) + ADAM_EPSILON);
  ops->scale_flush(gradient, size, width);
  return next;
}

void row_update(int8_t *values, const RowState *state, int row, int width, float *gradient,
                const RowUpdate *u) {
  const uint32_t steps = u->step - state->last[row];
  state->v[row] = make_step(gradient, width, state->v[row], steps, 1.0f / ROW_UNIT, u);
  state->last[row] = u->step;
  ops->move_latents(values + (size_t)row * (size_t)width, gradient, width, u->key,
                    (uint32_t)(row * width));
}

static int within(int x, int most) { return x > most ? most : x < -most ? -most : x; }

void row_update_token(int16_t *row, float *v, int width, float *gradient, int limit,
                      const RowUpdate *u) {
  *v = make_step(gradient, width, *v, 1, 1.0f / TOKEN_UNIT, u);
  for (int i = 0; i < width; i++) {
    const int32_t units = float_round(float_clamp(gradient[i], 65535.0f));
    row[i] = (int16_t)within(row[i] - units, limit);
  }
}
