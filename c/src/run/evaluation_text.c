/* evaluation_text.c - formats each number of an evaluation. */
#include "run/evaluation_text.h"

EvaluationText evaluation_text(const legacy_llm_evaluation *e) {
  EvaluationText t;
  legacy_llm_format_nats(t.loss, &e->loss);
  legacy_llm_format_nats(t.transformer, &e->transformer);
  legacy_llm_format_nats(t.counts, &e->counts);
  legacy_llm_format_perplexity(t.perplexity, &e->loss);
  legacy_llm_format_bits(t.bits, &e->loss);
  legacy_llm_format_ratio(t.top1, e->top1, e->loss.tokens);
  legacy_llm_format_ratio(t.top3, e->top3, e->loss.tokens);
  legacy_llm_format_ratio(t.top5, e->top5, e->loss.tokens);
  return t;
}
