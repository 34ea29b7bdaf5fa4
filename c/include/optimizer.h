/* optimizer.h - one step: from gradient sums to new latents and embeddings.
 *
 * Ternary matrices learn by one of the rows below, all with an int8 latent and an int8 momentum:
 * two bytes a weight. A latent moves by whole units, rounded up or down at random so that the mean
 * step is right (stochastic rounding). Embeddings and gains always learn by Adam, in float.
 *
 *   muon   direction orthogonalised by Newton-Schulz iterations (Jordan et al., 2024; muon.h)
 *   lion   sign of the direction (Chen et al., 2023)
 */
#ifndef OPTIMIZER_H
#define OPTIMIZER_H

#include "backward.h"
#include "model.h"
#include "muon.h"

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
  MuonWorkspace muon;   /* of OPTIMIZER_MUON only */
} OptimizerState;

/* Learning rate of the matrices when none is given. */
float optimizer_default_rate(OptimizerKind kind);

/* Takes (or plans) the memory. */
void optimizer_layout(OptimizerState *state, const Model *model, OptimizerKind kind, Arena *arena);

/* Share of the learning rate at a step, 0..1: linear warm-up, then linear decay to 0. */
float schedule(const TrainConfig *config, int step);

/* Norm of the whole gradient, as of the mean over tokens positions. */
float gradient_norm(const Model *model, const Gradients *g, int tokens);

/* Applies the gradients (sums over tokens positions) of step 0, 1, ..., and requantizes the model.
 */
void optimizer_step(Model *model, OptimizerState *state, const Gradients *g,
                    const TrainConfig *config, int step, int tokens);

#endif
