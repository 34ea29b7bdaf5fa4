/* quote.h - bytes as text that people can read and type: in double quotes, with escapes.
 *
 * The escapes are \n, \t, \r, \", \\ and \xHH.
 */
#ifndef QUOTE_H
#define QUOTE_H

#include <stddef.h>
#include <stdint.h>

/* Puts bytes [count] into double quotes, with escapes for what is not printable ASCII, cut to fit
 * quoted [size]; returns quoted. */
const char *quote_bytes(char *quoted, size_t size, const uint8_t *bytes, int count);

/* Reads what stands between quotes, or an option's value: \n, \t, \r, \", \\, \xHH, all else as it
 * is. Returns the number of bytes, or -1: longer than capacity, or a bad escape. */
int unquote_bytes(uint8_t *bytes, int capacity, const char *text, size_t length);

/* The quote in which a shell takes a word: that of cmd.exe on Windows, that of POSIX elsewhere. In
 * the word itself it becomes four bytes at most. */
#ifdef _WIN32
#define WORD_QUOTE '"'
#else
#define WORD_QUOTE '\''
#endif

/* A word of a command as a shell takes it: in such quotes where it needs them, cut to fit quoted
 * [size]; returns quoted. */
const char *quote_word(char *quoted, size_t size, const char *word);

#endif
