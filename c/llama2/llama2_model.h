/* llama2_model.h - a Llama 2 in float32, as the files of llama2.c hold it: to write with, never to
 * train. The ternary model of this program (c/src/model) cannot hold one, and shares nothing with
 * it but the kernels and the sampler.
 *
 *   x = embedding[token]
 *   each layer:  a = norm(x) g;  q, k, v = Wq a, Wk a, Wv a;  q, k = RoPE(q), RoPE(k)
 *                x += Wo softmax(q k / sqrt(K)) v      each head of k and v serves H / J of q
 *                b = norm(x) g';  x += W2 (silu(W1 b) * W3 b)
 *   logits = classifier (norm(x) g'')                  classifier: the embedding, or one of its own
 *
 * norm is RMSNorm with 1e-5 under the root. RoPE turns pairs of neighbours by
 * position * 10000^(-2i/K); here the rows of Wq and Wk lie so that a pair is K/2 apart, as
 * ops->rope takes them (llama2_file.c puts them there).
 *
 * Legend beside that of config.h: J heads of keys and values, P positions that there is room for,
 * F hidden, which is any number here.
 *
 * Every build computes the same bits, for every file that llama2_file.c takes. Its weights are 0 or
 * from 2^-40 to 256 in size, and what comes out of a matrix is flushed the same way before anything
 * is multiplied by it, so no product is a denormal. With the largest shape nothing gets to 2^120.
 */
#ifndef LLAMA2_MODEL_H
#define LLAMA2_MODEL_H

#include "base/arena.h"
#include "model/sampler.h"

enum {
  LLAMA2_MOST_DIM = 8192,
  LLAMA2_MOST_HIDDEN = 32768,
  LLAMA2_MOST_LAYERS = 128,
  LLAMA2_MOST_VOCAB = 65536,
  LLAMA2_MOST_POSITIONS = 2048, /* angles of more are beyond float_sincos */
  LLAMA2_MOST_WEIGHT = 256
};

typedef struct {
  int32_t dim, hidden, layers, heads, kv_heads, vocab, context;
  bool own_classifier; /* the file has one beside the embedding */
} Llama2Shape;

/* In the order of a file of version 0. */
typedef enum {
  LLAMA2_EMBEDDING,
  LLAMA2_ATTENTION_GAIN,
  LLAMA2_WQ,
  LLAMA2_WK,
  LLAMA2_WV,
  LLAMA2_WO,
  LLAMA2_MLP_GAIN,
  LLAMA2_W1,
  LLAMA2_W2,
  LLAMA2_W3,
  LLAMA2_FINAL_GAIN,
  LLAMA2_CLASSIFIER
} Llama2Tensor;
enum { LLAMA2_TENSORS = LLAMA2_CLASSIFIER + 1 };

/* So many matrices, one a layer or one in all, of so many rows and columns. */
typedef struct {
  int32_t matrices, rows, cols;
} Llama2Extent;

typedef struct {
  Llama2Shape shape;
  int32_t room;                   /* P */
  int32_t count;                  /* positions that were read */
  float *weights[LLAMA2_TENSORS]; /* each by its extent */
  float *key, *value;             /* [L,J,P,K] */
  float *rope_cos, *rope_sin;     /* [P,K/2] */
  float *x;                       /* [D] the residual stream */
  float *normed, *query, *mixed;  /* [D] */
  float *new_key, *new_value;     /* [J,K] of the position at hand */
  float *scores;                  /* [P] */
  float *gate, *up, *sigmoid;     /* [F] */
  float *logits;                  /* [V] */
  Candidate *candidates;          /* [V] */
} Llama2;

/* K, and J times K. */
static inline int llama2_head_size(const Llama2Shape *s) { return s->dim / s->heads; }
static inline int llama2_kv_size(const Llama2Shape *s) { return s->kv_heads * llama2_head_size(s); }

/* The extent of a tensor; no matrices where the file has none of it. */
Llama2Extent llama2_extent(const Llama2Shape *shape, Llama2Tensor tensor);

/* Takes (or plans) the memory for texts of at most `room` positions, within the context. */
void llama2_layout(Llama2 *m, const Llama2Shape *shape, int room, Arena *arena);

/* What is no weight: the angles of each position. */
void llama2_init(Llama2 *m);

/* Reads a token at the next position, for which there must be room. */
void llama2_push(Llama2 *m, int token);

/* The logits [V] of what follows the last position. */
const float *llama2_logits(Llama2 *m);

/* Draws a token by these logits, which are lost then, with 32 random bits. */
int llama2_draw(Llama2 *m, const legacy_llm_sampling *sampling, uint32_t random);

#endif
