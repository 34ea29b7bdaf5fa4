/* heap.h - memory from the heap: for a program, not for the library. */
#ifndef HEAP_H
#define HEAP_H

#include "base/arena.h"

/* Gets one zeroed block of plan.total bytes and touches all of it, so that memory that is missing
 * is missed here and not in the middle of training. Restarts the hand-out. */
bool arena_open(Arena *arena, Error *error);

/* Zeroes the block and hands it out anew, for what needs the memory one after the other. */
void arena_restart(Arena *arena);

/* Gives the block back. */
void arena_close(Arena *arena);

/* So many bytes, or null with an error. */
void *heap_take(uint64_t bytes, Error *error);

#endif
