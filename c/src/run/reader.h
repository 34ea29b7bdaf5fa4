/* reader.h - a model in use: it reads tokens and tells what follows; no training memory.
 *
 * The public functions of this file are declared in legacy_llm.h: legacy_llm_model_plan, _open,
 * _keep_to, _save, _save_gguf, _counts, legacy_llm_evaluate, legacy_llm_restart, _push, _next,
 * _ends_document.
 */
#ifndef READER_H
#define READER_H

#include "base/parallel.h"
#include "model/activations.h"
#include "model/sampler.h"
#include "run/ngrams.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"

/* What lies in the arena of a model. */
typedef struct {
  Model model;  /* as the checkpoint has it */
  Model packed; /* the same with its trits packed, in strips, which one position at a time reads
                   three times faster; only where it is to write, and has trits that are not packed
                 */
  Activations activations;
  Candidate *candidates; /* [V] scratch of the sampler; only where it is to write */
  uint8_t *others;       /* [N-1, other_bytes] activations of the workers but the first; like all
                            below only where it is to be evaluated */
  size_t other_bytes;
  uint16_t *windows; /* [N, T+1] scratch */
  uint8_t *words; /* [its bytes] the list of words that it may write; null: none, or not needed */
  Counts counts;  /* of shape.bytes 0 where there are none, or they were left out */
  MixScratch mix; /* to evaluate; to write, p alone: [V] */
} ReaderParts;

typedef struct legacy_llm_model {
  legacy_llm_use use;
  Threads threads; /* N of them */
  CheckpointHeader header;
  ReaderParts parts;
  const Model *model;           /* the one of the two that is used */
  uint16_t tokens[MAX_CONTEXT]; /* [T] the context */
  int count;                    /* tokens in it */
  int done;                     /* of them, those that went through forward */
  Ngrams ngrams;                /* parts.counts as others see it */
  CountsContext context;        /* of all tokens since the last restart */
  WordList words;               /* that it may write; of bytes 0 where that is any */
  WordsRead read;               /* all that was written since the last restart */
  int drawn; /* what legacy_llm_next gave and was not appended yet; -1: nothing */
} Reader;

#endif
