/* output.h - files that a command writes whole or not at all, through a sink. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "base/errors.h"

/* Writes an object to a sink; false where the sink fails. */
typedef bool WriteTo(const void *object, const Sink *to);

/* Writes it to path; `older` files before it are kept as PATH.1, PATH.2, ... */
bool output_save(const char *path, int older, WriteTo *write, const void *object, Error *error);

/* Writes as output_save does and removes it again: whether there is place and permission, told
 * before a long training and not after it. What is at path stays as it is. */
bool output_try(const char *path, WriteTo *write, const void *object, Error *error);

#endif
