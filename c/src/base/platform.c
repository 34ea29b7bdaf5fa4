/* platform.c - POSIX where there is POSIX, plain C99 elsewhere; platform_windows.c is for Windows.
 */
#include "base/posix.h"

#include "base/platform.h"

#if !HAVE_WINDOWS
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if HAVE_POSIX
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

/* ---- memory ---- */

#if defined(__linux__)
/* Value in bytes of the line "key: N kB" of a /proc file, 0 if it is not there. */
static uint64_t proc_kilobytes(const char *path, const char *key) {
  char line[128];
  unsigned long value = 0;
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  while (fgets(line, sizeof line, file))
    if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':') {
      value = strtoul(line + strlen(key) + 1, NULL, 10);
      break;
    }
  fclose(file);
  return (uint64_t)value * 1024;
}

#else
static uint64_t proc_kilobytes(const char *path, const char *key) {
  (void)path, (void)key;
  return 0;
}
#endif

uint64_t process_peak_bytes(void) { return proc_kilobytes("/proc/self/status", "VmHWM"); }

uint64_t process_resident_bytes(void) { return proc_kilobytes("/proc/self/status", "VmRSS"); }

uint64_t system_available_bytes(void) { return proc_kilobytes("/proc/meminfo", "MemAvailable"); }

#if defined(__linux__) && defined(__ELF__)
extern const char __executable_start[], etext[]; /* of the GNU linker */

void process_touch_code(void) {
  enum { PAGE = 4096 };
  const volatile char *end = etext;
  for (const volatile char *at = __executable_start; at < end; at += PAGE) (void)*at;
}
#else
void process_touch_code(void) {}
#endif

long process_id(void) {
#if HAVE_POSIX
  return (long)getpid();
#else
  return 0;
#endif
}

/* ---- clock and terminal ---- */

int64_t clock_nanoseconds(void) {
#if HAVE_POSIX
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
#else
  return (int64_t)clock() * (1000000000 / CLOCKS_PER_SEC);
#endif
}

int64_t clock_milliseconds(void) { return clock_nanoseconds() / 1000000; }

void pause_microseconds(int microseconds) {
#if HAVE_POSIX
  const struct timespec time = {.tv_sec = microseconds / 1000000,
                                .tv_nsec = (long)(microseconds % 1000000) * 1000};
  nanosleep(&time, NULL);
#else
  (void)microseconds;
#endif
}

void open_standard_streams(void) {
#if HAVE_POSIX
  int opened = 0;
  while (opened >= 0 && opened <= 2)
    opened = open(NULL_DEVICE, O_RDWR); /* the lowest that is free */
  if (opened > 2) close(opened);
#endif
}

bool is_terminal(FILE *stream) {
#if HAVE_POSIX
  const int before = errno;
  const bool terminal = isatty(fileno(stream)) != 0;
  errno = before;
  return terminal;
#else
  (void)stream;
  return false;
#endif
}

/* ---- files ---- */

bool file_size(const char *path, int64_t *bytes) {
#if HAVE_POSIX
  struct stat facts;
  if (stat(path, &facts) != 0) return false;
  errno = S_ISDIR(facts.st_mode) ? EISDIR : EINVAL;
  if (!S_ISREG(facts.st_mode)) return false;
  *bytes = (int64_t)facts.st_size;
  return true;
#else
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  fseek(file, 0, SEEK_END);
  *bytes = ftell(file);
  fclose(file);
  return *bytes >= 0;
#endif
}

bool stream_size(FILE *stream, int64_t *bytes) {
#if HAVE_POSIX
  struct stat facts;
  if (fstat(fileno(stream), &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
  *bytes = (int64_t)facts.st_size;
  return true;
#else
  const long at = ftell(stream);
  if (at < 0 || fseek(stream, 0, SEEK_END) != 0) return false;
  *bytes = ftell(stream);
  return *bytes >= 0 && fseek(stream, at, SEEK_SET) == 0;
#endif
}
#endif
