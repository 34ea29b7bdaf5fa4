/* legacy_llm.h - what every file of the core shares: the legend, the limits, the configuration.
 *
 * This is not an umbrella that drags in the rest: each file includes the headers it uses.
 *
 * Legend of dimensions, used beside every pointer in the code:
 *
 *   T   context: positions in one sequence          D   dim: width of the residual stream
 *   H   heads                                       K   head size, D / H
 *   F   hidden: width of the MLP, 4 * D             V   vocabulary: distinct tokens
 *   L   layers                                      G   rows of the hashed bigram embedding
 *   R,C rows (outputs) and columns (inputs) of one matrix of weights, y[R] = W[R,C] x[C]
 *   B   batch: sequences of one optimizer step      M   micro-batch: those computed together
 *   n   rows (positions) that one call works on
 *
 * Bounds below keep every integer sum exact: int32 never overflows, and what becomes a float stays
 * within 2^24 (see the notes at each product in math_ops.h).
 */
#ifndef LEGACY_LLM_H
#define LEGACY_LLM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEGACY_LLM_VERSION "0.1.0"

enum {
  MAX_LAYERS = 64,
  MAX_HEADS = 64,
  MAX_DIM = 1024,     /* 127 * 4 * MAX_DIM and 127 * 127 * MAX_DIM stay below 2^24 */
  MAX_CONTEXT = 1024, /* 127 * 127 * MAX_CONTEXT stays below 2^24 */
  MAX_VOCAB = 8192,
  MAX_BIGRAM_ROWS = 65536,
  MAX_BATCH = 4096,
  MAX_STEPS = 1 << 20,
  HIDDEN_PER_DIM = 4 /* F = 4 D */
};

/* From latents to the few values a weight can take; a row each of quantizer.c. */
typedef enum {
  SCHEME_POW2,
  SCHEME_ABSMEAN,
  SCHEME_TWN,
  SCHEME_ROW,
  SCHEME_CONSTANT,
  SCHEME_BINARY,
  SCHEME_2BIT,
  SCHEMES
} SchemeKind;

/* How the residual stream and the heads' outputs are normalised; see forward.h. */
typedef enum { NORM_RMS, NORM_LAYER, NORMS } NormKind;

/* What stands between the two matrices of the MLP. */
typedef enum { ACTIVATION_RELU_SQUARED, ACTIVATION_RELU, ACTIVATION_KINDS } ActivationKind;

/* The shape of a model. Everything about sizes follows from it. */
typedef struct {
  int32_t layers;      /* L */
  int32_t heads;       /* H, divides D; D / H is even (RoPE turns pairs) */
  int32_t dim;         /* D */
  int32_t context;     /* T */
  int32_t vocab;       /* V */
  int32_t separator;   /* the token that begins a document, 0: documents are not told apart */
  int32_t bigram_rows; /* G, 0: no bigram embedding */
  int32_t scheme;      /* a SchemeKind */
  int32_t norm;        /* a NormKind */
  int32_t activation;  /* an ActivationKind */
} ModelConfig;

/* How the matrices learn; a row each of optimizer.c. */
typedef enum {
  OPTIMIZER_MUON,
  OPTIMIZER_LION,
  OPTIMIZER_SPECTRAL,
  OPTIMIZER_DIRECT,
  OPTIMIZER_DIRECT_STATELESS,
  OPTIMIZER_MUON_FLOAT,
  OPTIMIZER_ADAM,
  OPTIMIZERS
} OptimizerKind;

/* How a model is trained. All of it is stored in the checkpoint. */
typedef struct {
  int32_t steps;                 /* length of the learning-rate schedule, in optimizer steps */
  int32_t batch;                 /* sequences a step */
  int32_t warmup;                /* steps of linear warm-up */
  uint32_t seed;                 /* the only source of randomness */
  int32_t optimizer;             /* an OptimizerKind */
  float matrix_learning_rate;    /* of the matrices, in the unit that the optimizer's row names */
  float embedding_learning_rate; /* of embeddings and gains (Adam) */
  float clip;                    /* largest gradient norm of a tensor, see optimizer.h */
} TrainConfig;

/* What training keeps in memory and what it computes again. Changes no bit of the result, so it is
 * not stored. */
typedef struct {
  int32_t micro_batch; /* M: sequences that go through the layers together, 1..batch; 0: what takes
                          less memory of 1 and batch */
  int32_t segment;     /* layers whose activations are kept at a time; 0: all of them */
} MemoryMode;

/* Head size K of a shape. */
static inline int head_size(const ModelConfig *c) { return c->dim / c->heads; }

/* MLP width F of a shape. */
static inline int hidden_size(const ModelConfig *c) { return c->dim * HIDDEN_PER_DIM; }

#endif
