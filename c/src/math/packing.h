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
 */
#ifndef PACKING_H
#define PACKING_H

#include "base/config.h"

typedef enum { CODES_TRITS, CODES_SIGNS, CODES_2BIT } CodeKind;

enum { BYTE_TRITS = 5, BYTE_VALUES = 243 }; /* of a byte of CODES_TRITS */

/* The trits of a byte, by its value, then three places without a meaning: one copy of eight bytes
 * writes all five. */
extern const int8_t trits_of_byte[BYTE_VALUES][8];

/* Bytes of one row of count codes. */
size_t packed_row_bytes(CodeKind kind, int count);

/* Packs codes [count], each a value of its kind, into packed_row_bytes bytes. */
void pack_codes(CodeKind kind, uint8_t *packed, const int8_t *codes, int count);

/* Codes first .. first+count-1 of a packed row, to codes [count]. */
void unpack_codes(CodeKind kind, int8_t *codes, const uint8_t *packed, int first, int count);

/* Whether bytes are what pack_codes can have written for a row of count codes. */
bool packed_row_sound(CodeKind kind, const uint8_t *packed, int count);

#endif
