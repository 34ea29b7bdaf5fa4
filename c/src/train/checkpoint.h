/* checkpoint.h - a model in one file: with all that its training needs, or exported for use only.
 *
 * All numbers are little-endian (the program runs on little-endian machines only), all sections in
 * the order and of the sizes that the header implies, so a reader can check everything before it
 * believes anything:
 *
 *   +0    8   magic "LEGACYLM"
 *   +8    4   version (3)
 *   +12   4   bytes of the whole header (160)
 *   +16  40   shape: layers, heads, dim, context, vocabulary, separator, bigram rows, scheme, norm,
 *             activation (int32 each)
 *   +56  32   training: steps, batch, warm-up (int32), seed (uint32), optimizer (int32), matrix
 *             learning rate, embedding learning rate, clip (float)
 *   +88  16   steps done (int32), training text: tokens, bytes (int32), CRC-32 of its bytes
 *   +104  4   contents: 0 training, 1 model only (int32)
 *   +108  8   tokenizer: kind (0 chars, 1 bytes, 2 bpe), bytes of its separator (int32)
 *   +116 32   the separator, zero-padded
 *   +148  8   zero
 *   +156  4   CRC-32 of all header bytes before
 *
 *   then each section:
 *   +0   24   name, zero-padded: "layer0.wq", "layer0.wq.momentum", "token_embedding.m", ...
 *   +24   4   bytes of data, n
 *   +28   4   CRC-32 of name, size and data
 *   +32   n   data, as it lies in memory (int8, binary32, or packed as packing.h draws it)
 *
 *   first "tokenizer", uint32 each: of chars the code points, of bpe left | right << 16 of each
 * merge (tokenizer.h); last "end" without data.
 *
 * In between, sections of a matrix [R,C], by what its optimizer keeps:
 *   int8 latents   "layer0.wq" int8 [R,C]
 *   float latents  "layer0.wq" binary32 [R,C]
 *   no latents, or contents 1
 *                  "layer0.wq" packed codes, "layer0.wq.scale" binary32 [R]
 *   int8 momentum  "layer0.wq.momentum" int8 [R,C], "layer0.wq.mscale" binary32 [R]
 *   float momentum "layer0.wq.m" binary32 [R,C], with Adam also "layer0.wq.v"
 * Then each float block: "token_embedding", and in training ".m" and ".v" of it.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include <stdio.h>

#include "model/model.h"
#include "text/tokenizer.h"
#include "train/optimizer.h"

enum { CONTENTS_TRAINING, CONTENTS_MODEL };

typedef struct {
  ModelConfig model;
  TrainConfig train;
  int32_t contents;
  int32_t step;        /* steps done */
  int32_t text_tokens; /* of the training text */
  int32_t text_bytes;
  uint32_t text_crc;
  Tokenizer tokenizer;
} CheckpointHeader;

/* How the matrices of a checkpoint are stored. */
WeightStore checkpoint_store(const CheckpointHeader *header);

/* Checks settings that do not go together, the same for options and files. */
bool training_check(const CheckpointHeader *header, Error *error);

/* Writes everything to path: whole, or not at all; `older` checkpoints before it are kept as
 * PATH.1, PATH.2, ... state is null for a model only. */
bool checkpoint_save(const char *path, int older, const CheckpointHeader *header,
                     const Model *model, const OptimizerState *state, Error *error);

/* Writes as checkpoint_save does and removes it again: whether there is place and permission, told
 * before a long training and not after it. What is at path stays as it is. */
bool checkpoint_try(const char *path, const CheckpointHeader *header, const Model *model,
                    const OptimizerState *state, Error *error);

/* CRC-32 over all sections as they would be written, for a training that has no place to keep them.
 */
uint32_t checkpoint_crc(const CheckpointHeader *header, const Model *model,
                        const OptimizerState *state);

/* Reads and checks the header and the tokenizer only. */
bool checkpoint_load_header(const char *path, CheckpointHeader *header, Error *error);

/* Reads and checks the sections, into a model (and state, unless null: then its sections are
 * checked and passed over) that were laid out for the shape of header. */
bool checkpoint_load(const char *path, const CheckpointHeader *header, Model *model,
                     OptimizerState *state, Error *error);

/* The same two from an open stream, which stays open; `name` is what errors call it. */
bool checkpoint_read_header(FILE *stream, const char *name, CheckpointHeader *header, Error *error);
bool checkpoint_read(FILE *stream, const char *name, const CheckpointHeader *header, Model *model,
                     OptimizerState *state, Error *error);

#endif
