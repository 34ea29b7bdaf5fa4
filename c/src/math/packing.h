/* packing.h - weights as they lie where no latent stands behind them: in the matrices of a direct
 * training and in exported models.
 *
 * A weight takes one of few values, its code: a trit -1, 0, 1; a sign -1, 1; or one of -3, -1,
 * 1, 3. Codes are packed row by row, each row from a byte of its own. The first code of a byte, c0,
 * is the one of the lowest column; a row's last byte is filled up with the smallest code.
 *
 *   trits  5 a byte   value = (c0+1) + 3 (c1+1) + 9 (c2+1) + 27 (c3+1) + 81 (c4+1), 0..242
 *
 *   signs  8 a byte    bit  7    6    5    4    3    2    1    0       1 stands for +1, 0 for -1
 *                         +----+----+----+----+----+----+----+----+
 *                         | c7 | c6 | c5 | c4 | c3 | c2 | c1 | c0 |
 *                         +----+----+----+----+----+----+----+----+
 *
 *   2 bits 4 a byte    bit  7    6    5    4    3    2    1    0       (c + 3) / 2: 0 for -3, 3 for
 * 3
 *                         +---------+---------+---------+---------+
 *                         |    c3   |    c2   |    c1   |    c0   |
 *                         +---------+---------+---------+---------+
 *
 * For writing, where one token at a time goes through a matrix, its packed rows lie in strips,
 * which are a permutation of their bytes: so many rows beside each other, so many bytes of each at
 * a time (a StripShape; each table of kernels has the one that it reads best, MathOps.strips). Here
 * strips of 16 bytes of all rows, so that two rows share a line of the cache and the next strip
 * follows; the last strip is as wide as what is left of a row (rows of 34 bytes here):
 *
 *   +--------------+--------------+-----+----------------+--------------+-----+------------+----
 *   | row 0: 0..15 | row 1: 0..15 | ... | row R-1: 0..15 | row 0: 16..31| ... | row 0: 32,33| ...
 *   +--------------+--------------+-----+----------------+--------------+-----+------------+----
 *
 * Where a strip has fewer rows than the matrix, all strips of the first rows come first.
 */
#ifndef PACKING_H
#define PACKING_H

#include "base/config.h"

typedef enum { CODES_TRITS, CODES_SIGNS, CODES_2BIT } CodeKind;

enum { BYTE_TRITS = 5, BYTE_VALUES = 243 }; /* of a byte of CODES_TRITS */

typedef struct {
  int rows, bytes; /* of a strip */
} StripShape;

enum { ALL_ROWS = 1 << 24 /* rows of a strip: as many as there are */ };

/* The trits of a byte, by its value, then three places without a meaning: one copy of eight bytes
 * writes all five. */
extern const int8_t trits_of_byte[BYTE_VALUES][8];

/* Bytes of one row of count codes. */
size_t packed_row_bytes(CodeKind kind, int count);

/* Packs codes [count], each a value of its kind, into packed_row_bytes bytes. */
void pack_codes(CodeKind kind, uint8_t *packed, const int8_t *codes, int count);

/* Codes first .. first+count-1 of a packed row, to codes [count]. */
void unpack_codes(CodeKind kind, int8_t *codes, const uint8_t *packed, int first, int count);

/* Width of the strip that begins at byte `first` of rows of row_bytes. */
static inline int strip_width(StripShape s, int row_bytes, int first) {
  return row_bytes - first < s.bytes ? row_bytes - first : s.bytes;
}

/* Where the bytes of row r in the strip that begins at byte `first` lie, in a matrix of `rows`. */
static inline size_t strip_at(StripShape s, int rows, int row_bytes, int r, int first) {
  const int top = r / s.rows * s.rows, height = rows - top < s.rows ? rows - top : s.rows;
  return (size_t)top * (size_t)row_bytes + (size_t)height * (size_t)first +
         (size_t)(r - top) * (size_t)strip_width(s, row_bytes, first);
}

/* Puts a packed row [row_bytes] into strips of a matrix of `rows` rows, as row r. */
void put_strips(StripShape s, uint8_t *strips, const uint8_t *row, int rows, int row_bytes, int r);

/* And takes it out again. */
void take_strips(StripShape s, uint8_t *row, const uint8_t *strips, int rows, int row_bytes, int r);

/* Whether bytes are what pack_codes can have written for a row of count codes. */
bool packed_row_sound(CodeKind kind, const uint8_t *packed, int count);

#endif
