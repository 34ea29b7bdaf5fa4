/* utf8.c - see RFC 3629, section 4, for which sequences there are. */
#include "base/utf8.h"

#include <string.h>

int utf8_read(const uint8_t *bytes, size_t count, uint32_t *character) {
  static const uint32_t smallest[UTF8_LONGEST + 1] = {0, 0, 0x80, 0x800, 0x10000};
  const uint8_t first = bytes[0];
  const int length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length == 0 || first > 0xf4 || count < (size_t)length) return 0;
  uint32_t c = length == 1 ? first : first & (0x7fu >> length);
  for (int i = 1; i < length; i++) {
    if ((bytes[i] & 0xc0) != 0x80) return 0;
    c = c << 6 | (bytes[i] & 0x3fu);
  }
  if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return 0;
  *character = c;
  return length;
}

size_t utf8_mark(const uint8_t *bytes, size_t count) {
  return count >= UTF8_MARK && memcmp(bytes, "\xef\xbb\xbf", UTF8_MARK) == 0 ? UTF8_MARK : 0;
}

int utf8_write(uint32_t c, uint8_t bytes[UTF8_LONGEST]) {
  if (c < 0x80) {
    bytes[0] = (uint8_t)c;
    return 1;
  }
  const int length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (int i = length - 1; i > 0; i--, c >>= 6) bytes[i] = (uint8_t)(0x80 | (c & 0x3f));
  bytes[0] = (uint8_t)((0xf00 >> length & 0xff) | c);
  return length;
}
