/* near_miss.h - which of some names was probably meant by one that is none of them. */
#ifndef NEAR_MISS_H
#define NEAR_MISS_H

#include <stddef.h>

typedef struct {
  const char *written;
  size_t length;    /* of written */
  int distance;     /* of the best */
  const char *best; /* the name that is nearest; null: none is near */
} NearMiss;

NearMiss near_miss_start(const char *written, size_t length);

/* Tries a name, of small letters. It is near where two letters are wrong at most, and not half of
 * them, or where one begins with the other; capitals count as small letters. */
void near_miss_try(NearMiss *miss, const char *name);

#endif
