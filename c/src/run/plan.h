/* plan.h - the memory plan turned round: which training fits a given RAM. */
#ifndef PLAN_H
#define PLAN_H

#include "base/config.h"

typedef struct {
  ModelConfig model;
  MemoryMode memory;
  int batch;
  int32_t
      counts; /* most bytes of n-grams: those of the training, but at most an eighth of the RAM */
  uint64_t bytes; /* of the process; 0: nothing fits */
} Proposal;

/* The largest batch of a shape that fits into cap bytes, in a training that is otherwise like this.
 */
Proposal largest_batch(const legacy_llm_trainer_settings *like, const ModelConfig *model,
                       uint64_t cap);

/* The shape with most weights that fits with a batch of at least four sequences: heads of 32, and
 * layers from D / 96 to D / 24, as deep models are built. */
Proposal largest_model(const legacy_llm_trainer_settings *like, uint64_t cap);

#endif
