/* forward.h - from tokens to logits, and what is kept on the way for backward.
 *
 * One function serves training (a whole sequence at once, start = 0) and generation (one position
 * at a time: the int8 keys and values kept from earlier calls are the key/value cache). Both give
 * the same bits, because nothing depends on which positions share a call: every quantization scale
 * belongs to one position, and to one head inside attention.
 *
 * What is kept is int8, 14 * D bytes a position and layer, with a few float scales.
 */
#ifndef FORWARD_H
#define FORWARD_H

#include "arena.h"
#include "model.h"

/* A vector per position after RMS normalisation, in int8:
 * normalised[t,i] = q[t,i] * scale[t], and normalised = x * inverse_rms. */
typedef struct {
  int width;          /* D, or F for the hidden layer */
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
  int8_t *relu;                      /* [T,F] relu(WUP ...), 0..127 of the position's largest */
  NormActivations hidden;            /* norm(relu^2), input of WDOWN; its inverse_rms includes the
                                        slope 2 of the square, see relu_squared_forward */
} LayerActivations;

/* Scratch of forward and backward. */
typedef struct {
  int16_t *input;   /* [T,F] widened activations */
  int16_t *weights; /* [WEIGHT_TILE,F] ternary weights of a few rows */
  int32_t *product; /* [max(T,WEIGHT_TILE),F] sums of a matrix product */
  int16_t *query;   /* [K] one query, widened */
  int16_t *keys;    /* [T,K] keys of one head, widened */
  float *values;    /* [T,K] values of one head */
  float *scores;    /* [T] one row of attention */
  float *mixed;     /* [T,D] outputs of the heads */
  float *row;       /* [F] one vector */
  float *logits;    /* [V] */
} ForwardWorkspace;

enum { WEIGHT_TILE = 16 };

typedef struct {
  int capacity; /* positions that fit, at most T */
  float *x;     /* [T,D] the residual stream */
  LayerActivations layer[MAX_LAYERS];
  NormActivations final; /* norm(x) after the last layer */
  ForwardWorkspace work;
} Activations;

/* Takes (or plans) the memory for sequences of at most capacity positions. */
void activations_layout(Activations *a, const ModelConfig *config, int capacity, Arena *arena);

/* Runs positions start .. start+n-1. tokens [start+n]; positions below start must have been run by
 * earlier calls on the same activations. Leaves norm(x) of the new positions in a->final. */
void forward(const Model *model, Activations *a, const uint16_t *tokens, int start, int n);

/* Logits of one position after forward: logits[V] = normalised[t,D] token_embedding[V,D]^T. */
void forward_logits(const Model *model, const Activations *a, int position, float *logits);

/* Turns logits[V] into probabilities in place (those below 2^-40 become 0) and returns the
 * cross-entropy -log p[target] in nats. */
float softmax_cross_entropy(float *logits, int vocab, int target);

/* Attention of one query row over its keys, shared with backward.
 * scores[j] = softmax_j(scale * key_scale[j*heads] * (query . keys[j])), j = 0..count-1.
 * query int16 [K], keys int16 [count,K], key_scale float with stride heads, scratch int32 [count]
 */
void attention_row(float *scores, int32_t *scratch, const int16_t *query, const int16_t *keys,
                   const float *key_scale, int heads, float scale, int count, int size);

/* Turns a [K] vector by the angles of one position (inverse: by minus the angles).
 * Pairs are (i, i + K/2). */
void rope(float *x, const float *cosine, const float *sine, int size, bool inverse);

#endif
