/* tokenizer_choice.h - the tokenizer that options ask for. */
#ifndef TOKENIZER_CHOICE_H
#define TOKENIZER_CHOICE_H

#include "run/option_groups.h"
#include "run/ram.h"
#include "run/text_file.h"

/* Makes the tokenizer of --tokenizer, --vocab and --separator: from a file, or learned from a text,
 * within a limit. From the heap; null with an error. *scan_bytes is the memory that learning it
 * took, 0 where it was read from a file. */
legacy_llm_tokenizer *tokenizer_make(const TokenizerSettings *settings, TextFile *text,
                                     RamLimit limit, uint64_t *scan_bytes, Error *error);

/* Whether the options of a resumed training, those that were given, ask for no other tokenizer than
 * t, as far as they can tell without learning it. */
bool tokenizer_agrees(const legacy_llm_tokenizer *t, const TrainingSettings *settings,
                      Error *error);

#endif
