/* direct.c - one step of ternary weights that have no latents. */
#include "train/direct.h"

#include "base/floats.h"
#include "math/random.h"

void apply_ternary_weight_updates(int8_t *weights, const float *direction, int n, float per_unit,
                                  uint32_t key, uint32_t first) {
  for (int i = 0; i < n; i++) {
    const float d = flush_tiny(direction[i]);
    const float probability = float_abs(d) * per_unit;
    const float drawn =
        (float)(int32_t)(random_u32(key, first + (uint32_t)i) >> 8) * (1.0f / 16777216.0f);
    if (!(drawn < probability)) continue;
    const int moved = weights[i] + (d > 0.0f ? -1 : 1);
    weights[i] = (int8_t)(moved > 1 ? 1 : moved < -1 ? -1 : moved);
  }
}
