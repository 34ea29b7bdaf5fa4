/* utf8.h - Unicode code points from bytes and back (RFC 3629). */
#ifndef UTF8_H
#define UTF8_H

#include "base/config.h"

enum { UTF8_LONGEST = 4 /* bytes of one code point */, UTF8_MARK = 3 /* of a byte order mark */ };

/* Reads the code point that bytes [count] begin with, count > 0; returns its length, 1 to 4 bytes,
 * or 0 where none begins: a stray or cut sequence, an overlong form, a surrogate, above 0x10ffff.
 */
int utf8_read(const uint8_t *bytes, size_t count, uint32_t *character);

/* Bytes of the byte order mark that bytes [count] begin with: 3, or 0 where there is none. Some
 * editors put one before the first line. */
size_t utf8_mark(const uint8_t *bytes, size_t count);

/* Writes a code point; returns its length in bytes. */
int utf8_write(uint32_t character, uint8_t bytes[UTF8_LONGEST]);

#endif
