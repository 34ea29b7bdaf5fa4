/* tokenizer_file.h - a tokenizer as a file that people can read.
 *
 *   legacy_llm tokenizer 1
 *   kind bpe
 *   vocabulary 512
 *   separator "\n\n"
 *   256 101 32 "e "
 *   257 116 104 "th"
 *   ...
 *
 * The separator's line is left out where there is none. Then a line an entry: bpe: token, the two
 * tokens that it joins, and the bytes they stand for; chars: token, code point, and the character;
 * bytes has none. Strings are in double quotes, with \n, \t, \r, \", \\ and \xHH for what is not
 * printable ASCII. What is in quotes must agree with the numbers, so a file that was edited by half
 * is refused with its line. CR LF at the ends of lines, and a byte order mark before the first, are
 * as good: editors write them. The public functions of this file are declared in legacy_llm.h:
 * legacy_llm_tokenizer_write and legacy_llm_tokenizer_read.
 */
#ifndef TOKENIZER_FILE_H
#define TOKENIZER_FILE_H

#include "text/tokenizer.h"

#endif
