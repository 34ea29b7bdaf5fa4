/* trace_files.c - writes tensors, or their checksums. */
#include "run/trace_files.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/path.h"

static bool open_one(FILE **file, const char *path, Error *error) {
  const bool streams = path && path_kind(path) == PATH_STREAM;
  *file = streams ? path_open_stream(path) : path ? path_open_new(path) : NULL;
  if (!path || *file) return true;
  return error_set(error, EXIT_USAGE,
                   "cannot write %s: %s; give another file with --trace or --dump", path,
                   path_open_error());
}

static bool close_one(FILE **file) {
  if (!*file) return true;
  bool written = !ferror(*file);
  if (fclose(*file) != 0) written = false;
  *file = NULL;
  return written;
}

bool trace_files_open(TraceFiles *files, const char *trace_path, const char *dump_path,
                      Error *error) {
  if (!open_one(&files->trace, trace_path, error)) return false;
  if (open_one(&files->dump, dump_path, error)) return true;
  close_one(&files->trace);
  return false;
}

static void show(void *context, int step, const char *name, const void *bytes, size_t size,
                 size_t width) {
  const TraceFiles *files = context;
  uint8_t chunk[512];
  uint32_t crc = 0;
  if (files->dump) fprintf(files->dump, "%d %s %lu\n", step, name, (unsigned long)size);
  for (size_t at = 0, part; at < size; at += part) {
    part = size - at < sizeof chunk ? size - at : sizeof chunk;
    put_values(chunk, (const uint8_t *)bytes + at, part, width);
    crc = crc32(crc, chunk, part);
    if (files->dump) fwrite(chunk, 1, part, files->dump);
  }
  if (files->trace) fprintf(files->trace, "%d %s %08lx\n", step, name, (unsigned long)crc);
}

legacy_llm_trace trace_files_trace(TraceFiles *files) {
  const legacy_llm_trace on = {files, show}, off = {NULL, NULL};
  return files->trace || files->dump ? on : off;
}

bool trace_files_close(TraceFiles *files, Error *error) {
  const bool trace_written = close_one(&files->trace), dump_written = close_one(&files->dump);
  if (trace_written && dump_written) return true;
  return error_set(error, EXIT_FAILED, "the file of --%s is incomplete: %s",
                   trace_written ? "dump" : "trace", strerror(errno));
}
