/* print_plan.h - the memory plan of a training, as plan and train print it. */
#ifndef PRINT_PLAN_H
#define PRINT_PLAN_H

#include "run/training_run.h"

/* Prints the plan as a table, or as one line of JSON; ram: of --ram, 0: none was given. */
void print_plan(const TrainingRun *training, uint64_t ram, bool json);

#endif
