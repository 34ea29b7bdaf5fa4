/* evaluate.h - judges a model by a part of a text: loss, perplexity, bits a byte, accuracy. */
#ifndef EVALUATE_H
#define EVALUATE_H

#include "base/parallel.h"
#include "base/trace.h"
#include "model/activations.h"
#include "model/loss.h"
#include "model/model.h"
#include "text/data_utils.h"

typedef legacy_llm_evaluation Evaluation;

/* What judges. Each worker takes a window at a time. */
typedef struct {
  const Model *model;
  Threads threads;
  /* The activations of a worker of an owner: for T positions, with one slot at least; overwritten
   */
  Activations (*activations)(const void *owner, int worker);
  const void *owner;
  const uint8_t *token_bytes; /* [V] bytes that each token stands for */
  uint16_t *windows;          /* [most_windows, T + 1] scratch */
  int most_windows;           /* that are judged at a time, at least one */
  Trace trace;                /* off where all zero; with a trace the calling thread judges alone */
} Judge;

/* Judges tokens from..to-1 of a text in whole windows of the model's context, at most `most` tokens
 * (0: all). Each token of a window is predicted from those before it in the window. */
bool evaluate(const Judge *judge, const Text *text, int32_t from, int32_t to, int32_t most,
              Evaluation *result, Error *error);

/* Whether `most` tokens (0: all) are enough for one window of a context, and its targets. */
bool evaluate_check(int32_t most, int context, Error *error);

#endif
