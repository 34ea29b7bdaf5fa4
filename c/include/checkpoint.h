/* checkpoint.h - a model and its training state in one file.
 *
 * All numbers are little-endian (the program runs on little-endian machines only), all sections in
 * the order and of the sizes that the header implies, so a reader can check everything before it
 * believes anything:
 *
 *   +0    8   magic "LEGACYLM"
 *   +8    4   version (1)
 *   +12   4   bytes of the whole header, h
 *   +16  24   shape: layers, heads, dim, context, vocabulary, bigram rows (int32 each)
 *   +40  32   training: steps, batch, warm-up (int32), seed (uint32), optimizer (int32), matrix
 *             learning rate, embedding learning rate, clip (float)
 *   +72  12   steps done (int32), training text: characters (int32), CRC-32 of its bytes
 *   +84  4V   the vocabulary's code points (uint32)
 *   h-4   4   CRC-32 of all header bytes before
 *
 *   then each section:
 *   +0   24   name, zero-padded: "layer0.wq", "layer0.wq.momentum", "token_embedding.m", ...
 *   +24   4   bytes of data, n
 *   +28   4   CRC-32 of name, size and data
 *   +32   n   data, as it lies in memory (int8, or binary32)
 *
 *   and a last section "end" without data.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "data_utils.h"
#include "model.h"
#include "optimizer.h"

typedef struct {
  ModelConfig model;
  TrainConfig train;
  int32_t step;            /* steps done */
  int32_t text_characters; /* of the training text */
  uint32_t text_crc;
  Vocabulary vocabulary;
} CheckpointHeader;

/* Writes everything to path: whole, or not at all. */
bool checkpoint_save(const char *path, const CheckpointHeader *header, const Model *model,
                     const OptimizerState *state, Error *error);

/* Writes as checkpoint_save does and removes it again: whether there is place and permission, told
 * before a long training and not after it. What is at path stays as it is. */
bool checkpoint_try(const char *path, const CheckpointHeader *header, const Model *model,
                    const OptimizerState *state, Error *error);

/* Reads and checks the header only. */
bool checkpoint_load_header(const char *path, CheckpointHeader *header, Error *error);

/* Reads and checks the sections, into a model (and state, unless null: then its sections are
 * checked and passed over) that were laid out for the shape of header. */
bool checkpoint_load(const char *path, const CheckpointHeader *header, Model *model,
                     OptimizerState *state, Error *error);

#endif
