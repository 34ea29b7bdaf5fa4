/* llama2_file.h - the float files of llama2.c: version 0, which has no name of its own, and 1.
 *
 *   version 0   7 numbers of 32 bits: dim, hidden, layers, heads, kv_heads, vocab, context; the
 *               vocabulary is negative where a classifier follows
 *               the tensors in the order of Llama2Tensor, all layers of each; before the
 * classifier, context * K floats that once were angles and are passed over version 1   "ak42" (as a
 * number), 1, the same 7 numbers, a byte that is 0 where a classifier follows, zeros up to 256
 * bytes the gains of attention, MLP and end, the embedding, Wq .. W3, the classifier
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
