/* tokenizer_command.h - the tokenizer that options ask for, and the command that writes it down. */
#ifndef TOKENIZER_COMMAND_H
#define TOKENIZER_COMMAND_H

#include "options.h"
#include "tokenizer.h"

/* Makes the tokenizer of --tokenizer, --vocab and --separator: from a file, or learned from --text,
 * within --ram. */
bool tokenizer_make(Tokenizer *t, const Options *options, Error *error);

/* Whether the options ask for no other tokenizer than t, as far as they can tell without learning
 * it. */
bool tokenizer_agrees(const Tokenizer *t, const Options *options, Error *error);

/* Writes a tokenizer, of these options or of --model, as a readable file. */
bool tokenizer_command(const Options *options, Error *error);

#endif
