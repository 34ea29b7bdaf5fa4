/* train.h - the command that trains: steps, progress, log, checkpoints. */
#ifndef TRAIN_H
#define TRAIN_H

#include "options.h"

bool train_command(const Options *options, Error *error);

#endif
