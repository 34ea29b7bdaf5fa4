/* fixed.c - the unit of gradients and the bounds of what is added to them. */
#include "math/fixed.h"

#include "math/math_ops.h"

FixedPoint fixed_point(int batch, int context) {
  const int32_t positions = (int32_t)batch * context; /* <= 2^22 */
  int log = 0;
  while ((int32_t)1 << log < positions) log++;
  FixedPoint f = {.exponent = log > 9 ? log - 25 : -16, .sequence_limit = INT32_MAX / batch};
  f.unit = float_exp2i(f.exponent);
  f.per_unit = float_exp2i(-f.exponent);
  /* A token's embedding takes part twice at a position: as input and as output. */
  const int32_t share = INT32_MAX / (2 * positions), most = (1 << 22) - 1;
  f.position_limit = (float)(share < most ? share : most);
  return f;
}
