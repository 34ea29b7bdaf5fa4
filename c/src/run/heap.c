/* heap.c - malloc and free. */
#include "run/heap.h"

#include <stdlib.h>

bool arena_open(Arena *arena, Error *error) {
  const uint64_t total = arena->plan.total;
  void *block = total <= SIZE_MAX / 2 ? malloc((size_t)total) : NULL;
  if (!block)
    return error_set(error, EXIT_FAILED,
                     "the system has no block of %llu bytes for the plan; use a smaller shape",
                     (unsigned long long)total);
  arena_use(arena, block, (size_t)total);
  return true;
}

void arena_restart(Arena *arena) { arena_use(arena, arena->block, arena->size); }

void arena_close(Arena *arena) {
  void *block = arena->block;
  arena_release(arena);
  free(block);
}
