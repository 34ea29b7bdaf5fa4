/* forward.h - from tokens to logits, and what is kept on the way for backward.
 *
 * One function serves training (a whole sequence at once, start = 0) and generation (one position
 * at a time: the int8 keys and values kept from earlier calls are the key/value cache). Both give
 * the same bits, because nothing depends on which positions share a call: every quantization scale
 * belongs to one position, and to one head inside attention.
 *
 * What is kept of a layer is int8, 14 * D bytes a position (10 * D with relu), with a few float
 * scales. A training decides how many layers of how many sequences are kept at a time (batch.h).
 */
#ifndef FORWARD_H
#define FORWARD_H

#include "base/arena.h"
#include "model/model.h"

/* A vector per position after normalisation, in int8:
 * normalised[t,i] = q[t,i] * scale[t], and normalised = x * inverse_rms, with x less its mean first
 * where the norm is LayerNorm. */
typedef struct {
  int width;          /* D, or F for the hidden layer */
  bool centered;      /* LayerNorm: the mean of x is taken away first */
  int8_t *q;          /* [T,width] */
  float *scale;       /* [T] 1 / rms(q) */
  float *inverse_rms; /* [T] 1 / rms(x) */
} NormActivations;

/* One of query, key or value: int8 with a scale per position and head. */
typedef struct {
  int8_t *q;          /* [T,D], D = H * K */
  float *scale;       /* [T,H] real value = q * scale */
  float *inverse_rms; /* [T,H] of the vector before its normalisation; null for values */
} HeadActivations;

/* What one layer keeps. */
typedef struct {
  NormActivations attention_in;      /* norm(x), input of WQ, WK, WV */
  HeadActivations query, key, value; /* query and key normalised and turned by RoPE */
  NormActivations attention_out;     /* norm of the heads' outputs, input of WO */
  NormActivations mlp_in;            /* norm(x), input of WUP */
  int8_t *relu;                      /* [T,F] relu(WUP ...), 0..127 of the position's largest; with
                                        ACTIVATION_RELU the same memory as hidden.q */
  NormActivations hidden;            /* RMS-normalised act(WUP ...), input of WDOWN; its inverse_rms
                                        includes the slope 2 of a square, see hidden_forward */
} LayerActivations;

/* Scratch of forward and backward. */
typedef struct {
  int16_t *input;   /* [T,F] widened activations */
  int8_t *trits;    /* [BLOCK_INPUTS,F] a few rows of weights */
  uint8_t *groups;  /* the trits of one matrix in groups, see math_ops.h */
  int32_t *product; /* [max(T,WEIGHT_TILE),F] sums of a matrix product */
  int16_t *query;   /* [K] one query, widened */
  int16_t *keys;    /* [T,K] keys of one head, widened */
  float *key_scale; /* [T] of one head */
  float *values;    /* [T,K] values of one head */
  float *scores;    /* [T] one row of attention */
  float *mixed;     /* [T,D] outputs of the heads */
  float *row;       /* [F] one vector */
  float *centered;  /* [D] one vector less its mean */
  float *logits;    /* [V] */
} ForwardWorkspace;

enum { WEIGHT_TILE = 16 }; /* rows of a matrix's gradient that are computed at a time */

typedef struct {
  int capacity;          /* positions that fit, at most T */
  int32_t *first;        /* [T] where the document of each position begins */
  float *x;              /* [T,D] the residual stream */
  NormActivations final; /* norm(x) after the last layer */
  ForwardWorkspace work;
  const ModelConfig *config;
  uint8_t *kept; /* [slots, layer_bytes] a LayerActivations each */
  size_t layer_bytes;
} Activations;

/* Bytes of the activations of one layer for sequences of at most capacity positions. */
size_t layer_activation_bytes(const ModelConfig *config, int capacity);

/* Takes (or plans) the memory for sequences of at most capacity positions and for so many layers
 * that are kept at a time. config stays the caller's and must outlive a. */
void activations_layout(Activations *a, const ModelConfig *config, int capacity, int slots,
                        Arena *arena);

/* The activations in one slot. */
LayerActivations activations_slot(const Activations *a, int slot);

/* Runs positions start .. start+n-1. tokens [start+n]; positions below start must have been run by
 * earlier calls on the same activations, which have a slot for every layer. Leaves norm(x) of the
 * new positions in a->final. */
void forward(const Model *model, Activations *a, const uint16_t *tokens, int start, int n);

/* ---- the parts of forward, for a training that keeps less than everything ---- */

/* Tells a where the documents of a sequence begin; forward does it itself. What has several
 * sequences at work does it for each before its layers run, forward and backward. */
void activations_documents(Activations *a, const uint16_t *tokens, int start, int n);

/* a->x[t] = token_embedding[token] + bigram_embedding[hash(previous, token)] */
void embed_forward(const Model *model, Activations *a, const uint16_t *tokens, int start, int n);

/* Layer l: a->x to a->x, keeping in `kept` what its backward needs. */
void layer_forward(const Model *model, int l, LayerActivations *kept, Activations *a, int start,
                   int n);

/* All heads of layer l, from the queries, keys and values in `kept` to a->work.mixed, the outputs
 * of positions start .. start+n-1. */
void attention_heads_forward(const Model *model, int l, const LayerActivations *kept,
                             Activations *a, int start, int n);

/* a->final = norm(a->x) */
void final_forward(Activations *a, int start, int n);

/* Logits of one position after forward: logits[V] = normalised[t,D] token_embedding[V,D]^T. */
void forward_logits(const Model *model, const Activations *a, int position, float *logits);

/* Turns logits[V] into probabilities in place (those below 2^-40 become 0) and returns the
 * cross-entropy -log p[target] in nats. */
float softmax_cross_entropy(float *logits, int vocab, int target);

/* Attention of one query row over its keys, shared with backward.
 * scores[j] = softmax_j((scale * key_scale[j]) * (query . keys[j])), j = 0..count-1.
 * query int16 [K], keys int16 [count,K], key_scale float [count], scratch int32 [count] */
void attention_row(float *scores, int32_t *scratch, const int16_t *query, const int16_t *keys,
                   const float *key_scale, float scale, int count, int size);

#endif
