/* path.c - POSIX where there is POSIX, names alone elsewhere; path_windows.c is for Windows. */
#include "base/posix.h"

#include "base/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"

#if HAVE_POSIX
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40, STICKY = 01000 /* of a folder: files in it belong to their owners */ };

/* ---- links ---- */

/* Whether a link, by its facts, leads to an open stream: those of /proc do, whatever they say. */
static bool leads_to_stream(const char *link, const struct stat *facts) {
  struct stat proc;
  if (strncmp(link, "/dev/fd/", 8) == 0) return true;
  return stat("/proc/self", &proc) == 0 && facts->st_dev == proc.st_dev;
}

/* Puts the target of a link, which is told from the folder of the link, in its place. */
static bool follow(char path[PATH_BYTES]) {
  char target[PATH_BYTES], joined[2 * PATH_BYTES];
  const ssize_t length = readlink(path, target, sizeof target - 1);
  if (length <= 0) return false;
  target[length] = 0;
  const char *slash = strrchr(path, '/');
  const int folder = slash && target[0] != '/' ? (int)(slash - path) + 1 : 0;
  snprintf(joined, sizeof joined, "%.*s%s", folder, path, target);
  if (strlen(joined) >= PATH_BYTES) return false;
  strcpy(path, joined);
  return true;
}

/* Follows links; whether one led to an open stream goes to *stream. */
static bool resolve(const char *path, char resolved[PATH_BYTES], bool *stream) {
  struct stat facts;
  *stream = false;
  if (strlen(path) >= PATH_BYTES) return false;
  strcpy(resolved, path);
  for (int i = 0; i < MOST_LINKS; i++) {
    if (lstat(resolved, &facts) != 0 || !S_ISLNK(facts.st_mode)) return true;
    *stream = leads_to_stream(resolved, &facts);
    if (*stream) return true;
    if (!follow(resolved)) return false;
  }
  return false;
}

bool path_resolve(const char *path, char resolved[PATH_BYTES]) {
  bool stream;
  return resolve(path, resolved, &stream);
}

bool path_is_link(const char *path) {
  struct stat facts;
  return lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode);
}

/* ---- kinds ---- */

PathKind path_kind(const char *path) {
  char resolved[PATH_BYTES];
  struct stat facts;
  bool stream;
  if (stat(path, &facts) != 0)
    return errno == EOVERFLOW || (errno == EACCES && path_is_link(path)) ? PATH_OTHER : PATH_ABSENT;
  if (S_ISDIR(facts.st_mode)) return PATH_FOLDER;
  if (S_ISCHR(facts.st_mode) || S_ISFIFO(facts.st_mode)) return PATH_STREAM;
  if (!S_ISREG(facts.st_mode)) return PATH_OTHER;
  return resolve(path, resolved, &stream) && stream ? PATH_STREAM : PATH_ORDINARY;
}

/* ---- which file ---- */

static bool same_facts(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The facts of the folder of a path, and the name in it. */
static bool folder_of(const char *path, struct stat *facts, char name[PATH_BYTES]) {
  char resolved[PATH_BYTES], folder[PATH_BYTES];
  if (!path_resolve(path, resolved)) return false;
  strcpy(name, path_folder(resolved, folder));
  return stat(folder, facts) == 0;
}

/* ---- writing ---- */

/* Whether a file may lose its name to another: in a sticky folder that is for owners alone. */
static bool may_take_name(const char *path, const struct stat *facts) {
  struct stat folder;
  char name[PATH_BYTES];
  const uid_t me = geteuid();
  if (me == 0 || facts->st_uid == me || !folder_of(path, &folder, name)) return true;
  return !(folder.st_mode & STICKY) || folder.st_uid == me;
}

bool path_may_write(const char *path) {
  struct stat facts;
  if (stat(path, &facts) != 0) return true;
  if (access(path, W_OK) != 0) return errno == ENOENT; /* gone since */
  errno = facts.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH) ? EPERM : EACCES;
  return errno != EACCES && may_take_name(path, &facts);
}

FILE *path_open_new(const char *path) {
  struct stat facts;
  char resolved[PATH_BYTES];
  if (stat(path, &facts) == 0 && facts.st_nlink > 1 && path_resolve(path, resolved))
    unlink(resolved); /* in a folder where that may not be, all names change */
  return fopen(path, "wb");
}

/* Opens what nobody may read yet; without O_NONBLOCK a FIFO would make us wait for that. */
static int open_nonblocking(const char *path) {
  enum { PAUSE = 50 /* ms */, MOST_TRIES = 3000 / PAUSE };
  const int flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  struct stat facts;
  int opened = open(path, flags);
  for (int i = 0; opened < 0 && errno == ENXIO && i < MOST_TRIES; i++) {
    if (stat(path, &facts) != 0 || !S_ISFIFO(facts.st_mode)) break;
    pause_microseconds(PAUSE * 1000);
    opened = open(path, flags);
  }
  return opened;
}

FILE *path_open_stream(const char *path) {
  const int opened = open_nonblocking(path);
  if (opened < 0) return NULL;
  fcntl(opened, F_SETFL, O_APPEND); /* from now on it waits */
  FILE *stream = fdopen(opened, "ab");
  if (!stream) close(opened);
  return stream;
}

/* ---- pairs ---- */

bool path_same(const char *a, const char *b) {
  struct stat facts[2];
  char names[2][PATH_BYTES];
  if (!a || !b) return false;
  const bool there = stat(a, &facts[0]) == 0, also = stat(b, &facts[1]) == 0;
  if (there != also) return false;
  if (there) return !S_ISCHR(facts[0].st_mode) && same_facts(&facts[0], &facts[1]);
  if (!folder_of(a, &facts[0], names[0]) || !folder_of(b, &facts[1], names[1]))
    return strcmp(a, b) == 0;
  return same_facts(&facts[0], &facts[1]) && strcmp(names[0], names[1]) == 0;
}

bool path_is_stream(const char *path, FILE *stream) {
  struct stat facts[2];
  return path && stat(path, &facts[0]) == 0 && fstat(fileno(stream), &facts[1]) == 0 &&
         !S_ISCHR(facts[0].st_mode) && same_facts(&facts[0], &facts[1]);
}

/* ---- the program ---- */

/* The first ordinary file of a name in the folders of PATH. */
static bool find_in_folders(const char *folders, const char *name, char path[PATH_BYTES]) {
  char candidate[PATH_BYTES];
  for (const char *at = folders; at && *at; at += *at == ':') {
    const size_t length = strcspn(at, ":");
    if (length + strlen(name) + 2 <= sizeof candidate) {
      snprintf(candidate, sizeof candidate, "%.*s/%s", length ? (int)length : 1, length ? at : ".",
               name);
      if (path_kind(candidate) == PATH_ORDINARY) return path_resolve(candidate, path);
    }
    at += length;
  }
  return false;
}

bool path_of_program(const char *called, char path[PATH_BYTES]) {
  const ssize_t length = readlink("/proc/self/exe", path, PATH_BYTES - 1);
  if (length > 0) path[length] = 0;
  if (length > 0 && path_kind(path) == PATH_ORDINARY) return true;
  if (!called || !*called) return false;
  return strchr(called, '/') ? path_resolve(called, path)
                             : find_in_folders(getenv("PATH"), called, path);
}

#elif !HAVE_WINDOWS

PathKind path_kind(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return PATH_ABSENT;
  fclose(file);
  return PATH_ORDINARY;
}

bool path_is_link(const char *path) {
  (void)path;
  return false;
}

bool path_resolve(const char *path, char resolved[PATH_BYTES]) {
  if (strlen(path) >= PATH_BYTES) return false;
  strcpy(resolved, path);
  return true;
}

bool path_may_write(const char *path) {
  (void)path;
  return true;
}

FILE *path_open_new(const char *path) { return fopen(path, "wb"); }

FILE *path_open_stream(const char *path) { return fopen(path, "ab"); }

bool path_same(const char *a, const char *b) { return a && b && strcmp(a, b) == 0; }

bool path_is_stream(const char *path, FILE *stream) {
  (void)path, (void)stream;
  return false;
}

bool path_of_program(const char *called, char path[PATH_BYTES]) {
  return called && strchr(called, '/') && path_resolve(called, path);
}
#endif

const char *path_folder(const char *path, char folder[PATH_BYTES]) {
  const char *slash = strrchr(path, '/');
  const int length = slash == path ? 1 : (int)(slash ? slash - path : 0);
  snprintf(folder, PATH_BYTES, "%.*s", slash ? length : 1, slash ? path : ".");
  return slash ? slash + 1 : path;
}

const char *path_open_error(void) {
#ifdef ENXIO
  if (errno == ENXIO) return "nobody reads it";
#endif
  return strerror(errno);
}
