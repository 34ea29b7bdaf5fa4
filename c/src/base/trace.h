/* trace.h - a look at every tensor on its way: to find the first one in which two builds differ,
 * and to compare each with an independent implementation.
 *
 * It is carried along by what computes (Pass, Step), so that two trainings in one process have one
 * each. Where it is off, a tensor costs one test.
 */
#ifndef TRACE_H
#define TRACE_H

#include "base/config.h"

typedef struct {
  legacy_llm_trace to; /* off where to.show is null */
  int step;            /* of the training, from 1 */
} Trace;

/* Whether somebody looks; a null trace is off, too. */
static inline bool trace_is_on(const Trace *trace) { return trace && trace->to.show; }

/* Shows n floats, or `size` bytes of values of so many bytes each, named "layer<layer>.<name>", or
 * just "<name>" for layer < 0. The whole name has at most 47 characters. */
void trace_floats(const Trace *trace, const char *name, int layer, const float *x, int n);
void trace_values(const Trace *trace, const char *name, int layer, const void *x, size_t size,
                  size_t width);

#endif
