/* activations.h - what forward keeps of a sequence for backward, and its scratch.
 *
 * What is kept of a layer is int8, 14 * D bytes a position (10 * D with relu), with a few float
 * scales. A training decides how many layers of how many sequences are kept at a time (batch.h).
 *
 * A pass runs positions start .. start+n-1. Keys, values and what is made of them have a row for
 * each position of the context, [T]: those of earlier passes are the cache of generation. All else
 * has a row for each position of the pass, [N], row 0 for position start. A training runs a
 * sequence from its first position, so there both are the same, and N is T; generation needs N rows
 * for one layer, and T of keys and values for each.
 */
#ifndef ACTIVATIONS_H
#define ACTIVATIONS_H

#include "base/arena.h"
#include "model/linear.h"
#include "model/norm.h"

/* One of query [N], key or value [T]: int8 with a scale per position and head. */
typedef struct {
  int8_t *q;          /* [T,D], D = H * K */
  float *scale;       /* [T,H] real value = q * scale */
  float *inverse_rms; /* [T,H] of the vector before its normalisation; null where it has none, or
                         no backward comes */
  bool turned;        /* by RoPE: queries and keys */
  bool normalised;    /* queries and keys, with QK_NORM_RMS */
} HeadActivations;

/* What one layer keeps. */
typedef struct {
  NormActivations attention_in;      /* norm(x), input of WQ, WK, WV */
  HeadActivations query, key, value; /* query and key normalised (QK_NORM_RMS) and turned */
  NormActivations attention_out;     /* norm of the heads' outputs, input of WO */
  NormActivations mlp_in;            /* norm(x), input of WUP */
  int8_t *relu;                      /* [N,F] relu(WUP ...), 0..127 of the position's largest; with
                                        ACTIVATION_RELU the same memory as hidden.q */
  NormActivations hidden;            /* RMS-normalised act(WUP ...), input of WDOWN; its inverse_rms
                                        includes the slope 2 of a square, see hidden_forward */
} LayerActivations;

enum {
  LOGITS_POSITIONS = 8, /* that share a pass over the output embedding, at most */
  QUERIES_AT_ONCE = 8,  /* that share a pass over the keys of a head, at most; an even number */
  KEYS_AT_ONCE = 64     /* keys or values that stay in the first-level cache */
};

/* Scratch of forward, some of it of backward too. Nothing in it outlives the function that fills
 * it, but for what is said beside it. */
typedef struct {
  LinearWorkspace linear;
  int32_t *score_sums; /* [QUERIES_AT_ONCE,T] of rows of attention; the same memory as
                          linear.product where that is large enough */
  float *row;          /* [F] one vector; the same memory as linear.row */
  int16_t *queries;    /* [QUERIES_AT_ONCE,K] queries of one head, widened */
  int16_t *keys;       /* [T,K] keys of one head, widened */
  float *key_scale;    /* [T] of one head */
  float *values;       /* [T,K] values of one head */
  float *scores;       /* [QUERIES_AT_ONCE,ld_scores] rows of attention */
  int ld_scores;       /* T, rounded up to a multiple of 4 */
  float *mixed;        /* [N,D] outputs of the heads, from attention_heads_forward */
  float *centered;     /* [D] one vector less its mean */
  int16_t *outputs;    /* [LOGITS_POSITIONS,D] norm(x) of some positions, widened */
  float *logits;       /* [V] of one position: forward_logits returns it */
} ForwardWorkspace;

typedef struct {
  int rows;              /* N, positions of a pass, at most */
  int capacity;          /* positions that fit, at most T */
  int32_t *first;        /* [T] where the document of each position begins: a Pass fills it */
  float *x;              /* [N,D] the residual stream */
  NormActivations final; /* [N] norm(x) after the last layer */
  ForwardWorkspace work;
  const ModelConfig *config;
  uint8_t *kept; /* [slots, layer_bytes] a LayerActivations each */
  size_t layer_bytes;
  uint8_t *cache; /* [L, cache_bytes] keys and values of each layer, which share the one slot for
                     all else; null: they lie in the slots */
  size_t cache_bytes; /* 0 where there is none */
} Activations;

/* Takes (or plans) the memory for sequences of at most capacity positions, 1..T, and for so many
 * layers that are kept at a time. config stays the caller's and must outlive a. */
void activations_layout(Activations *a, const ModelConfig *config, int capacity, int slots,
                        Arena *arena);

/* The same for generation: a slot for each layer, of which only keys and values last, and at most
 * `rows` positions of a pass, 1..T. */
void activations_layout_writing(Activations *a, const ModelConfig *config, int rows, Arena *arena);

/* The activations in one slot, 0..slots-1. */
LayerActivations activations_slot(const Activations *a, int slot);

#endif
