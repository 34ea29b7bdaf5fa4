/* trace.h - a look at every tensor on the way: to find the first one in which two builds differ,
 * and to compare each with an independent implementation.
 *
 * Off unless `train --trace FILE` or `train --dump FILE` opens it; costs two tests when off.
 *   trace: one line a tensor, "step name crc32"
 *   dump:  the same line with the number of bytes instead, then the bytes themselves
 */
#ifndef TRACE_H
#define TRACE_H

#include "base/errors.h"

/* Starts writing to the two files; a null path leaves one out. */
bool trace_open(const char *trace_path, const char *dump_path, Error *error);

/* Ends the files; false when one could not be written whole. */
bool trace_close(Error *error);

/* Sets the step of the tensors that follow. */
void trace_step(int step);

/* Shows n floats, or n bytes, named "layer<layer>.<name>", or just "<name>" for layer < 0. */
void trace_floats(const char *name, int layer, const float *x, int n);
void trace_bytes(const char *name, int layer, const void *x, int n);

#endif
