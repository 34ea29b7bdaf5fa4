/* arena.h - one block of memory for everything, and the plan that says what it holds.
 *
 * The same layout code runs twice. First without a block: it only adds up sizes, which is the
 * memory plan. Then with a block of exactly that size: it hands out the pieces. So the plan is true
 * to the byte by construction. Nothing else in the core allocates.
 */
#ifndef ARENA_H
#define ARENA_H

#include "base/errors.h"

typedef enum {
  MEMORY_WEIGHTS,         /* latents or packed codes of the matrices; threshold, scale a row */
  MEMORY_MOMENTUM,        /* what the matrices' optimizer remembers */
  MEMORY_EMBEDDINGS,      /* float embeddings and gains */
  MEMORY_EMBEDDING_STATE, /* Adam's two moments of those */
  MEMORY_GRADIENTS,       /* int32 gradient sums, of the model or of one layer at a time */
  MEMORY_ACTIVATIONS,     /* what forward keeps for backward (int8), or for recomputing it */
  MEMORY_WORKSPACE,       /* scratch that no result outlives */
  MEMORY_TEXT,            /* the tokens of the text */
  MEMORY_KINDS
} MemoryKind;

typedef struct {
  uint64_t bytes[MEMORY_KINDS];
  uint64_t total; /* 64 bits: a plan may be larger than this machine can address */
} MemoryPlan;

typedef struct {
  uint8_t *block; /* [size], null while planning */
  size_t size;
  size_t used;
  MemoryPlan plan;
} Arena;

/* Name of a kind as the plan prints it. */
const char *memory_kind_name(MemoryKind kind);

/* Takes count items of item_size bytes, at a multiple of 16 bytes from the start of the block;
 * while planning it returns null. */
void *arena_take(Arena *arena, MemoryKind kind, size_t count, size_t item_size);

/* Gets one zeroed block of plan.total bytes and touches all of it, so that memory that is missing
 * is missed here and not in the middle of training. Restarts the hand-out. */
bool arena_open(Arena *arena, Error *error);

/* Zeroes the block and hands it out anew, for what needs the memory one after the other. */
void arena_restart(Arena *arena);

/* Gives the block back. */
void arena_close(Arena *arena);

#endif
