/* file_locks.c - advisory locks of POSIX; on Windows a file that is open for nobody else to write;
 * elsewhere none. */
#include "base/posix.h"

#include "run/file_locks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "base/windows_files.h"
#include "run/leftovers.h"

#if HAVE_POSIX
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#elif HAVE_WINDOWS
#include <io.h>
#endif

bool file_lock_name(const char *path, char name[TEMPORARY_BYTES]) {
  char resolved[PATH_BYTES];
  if (!path_resolve(path, resolved)) return false;
  snprintf(name, TEMPORARY_BYTES, "%s.lock", resolved);
  return true;
}

#if (HAVE_POSIX && !defined(__EMSCRIPTEN__)) || HAVE_WINDOWS

typedef enum {
  LOCK_TAKEN,
  LOCK_NAMED, /* taken by name alone: the file system has no locks */
  LOCK_EMPTY,
  LOCK_BUSY,
  LOCK_STALE,
  LOCK_FAILED
} LockState;

/* ---- what the lock file holds ---- */

enum { OWNER_BYTES = 40 };

/* What a lock file holds. */
static const char *owner_text(char text[OWNER_BYTES], long process) {
  snprintf(text, OWNER_BYTES, "legacy_llm %ld\n", process);
  return text;
}

/* The process that a lock file is of: 0 where it is empty, -1 where it is no lock file. */
static long owner_of(FILE *file) {
  char found[OWNER_BYTES] = "", expected[OWNER_BYTES];
  rewind(file);
  const size_t bytes = fread(found, 1, sizeof found - 1, file);
  if (bytes == 0) return ferror(file) ? -1 : 0;
  const char *number = strchr(found, ' ');
  const long owner = number ? strtol(number, NULL, 10) : 0;
  return owner > 0 && strcmp(found, owner_text(expected, owner)) == 0 ? owner : -1;
}

/* ---- the lock file ---- */

#if HAVE_POSIX
/* Makes a lock file empty. */
static bool cut(FILE *file) { return ftruncate(fileno(file), 0) == 0; }

/* Opens the lock file, which is there or made; whether it was made goes to *made. EAGAIN where it
 * was removed meanwhile. */
static FILE *open_file(const char *path, bool *made) {
  const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  int opened = open(path, flags | O_CREAT | O_EXCL, 0666);
  *made = opened >= 0;
  if (opened < 0 && errno == EEXIST) {
    opened = open(path, flags);
    if (opened < 0 && errno == ENOENT) errno = EAGAIN;
  }
  FILE *file = opened < 0 ? NULL : fdopen(opened, "r+b");
  if (!file && opened >= 0) close(opened);
  return file;
}

/* Whether an open file is still the one of its path. */
static bool is_at(FILE *file, const char *path) {
  struct stat opened, there;
  return fstat(fileno(file), &opened) == 0 && lstat(path, &there) == 0 &&
         opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

/* Locks an open file, if nobody else has. Busy is what another process is named for: a file system
 * without locks refuses each of them like a busy one, and cannot name any. */
static LockState ask_lock(int descriptor) {
  struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(descriptor, F_SETLK, &all) == 0) return LOCK_TAKEN;
  if ((errno != EACCES && errno != EAGAIN) || fcntl(descriptor, F_GETLK, &all) != 0)
    return LOCK_NAMED;
  return all.l_type == F_UNLCK ? LOCK_STALE : LOCK_BUSY;
}

/* Whether a process of this machine has that number. */
static bool lives(long process) {
  return process > 0 && (kill((pid_t)process, 0) == 0 || errno == EPERM);
}

/* Opens and locks the lock file. It is stale where its last owner gave it up meanwhile. */
static LockState open_lock(FileLock *lock) {
  bool made;
  lock->file = open_file(lock->path, &made);
  if (!lock->file) return errno == EAGAIN ? LOCK_STALE : LOCK_FAILED;
  const LockState state = ask_lock(fileno(lock->file));
  if (state != LOCK_TAKEN && state != LOCK_NAMED) return state;
  if (!is_at(lock->file, lock->path)) return LOCK_STALE;
  const long owner = made ? 0 : owner_of(lock->file);
  if (state == LOCK_NAMED && lives(owner)) return LOCK_BUSY;
  lock->dead = state == LOCK_NAMED && owner > 0 ? 0 : owner; /* it may live on another machine */
  return owner == 0 && !made ? LOCK_EMPTY : LOCK_TAKEN;
}
#else
static bool cut(FILE *file) { return _chsize(_fileno(file), 0) == 0; }

/* Opens the lock file, which is the lock: while it is open, no other process can. */
static LockState open_lock(FileLock *lock) {
  bool made;
  lock->file = windows_open_locked(lock->path, &made);
  if (!lock->file) return errno == EBUSY ? LOCK_BUSY : LOCK_FAILED;
  lock->dead = made ? 0 : owner_of(lock->file);
  return lock->dead == 0 && !made ? LOCK_EMPTY : LOCK_TAKEN;
}
#endif

/* Puts a text in place of what a lock file holds. */
static bool write_owner(const FileLock *lock, const char *text) {
  rewind(lock->file);
  return cut(lock->file) && fputs(text, lock->file) >= 0 && fflush(lock->file) == 0;
}

static void close_lock(FileLock *lock) {
  if (lock->file) fclose(lock->file);
  lock->file = NULL;
}

/* ---- taking it ---- */

/* Tries until it is clear how it stands. A lock file is empty for a moment while another process
 * makes it. */
static LockState try_lock(FileLock *lock) {
  enum { MOST_TRIES = 20, PAUSE = 5 /* ms */ };
  for (int i = 0;; i++) {
    const LockState state = open_lock(lock);
    const bool making =
        state == LOCK_EMPTY || (state == LOCK_BUSY && lock->file && owner_of(lock->file) == 0);
    if ((!making && state != LOCK_STALE) || i == MOST_TRIES) return state;
    close_lock(lock);
    pause_microseconds(PAUSE * 1000);
  }
}

static bool in_the_way(const FileLock *lock, const char *path, Error *error) {
  return error_set(error, EXIT_USAGE,
                   "%.200s is in the way: it would be the lock of %.200s, and is another file; "
                   "rename one of them",
                   lock->path, path);
}

/* Makes a lock that was taken this process's own. */
static void own(FileLock *lock) {
  char text[OWNER_BYTES];
  if (!lock->found) leftovers_add(lock->path);
  write_owner(lock, owner_text(text, process_id()));
}

bool file_lock_take(FileLock *lock, const char *path, Error *error) {
  if (!file_lock_name(path, lock->path))
    return error_set(error, EXIT_USAGE, "the path %.60s... is too long; use a shorter one", path);
  const LockState state = try_lock(lock);
  const int reason = errno;
  lock->found = state == LOCK_EMPTY;
  if (lock->found || (state == LOCK_TAKEN && lock->dead >= 0)) {
    own(lock);
    return true;
  }
  close_lock(lock);
  if (state == LOCK_TAKEN || (state == LOCK_FAILED && reason == ELOOP))
    return in_the_way(lock, path, error);
  if (state == LOCK_FAILED)
    return error_set(error, EXIT_FAILED, "cannot write %.200s: %s; choose another place", path,
                     strerror(reason));
  return error_set(error, EXIT_USAGE,
                   "%.200s is being written by another run of this program (%.200s is locked); "
                   "wait for its end, or name another file",
                   path, lock->path);
}

/* Removes the lock file before its lock, so that nobody finds it without one; Windows 98 cannot
 * remove what is open, nor what another process has opened meanwhile. */
static void remove_lock(FileLock *lock) {
#if HAVE_WINDOWS
  if (!windows_is_nt()) close_lock(lock);
#endif
  remove(lock->path);
}

void file_lock_release(FileLock *lock) {
  if (!lock->file) return;
  leftovers_drop(lock->path);
  if (lock->found)
    write_owner(lock, "");
  else
    remove_lock(lock);
  close_lock(lock);
}

#else

bool file_lock_take(FileLock *lock, const char *path, Error *error) {
  (void)path, (void)error;
  memset(lock, 0, sizeof *lock);
  return true;
}

void file_lock_release(FileLock *lock) { (void)lock; }
#endif
