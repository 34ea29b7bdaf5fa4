/* text_look.h - what a text shows while it is read for the first time: its encoding, the ends of
 * its lines, licence text around a book. Nothing of it changes the text; people are told.
 */
#ifndef TEXT_LOOK_H
#define TEXT_LOOK_H

#include "run/file_kind.h"

enum { LINE_BYTES = 96 /* of the beginning of a line, in which a licence shows */ };

/* Places are counted from 1, and 0 is none. */
typedef struct {
  int64_t bytes; /* seen so far */
  uint8_t head[FILE_KIND_BYTES];
  /* Of UTF-8: bytes that are wrong, characters of more than one byte, and NULs. */
  int64_t wrong_at, wrong, wide, nul_at, begun_at;
  bool cut;          /* the last character is not whole */
  int left;          /* bytes that the character at hand still needs */
  uint8_t low, high; /* between which the next of them is */
  /* Of line ends: how many LF there are, CR LF among them, and CR, CR LF among them. */
  int64_t lf, crlf, cr, cr_at;
  uint8_t last; /* the byte before */
  /* Of a licence: the first line that says that a book begins, the first after it that says that it
   * ends, and how often either is said. */
  int64_t begins_at, ends_at, begins, ends;
  char line[LINE_BYTES];
  int length; /* of what is in it */
} TextLook;

/* Looks at the next bytes [count] of a text; a look begins zeroed. */
void text_look_add(TextLook *look, const uint8_t *bytes, size_t count);

/* The text has ended. */
void text_look_end(TextLook *look);

/* What the text is, by its beginning; false where that says nothing. */
bool text_look_kind(const TextLook *look, FileKind *kind);

#endif
