/* training_run.h - a training as the options ask for it: planned, then opened.
 *
 * What trains is the library; here is where its text, tokenizer and checkpoint come from.
 */
#ifndef TRAINING_RUN_H
#define TRAINING_RUN_H

#include "run/model_file.h"
#include "run/option_groups.h"
#include "run/text_file.h"

typedef struct {
  TextFile *text;            /* the caller's */
  ModelFile resumed;         /* zeroed where the training is a new one */
  legacy_llm_tokenizer *own; /* of a new training, from the heap */
  uint64_t scan_bytes;       /* that learning the tokenizer took before, 0: none was learned */
  legacy_llm_trainer_settings settings; /* settled */
  legacy_llm_memory_plan plan;
  void *block; /* [plan.block] */
  legacy_llm_trainer *trainer;
  const char *token_path; /* of the token file, where the text streams */
  void *token_memory;
  legacy_llm_token_file *token_file;
} TrainingRun;

/* Settles shape and settings from the options and the text (or the checkpoint to resume), and plans
 * the memory of a training by threads and ranks (null: one). Nothing large is allocated, nothing is
 * written. The text is open, and stays so. */
bool training_plan(TrainingRun *t, const TrainingSettings *settings, TextFile *text,
                   const legacy_llm_threads *threads, const legacy_llm_ranks *ranks, Error *error);

/* Whether a file at path may be replaced by a checkpoint of this training, once that is planned: it
 * may not where it is of another training or damaged, nor, by a new training (not where only an
 * older one is kept there), where it is this one on its way. *further is its step where it is a
 * whole checkpoint of this training that is further than what this one begins with, otherwise 0. */
bool training_may_replace(const TrainingRun *t, const char *path, bool is_older, int32_t *further,
                          Error *error);

/* Takes the memory, reads the text (a long one into a token file at token_path, which outlives the
 * training), makes or loads the model. trace null: nobody looks. */
bool training_open(TrainingRun *t, const TrainingSettings *settings, const char *token_path,
                   const legacy_llm_trace *trace, Error *error);

/* Gives all memory back; the token file is kept where a checkpoint can go on with it. */
void training_close(TrainingRun *t, bool keep_tokens);

#endif
