/* plan.c - searches for the trainings that fit. */
#include "run/plan.h"

#include "base/platform.h"

/* Bytes of n-grams beside a model within a cap, in whole steps of 64 KB; too few for a table are
 * none. */
static int32_t counts_within(int32_t counts, uint64_t cap) {
  enum { STEP = 1 << 16 };
  const uint64_t share = cap / 8 / STEP * STEP;
  return (uint64_t)counts < share ? counts : (int32_t)share;
}

/* Plans with the n-grams that are asked for, or without where they are too few. */
static bool plan_within(legacy_llm_trainer_settings *s, legacy_llm_memory_plan *plan) {
  Error error;
  if (legacy_llm_trainer_plan(s, plan, &error)) return true;
  s->training.counts = 0;
  return legacy_llm_trainer_plan(s, plan, &error);
}

/* The training with this shape and batch, in its leanest way with all blocks computed again. */
static Proposal propose(const legacy_llm_trainer_settings *like, const ModelConfig *model,
                        int batch, uint64_t cap) {
  legacy_llm_trainer_settings s = *like;
  legacy_llm_memory_plan plan;
  Proposal p = {.model = *model, .batch = batch, .bytes = UINT64_MAX};
  s.shape = *model;
  s.training.batch = batch;
  s.training.counts = counts_within(like->training.counts, cap);
  s.memory = (MemoryMode){0, 1};
  if (!plan_within(&s, &plan)) return p;
  p.memory = s.memory;
  p.counts = s.training.counts;
  p.bytes = plan.block + process_resident_bytes();
  return p;
}

/* Whether a proposal fits, also where the C library takes more of it than in this run: with a
 * shared one that differs by some pages from run to run. */
static bool fits(const Proposal *p, uint64_t cap) {
  enum { RESERVE = 256 * 1024 };
  return p->bytes <= cap - RESERVE && cap > RESERVE;
}

Proposal largest_batch(const legacy_llm_trainer_settings *like, const ModelConfig *model,
                       uint64_t cap) {
  Proposal best = {.batch = 0};
  for (int batch = 1; batch <= 256; batch = batch < 4 ? batch + 1 : batch + batch / 4) {
    const Proposal p = propose(like, model, batch, cap);
    if (fits(&p, cap)) best = p;
  }
  return best;
}

Proposal largest_model(const legacy_llm_trainer_settings *like, uint64_t cap) {
  enum { SMALLEST_BATCH = 4 };
  Proposal best = {.batch = 0};
  int64_t most = 0;
  for (int dim = 32; dim <= MAX_DIM; dim += 32)
    for (int layers = dim / 96 + 1; layers <= dim / 24 + 1 && layers <= MAX_LAYERS; layers++) {
      ModelConfig model = like->shape;
      model.dim = dim, model.heads = dim / 32, model.layers = layers;
      const int64_t weights = legacy_llm_matrix_weights(&model);
      if (weights <= most) continue;
      const Proposal p = propose(like, &model, SMALLEST_BATCH, cap);
      if (fits(&p, cap)) best = p, most = weights;
    }
  return best.bytes ? largest_batch(like, &best.model, cap) : best;
}
