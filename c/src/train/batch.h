/* batch.h - one optimizer step over one batch, and how it trades memory for work.
 *
 * A batch of B sequences goes through in micro-batches of M, and the layers in segments of k: at a
 * time only the activations of one segment are kept. Before it, forward has run once through all
 * earlier segments and kept nothing but the residual stream at each segment's start (activation
 * checkpointing; Chen et al., 2016); from there a segment is computed again when backward needs it.
 *
 *   for each micro-batch
 *     each sequence: embed, forward through segments 0..S-2, keep x at the start of 1..S-1
 *     for segment S-1 .. 0
 *       each sequence: forward through the segment (the last one: loss)
 *       for each layer of the segment, from its end
 *         each sequence: backward through the layer
 *         if M = B the layer's gradient is complete: step its matrices
 *   if M < B: step all matrices; step embeddings and gains
 *
 *   kept                            bytes
 *   activations of a segment        k slots * (k = 1 ? 1 : M), layer_activation_bytes each
 *   residual streams                max(S - 1, 1) * M * T * D * 4; the last one also holds the
 *                                   gradient dx on its way back
 *   gradients of the matrices       one layer if M = B, else all
 *
 * The result is the same to the bit for every M and k: what is computed again is computed from the
 * same numbers, and gradients are exact sums (fixed.h).
 */
#ifndef BATCH_H
#define BATCH_H

#include "model/activations.h"
#include "model/gradients.h"
#include "model/loss.h"
#include "train/optimizer.h"

typedef struct {
  int batch, micro_batch; /* B, M */
  int segment, segments;  /* k, S */
  Activations activations;
  BackwardWorkspace backward;
  Gradients gradients;
  float *stream; /* [max(S-1,1), M, T, D] */
  float *losses; /* [T] of one sequence */
} Batch;

/* Takes (or plans) the memory of steps over batch sequences. mode.micro_batch 1..batch,
 * mode.segment 0..L */
void batch_layout(Batch *b, const ModelConfig *config, int batch, MemoryMode mode, Arena *arena);

/* One step over sequences [B] of [T + 1] tokens each, the last of which is only a target; returns
 * their loss. token_bytes [V] are the bytes that each token stands for. */
LossSum batch_step(Batch *b, const Step *step, const uint16_t *const *sequences,
                   const uint8_t *token_bytes);

#endif
