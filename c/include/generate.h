/* generate.h - what a trained model is used for: to write, to be judged, to be looked at. */
#ifndef GENERATE_H
#define GENERATE_H

#include "options.h"

/* Writes text from a checkpoint to stdout (and --out). */
bool generate_command(const Options *options, Error *error);

/* Loss of the held-out part of a text, beside the entropies that a model must beat. */
bool eval_command(const Options *options, Error *error);

/* Writes a checkpoint's model without its training state: packed, small, for use only. */
bool export_command(const Options *options, Error *error);

/* Shape, training and size of a checkpoint. */
bool info_command(const Options *options, Error *error);

#endif
