/* letters.c - bytes that can be seen, and the others in their order. */
#include "gguf/letters.h"

#include "base/utf8.h"

enum { HIDDEN = 256 /* the letter of the first byte that cannot be seen */ };

/* Whether a byte stands for itself, as a character of Latin-1. */
static bool is_visible(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

static uint32_t letter_of(uint8_t byte) {
  uint32_t letter = HIDDEN;
  if (is_visible(byte)) return byte;
  for (int b = 0; b < byte; b++) letter += !is_visible(b);
  return letter;
}

/* -1 where it is no letter. */
static int byte_of(uint32_t letter) {
  if (letter < HIDDEN) return is_visible((int)letter) ? (int)letter : -1;
  for (int byte = 0; byte < 256; byte++)
    if (!is_visible(byte) && letter-- == HIDDEN) return byte;
  return -1;
}

size_t to_letters(uint8_t *text, const uint8_t *bytes, int count) {
  size_t length = 0;
  for (int i = 0; i < count; i++) length += (size_t)utf8_write(letter_of(bytes[i]), text + length);
  return length;
}

int from_letters(uint8_t *bytes, const uint8_t *text, size_t length) {
  int count = 0;
  for (size_t at = 0; at < length;) {
    uint32_t letter = 0;
    const int size = utf8_read(text + at, length - at, &letter);
    const int byte = size == 0 ? -1 : byte_of(letter);
    if (byte < 0) return -1;
    bytes[count++] = (uint8_t)byte;
    at += (size_t)size;
  }
  return count;
}
