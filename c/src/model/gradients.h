/* gradients.h - sums of gradients, and the scratch of backward.
 *
 * Gradients are sums over positions (not means): the optimizer divides. They are kept in fixed
 * point (fixed.h), so that the order in which sequences add to them does not matter.
 */
#ifndef GRADIENTS_H
#define GRADIENTS_H

#include "math/fixed.h"
#include "model/linear.h"
#include "model/model.h"

/* Gradient sums of the rows of one table that a step touches. Which these are is known from its
 * tokens before it begins; where the table has no more rows than the step has positions, all. */
typedef struct {
  int32_t capacity, width; /* rows that have a sum, at most; values of each */
  int32_t *touched; /* [1 + positions] how many rows, then which, in ascending order; null: all */
  int32_t *sums;    /* [capacity,width] in that order */
} RowGradients;

/* Gradient sums of a step, one beside each parameter, in units of fixed.unit. Layer l has the
 * memory of layer l - held for its matrices, which lie one behind the other. */
typedef struct {
  FixedPoint fixed;
  int held;                                    /* layers whose matrices have memory, 1 .. L */
  int32_t *matrix[MAX_LAYERS][LAYER_MATRICES]; /* [R,C] each */
  int32_t *token_embedding;                    /* [V,D] */
  int tables;                                  /* of model->rows */
  RowGradients rows[MAX_ROW_TABLES];
  int32_t *query_gain[MAX_LAYERS];  /* [H] each */
  int32_t *output_gain[MAX_LAYERS]; /* [OUTPUT_GAINS] each */
} Gradients;

/* Takes (or plans) the gradients' memory, for steps over batch sequences, and `held` layers at a
 * time. Those of several threads share the list of touched rows, which belongs to `first`; null: g
 * is the first. */
void gradients_layout(Gradients *g, const ModelConfig *config, int batch, int held,
                      const Gradients *first, Arena *arena);

/* How many sums the matrices of a layer have. */
int gradients_of_layer(const ModelConfig *config);

/* Lists the rows that a step over sequences [batch] of [T] tokens touches. */
void gradients_find_rows(Gradients *g, const Model *model, const uint16_t *const *sequences,
                         int batch);

/* How many rows of a table have sums in this step, which one is number i of them, and the sums of
 * one. */
int gradients_rows(const RowGradients *g);
int gradients_row(const RowGradients *g, int i);
int32_t *gradients_of_row(const RowGradients *g, int row);

/* Sets the gradients of the matrices of a layer to zero, or those of all float parameters. */
void gradients_clear_layer(Gradients *g, const ModelConfig *config, int layer);
void gradients_clear_floats(Gradients *g, const ModelConfig *config);

/* Float blocks of the gradients in the order of model_float_blocks; returns how many. */
int gradients_float_blocks(const Gradients *g, const ModelConfig *config,
                           int32_t *blocks[MAX_FLOAT_BLOCKS]);

/* gradient[n] += a * x[n], the part that one position adds: rounded to whole units, and cut off
 * beyond its share. x float [n], gradient of g */
void gradients_add(const Gradients *g, int32_t *gradient, float a, const float *x, int n);

/* sums[n] += other[n], and other[n] = 0. */
void gradients_join(int32_t *sums, int32_t *other, int n);

/* Scratch of backward: first what all of it needs, then what only the loss, only the MLP and only
 * attention need, in the same place. */
typedef struct {
  float *dnorm; /* [T,F] gradient of a norm's output */
  LinearBackwardWorkspace linear;

  float *logits;    /* [LOGITS_POSITIONS,V] of a group of positions */
  int16_t *output;  /* [D] norm(x) of one position */
  int32_t *doutput; /* [D] gradient of that, in units */

  float *dproduct; /* [T,F] gradient of a product's output */

  float *dmixed;                 /* [T,D] gradient of the heads' outputs */
  float *dquery, *dkey, *dvalue; /* [T,D] from attention_heads_backward */
  float *queries, *keys;         /* [T,K] of one head, dequantized */
  float *dkeys, *dvalues;        /* [T,K] of one head: a piece of dkey and dvalue, without gaps */
  float *dscores;                /* [QUERIES_AT_ONCE,ld_scores] rows of attention */
} BackwardWorkspace;

/* Takes (or plans) the scratch for sequences of at most capacity positions, 1..T. */
void backward_layout(BackwardWorkspace *b, const ModelConfig *config, int capacity, Arena *arena);

#endif
