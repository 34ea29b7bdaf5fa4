/* json_text.h - the inside of JSON strings, on standard output (RFC 8259). */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "base/config.h"

/* Prints the character that bytes [count] begin with, count > 0, escaped where it must be; a byte
 * that begins none becomes U+FFFD. Returns how many bytes it took. */
int json_character(const uint8_t *bytes, size_t count);

/* Prints all characters of a text. */
void json_text(const char *text);

#endif
