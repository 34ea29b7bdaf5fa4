/* optimizer.h - one step: from gradient sums to new latents and embeddings.
 *
 * Ternary matrices: Lion (Chen et al., 2023) with int8 latents and int8 momentum, two bytes a
 * weight. A latent moves by whole units, with the probability that makes the mean step right
 * (stochastic rounding). Embeddings and gains: Adam in float.
 */
#ifndef OPTIMIZER_H
#define OPTIMIZER_H

#include "backward.h"
#include "model.h"

typedef struct {
  int8_t *momentum;      /* [R,C] */
  float *momentum_scale; /* [R] real momentum = momentum * scale of its row */
} MatrixState;

typedef struct {
  MatrixState matrix[MAX_LAYERS][LAYER_MATRICES];
  float *adam_m[MAX_FLOAT_BLOCKS]; /* as model_float_blocks */
  float *adam_v[MAX_FLOAT_BLOCKS];
  float *row_momentum;  /* [F] scratch */
  float *row_direction; /* [F] scratch */
} OptimizerState;

/* Takes (or plans) the memory. */
void optimizer_layout(OptimizerState *state, const Model *model, Arena *arena);

/* Share of the learning rate at a step, 0..1: linear warm-up, then linear decay to 0. */
float schedule(const TrainConfig *config, int step);

/* Norm of the whole gradient, as of the mean over tokens positions. */
float gradient_norm(const Model *model, const Gradients *g, int tokens);

/* Applies the gradients (sums over tokens positions) of step 0, 1, ..., and requantizes the model.
 */
void optimizer_step(Model *model, OptimizerState *state, const Gradients *g,
                    const TrainConfig *config, int step, int tokens);

#endif
