/* word_choice.h - the words that --words lets a model write. */
#ifndef WORD_CHOICE_H
#define WORD_CHOICE_H

#include "run/option_groups.h"
#include "run/ram.h"

/* Bytes that a list of the words of a file takes; 0 where --words (null: not given) names none. */
size_t word_choice_bytes(const char *choice);

/* Before the model of a checkpoint is opened: leaves out its own list, unless nothing else is
 * chosen. */
void word_choice_leave(const char *choice, legacy_llm_checkpoint *checkpoint);

/* The words of the file of --words, from the heap; null, and true, where it names none. */
bool word_choice_read(const char *choice, const legacy_llm_tokenizer *tokenizer, RamLimit limit,
                      legacy_llm_words **words, Error *error);

#endif
