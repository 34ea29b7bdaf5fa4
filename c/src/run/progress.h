/* progress.h - what a person sees while a training runs.
 *
 * After the first seconds how long it will take, if that is more than a minute. On a terminal one
 * line that is redrawn; in a pipe a plain line now and then; with --json an object a line. Times
 * are of this machine's clock and appear nowhere else.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "base/config.h"

typedef struct {
  int first_step, last_step, shown_step;
  int64_t tokens, started, shown; /* milliseconds */
  bool json, terminal;
  bool told; /* how long it will take */
} Progress;

void progress_start(Progress *progress, int first_step, int last_step, bool json);

/* After each step; decides itself whether to show it. */
void progress_step(Progress *progress, int step, const legacy_llm_loss *loss);

/* After an evaluation: a line of its own. */
void progress_held_out(Progress *progress, int step, const legacy_llm_evaluation *held_out);

void progress_end(Progress *progress);

#endif
