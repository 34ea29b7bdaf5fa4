/* text_advice.h - what people are told of a text: what it is where it cannot be read, and what is
 * odd in one that can; with the command that mends it.
 */
#ifndef TEXT_ADVICE_H
#define TEXT_ADVICE_H

#include "run/text_file.h"

/* Where a text was refused because it is no text, or not one in UTF-8, or has line ends that the
 * tokenizer (null: it was being learned) does not know: puts this, and what to do, into the error.
 * Returns false. */
bool text_advise(const TextFile *t, const legacy_llm_tokenizer *tokenizer, Error *error);

/* Says on standard error that a byte order mark was left out. */
void text_tell_mark(const TextFile *t);

/* The same, and all else that is odd in a text that a model learns. */
void text_tell(const TextFile *t);

#endif
