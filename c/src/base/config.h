/* config.h - the short names by which the core calls what legacy_llm.h declares, and the legend.
 *
 * Legend of dimensions, used beside every pointer in the code:
 *
 *   T   context: positions in one sequence          D   dim: width of the residual stream
 *   H   heads                                       K   head size, D / H
 *   F   hidden: width of the MLP, 4 * D             V   vocabulary: distinct tokens
 *   L   layers                                      G   rows of the hashed bigram embedding
 *   N   tokens of the longest n-gram embedding      W   values of a row of it
 *   R,C rows (outputs) and columns (inputs) of one matrix of weights, y[R] = W[R,C] x[C]
 *   B   batch: sequences of one optimizer step      M   micro-batch: those computed together
 *   n   rows (positions) that one call works on
 *
 * The limits keep every integer sum exact: int32 never overflows, and what becomes a float stays
 * within 2^24 (see the notes at each product in math_ops.h):
 * 127 * 4 * MAX_DIM, 127 * 127 * MAX_DIM and 127 * 127 * MAX_CONTEXT are below 2^24.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "legacy_llm.h"

/* What of a compiler's flags shows; the others are found by arithmetic.h when the program starts.
 */
#if !defined(OTHER_BITS_ARE_MEANT) &&                                                              \
    (defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) ||    \
     defined(__NO_SIGNED_ZEROS__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__))
#error "-ffast-math and -Ofast give other bits than all other builds; compile with -O3 instead"
#endif

typedef legacy_llm_shape ModelConfig;
typedef legacy_llm_training TrainConfig;
typedef legacy_llm_memory_mode MemoryMode;
typedef legacy_llm_scheme SchemeKind;
typedef legacy_llm_norm NormKind;
typedef legacy_llm_qk_norm QkNormKind;
typedef legacy_llm_activation ActivationKind;
typedef legacy_llm_optimizer OptimizerKind;
typedef legacy_llm_source Source;
typedef legacy_llm_sink Sink;

enum {
  MAX_LAYERS = LEGACY_LLM_MAX_LAYERS,
  MAX_HEADS = LEGACY_LLM_MAX_HEADS,
  MAX_DIM = LEGACY_LLM_MAX_DIM,
  MAX_CONTEXT = LEGACY_LLM_MAX_CONTEXT,
  MAX_VOCAB = LEGACY_LLM_MAX_VOCAB,
  MAX_BIGRAM_ROWS = LEGACY_LLM_MAX_BIGRAM_ROWS,
  MAX_NGRAM = LEGACY_LLM_MAX_NGRAM,
  MAX_NGRAM_ROWS = LEGACY_LLM_MAX_NGRAM_ROWS,
  MAX_BATCH = LEGACY_LLM_MAX_BATCH,
  MAX_STEPS = LEGACY_LLM_MAX_STEPS,
  HIDDEN_PER_DIM = 4 /* F = 4 D */
};

/* Macros, as enumerators of another type would be converted at every use. */
#define SCHEME_POW2 LEGACY_LLM_SCHEME_POW2
#define SCHEME_ABSMEAN LEGACY_LLM_SCHEME_ABSMEAN
#define SCHEME_TWN LEGACY_LLM_SCHEME_TWN
#define SCHEME_ROW LEGACY_LLM_SCHEME_ROW
#define SCHEME_CONSTANT LEGACY_LLM_SCHEME_CONSTANT
#define SCHEME_BINARY LEGACY_LLM_SCHEME_BINARY
#define SCHEME_2BIT LEGACY_LLM_SCHEME_2BIT
#define SCHEMES LEGACY_LLM_SCHEMES
#define NORM_RMS LEGACY_LLM_NORM_RMS
#define NORM_LAYER LEGACY_LLM_NORM_LAYER
#define NORMS LEGACY_LLM_NORMS
#define QK_NORM_RMS LEGACY_LLM_QK_NORM_RMS
#define QK_NORM_NONE LEGACY_LLM_QK_NORM_NONE
#define QK_NORMS LEGACY_LLM_QK_NORMS
#define ACTIVATION_RELU_SQUARED LEGACY_LLM_ACTIVATION_RELU_SQUARED
#define ACTIVATION_RELU LEGACY_LLM_ACTIVATION_RELU
#define ACTIVATION_KINDS LEGACY_LLM_ACTIVATION_KINDS
#define OPTIMIZER_MUON LEGACY_LLM_OPTIMIZER_MUON
#define OPTIMIZER_LION LEGACY_LLM_OPTIMIZER_LION
#define OPTIMIZER_SPECTRAL LEGACY_LLM_OPTIMIZER_SPECTRAL
#define OPTIMIZER_DIRECT LEGACY_LLM_OPTIMIZER_DIRECT
#define OPTIMIZER_DIRECT_STATELESS LEGACY_LLM_OPTIMIZER_DIRECT_STATELESS
#define OPTIMIZER_MUON_FLOAT LEGACY_LLM_OPTIMIZER_MUON_FLOAT
#define OPTIMIZER_ADAM LEGACY_LLM_OPTIMIZER_ADAM
#define OPTIMIZERS LEGACY_LLM_OPTIMIZERS

/* Head size K of a shape. */
static inline int head_size(const ModelConfig *c) { return c->dim / c->heads; }

/* MLP width F of a shape. */
static inline int hidden_size(const ModelConfig *c) { return c->dim * HIDDEN_PER_DIM; }

#endif
