/* direct.h - training without latents: the ternary weights themselves step.
 *
 * A weight w in -1, 0, 1 with direction d (a momentum, or the gradient) moves against it,
 *
 *   w = clamp(w - sign(d), -1, 1)   with probability  min(1, rate |d| / mean|d|)
 *
 * so `rate` is the share of the weights that moves in a step. It descends (the step is against the
 * gradient), a weight of -1 or 1 returns to 0 before it can change its sign, and as the rate decays
 * to 0 the weights come to rest.
 */
#ifndef DIRECT_H
#define DIRECT_H

#include "base/config.h"

/* Steps weights [n] in place. per_unit: rate / mean|d|; first: place of weights[0] in its matrix,
 * the counter of the random numbers of key. direction float [n] */
void apply_ternary_weight_updates(int8_t *weights, const float *direction, int n, float per_unit,
                                  uint32_t key, uint32_t first);

#endif
