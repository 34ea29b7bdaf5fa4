/* generate.h - lets a trained model write. */
#ifndef GENERATE_H
#define GENERATE_H

#include "options.h"

/* Writes text from a model to stdout (and --out). */
bool generate_command(const Options *options, Error *error);

#endif
