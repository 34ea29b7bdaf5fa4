/* world.h - the processes of the program that train together, which the library is handed
 * (legacy_llm_ranks).
 *
 * A launcher started them (mpirun), or people did, each on a computer of its own (--peers); links.h
 * is what carries their messages. Without either, a process is alone, and everything is as it was.
 *
 * Sums over all ranks are made in pieces. Each rank is the owner of a part of the numbers: it gets
 * that part from all others, adds it up, and sends the sums to all, so that a rank sends and
 * receives 2 (N - 1) / N of the numbers however many ranks there are (wire.h says in how many
 * bytes). While the training computes, it looks now and then at what has come, and sends what
 * follows; the system carries it in between. There is no thread for it, so that it works in every
 * build.
 *
 * A rank that ends says so to all others, which do not wait for it in vain; and it waits until each
 * of them has said so, too, those that end because of it as well.
 */
#ifndef WORLD_H
#define WORLD_H

#include "base/ranks.h"

/* Joins the others, where a launcher has started some; called once, first of all. */
void world_join(int *count, char ***arguments);

/* Joins those at these addresses (links.h), as number `rank` of them; waits until all are there. */
bool world_meet(const char *addresses, int rank, Error *error);

/* Of all of them; of count 1 and no more where this process is alone. */
const Ranks *world_ranks(void);

/* Whether this is the rank that writes, rank 0; whether what it prints is seen, as it is this one
 * or has a screen of its own. */
bool world_leads(void);
bool world_is_seen(void);

/* *any = whether it is so on any rank; false: one is gone. All of them call it. */
bool world_any(bool *any, Error *error);

/* What this rank has sent so far: bytes, those that the same numbers would take as they are, and
 * how often it sent something to each of the others. */
typedef struct {
  uint64_t bytes, unpacked, rounds;
} WorldSent;
WorldSent world_sent(void);

/* At the end of the program: tells the others how it went, and waits until they have told, too.
 * Whether this rank is one that prints why it failed: where all have one screen, the first of those
 * that failed by themselves. */
bool world_leave(bool good);

/* Last of all, when that is printed. */
void world_end(void);

#endif
