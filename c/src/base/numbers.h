/* numbers.h - numbers from text and to text, the same in every build.
 *
 * The C library's strtod and printf("%f") are not: they may compute in x87 registers, whose
 * precision this program narrows.
 */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* ---- from text: false where it is something else, or out of range ---- */

/* A decimal such as 0.002, 2e-3 or 1.5E+2, not negative, to the nearest float: at most 7 digits
 * that count, zeros at either end left out, and these times a power of ten from -10 to 10, so that
 * one operation on exact numbers makes it. */
bool parse_decimal(const char *string, float *value);

/* A size of 1 to 2^63 - 1 bytes: digits, perhaps a point and up to 9 more, and a unit in letters of
 * either case, of 1024 of the one before: "64MB", "512k", "1.5 GiB", "4096". A part of a byte is
 * left out. */
bool parse_size(const char *string, uint64_t *bytes);

/* A whole number from low to high: digits, perhaps after a minus sign. */
bool parse_int(const char *string, long low, long high, long *value);

/* A whole number from 0 to 2^32 - 1. */
bool parse_seed(const char *string, uint32_t *seed);

/* ---- to text ---- */

/* x with the given number of decimals, 0..6, by integers only. text holds at least 24 bytes. */
void format_decimal(char *text, float x, int decimals);

/* x >= 0 with at most six decimals and no zeros at its end: "0.002". text holds at least 24 bytes.
 */
void format_shortest(char *text, float x);

/* Bytes in the largest unit that holds them exactly, as parse_size reads it: "8MB". text holds at
 * least 32 bytes; returns it. */
const char *format_size(char *text, uint64_t bytes);

/* Bytes with a comma every three digits: "1,234,567". text holds at least 32 bytes; returns it. */
const char *format_bytes(char *text, uint64_t bytes);

#endif
