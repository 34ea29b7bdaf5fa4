/* model.h - what a model is: its shape, its parameters, and where they lie.
 *
 * A causal transformer with ternary weights (BitNet b1.58, Ma et al., 2024) in the form
 *
 *   x = token_embedding[token] + bigram_embedding[hash(previous, token)]
 *   each layer:  x += Wo norm(attention(norm(x)))
 *                x += Wdown norm(relu(Wup norm(x))^2)
 *   logits = norm(x) token_embedding^T
 *
 * norm is RMSNorm without gain (Zhang and Sennrich, 2019), its output int8. Attention has RoPE (Su
 * et al., 2021) and normalised queries and keys (Henry et al., 2020) with one learned gain a head.
 * Every W is ternary: sign(latent) where |latent| >= threshold, times one power of two.
 *
 * This file knows nothing of a forward pass or of training.
 */
#ifndef MODEL_H
#define MODEL_H

#include "arena.h"
#include "errors.h"
#include "legacy_llm.h"

#define LATENT_UNIT 0.0015f /* a latent of 1 stands for this weight */

/* One ternary matrix: y[R] = scale * sum_c trit[R,C] x[C]. The trits are not stored: they follow
 * from the latents and the threshold, trit = (latent >= threshold) - (latent <= -threshold). */
typedef struct {
  int rows, cols; /* R, C */
  int8_t *latent; /* [R,C] row-major, -127..127 in units of LATENT_UNIT */
  int threshold;  /* smallest |latent| that counts; more than half the mean of |latent| */
  float scale;    /* a power of two, the nearest to the mean of |latent * LATENT_UNIT| */
} TernaryMatrix;

typedef enum { WQ, WK, WV, WO, WUP, WDOWN, LAYER_MATRICES } LayerMatrix;

typedef struct {
  TernaryMatrix matrix[LAYER_MATRICES]; /* WQ, WK, WV, WO [D,D], WUP [F,D], WDOWN [D,F] */
  float *query_gain;                    /* [H] */
} Layer;

typedef struct {
  ModelConfig config;
  Layer layer[MAX_LAYERS];
  float *token_embedding;  /* [V,D], also the output matrix */
  float *bigram_embedding; /* [G,D] */
  float *rope_cos;         /* [T,K/2] cos of position * 10000^(-2i/K) */
  float *rope_sin;         /* [T,K/2] */
} Model;

/* One block of float parameters, as the optimizer, the checkpoint and the tests see them. */
typedef struct {
  char name[40];
  int32_t count;
  float *value; /* [count] */
} FloatBlock;

enum { MAX_FLOAT_BLOCKS = MAX_LAYERS + 2 };

/* Checks a shape; describes the first thing that is impossible. */
bool model_check_config(const ModelConfig *config, Error *error);

/* Takes the parameters' memory (or plans it). */
void model_layout(Model *model, const ModelConfig *config, Arena *arena);

/* Random initial parameters and the RoPE tables. Latents: normal-like, standard deviation 0.05. */
void model_init(Model *model, uint32_t seed);

/* Fills the RoPE tables; for a model whose parameters come from a file. */
void model_init_rope(Model *model);

/* Recomputes threshold and scale of every matrix from its latents (absmean, BitNet b1.58). */
void model_quantize(Model *model);

/* Name of a matrix: "layer3.wup". name holds at least 24 bytes. */
void model_matrix_name(char *name, int layer, LayerMatrix which);

/* Lists the float parameters in their fixed order; returns how many. */
int model_float_blocks(const Model *model, FloatBlock blocks[MAX_FLOAT_BLOCKS]);

/* Number of parameters: of the ternary matrices, and of the float blocks. */
int64_t model_ternary_parameters(const ModelConfig *config);
int64_t model_float_parameters(const ModelConfig *config);

/* Row of the bigram embedding for a token after another, 0..G-1; multiplicative hashing. */
int model_bigram_row(const ModelConfig *config, int previous, int token);

#endif
