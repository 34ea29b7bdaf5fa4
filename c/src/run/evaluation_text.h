/* evaluation_text.h - an evaluation in words, as logs and commands show it. */
#ifndef EVALUATION_TEXT_H
#define EVALUATION_TEXT_H

#include "legacy_llm.h"

typedef struct {
  char loss[LEGACY_LLM_NUMBER_TEXT];                                        /* nats per token */
  char transformer[LEGACY_LLM_NUMBER_TEXT], counts[LEGACY_LLM_NUMBER_TEXT]; /* each alone */
  char perplexity[LEGACY_LLM_NUMBER_TEXT];
  char bits[LEGACY_LLM_NUMBER_TEXT]; /* per byte */
  char top1[LEGACY_LLM_NUMBER_TEXT], top3[LEGACY_LLM_NUMBER_TEXT], top5[LEGACY_LLM_NUMBER_TEXT];
} EvaluationText;

EvaluationText evaluation_text(const legacy_llm_evaluation *evaluation);

#endif
