/* quote.c - escapes, both ways. */
#include "base/quote.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The letter that escapes a byte, 0 if it has none. */
static char escape_of(uint8_t byte) {
  return (char)(byte == '\n'   ? 'n'
                : byte == '\t' ? 't'
                : byte == '\r' ? 'r'
                : byte == '"'  ? '"'
                : byte == '\\' ? '\\'
                               : 0);
}

const char *quote_bytes(char *quoted, size_t size, const uint8_t *bytes, int count) {
  size_t at = 0;
  quoted[at++] = '"';
  for (int i = 0; i < count; i++) {
    const char escape = escape_of(bytes[i]);
    const size_t length = escape ? 2 : bytes[i] >= ' ' && bytes[i] < 0x7f ? 1 : 4;
    if (at + length + 2 > size) break; /* the quote and the end */
    if (escape) {
      quoted[at++] = '\\';
      quoted[at++] = escape;
    } else if (length == 1) {
      quoted[at++] = (char)bytes[i];
    } else {
      at += (size_t)snprintf(quoted + at, 5, "\\x%02x", bytes[i]);
    }
  }
  quoted[at++] = '"';
  quoted[at] = 0;
  return quoted;
}

static int hex_digit(char c) {
  static const char digits[] = "0123456789abcdef";
  const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
  return found ? (int)(found - digits) : -1;
}

/* The byte that an escape of text [length] stands for, and how many characters it has; -1 if it is
 * none. */
static int read_escape(const char *text, size_t length, size_t *taken) {
  static const char letters[] = "ntr\"\\", bytes[] = "\n\t\r\"\\";
  *taken = 2;
  if (length < 2) return -1;
  if (text[1] == 'x') {
    const int high = length > 3 ? hex_digit(text[2]) : -1;
    const int low = length > 3 ? hex_digit(text[3]) : -1;
    *taken = 4;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }
  const char *found = text[1] ? strchr(letters, text[1]) : NULL;
  return found ? bytes[found - letters] : -1;
}

int unquote_bytes(uint8_t *bytes, int capacity, const char *text, size_t length) {
  int count = 0;
  for (size_t i = 0, taken; i < length; i += taken) {
    taken = 1;
    const int byte = text[i] == '\\' ? read_escape(text + i, length - i, &taken) : (uint8_t)text[i];
    if (byte < 0 || count == capacity) return -1;
    bytes[count++] = (uint8_t)byte;
  }
  return count;
}

#ifdef _WIN32
static const char plain_signs[] = "/._-+,:=@\\", inner_quote[] = "\\\"";
#else
static const char plain_signs[] = "/._-+,:=@%", inner_quote[] = "'\\''";
#endif

/* Whether a shell takes a byte as it is, wherever it stands. */
static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c & 0x80) != 0 || (c != 0 && strchr(plain_signs, c));
}

const char *quote_word(char *quoted, size_t size, const char *word) {
  const char *at = word;
  while (is_plain(*at)) at++;
  if (*at == 0 && at > word) {
    snprintf(quoted, size, "%s", word);
    return quoted;
  }
  size_t length = (size_t)snprintf(quoted, size, "%c", WORD_QUOTE);
  for (at = word; *at && length + 6 < size; at++) {
    const char one[] = {*at, 0};
    length += (size_t)snprintf(quoted + length, size - length, "%s",
                               *at == WORD_QUOTE ? inner_quote : one);
  }
  snprintf(quoted + length, size - length, "%c", WORD_QUOTE);
  return quoted;
}
