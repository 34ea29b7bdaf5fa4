/* arena.c - the one block of memory. */
#include "arena.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16 /* bytes; what SSE1's aligned loads want */

const char *memory_kind_name(MemoryKind kind) {
  static const char *const names[MEMORY_KINDS] = {
      "latents",   "momentum",    "embeddings", "embedding state",
      "gradients", "activations", "workspace",  "text",
  };
  return names[kind];
}

void *arena_take(Arena *arena, MemoryKind kind, size_t count, size_t item_size) {
  uint64_t bytes = ((uint64_t)count * item_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (!arena->block) {
    arena->plan.bytes[kind] += bytes;
    arena->plan.total += bytes;
    return NULL;
  }
  if (bytes > arena->size - arena->used) abort(); /* the two layout passes disagree: a bug */
  void *piece = arena->block + arena->used;
  arena->used += (size_t)bytes;
  return piece;
}

bool arena_open(Arena *arena, Error *error) {
  const uint64_t total = arena->plan.total;
  arena->size = (size_t)total;
  arena->used = 0;
  arena->block = total <= SIZE_MAX / 2 ? malloc(arena->size) : NULL;
  if (!arena->block)
    return error_set(error, EXIT_FAILED,
                     "the system has no block of %llu bytes for the plan; use a smaller shape",
                     (unsigned long long)total);
  memset(arena->block, 0, arena->size);
  return true;
}

void arena_close(Arena *arena) {
  free(arena->block);
  memset(arena, 0, sizeof *arena);
}
