/* train.h - training: memory plan, steps, progress, checkpoints.
 *
 * Also the pieces that evaluation and generation share with it: the memory plan and its refusal.
 */
#ifndef TRAIN_H
#define TRAIN_H

#include "checkpoint.h"
#include "options.h"

/* Everything of one training run. */
typedef struct {
  Arena arena;
  CheckpointHeader header;
  Text text;
  Model model;
  Activations activations;
  BackwardWorkspace backward;
  Gradients gradients;
  OptimizerState optimizer;
  float *losses; /* [T] of one sequence */
} Trainer;

/* Settles shape and settings from the options and the text (or the checkpoint to resume), and plans
 * the memory. Nothing is allocated or written. */
bool trainer_plan(Trainer *trainer, const Options *options, Error *error);

/* Opens the arena, reads the text, makes or loads the model. */
bool trainer_open(Trainer *trainer, const Options *options, Error *error);

/* One optimizer step over one batch; returns the batch's loss. */
LossSum trainer_step(Trainer *trainer);

/* Gives the memory back. */
void trainer_close(Trainer *trainer);

/* The commands. */
bool train_command(const Options *options, Error *error);
bool plan_command(const Options *options, Error *error);

/* Prints a memory plan, as a table or as one line of JSON. */
void print_plan(const MemoryPlan *plan, const Options *options);

/* Refuses a plan that does not fit --ram, or what the system has free. */
bool check_ram(const MemoryPlan *plan, const Options *options, Error *error);

/* Bytes with a comma every three digits: "1,234,567". text holds at least 32 bytes. */
const char *format_bytes(char *text, uint64_t bytes);

#endif
