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
      "weights",     "momentum",  "embeddings", "embedding state", "gradients",
      "activations", "workspace", "text",       "counts",
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

ArenaGroups arena_groups(const Arena *arena) { return (ArenaGroups){*arena, *arena}; }

/* While planning, `used` does not grow, and with a block the plan is whole. */
static bool is_longer(const Arena *a, const Arena *b) {
  return a->block ? a->used > b->used : a->plan.total > b->plan.total;
}

/* Under AddressSanitizer a group lies behind the one before it, whose forbidden bytes would be in
 * it. */
void arena_next_group(Arena *arena, ArenaGroups *groups) {
  if (is_longer(arena, &groups->longest)) groups->longest = *arena;
  if (!GUARD && !arena->broken) *arena = groups->first;
}

void arena_end_groups(Arena *arena, const ArenaGroups *groups) {
  const bool broken = arena->broken;
  if (is_longer(&groups->longest, arena)) *arena = groups->longest;
  arena->broken = broken;
}

uint8_t *arena_since(const Arena *arena, size_t from, size_t *bytes) {
  const bool whole = arena->block && !GUARD;
  *bytes = whole ? arena->used - from : 0;
  return whole ? arena->block + from : NULL;
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

uint64_t arena_block_bytes(size_t object_bytes, const MemoryPlan *plan) {
  return ARENA_ALIGNMENT + arena_object_bytes(object_bytes) + plan->total;
}

void *arena_object(Arena *arena, void *block, size_t size, size_t object_bytes,
                   const MemoryPlan *plan, Error *error) {
  const uint64_t least = arena_block_bytes(object_bytes, plan);
  if (!block) {
    error_set(error, EXIT_FAILED, "there is no block of memory; was it refused by the system?");
    return NULL;
  }
  if (size < least) {
    error_set(error, EXIT_USAGE,
              "the block of %llu bytes is too small for the plan; give one of %llu bytes",
              (unsigned long long)size, (unsigned long long)least);
    return NULL;
  }
  uint8_t *object = (uint8_t *)block + (ARENA_ALIGNMENT - (uintptr_t)block % ARENA_ALIGNMENT);
  memset(object, 0, object_bytes);
  memset(arena, 0, sizeof *arena);
  arena->plan = *plan;
  arena_use(arena, object + arena_object_bytes(object_bytes), (size_t)plan->total);
  return object;
}

bool arena_whole(const Arena *arena, Error *error) {
  if (!arena->broken && arena->used == arena->plan.total) return true;
  return error_set(error, EXIT_FAILED,
                   "memory use differs from the plan; this is an error in the program; please "
                   "report it with the command line");
}
