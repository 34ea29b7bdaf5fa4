/* output.c - a sink into a file that is renamed in the end. */
#include "run/output.h"

#include "base/safe_file.h"
#include "base/stream.h"

/* Writes into the temporary file; what a disk does not take is seen, and told, when it is
 * committed. Where the object has nothing to write, what was there before stays. */
static bool open_and_write(SafeFile *file, const char *path, WriteTo *write, const void *object,
                           Error *error) {
  if (!safe_file_open_text(file, path, error)) return false;
  const Sink sink = file_sink(file->stream);
  if (write(object, &sink) || ferror(file->stream)) return true;
  safe_file_discard(file);
  return error_set(error, EXIT_FAILED, "%s was not written; what was there before is untouched",
                   file->path);
}

bool output_save(const char *path, int older, WriteTo *write, const void *object, Error *error) {
  SafeFile file;
  return open_and_write(&file, path, write, object, error) &&
         safe_file_commit_keeping(&file, older, error);
}

bool output_try(const char *path, WriteTo *write, const void *object, Error *error) {
  SafeFile file;
  return open_and_write(&file, path, write, object, error) && safe_file_rehearse(&file, error);
}
