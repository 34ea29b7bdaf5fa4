/* heap.c - malloc and free. */
#include "run/heap.h"

#include <stdlib.h>

void *heap_take(uint64_t bytes, Error *error) {
  void *block = bytes <= SIZE_MAX / 2 ? malloc((size_t)bytes) : NULL;
  if (!block)
    error_set(error, EXIT_FAILED,
              "the system has no %llu bytes of memory in one block; use a smaller shape, or free "
              "some memory",
              (unsigned long long)bytes);
  return block;
}

bool arena_open(Arena *arena, Error *error) {
  void *block = heap_take(arena->plan.total, error);
  if (!block) return false;
  arena_use(arena, block, (size_t)arena->plan.total);
  return true;
}

void arena_restart(Arena *arena) { arena_use(arena, arena->block, arena->size); }

void arena_close(Arena *arena) {
  void *block = arena->block;
  arena_release(arena);
  free(block);
}
