/* arena.c - the one block of memory. */
#include "base/arena.h"

#include <string.h>

/* Under AddressSanitizer forbidden bytes follow each piece, so that writing past its end is seen.
 */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
enum { GUARD = 64 };
#else
enum { GUARD = 0 };
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

const char *memory_kind_name(MemoryKind kind) {
  static const char *const names[MEMORY_KINDS] = {
      "weights",   "momentum",    "embeddings", "embedding state",
      "gradients", "activations", "workspace",  "text",
  };
  return names[kind];
}

void *arena_take(Arena *arena, MemoryKind kind, size_t count, size_t item_size) {
  const uint64_t used = (uint64_t)count * item_size;
  const uint64_t bytes = (used + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT + GUARD;
  if (!arena->block) {
    arena->plan.bytes[kind] += bytes;
    arena->plan.total += bytes;
    return NULL;
  }
  if (bytes > arena->size - arena->used) {
    arena->broken = true;
    return NULL;
  }
  uint8_t *piece = arena->block + arena->used;
  arena->used += (size_t)bytes;
  if (GUARD) ASAN_POISON_MEMORY_REGION(piece + used, (size_t)(bytes - used));
  return piece;
}

void arena_use(Arena *arena, void *block, size_t size) {
  arena->block = block;
  arena->size = size;
  arena->used = 0;
  ASAN_UNPOISON_MEMORY_REGION(block, size); /* an object that was forgotten may have lain here */
  memset(block, 0, size);
}

void arena_release(Arena *arena) {
  if (GUARD && arena->block) ASAN_UNPOISON_MEMORY_REGION(arena->block, arena->size);
  memset(arena, 0, sizeof *arena);
}

size_t arena_object_bytes(size_t object_bytes) {
  return (object_bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
}

void *arena_object(Arena *arena, void *block, size_t size, size_t object_bytes,
                   const MemoryPlan *plan, Error *error) {
  const size_t front = arena_object_bytes(object_bytes);
  if (!block || (uintptr_t)block % ARENA_ALIGNMENT != 0 || size < front ||
      size - front < plan->total) {
    error_set(error, EXIT_USAGE,
              "the block of %llu bytes is too small for the plan, which takes %llu, or does not "
              "begin at a multiple of %d bytes; give one that does",
              (unsigned long long)size, (unsigned long long)(front + plan->total), ARENA_ALIGNMENT);
    return NULL;
  }
  memset(block, 0, object_bytes);
  memset(arena, 0, sizeof *arena);
  arena->plan = *plan;
  arena_use(arena, (uint8_t *)block + front, (size_t)plan->total);
  return block;
}

bool arena_whole(const Arena *arena, Error *error) {
  if (!arena->broken && arena->used == arena->plan.total) return true;
  return error_set(error, EXIT_FAILED,
                   "the memory that was taken is not the memory that was planned: an error of this "
                   "program; please report it with the command line");
}
