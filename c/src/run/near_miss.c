/* near_miss.c - the edit distance of short names, by Damerau. */
#include "run/near_miss.h"

#include <stdbool.h>
#include <string.h>

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c); }

static int least_of(int a, int b, int c) { return a < b ? (a < c ? a : c) : (b < c ? b : c); }

/* Letters that must be put in, left out, changed or swapped with the next to make b, of small
 * letters, of a [length]; capitals count as small ones. Row i % 3 is of the first i letters of a.
 */
static int edits(const char *a, size_t length, const char *b) {
  enum { LONGEST = 31 };
  int rows[3][LONGEST + 1];
  const size_t width = strlen(b);
  if (width > LONGEST) return LONGEST;
  for (size_t j = 0; j <= width; j++) rows[0][j] = (int)j;
  for (size_t i = 1; i <= length; i++) {
    const int *before = rows[(i - 1) % 3], *earlier = rows[(i + 1) % 3];
    int *row = rows[i % 3];
    row[0] = (int)i;
    for (size_t j = 1; j <= width; j++) {
      const int change = before[j - 1] + (lower(a[i - 1]) != b[j - 1]);
      row[j] = least_of(change, before[j] + 1, row[j - 1] + 1);
      if (i > 1 && j > 1 && lower(a[i - 1]) == b[j - 2] && lower(a[i - 2]) == b[j - 1])
        row[j] = least_of(row[j], earlier[j - 2] + 1, row[j]);
    }
  }
  return rows[length % 3][width];
}

/* Whether one of two begins with all of the other, of three letters at least. */
static bool same_beginning(const char *word, size_t length, const char *name) {
  const size_t width = strlen(name), shorter = width < length ? width : length;
  size_t same = 0;
  while (same < shorter && lower(word[same]) == name[same]) same++;
  return same == shorter && shorter >= 3;
}

NearMiss near_miss_start(const char *written, size_t length) {
  const NearMiss miss = {written, length, 3, NULL};
  return miss;
}

void near_miss_try(NearMiss *miss, const char *name) {
  const bool begins = same_beginning(miss->written, miss->length, name);
  const int distance = begins ? 1 : edits(miss->written, miss->length, name);
  if (distance >= miss->distance || 2 * (size_t)distance >= miss->length) return;
  miss->distance = distance;
  miss->best = name;
}
