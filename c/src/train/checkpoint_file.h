/* checkpoint_file.h - checkpoints by the paths of their files. */
#ifndef CHECKPOINT_FILE_H
#define CHECKPOINT_FILE_H

#include "train/checkpoint.h"

/* Writes everything to path: whole, or not at all; `older` checkpoints before it are kept as
 * PATH.1, PATH.2, ... state is null for a model only. */
bool checkpoint_save(const char *path, int older, const CheckpointHeader *header,
                     const Model *model, const OptimizerState *state, Error *error);

/* Writes as checkpoint_save does and removes it again: whether there is place and permission, told
 * before a long training and not after it. What is at path stays as it is. */
bool checkpoint_try(const char *path, const CheckpointHeader *header, const Model *model,
                    const OptimizerState *state, Error *error);

/* Reads and checks the header and the tokenizer only. */
bool checkpoint_load_header(const char *path, CheckpointHeader *header, Error *error);

/* Reads and checks the sections, into a model (and state, unless null: then its sections are
 * checked and passed over) that were laid out for the shape of header. */
bool checkpoint_load(const char *path, const CheckpointHeader *header, Model *model,
                     OptimizerState *state, Error *error);

#endif
