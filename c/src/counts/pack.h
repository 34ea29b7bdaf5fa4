/* pack.h - a table in the bytes of a file: in about a fourteenth of what it takes in memory.
 *
 *   +0    4    what is counted: V (16 bits), order N (8), bytes of a node (8)
 *   +4    4    separator
 *   +8    8    tokens that were counted
 *   +16   4*N  nodes of each level, 1..N
 *   ..    4*N  threshold of each level
 *   ..         gates, binary32 [MAX_GATES]
 *   ..         the nodes of all levels, in order, as numbers of coder.h, with models that begin
 * anew at each level; of each node
 *
 *                passed    how many tokens are passed over that might have come
 *                count     less 1
 *                children  how many it has; not in the last level
 *
 * The numbers in front are little-endian.
 *
 * What might come as a child of w1..wn are the children of w2..wn, in order, behind those that were
 * before: w2..wn w is in the table where w1..wn w is. So the models go by this shorter n-gram: a
 * count by its count, a number of children by its number of children, which is never less. Where
 * that leaves only one value, nothing is coded. Children of a single token might be all of level 1,
 * and level 1 itself all V tokens.
 */
#ifndef PACK_H
#define PACK_H

#include "base/errors.h"
#include "counts/table.h"

/* Bytes of a table when it is packed (with shape.order in use), and their CRC-32. It is packed once
 * to know both. */
uint64_t counts_packed_bytes(Counts *c);
uint32_t counts_packed_sum(const Counts *c);

/* Writes them, in pieces; false where the sink fails. */
bool counts_write(const Counts *c, const Sink *to);

/* Reads a table of exactly `size` bytes, in pieces, into one that was cleared for its shape; the
 * block may be of any size that holds it (counts_table_bytes). Everything is checked: refuses what
 * is no table of this vocabulary, separator and order, and what does not fit; the table is empty
 * then. What the source is called is in the error. */
bool counts_read(Counts *c, const Source *from, uint64_t size, Error *error);

/* Bytes of the block that the table takes, scratch left out: what a block for reading it again
 * needs. Never below counts_least_bytes. */
uint32_t counts_table_bytes(const Counts *c);

#endif
