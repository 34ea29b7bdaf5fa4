/* encode.h - the commands that show what a tokenizer does: a text as numbers, and numbers as text.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include "options.h"

/* Writes the tokens of --text as numbers with spaces between, to --out or stdout. The tokenizer is
 * that of --model, or the one that --tokenizer names or learns from the text. */
bool encode_command(const Options *options, Error *error);

/* Writes the bytes that the numbers in --text stand for. The tokenizer is that of --model, or of
 * the file --tokenizer. */
bool decode_command(const Options *options, Error *error);

#endif
