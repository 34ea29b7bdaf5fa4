/* trace.c - names a tensor and shows it. */
#include "base/trace.h"

#include <stdio.h>

void trace_values(const Trace *trace, const char *name, int layer, const void *x, size_t size,
                  size_t width) {
  char whole[48];
  if (!trace_is_on(trace)) return;
  if (layer >= 0)
    snprintf(whole, sizeof whole, "layer%d.%s", layer, name);
  else
    snprintf(whole, sizeof whole, "%s", name);
  trace->to.show(trace->to.context, trace->step, whole, x, size, width);
}

void trace_floats(const Trace *trace, const char *name, int layer, const float *x, int n) {
  trace_values(trace, name, layer, x, (size_t)n * sizeof *x, sizeof *x);
}
