/* file_locks.c - advisory locks of POSIX; elsewhere none. */
#include "base/posix.h"

#include "run/file_locks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"

bool file_lock_name(const char *path, char name[TEMPORARY_BYTES]) {
  char resolved[PATH_BYTES];
  if (!path_resolve(path, resolved)) return false;
  snprintf(name, TEMPORARY_BYTES, "%s.lock", resolved);
  return true;
}

#if HAVE_POSIX && !defined(__EMSCRIPTEN__)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum { LOCK_TAKEN, LOCK_BUSY, LOCK_STALE, LOCK_FAILED } LockState;

/* ---- the lock file ---- */

/* The process that a lock file is of: 0 where it is empty, -1 where it is no lock file. */
static long owner_of(FILE *file) {
  char text[32] = "";
  char *end = text;
  if (!fgets(text, sizeof text, file)) return ferror(file) ? -1 : 0;
  const long owner = strtol(text, &end, 10);
  return owner > 0 && *end == '\n' && getc(file) == EOF ? owner : -1;
}

/* Opens and locks the lock file. It is stale where its last owner removed it meanwhile. */
static LockState open_lock(FileLock *lock) {
  const struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  struct stat opened, there;
  const int descriptor = open(lock->path, flags, 0666);
  lock->file = descriptor < 0 ? NULL : fdopen(descriptor, "r+b");
  if (!lock->file) {
    if (descriptor >= 0) close(descriptor);
    return LOCK_FAILED;
  }
  if (fcntl(descriptor, F_SETLK, &all) != 0 && (errno == EACCES || errno == EAGAIN))
    return LOCK_BUSY;
  const bool same = fstat(descriptor, &opened) == 0 && stat(lock->path, &there) == 0 &&
                    opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
  return same ? LOCK_TAKEN : LOCK_STALE;
}

static void close_lock(FileLock *lock) {
  if (lock->file) fclose(lock->file);
  lock->file = NULL;
}

/* ---- taking it ---- */

/* Removes what a process that ended without a word left beside a path: temporary files of it, and
 * of its token file. */
static void remove_leftovers(const char *lock, long owner) {
  static const char *const endings[] = {"", ".tokens"};
  const int length = (int)(strlen(lock) - strlen(".lock"));
  char path[TEMPORARY_BYTES], name[TEMPORARY_BYTES];
  for (int i = 0; i < 2 * MOST_TEMPORARIES; i++) {
    snprintf(path, sizeof path, "%.*s%s", length, lock, endings[i % 2]);
    safe_file_temporary(path, owner, i / 2, name);
    if (path_kind(name) == PATH_ORDINARY) remove(name);
  }
}

static bool in_the_way(const FileLock *lock, const char *path, Error *error) {
  return error_set(error, EXIT_USAGE,
                   "%s is in the way: it would be the lock of %s, and is another file; rename one "
                   "of them",
                   lock->path, path);
}

/* Makes a lock that was taken this process's own. */
static bool own(FileLock *lock, const char *path, Error *error) {
  const long owner = owner_of(lock->file);
  if (owner < 0) {
    close_lock(lock);
    return in_the_way(lock, path, error);
  }
  if (owner > 0) remove_leftovers(lock->path, owner);
  if (fseek(lock->file, 0, SEEK_SET) == 0) fprintf(lock->file, "%010ld\n", process_id());
  fflush(lock->file);
  return true;
}

bool file_lock_take(FileLock *lock, const char *path, Error *error) {
  enum { MOST_TRIES = 100 };
  LockState state = LOCK_STALE;
  if (!file_lock_name(path, lock->path))
    return error_set(error, EXIT_USAGE, "the path %.60s... is too long; use a shorter one", path);
  for (int i = 0; state == LOCK_STALE && i < MOST_TRIES; i++) {
    state = open_lock(lock);
    if (state == LOCK_STALE) close_lock(lock);
  }
  if (state == LOCK_TAKEN) return own(lock, path, error);
  if (state == LOCK_FAILED && errno == ELOOP) return in_the_way(lock, path, error);
  if (state == LOCK_FAILED)
    return error_set(error, EXIT_FAILED, "cannot write %s: %s; choose another place", path,
                     strerror(errno));
  close_lock(lock);
  return error_set(error, EXIT_USAGE,
                   "%s is being written by another run of this program (%s is locked); wait for "
                   "its end, or name another file",
                   path, lock->path);
}

void file_lock_release(FileLock *lock) {
  if (lock->file) remove(lock->path);
  close_lock(lock);
}

#else

bool file_lock_take(FileLock *lock, const char *path, Error *error) {
  (void)path, (void)error;
  lock->file = NULL;
  return true;
}

void file_lock_release(FileLock *lock) { (void)lock; }
#endif
