/* letters.h - the alphabet in which byte-pair encodings of GPT-2's kind write bytes: 256 visible
 * characters, a byte being the character of its number where that can be seen, and one of those
 * from 256 on where not (openai/gpt-2, encoder.py: bytes_to_unicode).
 */
#ifndef LETTERS_H
#define LETTERS_H

#include "base/config.h"

enum { LETTER_BYTES = 2 /* of a letter in UTF-8, at most */ };

/* Bytes [count] in the alphabet, to text [LETTER_BYTES * count]; returns its length. */
size_t to_letters(uint8_t *text, const uint8_t *bytes, int count);

/* And back, to bytes [length]; returns how many, or -1 where text has other characters. */
int from_letters(uint8_t *bytes, const uint8_t *text, size_t length);

#endif
