/* info.h - shape, training, tokenizer and size of a checkpoint. */
#ifndef INFO_H
#define INFO_H

#include "options.h"

bool info_command(const Options *options, Error *error);

#endif
