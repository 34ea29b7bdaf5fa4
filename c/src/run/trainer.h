/* trainer.h - everything of one training: its settings, its memory, its steps.
 *
 * The public functions of this file are declared in legacy_llm.h: legacy_llm_trainer_plan, _open,
 * _read_text, _count, _step, _finish, _steps_done, _evaluate, _save, _load, _crc.
 */
#ifndef TRAINER_H
#define TRAINER_H

#include "text/data_utils.h"
#include "train/batch.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"

typedef legacy_llm_trainer_settings TrainerSettings;

/* What lies in the arena of a training. */
typedef struct {
  Model model;
  OptimizerState optimizer;
  Batch batch;
  StepStats stats; /* laid out only where statistics are asked for */
  Text text;
  Encoder encoder;
  uint16_t *windows; /* [B,T+1] the sequences of a step */
  Counts counts;     /* of shape.bytes 0 where nothing is counted: then all below is not used */
  MixScratch mix;
  int32_t slice;   /* tokens at the end of the training part that the gates are fitted to, and the
                      transformer is not trained on; 0: none */
  uint32_t *pairs; /* [slice] scratch of the fitting */
} TrainerParts;

typedef struct legacy_llm_trainer {
  CheckpointHeader header;
  bool statistics;
  bool agreed; /* all ranks are known to do this same training */
  bool lost;   /* a rank is gone, and the model is between two steps */
  legacy_llm_trace trace;
  TrainerParts parts;
  TextReader reader;
  const uint16_t *sequences[MAX_BATCH]; /* [B] windows of the step at hand */
} Trainer;

/* The memory mode that was asked for, with a micro-batch of its own where none was given: a
 * sequence for each thread, or the whole batch, whichever takes less memory. settings is otherwise
 * settled. */
MemoryMode trainer_settle_memory(const TrainerSettings *settings);

#endif
