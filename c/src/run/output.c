/* output.c - a sink into a file that is renamed in the end. */
#include "run/output.h"

#include "base/safe_file.h"
#include "base/stream.h"

/* Writes into the temporary file; what fails is seen, and told, when it is committed. */
static bool open_and_write(SafeFile *file, const char *path, WriteTo *write, const void *object,
                           Error *error) {
  if (!safe_file_open_text(file, path, error)) return false;
  const Sink sink = file_sink(file->stream);
  write(object, &sink);
  return true;
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
