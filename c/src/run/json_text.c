/* json_text.c - escapes what JSON does not take as it is. */
#include "run/json_text.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

int json_character(const uint8_t *bytes, size_t count) {
  uint32_t character;
  const int length = utf8_read(bytes, count, &character);
  if (length == 0)
    printf("\\ufffd");
  else if (character == '"' || character == '\\')
    printf("\\%c", (int)character);
  else if (character < ' ' || character == 0x7f)
    printf("\\u%04x", (unsigned)character);
  else
    fwrite(bytes, 1, (size_t)length, stdout);
  return length ? length : 1;
}

void json_text(const char *text) {
  for (size_t left = strlen(text); left > 0;) {
    const size_t taken = (size_t)json_character((const uint8_t *)text, left);
    text += taken;
    left -= taken;
  }
}
