/* evaluate.h - judges a model by a part of a text: loss, perplexity, bits a byte, accuracy; the
 * transformer, the counts beside it, and both together. */
#ifndef EVALUATE_H
#define EVALUATE_H

#include "base/parallel.h"
#include "base/trace.h"
#include "counts/table.h"
#include "model/activations.h"
#include "model/loss.h"
#include "model/model.h"
#include "text/data_utils.h"

typedef legacy_llm_evaluation Evaluation;

/* The counts beside a model, with scratch to judge by both. */
typedef struct {
  const Counts *counts;    /* null: there are none, and no scratch */
  CountsContext *contexts; /* [most_windows] before the first token of each window */
  float *p;                /* [N,V] of each worker */
  uint32_t *pairs; /* [most / T * T] the probabilities are kept here, to fit the gates to, and
                      nothing is judged; null: they are not */
} MixScratch;

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
  MixScratch mix;             /* all zero where there are no counts */
  Trace trace;                /* off where all zero; with a trace the calling thread judges alone */
} Judge;

/* Judges tokens from..to-1 of a text in whole windows of the model's context, at most `most` tokens
 * (0: all). Each token of a window is predicted from those before it in the window; by the counts
 * from those before it in the text. */
bool evaluate(const Judge *judge, const Text *text, int32_t from, int32_t to, int32_t most,
              Evaluation *result, Error *error);

/* Takes (or plans) the scratch of so many workers and windows; counts null: none. */
void mix_layout(MixScratch *mix, const Counts *counts, int workers, int most_windows, Arena *arena);

/* Whether `most` tokens (0: all) are enough for one window of a context, and its targets. */
bool evaluate_check(int32_t most, int context, Error *error);

#endif
