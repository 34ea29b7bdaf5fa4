/* packing.c - trits, signs and 2-bit codes in bytes, as packing.h draws them. */
#include "math/packing.h"

#include <string.h>

/* What the three layouts have in common: a byte is a number of `base`, its digits are codes. */
typedef struct {
  int per_byte, base, lowest, step; /* code = lowest + step * digit */
} Layout;

static const Layout layouts[] = {
    [CODES_TRITS] = {BYTE_TRITS, 3, -1, 1},
    [CODES_SIGNS] = {8, 2, -1, 2},
    [CODES_2BIT] = {4, 4, -3, 2},
};

size_t packed_row_bytes(CodeKind kind, int count) {
  const int per_byte = layouts[kind].per_byte;
  return (size_t)((count + per_byte - 1) / per_byte);
}

void pack_codes(CodeKind kind, uint8_t *packed, const int8_t *codes, int count) {
  const Layout *l = &layouts[kind];
  for (int first = 0; first < count; first += l->per_byte) {
    int last = first + l->per_byte < count ? first + l->per_byte : count, value = 0;
    for (int i = last - 1; i >= first; i--)
      value = value * l->base + ((codes[i] - l->lowest) >> (l->step - 1)); /* steps are 1 or 2 */
    *packed++ = (uint8_t)value;
  }
}

#define DIGITS_1(v)                                                                                \
  { (v) % 3 - 1, (v) / 3 % 3 - 1, (v) / 9 % 3 - 1, (v) / 27 % 3 - 1, (v) / 81 - 1 }
#define DIGITS_3(v) DIGITS_1(v), DIGITS_1((v) + 1), DIGITS_1((v) + 2)
#define DIGITS_9(v) DIGITS_3(v), DIGITS_3((v) + 3), DIGITS_3((v) + 6)
#define DIGITS_27(v) DIGITS_9(v), DIGITS_9((v) + 9), DIGITS_9((v) + 18)
#define DIGITS_81(v) DIGITS_27(v), DIGITS_27((v) + 27), DIGITS_27((v) + 54)
const int8_t trits_of_byte[BYTE_VALUES][8] = {DIGITS_81(0), DIGITS_81(81), DIGITS_81(162)};

/* Whole bytes of trits, as long as eight places are left; returns how many codes it made. */
static int unpack_trits(int8_t *codes, const uint8_t *packed, int count) {
  int done = 0;
  for (; done + 8 <= count; done += BYTE_TRITS) memcpy(codes + done, trits_of_byte[*packed++], 8);
  return done;
}

void unpack_codes(CodeKind kind, int8_t *codes, const uint8_t *packed, int first, int count) {
  const Layout *l = &layouts[kind];
  if (kind == CODES_TRITS && first % BYTE_TRITS == 0) {
    const int done = unpack_trits(codes, packed + first / BYTE_TRITS, count);
    codes += done, first += done, count -= done;
  }
  packed += first / l->per_byte;
  int value = count > 0 ? *packed++ : 0, left = l->per_byte - first % l->per_byte;
  for (int i = first % l->per_byte; i > 0; i--) value /= l->base;
  for (int i = 0; i < count; i++, left--) {
    if (left == 0) value = *packed++, left = l->per_byte;
    codes[i] = (int8_t)(l->lowest + l->step * (value % l->base));
    value /= l->base;
  }
}

void put_strips(StripShape s, uint8_t *strips, const uint8_t *row, int rows, int row_bytes, int r) {
  for (int first = 0; first < row_bytes; first += s.bytes)
    memcpy(strips + strip_at(s, rows, row_bytes, r, first), row + first,
           (size_t)strip_width(s, row_bytes, first));
}

void take_strips(StripShape s, uint8_t *row, const uint8_t *strips, int rows, int row_bytes,
                 int r) {
  for (int first = 0; first < row_bytes; first += s.bytes)
    memcpy(row + first, strips + strip_at(s, rows, row_bytes, r, first),
           (size_t)strip_width(s, row_bytes, first));
}

bool packed_row_sound(CodeKind kind, const uint8_t *packed, int count) {
  const Layout *l = &layouts[kind];
  int most = 1, filled = 1; /* values of a whole byte, and of the codes in the row's last one */
  for (int i = 0; i < l->per_byte; i++) most *= l->base;
  for (int i = 0; i < (count - 1) % l->per_byte + 1; i++) filled *= l->base;
  const size_t bytes = packed_row_bytes(kind, count);
  for (size_t i = 0; i + 1 < bytes; i++)
    if (packed[i] >= most) return false;
  return packed[bytes - 1] < filled;
}
