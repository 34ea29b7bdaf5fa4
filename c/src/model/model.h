/* model.h - what a model is: its shape, its parameters, and where they lie.
 *
 * A causal transformer with ternary weights (BitNet b1.58, Ma et al., 2024) in the form
 *
 *   x = 8 (token_embedding[token] + rows of the token with those before it)
 *   each layer:  x += g Wo norm(attention(norm(x)))
 *                x += h Wdown norm(act(Wup norm(x)))
 *   logits = norm(x) token_embedding^T
 *
 * norm is RMSNorm without gain (Zhang and Sennrich, 2019) or, as an option, LayerNorm without gain
 * and bias (Ba et al., 2016), its output int8. act is relu^2 (So et al., 2021) or relu. Attention
 * has RoPE (Su et al., 2021) and normalised queries and keys (Henry et al., 2020; as an option
 * not) with one learned gain a head. g and h are learned gains, two numbers a layer. The 8 is no
 * part of the output matrix: rows that stay small there are large enough in x. Where a separator
 * token begins a document, attention does not look back beyond it. The weights of every W take few
 * values, see quantizer.h.
 *
 * This file knows nothing of a forward pass or of training.
 */
#ifndef MODEL_H
#define MODEL_H

#include "base/arena.h"
#include "base/config.h"
#include "base/errors.h"
#include "model/quantizer.h"
#include "model/row_tables.h"

#define EMBEDDING_GAIN 8.0f   /* of x over its embeddings; a power of two, so exact */
#define ROPE_BASE 100.0f      /* of the wave lengths of RoPE */
#define TOKEN_DEVIATION 0.02f /* of the first embeddings of tokens, where nobody says otherwise */
#define TOKEN_UNIT 6.103515625e-5f /* 2^-14: what 1 stands for in the embedding of a token */

typedef enum { WQ, WK, WV, WO, WUP, WDOWN, LAYER_MATRICES } LayerMatrix;

/* The sublayers of a layer, each with a gain for its output: of WO, and of WDOWN. */
typedef enum { ATTENTION_GAIN, MLP_GAIN, OUTPUT_GAINS } OutputGain;

typedef struct {
  WeightMatrix matrix[LAYER_MATRICES]; /* WQ, WK, WV, WO [D,D], WUP [F,D], WDOWN [D,F] */
  float *query_gain;                   /* [H] */
  float *output_gain;                  /* [OUTPUT_GAINS] of what a sublayer adds to x */
} Layer;

typedef struct {
  ModelConfig config;
  WeightStore store; /* of all matrices */
  Layer layer[MAX_LAYERS];
  int16_t *token_embedding; /* [V,D] of at most token_limit; also the output matrix */
  RowTables rows;           /* of pairs and n-grams */
  float *rope_cos;          /* [T,K/2] cos of position * 100^(-2i/K) */
  float *rope_sin;          /* [T,K/2] */
  int8_t *row;              /* [F] scratch of the quantizer */
} Model;

/* One block of float parameters, all of which are gains, as the optimizer, the checkpoint and the
 * tests see them. */
typedef struct {
  char name[40];
  int32_t count;
  float *value; /* [count] */
} FloatBlock;

enum { MAX_FLOAT_BLOCKS = 2 * MAX_LAYERS };

/* Takes the parameters' memory (or plans it), the matrices' in the given store. */
void model_layout(Model *model, const ModelConfig *config, WeightStore store, Arena *arena);

/* Random initial parameters and the RoPE tables. Latents: normal-like, standard deviation 0.05;
 * weights without latents: codes that are equally likely. Embeddings of tokens: normal-like, with
 * the standard deviation that is given, cut at token_limit. */
void model_init(Model *model, uint32_t seed, float token_deviation);

/* Fills the RoPE tables; for a model whose parameters come from a file. */
void model_init_rope(Model *model);

/* Recomputes thresholds and scales of every matrix from its latents. */
void model_quantize(Model *model);

/* Copies the weights of one model into another of the same shape whose store is STORE_PACKED. */
void model_pack(Model *packed, const Model *model);

/* Lays the packed trits of all matrices out in strips. scratch [packed bytes of the largest] */
void model_to_strips(Model *model, uint8_t *scratch);

/* Name of a matrix: "layer3.wup". name holds at least 24 bytes. */
void model_matrix_name(char *name, int layer, LayerMatrix which);

/* Lists the float parameters in their fixed order; returns how many. */
int model_float_blocks(const Model *model, FloatBlock blocks[MAX_FLOAT_BLOCKS]);

/* Number of parameters: of the matrices, of the embeddings of tokens, of the float blocks, and of
 * everything, row_tables_values among it. */
int64_t model_matrix_parameters(const ModelConfig *config);
int64_t model_token_parameters(const ModelConfig *config);
int64_t model_float_parameters(const ModelConfig *config);
int64_t model_parameters(const ModelConfig *config);

/* Bytes of the whole model in its exported form: packed matrices and their scales, embeddings of
 * tokens in int16, float blocks, rows of int8. */
int64_t model_packed_bytes(const ModelConfig *config);

/* The largest value of an embedding of a token, in units: 2, or about 1 where the model is so wide
 * that the sums of int8 times them would leave int32. */
static inline int token_limit(const ModelConfig *config) {
  const int widest = INT32_MAX / 127 / config->dim;
  return widest < INT16_MAX ? widest : INT16_MAX;
}

/* Whether a document begins with this token, and nothing before it is looked at. */
static inline bool model_starts_document(const ModelConfig *config, int token) {
  return config->separator != 0 && token == config->separator;
}

#endif
