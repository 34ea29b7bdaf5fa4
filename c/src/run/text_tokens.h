/* text_tokens.h - a text that was opened, and the tokens of it. Where a text is no text, or is in
 * another encoding than it must be, the error says what it is and what makes a text of it.
 */
#ifndef TEXT_TOKENS_H
#define TEXT_TOKENS_H

#include "run/text_file.h"

/* Learns a tokenizer that was opened, with scratch of legacy_llm_scan_size. */
bool text_file_learn(TextFile *t, legacy_llm_tokenizer *tokenizer, void *scratch, Error *error);

/* Counts the tokens of a text. */
bool text_file_count(TextFile *t, const legacy_llm_tokenizer *tokenizer, legacy_llm_text *facts,
                     Error *error);

/* Reads a text with an encoder of a tokenizer, each of its units to a sink. */
bool text_file_encode(TextFile *t, const char *doing, const legacy_llm_tokenizer *tokenizer,
                      legacy_llm_encoder *encoder, const legacy_llm_unit_sink *to, Error *error);

/* Adds the words of a text to a list; refuses one that has none. */
bool text_file_words(TextFile *t, const legacy_llm_tokenizer *tokenizer, legacy_llm_words *words,
                     Error *error);

/* Opens the token file of a text, in memory [legacy_llm_token_file_size]; where it is not there, or
 * is another's, it is made. Null with an error. token_path outlives it. */
legacy_llm_token_file *token_file_open(void *memory, const char *token_path, TextFile *text,
                                       const legacy_llm_tokenizer *t, const legacy_llm_text *facts,
                                       Error *error);

/* Whether bytes [count] stand anywhere in a text. */
bool text_file_has(TextFile *t, const uint8_t *bytes, size_t count);

#endif
