/* optimizer.h - one step: from gradient sums to new weights and embeddings.
 *
 * The matrices learn by one of the rows of optimizers[]. Most keep an int8 latent behind each
 * weight: it moves by whole units, rounded up or down at random so that the mean step is right
 * (stochastic rounding). `direct` has no latent: the ternary weights themselves step (direct.h).
 * Gains always learn by Adam, in float; embeddings, those of tokens too, row by row (row_update.h).
 *
 * Every matrix is stepped by itself, from its own gradient alone, so it can be as soon as backward
 * has reached it. That is why the gradient is clipped tensor by tensor: the root mean square of one
 * tensor is held to what it would be in a whole gradient of norm `clip`, evenly spread.
 */
#ifndef OPTIMIZER_H
#define OPTIMIZER_H

#include "base/trace.h"
#include "model/gradients.h"
#include "model/model.h"
#include "train/muon.h"
#include "train/row_update.h"
#include "train/step_stats.h"

/* What is remembered of one matrix, by kind of momentum; what a kind does not use is null. */
typedef enum { MOMENTUM_NONE, MOMENTUM_INT8, MOMENTUM_FLOAT, MOMENTUM_ADAM } MomentumKind;

typedef struct {
  int8_t *momentum;      /* [R,C] MOMENTUM_INT8 */
  float *momentum_scale; /* [R] real momentum = momentum * scale of its row; MOMENTUM_INT8 */
  float *m, *v;          /* [R,C] first (also MOMENTUM_FLOAT) and second moment (MOMENTUM_ADAM) */
} MatrixState;

/* Scratch of a step of one matrix: each thread has its own. */
typedef struct {
  float *row_gradient;  /* [F] */
  float *row_momentum;  /* [F] */
  float *row_direction; /* [F] */
  int8_t *row_codes;    /* [F] */
  int8_t *row_latents;  /* [F] of the quantizer */
  MuonWorkspace muon;   /* where the optimizer orthogonalises */
} OptimizerScratch;

typedef struct {
  MatrixState matrix[MAX_LAYERS][LAYER_MATRICES];
  float *adam_m[MAX_FLOAT_BLOCKS], *adam_v[MAX_FLOAT_BLOCKS]; /* as model_float_blocks */
  float *token_v;                /* [V] of the embeddings of tokens (row_update.h) */
  RowState rows[MAX_ROW_TABLES]; /* as model->rows */
  OptimizerScratch scratch;      /* its row_latents are the model's */
} OptimizerState;

/* One step of one matrix. */
typedef struct {
  OptimizerScratch *scratch;
  LayerMatrix which;
  FixedPoint fixed;
  float gradient_scale; /* from the sum to the clipped mean */
  float rate;           /* learning rate at this step */
  int step;             /* 0, 1, ... */
  uint32_t key;         /* of the random numbers of this matrix and step */
} MatrixStep;

/* One optimizer, as the tables of `methods` show it. All but Adam mix the gradient g into a
 * momentum m, d = b1 m + (1-b1) g, then m = b2 m + (1-b2) g, and move the weights along the
 * direction d. */
typedef struct {
  const char *name, *rule, *source;
  const char
      *bytes; /* that a weight takes in training, beside its gradient; packed weights count */
  WeightStore store;
  MomentumKind momentum;
  bool orthogonalises;
  float default_rate;
  float beta_direction, beta_momentum; /* b1, b2 */
  /* Moves the weights; direction [R,C] may be overwritten. Null for MOMENTUM_ADAM. */
  void (*apply)(WeightMatrix *w, float *direction, const MatrixStep *step);
} OptimizerRow;

/* The row of an optimizer. */
const OptimizerRow *optimizer_row(OptimizerKind kind);

/* Takes (or plans) the memory for steps of `batch` sequences. */
void optimizer_layout(OptimizerState *state, const Model *model, OptimizerKind kind, int batch,
                      Arena *arena);

/* Takes (or plans) more scratch, for another thread. */
void optimizer_scratch_layout(OptimizerScratch *scratch, const ModelConfig *config,
                              OptimizerKind kind, int batch, Arena *arena);

/* Share of the learning rate at a step, 0..1: linear warm-up, then linear decay to 0. */
float schedule(const TrainConfig *config, int step);

/* What one step works on. */
typedef struct {
  Model *model;
  OptimizerState *state;
  Gradients *gradients; /* sums over `tokens` positions */
  const TrainConfig *config;
  int step; /* 0, 1, ... */
  int tokens;
  StepStats *stats; /* of this step, or null: not asked for */
  Trace trace;      /* off where all zero */
} Step;

/* Applies the gradient of a matrix, which it leaves overwritten, and quantizes it anew. */
void optimizer_step_matrix(const Step *step, OptimizerScratch *scratch, int layer, int which);

/* The same for all matrices of a layer, one after the other. */
void optimizer_step_layer(const Step *step, int layer);

/* The same for token embeddings and gains, and for the rows that the step touched. */
void optimizer_step_floats(const Step *step);

#endif
