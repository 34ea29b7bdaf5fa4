/* eval.h - what the command eval is asked for, and a model that judges one text. */
#ifndef EVAL_H
#define EVAL_H

#include "run/leftovers.h"
#include "run/model_file.h"
#include "run/options.h"
#include "run/text_tokens.h"
#include "threads/pool.h"

typedef struct {
  SettingsHead head;
  const char *text, *model;
  const char *list; /* of texts, a line each; null: only the one text */
  uint64_t text_ram, ram;
  int32_t tokens; /* of the part that is judged, 0: all */
  int32_t order;  /* of the longest n-gram to compare with */
  int32_t counts; /* 0: without those of the model */
  int32_t threads;
  bool whole, json;
} EvalSettings;

/* A model and the text that it judges. */
typedef struct {
  ModelFile model;
  TextFile source;
  legacy_llm_text text;
  int32_t training;    /* tokens of its training part, 0: the whole text is judged */
  uint16_t *tokens;    /* [text.tokens] from the heap; null where they are in a file */
  int32_t kept;        /* of them so far */
  PassingFile passing; /* of the tokens; without a path where they are in memory */
  void *token_memory;
  legacy_llm_token_file *token_file; /* null where they are in memory */
  legacy_llm_counts *counts;         /* n-grams to compare with; null: there are none */
  int longest, order;                /* of the longest of them: that there are, and here */
  void *counts_memory; /* of those that are counted here, null: they are the model's */
  ThreadPool pool;
} Judging;

/* Losses of n-grams. */
typedef struct {
  legacy_llm_loss unigram, bigram, ngram;
} Baselines;

/* Opens model and text of the settings and judges: what the model makes of it, and the n-grams of
 * the same tokens; baselines null: not these. judging_close belongs after it, also where it failed.
 */
bool judging_run(Judging *j, const EvalSettings *s, legacy_llm_evaluation *result,
                 Baselines *baselines, Error *error);
void judging_close(Judging *j);

/* Whether the text is the one that the model was trained on. */
bool judging_is_training_text(const Judging *j);

/* ---- a table of several texts (eval_table.c) ---- */

/* A line of each text of the list and one of all together, or JSON. */
bool eval_table(const EvalSettings *settings, Error *error);

#endif
