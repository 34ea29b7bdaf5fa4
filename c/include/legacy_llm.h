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
  LEGACY_LLM_MAX_LAYERS = 64,
  LEGACY_LLM_MAX_HEADS = 64,
  LEGACY_LLM_MAX_DIM =
      1024, /* 127 * 4 * LEGACY_LLM_MAX_DIM and 127 * 127 * LEGACY_LLM_MAX_DIM stay below 2^24 */
  LEGACY_LLM_MAX_CONTEXT = 1024, /* 127 * 127 * LEGACY_LLM_MAX_CONTEXT stays below 2^24 */
  LEGACY_LLM_MAX_VOCAB = 8192,
  LEGACY_LLM_MAX_BIGRAM_ROWS = 65536,
  LEGACY_LLM_MAX_BATCH = 4096,
  LEGACY_LLM_MAX_STEPS = 1 << 20
};

/* From latents to the few values a weight can take; a row each of quantizer.c. */
typedef enum {
  LEGACY_LLM_SCHEME_POW2,
  LEGACY_LLM_SCHEME_ABSMEAN,
  LEGACY_LLM_SCHEME_TWN,
  LEGACY_LLM_SCHEME_ROW,
  LEGACY_LLM_SCHEME_CONSTANT,
  LEGACY_LLM_SCHEME_BINARY,
  LEGACY_LLM_SCHEME_2BIT,
  LEGACY_LLM_SCHEMES
} legacy_llm_scheme;

/* How the residual stream and the heads' outputs are normalised; see forward.h. */
typedef enum { LEGACY_LLM_NORM_RMS, LEGACY_LLM_NORM_LAYER, LEGACY_LLM_NORMS } legacy_llm_norm;

/* What stands between the two matrices of the MLP. */
typedef enum {
  LEGACY_LLM_ACTIVATION_RELU_SQUARED,
  LEGACY_LLM_ACTIVATION_RELU,
  LEGACY_LLM_ACTIVATION_KINDS
} legacy_llm_activation;

/* The shape of a model. Everything about sizes follows from it. */
typedef struct {
  int32_t layers;      /* L */
  int32_t heads;       /* H, divides D; D / H is even (RoPE turns pairs) */
  int32_t dim;         /* D */
  int32_t context;     /* T */
  int32_t vocab;       /* V */
  int32_t separator;   /* the token that begins a document, 0: documents are not told apart */
  int32_t bigram_rows; /* G, 0: no bigram embedding */
  int32_t scheme;      /* a legacy_llm_scheme */
  int32_t norm;        /* a legacy_llm_norm */
  int32_t activation;  /* an legacy_llm_activation */
} legacy_llm_shape;

/* How the matrices learn; a row each of optimizer.c. */
typedef enum {
  LEGACY_LLM_OPTIMIZER_MUON,
  LEGACY_LLM_OPTIMIZER_LION,
  LEGACY_LLM_OPTIMIZER_SPECTRAL,
  LEGACY_LLM_OPTIMIZER_DIRECT,
  LEGACY_LLM_OPTIMIZER_DIRECT_STATELESS,
  LEGACY_LLM_OPTIMIZER_MUON_FLOAT,
  LEGACY_LLM_OPTIMIZER_ADAM,
  LEGACY_LLM_OPTIMIZERS
} legacy_llm_optimizer;

/* How a model is trained. All of it is stored in the checkpoint. */
typedef struct {
  int32_t steps;                 /* length of the learning-rate schedule, in optimizer steps */
  int32_t batch;                 /* sequences a step */
  int32_t warmup;                /* steps of linear warm-up */
  uint32_t seed;                 /* the only source of randomness */
  int32_t optimizer;             /* an legacy_llm_optimizer */
  float matrix_learning_rate;    /* of the matrices, in the unit that the optimizer's row names */
  float embedding_learning_rate; /* of embeddings and gains (Adam) */
  float clip;                    /* largest gradient norm of a tensor, see optimizer.h */
} legacy_llm_training;

/* What training keeps in memory and what it computes again. Changes no bit of the result, so it is
 * not stored. */
typedef struct {
  int32_t micro_batch; /* M: sequences that go through the layers together, 1..batch; 0: what takes
                          less memory of 1 and batch */
  int32_t segment;     /* layers whose activations are kept at a time; 0: all of them */
} legacy_llm_memory_mode;

/* ---- what the caller brings ---- */

/* Bytes that come from somewhere: a file, memory, a socket. */
typedef struct {
  void *context;
  /* Reads `size` bytes, fewer only where they end; returns how many, or -1 where it failed. */
  ptrdiff_t (*read)(void *context, void *bytes, size_t size);
} legacy_llm_source;

/* Bytes that go somewhere. */
typedef struct {
  void *context;
  /* Writes all `size` bytes, or returns false. */
  bool (*write)(void *context, const void *bytes, size_t size);
} legacy_llm_sink;

/* A look at every tensor on its way; `show` may be null. `name` is such as "layer0.wq.gradient",
 * step counts from 1; the bytes are those of the tensor in memory: int8, int32 or binary32. */
typedef struct {
  void *context;
  void (*show)(void *context, int step, const char *name, const void *bytes, size_t size);
} legacy_llm_trace;

/* Why something failed. */
typedef struct {
  int exit_code;     /* LEGACY_LLM_FAILED or LEGACY_LLM_REFUSED */
  char message[512]; /* what, where, and what to do next; one line */
} legacy_llm_error;

enum {
  LEGACY_LLM_FAILED = 1, /* something went wrong while running: disk, memory */
  LEGACY_LLM_REFUSED = 2 /* what was asked for cannot be done: settings, files, too little memory */
};

#endif
