/* export.h - the model of a checkpoint alone: packed, small, for use only. */
#ifndef EXPORT_H
#define EXPORT_H

#include "options.h"

bool export_command(const Options *options, Error *error);

#endif
