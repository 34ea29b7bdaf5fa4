/* arena.h - one block of memory for everything, and the plan that says what it holds.
 *
 * The same layout code runs twice. First without a block: it only adds up sizes, which is the
 * memory plan. Then with a block of exactly that size: it hands out the pieces. So the plan is true
 * to the byte by construction. The block is the caller's.
 */
#ifndef ARENA_H
#define ARENA_H

#include "base/errors.h"

typedef legacy_llm_memory_kind MemoryKind;
typedef legacy_llm_memory_plan MemoryPlan; /* `block` is not the arena's business */

#define MEMORY_WEIGHTS LEGACY_LLM_MEMORY_WEIGHTS
#define MEMORY_MOMENTUM LEGACY_LLM_MEMORY_MOMENTUM
#define MEMORY_EMBEDDINGS LEGACY_LLM_MEMORY_EMBEDDINGS
#define MEMORY_EMBEDDING_STATE LEGACY_LLM_MEMORY_EMBEDDING_STATE
#define MEMORY_GRADIENTS LEGACY_LLM_MEMORY_GRADIENTS
#define MEMORY_ACTIVATIONS LEGACY_LLM_MEMORY_ACTIVATIONS
#define MEMORY_WORKSPACE LEGACY_LLM_MEMORY_WORKSPACE
#define MEMORY_TEXT LEGACY_LLM_MEMORY_TEXT
#define MEMORY_COUNTS LEGACY_LLM_MEMORY_COUNTS
#define MEMORY_KINDS LEGACY_LLM_MEMORY_KINDS

enum { ARENA_ALIGNMENT = 16 /* bytes: one SSE register */ };

typedef struct {
  uint8_t *block; /* [size], null while planning */
  size_t size;
  size_t used;
  bool broken; /* more was taken than the block has: the two layout passes disagree */
  MemoryPlan plan;
} Arena;

/* Name of a kind as the plan prints it. */
const char *memory_kind_name(MemoryKind kind);

/* Takes count items of item_size bytes, at a multiple of 16 bytes from the start of the block;
 * while planning, and where the block has no room for it, it returns null. */
void *arena_take(Arena *arena, MemoryKind kind, size_t count, size_t item_size);

/* Pieces of which only one group is in use at a time, and which lie in the same place:
 *
 *   ArenaGroups groups = arena_groups(arena);
 *   first->a = arena_take(...);
 *   arena_next_group(arena, &groups);
 *   second->b = arena_take(...);
 *   arena_end_groups(arena, &groups);
 *
 * What is taken next lies behind the longest group, of which the plan has the bytes. What a group
 * left there is found by the next one. */
typedef struct {
  Arena first, longest; /* where they begin, and where the longest ends */
} ArenaGroups;

ArenaGroups arena_groups(const Arena *arena);
void arena_next_group(Arena *arena, ArenaGroups *groups);
void arena_end_groups(Arena *arena, const ArenaGroups *groups);

/* All that was taken since `from` bytes were used, as one piece [*bytes], for another use
 * meanwhile. Null and 0 while planning, and where forbidden bytes lie within (under
 * AddressSanitizer). */
uint8_t *arena_since(const Arena *arena, size_t from, size_t *bytes);

/* Hands out a block of the caller's, [size] at a multiple of ARENA_ALIGNMENT bytes, zeroed first.
 */
void arena_use(Arena *arena, void *block, size_t size);

/* Ends the use of a caller's block, before that is used for something else. */
void arena_release(Arena *arena);

/* Whether what was taken from the block is what was planned, to the byte. */
bool arena_whole(const Arena *arena, Error *error);

/* Bytes that an object takes at the front of a block, before the block of its arena. */
size_t arena_object_bytes(size_t object_bytes);

/* Bytes of a block for an object and its arena, wherever the block begins. */
uint64_t arena_block_bytes(size_t object_bytes, const MemoryPlan *plan);

/* The object in a caller's block [size], zeroed, and its arena behind it, in use; null where the
 * block has not arena_block_bytes. */
void *arena_object(Arena *arena, void *block, size_t size, size_t object_bytes,
                   const MemoryPlan *plan, Error *error);

#endif
