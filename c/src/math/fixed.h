/* fixed.h - the fixed point in which gradients are summed.
 *
 * A float sum depends on its order; a sum of integers does not. So every contribution to a gradient
 * is a whole number of one agreed unit, and the sum of a step comes out the same however its
 * sequences are split into micro-batches and dealt out among machines (base/ranks.h). The unit
 * follows from the number of positions that a step sums over, and from nothing else:
 *
 *   unit = 2^exponent,  exponent = max(ceil(log2(batch * context)) - 25, -16)
 *
 * so a mean gradient of 2^-25 (in small batches 2^-16 / positions) is told from zero, and one of 64
 * still fits. No contribution may be larger than its share of int32, at least 32: it is cut off
 * there, by itself, which no order can change either.
 */
#ifndef FIXED_H
#define FIXED_H

#include "base/config.h"

typedef struct {
  int exponent;
  float unit, per_unit;   /* 2^exponent, 2^-exponent */
  int32_t sequence_limit; /* largest contribution of one sequence, in units */
  float position_limit;   /* largest contribution of one position, in units; below 2^22 */
} FixedPoint;

/* The fixed point of steps over batch sequences of context positions. */
FixedPoint fixed_point(int batch, int context);

#endif
