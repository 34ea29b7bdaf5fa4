/* near_miss.c - the edit distance of short names. */
#include "run/near_miss.h"

#include <stdbool.h>
#include <string.h>

/* Letters that must be put in, left out or changed to make b of a [length]. */
static int edits(const char *a, size_t length, const char *b) {
  enum { LONGEST = 31 };
  int row[LONGEST + 1];
  const size_t width = strlen(b);
  if (width > LONGEST) return LONGEST;
  for (size_t j = 0; j <= width; j++) row[j] = (int)j;
  for (size_t i = 0; i < length; i++) {
    int diagonal = row[0];
    row[0] = (int)i + 1;
    for (size_t j = 0; j < width; j++) {
      const int change = diagonal + (a[i] != b[j]);
      const int least = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;
      diagonal = row[j + 1];
      row[j + 1] = change < least ? change : least;
    }
  }
  return row[width];
}

NearMiss near_miss_start(const char *written, size_t length) {
  const NearMiss miss = {written, length, 3, NULL};
  return miss;
}

void near_miss_try(NearMiss *miss, const char *name) {
  const bool begins = miss->length >= 3 && strncmp(name, miss->written, miss->length) == 0;
  const int distance = begins ? 1 : edits(miss->written, miss->length, name);
  if (distance >= miss->distance || 2 * (size_t)distance >= miss->length) return;
  miss->distance = distance;
  miss->best = name;
}
