/* methods.h - the tables of quantization schemes and optimizers, for people and programs. */
#ifndef METHODS_H
#define METHODS_H

#include "options.h"

bool methods_command(const Options *options, Error *error);

#endif
