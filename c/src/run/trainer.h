/* trainer.h - everything of one training run: its settings, its memory, its steps. */
#ifndef TRAINER_H
#define TRAINER_H

#include "run/option_groups.h"
#include "text/data_utils.h"
#include "train/batch.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"

typedef struct {
  Arena arena;
  CheckpointHeader header;
  MemoryMode memory;   /* settled: micro_batch is not 0 */
  uint64_t scan_bytes; /* that learning the tokenizer took before, 0 where none is learned */
  Text text;
  Encoder encoder;
  uint16_t *windows; /* [B,T+1] the sequences of a step */
  Model model;
  OptimizerState optimizer;
  Batch batch;
  bool counts; /* for a log: stats is laid out */
  StepStats stats;
} Trainer;

/* Settles shape and settings from its settings and the text (or the checkpoint to resume), and
 * plans the memory. Nothing is allocated or written. */
bool trainer_plan(Trainer *trainer, const TrainingSettings *settings, Error *error);

/* The plan of a training like this one with other settings. */
MemoryPlan trainer_memory(const Trainer *like, const ModelConfig *model, int batch,
                          MemoryMode memory);

/* The memory mode that was asked for, with a micro-batch of its own where none was given: 1 or the
 * whole batch, whichever takes less memory. */
MemoryMode trainer_settle_memory(const Trainer *like, const ModelConfig *model, int batch,
                                 MemoryMode asked);

/* Opens the arena, reads the text (a long one into token_file), makes or loads the model. */
bool trainer_open(Trainer *trainer, const TrainingSettings *settings, const char *token_file,
                  Error *error);

/* One optimizer step over one batch; its loss, and where `counted` (only if `counts`) its stats.
 * Fails where the token file cannot be read. */
bool trainer_step(Trainer *trainer, bool counted, LossSum *loss, Error *error);

/* Judges the model by the held-out part of the text, at most `most` tokens of it (0: all). */
bool trainer_evaluate(Trainer *trainer, int32_t most, Evaluation *result, Error *error);

/* Gives the memory back; the token file is kept where there is a checkpoint to go on with. */
void trainer_close(Trainer *trainer, bool has_checkpoint);

#endif
