/* ngrams.h - a table of n-grams by itself: of a text, of a checkpoint, or beside a model.
 *
 * The public functions of this file are declared in legacy_llm.h: legacy_llm_counts_size, _open,
 * _build, _judge, _tell, legacy_llm_checkpoint_counts_size, legacy_llm_checkpoint_counts.
 */
#ifndef NGRAMS_H
#define NGRAMS_H

#include "counts/table.h"

typedef struct legacy_llm_counts {
  Counts *table;
  const uint8_t *token_bytes; /* [V] bytes that each token stands for */
} Ngrams;

#endif
