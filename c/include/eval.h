/* eval.h - judges a model by the held-out part of a text. */
#ifndef EVAL_H
#define EVAL_H

#include "options.h"

bool eval_command(const Options *options, Error *error);

#endif
