/* vocabulary.h - the tokens of a model as those of a byte-pair encoding of GPT-2's kind, which
 * llama.cpp reads ("gpt2").
 *
 * There a token is written in an alphabet of 256 visible characters that stand for bytes, and a
 * merge as two such texts with a space between (openai/gpt-2, encoder.py: bytes_to_unicode). Bytes
 * have no merges; byte pairs have those that they were learned with; characters have those that put
 * the bytes of each together. The separator is a token of its own, as it stands in the text.
 *
 * GPT-2 cuts a text into words before it merges, and cuts some places otherwise than word_length
 * does: apostrophes between letters, signs beyond ASCII, white space that is longer than one sign.
 * A merge across such a place is never made by it.
 */
#ifndef VOCABULARY_H
#define VOCABULARY_H

#include "gguf/letters.h"
#include "gguf/writer.h"
#include "text/tokenizer.h"

enum {
  VOCABULARY_KEYS = 8,
  TOKEN_LETTERS = LETTER_BYTES * MAX_WORD /* bytes of a token in the alphabet, at most */
};

#define VOCABULARY_TOKENS "tokenizer.ggml.tokens"
#define VOCABULARY_MERGES "tokenizer.ggml.merges"

/* Writes VOCABULARY_KEYS keys. */
void vocabulary_write(GgufWriter *w, const Tokenizer *t);

/* CRC-32 of the texts of all tokens, and of all merges, as they lie in a file. */
uint32_t vocabulary_tokens_crc(const Tokenizer *t);
uint32_t vocabulary_merges_crc(const Tokenizer *t);

/* Whether the text of the separator is also that of another token, in a file. */
bool vocabulary_is_ambiguous(const Tokenizer *t);

/* How many tokens of merges GPT-2's rule would cut apart: where one of them is used, the tokens of
 * a text differ. Puts one of them into *token. */
int vocabulary_cut_apart(const Tokenizer *t, int *token);

#endif
