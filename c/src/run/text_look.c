/* text_look.c - three small machines that take a text byte by byte. */
#include "run/text_look.h"

#include <string.h>

/* ---- UTF-8 (RFC 3629, section 4) ---- */

/* Begins a character; false where no character begins so. */
static bool begin_character(TextLook *k, uint8_t byte) {
  k->begun_at = k->bytes + 1;
  k->left = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  k->low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
  k->high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
  if (byte < 0x80 || (byte >= 0xc2 && byte <= 0xf4)) return true;
  k->left = 0;
  return false;
}

static void note_wrong(TextLook *k) {
  if (k->wrong++ == 0) k->wrong_at = k->begun_at;
  k->left = 0;
}

static void look_at_encoding(TextLook *k, uint8_t byte) {
  if (k->left > 0 && byte >= k->low && byte <= k->high) {
    k->low = 0x80;
    k->high = 0xbf;
    k->wide += --k->left == 0;
    return;
  }
  if (k->left > 0) note_wrong(k); /* the character is cut */
  if (!begin_character(k, byte)) note_wrong(k);
  if (byte == 0 && !k->nul_at) k->nul_at = k->bytes + 1;
}

/* ---- the ends of lines ---- */

static void look_at_end(TextLook *k, uint8_t byte) {
  k->lf += byte == '\n';
  k->crlf += byte == '\n' && k->last == '\r';
  k->cr += byte == '\r';
  if (byte == '\r' && !k->cr_at) k->cr_at = k->bytes + 1;
  k->last = byte;
}

/* ---- licences ---- */

/* Whether a text begins with words, in letters of either case; the words are in capitals. */
static bool begins_with(const char *text, const char *words) {
  while (*words && (*text == *words || (*text >= 'a' && *text - 32 == *words))) text++, words++;
  return !*words;
}

static bool has_words(const char *text, const char *words) {
  while (*text && !begins_with(text, words)) text++;
  return *text != 0;
}

/* The lines of Project Gutenberg: "*** START OF THE PROJECT GUTENBERG EBOOK MOBY DICK ***", or in
 * old books "*END*THE SMALL PRINT!" before and "End of Project Gutenberg's Moby Dick" behind. */
static void look_at_line(TextLook *k) {
  k->line[k->length] = 0;
  k->length = 0;
  const char *words = k->line + strspn(k->line, "* ");
  const bool stars = words > k->line, end = begins_with(words, "END"),
             named = has_words(words, "PROJECT GUTENBERG");
  const bool begins = stars && ((begins_with(words, "START OF") && named) ||
                                (end && has_words(words, "SMALL PRINT")));
  const bool ends = end && named && !begins;
  if (begins && k->begins++ == 0) k->begins_at = k->lf;
  if (ends && k->ends_at <= k->begins_at) k->ends_at = k->lf;
  k->ends += ends && stars;
}

static void look_at_licence(TextLook *k, uint8_t byte) {
  if (byte == '\n')
    look_at_line(k);
  else if (k->length + 1 < LINE_BYTES)
    k->line[k->length++] = (char)byte;
}

/* ---- all of it ---- */

void text_look_add(TextLook *k, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++, k->bytes++) {
    if (k->bytes < FILE_KIND_BYTES) k->head[k->bytes] = bytes[i];
    look_at_encoding(k, bytes[i]);
    look_at_end(k, bytes[i]);
    look_at_licence(k, bytes[i]);
  }
}

void text_look_end(TextLook *k) {
  k->cut = k->left > 0;
  if (k->cut) note_wrong(k);
  if (k->length > 0) {
    k->lf++;
    look_at_line(k);
    k->lf--;
  }
}

bool text_look_kind(const TextLook *k, FileKind *kind) {
  const size_t count = k->bytes < FILE_KIND_BYTES ? (size_t)k->bytes : FILE_KIND_BYTES;
  return file_kind_of(k->head, count, kind);
}
