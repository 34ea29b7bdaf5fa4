/* tokenizer_choice.h - the tokenizer that options ask for. */
#ifndef TOKENIZER_CHOICE_H
#define TOKENIZER_CHOICE_H

#include "run/options.h"
#include "text/tokenizer.h"

/* Makes the tokenizer of --tokenizer, --vocab and --separator: from a file, or learned from --text,
 * within --ram. */
bool tokenizer_make(Tokenizer *t, const Options *options, Error *error);

/* Whether the options ask for no other tokenizer than t, as far as they can tell without learning
 * it. */
bool tokenizer_agrees(const Tokenizer *t, const Options *options, Error *error);

#endif
