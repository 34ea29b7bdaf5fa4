/* checkpoint_file.c - opens the files that checkpoint.c writes and reads. */
#include "train/checkpoint_file.h"

#include <errno.h>
#include <string.h>

#include "base/platform.h"

/* Writes into the temporary file; what fails is seen, and told, when it is committed. */
static bool open_and_write(SafeFile *file, const char *path, const CheckpointHeader *header,
                           const Model *model, const OptimizerState *state, Error *error) {
  if (!safe_file_open(file, path, error)) return false;
  const Sink sink = file_sink(file->stream);
  checkpoint_write(&sink, header, model, state);
  return true;
}

bool checkpoint_save(const char *path, int older, const CheckpointHeader *header,
                     const Model *model, const OptimizerState *state, Error *error) {
  SafeFile file;
  return open_and_write(&file, path, header, model, state, error) &&
         safe_file_commit_keeping(&file, older, error);
}

bool checkpoint_try(const char *path, const CheckpointHeader *header, const Model *model,
                    const OptimizerState *state, Error *error) {
  SafeFile file;
  return open_and_write(&file, path, header, model, state, error) &&
         safe_file_rehearse(&file, error);
}

static FILE *open_to_read(const char *path, Error *error) {
  FILE *file = fopen(path, "rb");
  if (!file)
    error_set(error, EXIT_USAGE, "cannot use the checkpoint %s: %s; name another, or train one",
              path, strerror(errno));
  return file;
}

/* Closes a file that was read, with errno 0 before; where reading it failed, the system says why.
 */
static bool close_read(FILE *file, const char *path, bool good, Error *error) {
  const int reason = errno;
  const bool failed = !good && ferror(file) != 0;
  fclose(file);
  if (failed && reason)
    error_set(error, EXIT_FAILED,
              "cannot read the checkpoint %s: %s; name another, or copy it anew", path,
              strerror(reason));
  return good;
}

bool checkpoint_load_header(const char *path, CheckpointHeader *header, Error *error) {
  FILE *file = open_to_read(path, error);
  if (!file) return false;
  const Source source = file_source(file);
  errno = 0;
  return close_read(file, path, checkpoint_read_header(&source, path, header, error), error);
}

bool checkpoint_load(const char *path, const CheckpointHeader *header, Model *model,
                     OptimizerState *state, Error *error) {
  FILE *file = open_to_read(path, error);
  if (!file) return false;
  const Source source = file_source(file);
  errno = 0;
  const bool good = checkpoint_read(&source, path, header, model, state, error);
  return close_read(file, path, good, error);
}
