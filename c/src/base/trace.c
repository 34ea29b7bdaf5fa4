/* trace.c - writes tensors or their checksums. Global, so that no function has to carry it along.
 */
#include "base/trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32.h"

static FILE *trace_file, *dump_file;
static int current_step;

static bool open_one(FILE **file, const char *path, Error *error) {
  if (!path) return true;
  *file = fopen(path, "wb");
  if (*file) return true;
  return error_set(error, EXIT_USAGE, "cannot write %s: %s", path, strerror(errno));
}

bool trace_open(const char *trace_path, const char *dump_path, Error *error) {
  return open_one(&trace_file, trace_path, error) && open_one(&dump_file, dump_path, error);
}

static bool close_one(FILE **file) {
  if (!*file) return true;
  bool written = !ferror(*file);
  if (fclose(*file) != 0) written = false;
  *file = NULL;
  return written;
}

bool trace_close(Error *error) {
  bool trace_written = close_one(&trace_file), dump_written = close_one(&dump_file);
  if (trace_written && dump_written) return true;
  return error_set(error, EXIT_FAILED, "the %s is incomplete: %s", trace_written ? "dump" : "trace",
                   strerror(errno));
}

void trace_step(int step) { current_step = step; }

static void show_name(FILE *file, const char *name, int layer) {
  fprintf(file, "%d ", current_step);
  if (layer >= 0) fprintf(file, "layer%d.", layer);
  fprintf(file, "%s ", name);
}

void trace_bytes(const char *name, int layer, const void *x, int n) {
  if (trace_file) {
    show_name(trace_file, name, layer);
    fprintf(trace_file, "%08lx\n", (unsigned long)crc32(0, x, (size_t)n));
  }
  if (dump_file) {
    show_name(dump_file, name, layer);
    fprintf(dump_file, "%d\n", n);
    fwrite(x, 1, (size_t)n, dump_file);
  }
}

void trace_floats(const char *name, int layer, const float *x, int n) {
  trace_bytes(name, layer, x, n * (int)sizeof *x);
}
