/* safe_file.c - POSIX where there is POSIX, Windows where that is, plain C99 elsewhere. */
#include "base/posix.h"

#include "base/safe_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "base/windows_files.h"

#if HAVE_POSIX
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

/* ---- opening ---- */

void safe_file_temporary(const char *path, long process, int i, char name[TEMPORARY_BYTES]) {
  const int used = snprintf(name, TEMPORARY_BYTES, "%.*s.tmp-%ld", PATH_BYTES, path, process);
  if (i > 0) snprintf(name + used, TEMPORARY_BYTES - (size_t)used, "-%d", i);
}

/* Opens a file that was not there; null, with errno set, where it was, or where it cannot be. */
static FILE *create(const char *name, bool read_again) {
#if HAVE_POSIX
  const int ways = read_again ? O_RDWR : O_WRONLY;
  const int opened = open(name, ways | O_CREAT | O_EXCL | O_CLOEXEC, read_again ? 0600 : 0666);
  FILE *stream = opened < 0 ? NULL : fdopen(opened, read_again ? "w+b" : "wb");
  if (stream || opened < 0) return stream;
  const int reason = errno;
  close(opened);
  remove(name);
  errno = reason;
  return NULL;
#elif HAVE_WINDOWS
  return windows_create(name, read_again);
#else
  errno = EEXIST;
  return path_kind(name) == PATH_ABSENT ? fopen(name, read_again ? "w+b" : "wb") : NULL;
#endif
}

/* Opens a temporary file for a path, of a name that nobody has. */
static FILE *create_temporary(const char *path, bool read_again, char name[TEMPORARY_BYTES]) {
  FILE *stream = NULL;
  errno = EEXIST;
  for (int i = 0; !stream && errno == EEXIST && i < MOST_TEMPORARIES; i++) {
    safe_file_temporary(path, process_id(), i, name);
    stream = create(name, read_again);
  }
  return stream;
}

/* Gives the new file the owner and the permissions of the one whose place it will take. */
static void keep_owner(const SafeFile *file) {
#if HAVE_POSIX
  struct stat old;
  const int opened = fileno(file->stream);
  if (stat(file->path, &old) != 0) return;
  if (fchown(opened, old.st_uid, old.st_gid) == 0 || old.st_uid == geteuid())
    fchmod(opened, old.st_mode & 0777);
#else
  (void)file;
#endif
}

static bool cannot_write(const SafeFile *file, const char *path, Error *error) {
  if (errno == EEXIST)
    return error_set(error, EXIT_FAILED,
                     "cannot write %.160s: %.160s and its like are in the way, left by runs that "
                     "were killed; remove them",
                     path, file->temporary);
  return error_set(error, EXIT_FAILED, "cannot write %s: %s; choose another place", path,
                   path_open_error());
}

bool safe_file_open(SafeFile *file, const char *path, Error *error) {
  const PathKind kind = path_kind(path);
  file->stream = NULL;
  file->passes = false;
  if (!path_resolve(path, file->path))
    return error_set(error, EXIT_USAGE, "the path %.60s... is too long; use a shorter one", path);
  if (kind != PATH_ABSENT && kind != PATH_ORDINARY)
    return error_set(error, EXIT_USAGE,
                     "cannot write %s: it is not an ordinary file; choose another place", path);
  file->stream = create_temporary(file->path, false, file->temporary);
  if (!file->stream) return cannot_write(file, path, error);
  keep_owner(file);
  return true;
}

bool safe_file_open_text(SafeFile *file, const char *path, Error *error) {
  if (path_kind(path) != PATH_STREAM) return safe_file_open(file, path, error);
  file->passes = true;
  snprintf(file->path, sizeof file->path, "%s", path);
  file->stream = path_open_stream(path);
  return file->stream || cannot_write(file, path, error);
}

/* ---- ending ---- */

/* Pushes what was written down to the disk. */
static bool flush_to_disk(FILE *stream) {
  if (fflush(stream) != 0) return false;
#if HAVE_POSIX
  if (fsync(fileno(stream)) != 0 && errno != EINVAL && errno != ENOSYS) return false;
#elif HAVE_WINDOWS
  if (!windows_sync(stream)) return false;
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

static void remove_temporary(const SafeFile *file) {
  if (!file->passes) remove(file->temporary);
}

/* Closes the temporary file when all of it is on the disk; otherwise removes it and says why. */
static bool finish(SafeFile *file, Error *error) {
  const bool failed = ferror(file->stream) != 0; /* an earlier write */
  bool whole = !failed && flush_to_disk(file->stream);
  int reason = whole ? 0 : failed && !file->passes ? reason_of_failure(file->stream) : errno;
  if (fclose(file->stream) != 0 && whole) {
    whole = false;
    reason = errno;
  }
  if (whole) return true;
  remove_temporary(file);
  return error_set(error, EXIT_FAILED, "could not write all of %s: %s%s", file->path,
                   reason ? strerror(reason) : "write error",
                   file->passes ? "" : "; what was there before is untouched");
}

#if HAVE_POSIX
static void sync_path(const char *path) {
  const int opened = open(path, O_RDONLY);
  if (opened < 0) return;
  fsync(opened);
  close(opened);
}
#endif

/* Makes the new name of path durable, where the system can. On FAT the size of a file stands beside
 * its name, and Linux writes it there with the file, not with the folder: so the file comes once
 * more. */
static void sync_name(const char *path) {
#if HAVE_POSIX
  char folder[PATH_BYTES];
  path_folder(path, folder);
  sync_path(path);
  sync_path(folder);
#else
  (void)path;
#endif
}

bool safe_file_sync(FILE *stream, const char *path) {
  if (!flush_to_disk(stream)) return false;
  sync_name(path);
  return true;
}

/* Gives a file the name of another, which is gone then. */
static bool take_name(const char *from, const char *to) {
#if HAVE_WINDOWS
  return windows_replace(from, to);
#else
  return rename(from, to) == 0;
#endif
}

/* Gives what is at path a second name, or where the file system knows only one, the other name;
 * whether it has that only. */
static bool keep_as(const char *path, const char *older) {
#if HAVE_POSIX
  if (path_kind(older) == PATH_ORDINARY) remove(older);
  if (link(path, older) == 0) return false;
#elif HAVE_WINDOWS
  if (path_kind(older) == PATH_ORDINARY) remove(older);
  if (windows_link(path, older)) return false;
#endif
  return take_name(path, older);
}

/* Takes the place of what was there. Where that is not possible, a file that took hours stays whole
 * under its temporary name. */
static bool move_in_place(SafeFile *file, bool stays, Error *error) {
  if (take_name(file->temporary, file->path)) {
    sync_name(file->path);
    return true;
  }
  const int reason = errno;
  if (!stays) remove(file->temporary);
  return error_set(
      error, EXIT_FAILED,
      "could not put %.150s in its place: %s; what was there before is untouched%s%.160s",
      file->path, strerror(reason), stays ? ", and the new one is whole as " : "",
      stays ? file->temporary : "");
}

bool safe_file_commit(SafeFile *file, Error *error) {
  return finish(file, error) && (file->passes || move_in_place(file, false, error));
}

void safe_file_older(const char *path, int i, char *name, size_t size) {
  char resolved[PATH_BYTES];
  snprintf(name, size, "%s.%d", path_resolve(path, resolved) ? resolved : path, i);
}

bool safe_file_commit_keeping(SafeFile *file, int older, Error *error) {
  if (file->passes) return safe_file_commit(file, error);
  char to[sizeof file->path + 16], from[sizeof to];
  bool moved = false;
  int64_t bytes;
  if (!finish(file, error)) return false;
  if (!file_size(file->path, &bytes)) older = 0; /* nothing to keep: the older ones stay */
  for (int i = older; i > 0; i--) {
    snprintf(to, sizeof to, "%s.%d", file->path, i);
    snprintf(from, sizeof from, "%s.%d", file->path, i - 1);
    if (i > 1)
      take_name(from, to);
    else
      moved = keep_as(file->path, to);
  }
  if (move_in_place(file, true, error)) return true;
  if (moved) take_name(to, file->path); /* the newest is never without its name */
  return false;
}

bool safe_file_rehearse(SafeFile *file, Error *error) {
  if (!finish(file, error)) return false;
  remove_temporary(file);
  return true;
}

void safe_file_discard(SafeFile *file) {
  fclose(file->stream);
  remove_temporary(file);
}

/* ---- without a name ---- */

#if HAVE_POSIX || HAVE_WINDOWS
/* Where the system has temporary files; null where it does not tell. */
static const char *temporary_folder(void) {
#if HAVE_WINDOWS
  return getenv("TEMP");
#else
  return "/tmp";
#endif
}

FILE *nameless_file(void) {
  const char *const folders[] = {getenv("TMPDIR"), temporary_folder(), "."};
  char path[PATH_BYTES], name[TEMPORARY_BYTES];
  FILE *stream = NULL;
  for (int i = 0; !stream && i < 3; i++) {
    if (!folders[i] || strlen(folders[i]) + 16 > sizeof path) continue;
    snprintf(path, sizeof path, "%s/legacy_llm", folders[i]);
    stream = create_temporary(path, true, name);
  }
  if (stream) remove(name); /* it lives on until it is closed */
  return stream;
}
#else
FILE *nameless_file(void) { return tmpfile(); }
#endif
