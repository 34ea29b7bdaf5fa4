/* llama2_file.h - the float files of llama2.c: version 0, which has no name of its own, and 1.
 *
 *   version 0 +---------------------------+---------------------------+--------+------------+
 *             | 7 x int32: dim, hidden,   | tensors, in the order of  | angles | classifier |
 *             | layers, heads, kv_heads,  | Llama2Tensor, all layers  |        |            |
 *             | vocab, context            | of each                   |        |            |
 *             +---------------------------+---------------------------+--------+------------+
 *             vocab is negative where there is a classifier; the angles, context * K floats, are
 *             passed over
 *
 *   version 1 0        4   8                36           37      256
 *             +--------+---+----------------+------------+-------+--------------------------+
 *             | 0x616b | 1 | the 7 x int32  | 0 where a  | zeros | gains of attention, MLP  |
 *             |   3432 |   |                | classifier |       | and end, embedding, Wq   |
 *             |        |   |                | follows    |       | .. W3, classifier        |
 *             +--------+---+----------------+------------+-------+--------------------------+
 *
 * All of it is little-endian. The header tells the size of the file, to the byte; so it is known
 * before any memory is taken that a file is whole.
 */
#ifndef LLAMA2_FILE_H
#define LLAMA2_FILE_H

#include "llama2/llama2_model.h"

typedef struct {
  Llama2Shape shape;
  int version;
} Llama2Header;

/* Reads the header of a file of so many bytes, which it leaves behind it, and checks both. */
bool llama2_read_header(Llama2Header *header, const Source *source, int64_t bytes, Error *error);

/* Reads the weights, from behind the header, into a model that was laid out by its shape. */
bool llama2_read_weights(Llama2 *m, const Llama2Header *header, const Source *source, Error *error);

#endif
