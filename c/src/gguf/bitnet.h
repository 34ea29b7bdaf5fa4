/* bitnet.h - a model in GGUF as llama.cpp's architecture "bitnet" has it.
 *
 * That architecture is BitNet b1.58 (Ma et al., 2024) with RMSNorm before each product, RoPE on the
 * halves of a head, one matrix for embeddings and logits, and an MLP down(norm(silu(gate x) up x)).
 * Ours in its place:
 *
 *   x               is an eighth of ours, so that its embeddings are those of the logits: what the
 *                   sublayers add is an eighth as well, and the norms take it away
 *   relu^2          gate is up times 4096: silu(4096 z) z is 4096 relu(z)^2, but for |z| of some
 *                   thousandths, and the norm behind it takes 4096 away
 *   gains           of heads go into the rows of Wq, those of sublayers into Wo and Wdown
 *   scales          a float for each matrix, NAME.scale, and in each row's blocks the row's scale
 *                   over it, which is 1 where all rows have one scale
 *
 * It has no norm of queries and keys, no LayerNorm, no plain relu, no rows of pairs or n-grams, no
 * counts, and it does not keep documents apart.
 */
#ifndef BITNET_H
#define BITNET_H

#include "base/errors.h"
#include "gguf/blocks.h"
#include "model/model.h"
#include "train/checkpoint_header.h"

/* Whether a model can be written so; an error names the option that would make it possible. */
bool bitnet_check(const CheckpointHeader *header, legacy_llm_gguf_type type, Error *error);

/* Writes a model that bitnet_check took, of whatever store but STORE_STRIPS. name is the file's
 * general.name. False where the sink fails. */
bool bitnet_write(const CheckpointHeader *header, const Model *model, const char *name,
                  legacy_llm_gguf_type type, const Sink *to);

#endif
