/* safe_file.c - POSIX where there is POSIX, plain C99 elsewhere. */
#include "base/posix.h"

#include "base/safe_file.h"

#include <errno.h>
#include <string.h>

#include "base/platform.h"

#if HAVE_POSIX
#include <fcntl.h>
#include <unistd.h>
#endif

bool safe_file_open(SafeFile *file, const char *path, Error *error) {
  if (strlen(path) >= sizeof file->path)
    return error_set(error, EXIT_USAGE, "the path %.60s... is too long; give a shorter one", path);
  if (!replaceable(path))
    return error_set(error, EXIT_USAGE,
                     "cannot write %s: it is not an ordinary file; choose another place with --out",
                     path);
  snprintf(file->path, sizeof file->path, "%s", path);
  snprintf(file->temporary, sizeof file->temporary, "%s.tmp", path);
  file->stream = fopen(file->temporary, "wb");
  if (file->stream) return true;
  return error_set(error, EXIT_FAILED, "cannot write %s: %s; choose another place with --out", path,
                   strerror(errno));
}

/* Pushes what was written down to the disk. */
static bool flush_to_disk(FILE *stream) {
  if (fflush(stream) != 0) return false;
#if HAVE_POSIX
  if (fsync(fileno(stream)) != 0 && errno != EINVAL && errno != ENOSYS) return false;
#endif
  return true;
}

/* Why an earlier write failed: its errno is long gone, but where there is no place for it there is
 * none for more. Writes at most 64 KB to a file that will be removed; 0 where nothing is wrong now.
 */
static int reason_of_failure(FILE *stream) {
  static const char zeros[4096];
  for (int i = 0; i < 16; i++)
    if (fwrite(zeros, 1, sizeof zeros, stream) < sizeof zeros || fflush(stream) != 0) return errno;
  return 0;
}

/* Closes the temporary file when all of it is on the disk; otherwise removes it and says why. */
static bool finish(SafeFile *file, Error *error) {
  const bool failed = ferror(file->stream) != 0; /* an earlier write */
  bool whole = !failed && flush_to_disk(file->stream);
  int reason = whole ? 0 : failed ? reason_of_failure(file->stream) : errno;
  if (fclose(file->stream) != 0 && whole) {
    whole = false;
    reason = errno;
  }
  if (whole) return true;
  remove(file->temporary);
  return error_set(error, EXIT_FAILED,
                   "could not write all of %s: %s; what was there before is untouched", file->path,
                   reason ? strerror(reason) : "write error");
}

/* Makes a rename in the folder of path durable, where the system can. */
static void sync_folder(const char *path) {
#if HAVE_POSIX
  char folder[512];
  snprintf(folder, sizeof folder, "%s", path);
  char *slash = strrchr(folder, '/');
  if (slash) slash[slash == folder] = 0;
  const int opened = open(slash ? folder : ".", O_RDONLY);
  if (opened < 0) return;
  fsync(opened);
  close(opened);
#else
  (void)path;
#endif
}

/* Gives what is at path a second name, or where the file system knows only one, the other name;
 * whether it has that only. */
static bool keep_as(const char *path, const char *older) {
#if HAVE_POSIX
  remove(older);
  if (link(path, older) == 0) return false;
#endif
  return rename(path, older) == 0;
}

static bool move_in_place(SafeFile *file, Error *error) {
  if (rename(file->temporary, file->path) == 0) {
    sync_folder(file->path);
    return true;
  }
  const int reason = errno;
  remove(file->temporary);
  return error_set(error, EXIT_FAILED,
                   "could not put %s in its place: %s; what was there before is untouched",
                   file->path, strerror(reason));
}

bool safe_file_commit_keeping(SafeFile *file, int older, Error *error) {
  char to[sizeof file->path + 16], from[sizeof to];
  bool moved = false;
  int64_t bytes;
  if (!finish(file, error)) return false;
  if (!file_size(file->path, &bytes)) older = 0; /* nothing to keep: the older ones stay */
  for (int i = older; i > 0; i--) {
    snprintf(to, sizeof to, "%s.%d", file->path, i);
    snprintf(from, sizeof from, "%s.%d", file->path, i - 1);
    if (i > 1)
      rename(from, to);
    else
      moved = keep_as(file->path, to);
  }
  if (move_in_place(file, error)) return true;
  if (moved) rename(to, file->path); /* the newest is never without its name */
  return false;
}

bool safe_file_commit(SafeFile *file, Error *error) {
  return finish(file, error) && move_in_place(file, error);
}

bool safe_file_rehearse(SafeFile *file, Error *error) {
  if (!finish(file, error)) return false;
  remove(file->temporary);
  return true;
}

void safe_file_discard(SafeFile *file) {
  fclose(file->stream);
  remove(file->temporary);
}
