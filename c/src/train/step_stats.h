/* step_stats.h - what one training step did, for the log: counted only where somebody asks. */
#ifndef STEP_STATS_H
#define STEP_STATS_H

#include "math/packing.h"
#include "model/activations.h"
#include "model/model.h"

/* What is only counted, so that its order does not matter. */
typedef struct {
  int64_t weights, flipped, zeros; /* of the matrices: all, those whose code the step changed, those
                                      that are 0 after it */
  int64_t activations, clipped; /* inputs of the matrices: all, those at the end of int8, +-127 */
} StepCounts;

typedef struct {
  StepCounts counts;
  float squares;         /* sum of squares of the mean gradient, before it is clipped */
  uint8_t *codes;        /* [packed bytes of the largest matrix] codes before the step */
  int8_t *row, *old_row; /* [F] scratch */
  uint8_t zeros_of_byte[BYTE_VALUES]; /* among its trits */
} StepStats;

/* Takes (or plans) the memory. */
void step_stats_layout(StepStats *s, const ModelConfig *config, Arena *arena);

/* Forgets the step before. */
void step_stats_clear(StepStats *s);

/* Remembers the codes of a matrix, and after its step counts those that differ. */
void step_stats_before(StepStats *s, const WeightMatrix *w);
void step_stats_after(StepStats *s, const WeightMatrix *w);

/* Counts the activations of one layer, positions 0..n-1. */
void step_stats_activations(StepStats *s, const LayerActivations *kept, int n);

/* Adds what another thread counted. */
void step_counts_join(StepCounts *s, const StepCounts *other);

/* Adds the norm of one tensor's mean gradient; the tensors come in one order in every mode. */
void step_stats_gradient(StepStats *s, float norm);

/* Norm of the whole mean gradient. */
float step_stats_norm(const StepStats *s);

#endif
