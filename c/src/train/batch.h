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
 *       each sequence: forward through the segment (the last one: loss);
 *         and back through it where M < B or k = 1
 *       if M = B: for each layer of the segment, from its end
 *         each sequence, if k > 1: backward through the layer
 *         the layer's gradient is complete: step its matrices
 *   if M < B: step all matrices; step embeddings and gains
 *
 *   kept                            bytes
 *   activations of a segment        k slots * (k = 1 ? 1 : M), layer_bytes of it each
 *   residual streams                max(S - 1, 1) * M * T * D * 4; the last one also holds the
 *                                   gradient dx on its way back
 *   gradients of the matrices       one layer if M = B, with ranks two; else all
 *
 * The result is the same to the bit for every M and k: what is computed again is computed from the
 * same numbers, and gradients are exact sums (fixed.h).
 *
 * With N threads, sequence i of a micro-batch belongs to worker i mod N from its embedding to its
 * gradients, and each worker has activations, scratch and gradients of its own. Before a matrix is
 * stepped, by one worker, the gradients of all are added up. So the threads wait for each other
 * only at the end of a segment and where matrices are stepped, and N changes no bit either.
 *
 * With several ranks (ranks.h), the B above is this one's part of the batch. As soon as its last
 * micro-batch is through a layer, the layer's gradient goes on its way to be added up over all
 * ranks, the last layer first, whatever M and k are; the layer before it is computed meanwhile.
 * Then that one's gradient goes, the sums are there, and each rank makes the same step:
 *
 *   computed    backward 3   backward 2    step 3, backward 1    step 2, backward 0    step 1, ...
 *   on its way               gradient 3    gradient 2            gradient 1            gradient 0
 */
#ifndef BATCH_H
#define BATCH_H

#include "base/parallel.h"
#include "base/ranks.h"
#include "model/activations.h"
#include "model/gradients.h"
#include "model/loss.h"
#include "train/optimizer.h"

/* What a batch is laid out for. */
typedef struct {
  int batch;       /* B, of all ranks */
  MemoryMode mode; /* micro_batch 1..B, of which a rank's part counts; segment 0..L */
  Threads threads;
  Ranks ranks;
  OptimizerKind optimizer;
  bool statistics; /* steps are asked for them */
} BatchSettings;

/* What one worker computes in. */
typedef struct {
  Activations activations;
  BackwardWorkspace backward;
  Gradients gradients;
  float *losses; /* [T] of one sequence */
} BatchWorkspace;

typedef struct {
  BatchSettings settings;
  const ModelConfig *config;
  int segment, segments; /* k, S */
  BatchWorkspace first;  /* of the calling thread; its gradients are the sums of all in the end */
  float *stream;         /* [max(S-1,1), M, T, D] */
  uint8_t *others;       /* [N-1, other_bytes] of the other workers */
  size_t other_bytes;
  uint8_t *memory; /* [bytes] all of these pieces, to be lent between steps; see arena_since */
  size_t bytes;
} Batch;

/* Takes (or plans) the memory of steps over batches. config stays the caller's and must outlive b.
 */
void batch_layout(Batch *b, const ModelConfig *config, const BatchSettings *settings, Arena *arena);

/* The activations of a worker, 0 .. N-1: good while no step is done. */
Activations batch_activations(const Batch *b, int worker);

/* One step over sequences [B] of [T + 1] tokens each, the last of which is only a target, and their
 * loss. token_bytes [V] are the bytes that each token stands for. False: a rank is gone, and the
 * model is between two steps. */
bool batch_step(Batch *b, const Step *step, const uint16_t *const *sequences,
                const uint8_t *token_bytes, LossSum *loss);

#endif
