/* pack.h - a table in the bytes of a file, about a third of what it takes in memory.
 *
 * All numbers are little-endian.
 *
 *   +0    4    what is counted: V (16 bits), order N (8), bytes of a node (8)
 *   +4    4    separator
 *   +8    8    tokens that were counted
 *   +16   4*N  nodes of each level, 1..N
 *   ..    4*N  threshold of each level
 *   ..    144  gates, binary32 [MAX_GATES]
 *   ..         for each level, each node in order, one number of 7 bits a byte, lower ones first,
 * the top bit set in all bytes but the last:
 *
 *                bits 0, 1   count: 1, 2, 3, or 4 and more; then count - 4 follows as another
 * number bits 2, 3   children: 0, 1, 2, or 3 and more; then children - 3 follows as well (not in
 * the last level, where the next bits take their place) the rest    how many tokens are passed over
 * that might have come
 *
 * What might come as a child of w1..wn are the children of w2..wn, in order, behind those that were
 * before: they are in the table where w1..wn w is. Children of a single token might be all of level
 * 1, and level 1 itself all V tokens. The number of children of level 0 is that of level 1's nodes.
 */
#ifndef PACK_H
#define PACK_H

#include "base/errors.h"
#include "counts/table.h"

/* Bytes of a table when it is packed (with shape.order in use). */
uint64_t counts_packed_bytes(const Counts *c);

/* Writes them, in pieces; false where the sink fails. */
bool counts_write(const Counts *c, const Sink *to);

/* Reads a table of exactly `size` bytes, in pieces, into one that was cleared for its shape; the
 * block may be of any size that holds it (counts_table_bytes). Everything is checked: refuses what
 * is no table of this vocabulary, separator and order, and what does not fit; the table is empty
 * then. name is what an error calls the file. */
bool counts_read(Counts *c, const Source *from, uint64_t size, Error *error);

/* Bytes of the block that the table takes, scratch left out: what a block for reading it again
 * needs. Never below counts_least_bytes. */
uint32_t counts_table_bytes(const Counts *c);

#endif
