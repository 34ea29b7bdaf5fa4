/* memory_file.h - bytes as a file with a path, without a disk and without a call of the system: the
 * linker gives fopen and stat to __wrap_fopen and __wrap_stat, see the Makefile. */
#ifndef MEMORY_FILE_H
#define MEMORY_FILE_H

#include <sys/stat.h>

#include "harness.h"

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
int __real_stat(const char *path, struct stat *facts);
int __wrap_stat(const char *path, struct stat *facts);

static const char memory_path[] = "the file in memory";

static struct {
  const uint8_t *data;
  size_t size;
} memory;

FILE *__wrap_fopen(const char *path, const char *mode) {
  if (path != memory_path) return __real_fopen(path, mode);
  return fmemopen((void *)(uintptr_t)memory.data, memory.size, mode);
}

int __wrap_stat(const char *path, struct stat *facts) {
  if (path != memory_path) return __real_stat(path, facts);
  *facts = (struct stat){.st_mode = S_IFREG, .st_size = (off_t)memory.size};
  return 0;
}

/* Makes the one file hold these bytes; returns its path. */
static inline const char *memory_file(const uint8_t *data, size_t size) {
  memory.data = data;
  memory.size = size;
  return memory_path;
}

#endif
