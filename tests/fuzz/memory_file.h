/* memory_file.h - bytes as a file with a path, without a disk. */
#ifndef MEMORY_FILE_H
#define MEMORY_FILE_H

#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

int memfd_create(const char *name, unsigned flags);

/* Makes the one file hold these bytes; returns its path. */
static inline const char *memory_file(const uint8_t *data, size_t size) {
  static int file = -1;
  static char path[32];
  if (file < 0) {
    file = memfd_create("input", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  }
  MUST(file >= 0 && ftruncate(file, 0) == 0);
  MUST(pwrite(file, data, size, 0) == (ssize_t)size);
  return path;
}

#endif
