/* tokenizer_choice.h - the tokenizer that options ask for. */
#ifndef TOKENIZER_CHOICE_H
#define TOKENIZER_CHOICE_H

#include "run/option_groups.h"
#include "run/ram.h"
#include "text/tokenizer.h"

/* Makes the tokenizer of --tokenizer, --vocab and --separator: from a file, or learned from a text
 * within the limit. */
bool tokenizer_make(Tokenizer *t, const TokenizerSettings *settings, const char *text,
                    RamLimit limit, Error *error);

/* Whether the tokenizer options that were given to a resumed training ask for no other tokenizer
 * than t, as far as they can tell without learning it. */
bool tokenizer_agrees(const Tokenizer *t, const TrainingSettings *settings, Error *error);

#endif
