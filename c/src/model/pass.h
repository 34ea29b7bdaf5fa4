/* pass.h - one sequence on its way through a model: what every part of forward and backward takes.
 *
 *   generation   a Pass for each run of new positions; those before them have been run by earlier
 *                passes on the same activations, which hold a layer in each slot (the cache)
 *   training     a Pass for each turn of a sequence, from its first position; see batch.h
 *
 * A Pass is made by one of the two functions below and by nothing else: they also find where the
 * documents of the sequence begin. That is kept in the activations, so of all passes that were made
 * on the same activations only the latest is good. A Pass owns nothing and is not given back.
 */
#ifndef PASS_H
#define PASS_H

#include "base/trace.h"
#include "model/activations.h"
#include "model/gradients.h"
#include "model/model.h"

typedef struct {
  const Model *model;
  Activations *activations;
  const uint16_t *tokens; /* [start + n], all of 0..V-1; where there is a backward one more: of
                             position t the target is tokens[t + 1] */
  int start, n;         /* positions start .. start+n-1 are run; n <= rows, start + n <= capacity */
  const int32_t *first; /* [start + n] where the document of each position begins, in activations */
  Gradients *gradients; /* to which backward adds; null: there is no backward */
  BackwardWorkspace *backward; /* null: there is no backward */
  RowDropout dropout;          /* which rows a training leaves out */
  const Trace *trace;          /* null: off */
} Pass;

/* The position after the last that a pass runs. */
static inline int pass_end(const Pass *pass) { return pass->start + pass->n; }

/* A forward pass over positions start .. start+n-1 of tokens [start + n]. */
Pass pass_make(const Model *model, Activations *a, const uint16_t *tokens, int start, int n,
               const Trace *trace);

/* A pass over positions 0..n-1 of tokens [n + 1], forward and backward, which adds to g. dropout:
 * null where no rows are left out */
Pass pass_make_training(const Model *model, Activations *a, Gradients *g, BackwardWorkspace *b,
                        const uint16_t *tokens, int n, const RowDropout *dropout,
                        const Trace *trace);

#endif
