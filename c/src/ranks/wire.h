/* wire.h - int32 in as few bytes as they need, for networks that are slower than processors.
 *
 * Numbers go in blocks of 64, in the code of Rice (1979), which is near the least for numbers that
 * are spread around zero. A number z is 2 v, or -2 v - 1 where v < 0. Of each z of a block come z
 * >> k as so many bits 1 and a bit 0, then its k lowest bits; k is the best for the block. Where 32
 * bits for each are fewer, k is 32, and the bits before that one are missing. Lowest bits and bytes
 * first, the same on every machine:
 *
 *   +---+-------------------------------------+---+-----------------
 *   | k | 1 1 .. 1 0, k bits; 1 .. 1 0, k ... | k | ...
 *   +---+-------------------------------------+---+-----------------
 *
 * A block is filled up to whole bytes, and the last one holds what is left.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of n numbers, at most. */
size_t wire_most_bytes(size_t n);

/* Packs values [n] into bytes [wire_most_bytes(n)]; returns how many it took. */
size_t wire_pack(uint8_t *bytes, const int32_t *values, size_t n);

/* The packed numbers to values [n], or added to them; false where `size` bytes are not n numbers,
 * and some of the values are changed. */
bool wire_unpack(int32_t *values, const uint8_t *bytes, size_t size, size_t n);
bool wire_add(int32_t *values, const uint8_t *bytes, size_t size, size_t n);

#endif
