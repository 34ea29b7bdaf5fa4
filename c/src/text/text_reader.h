/* text_reader.h - reads a text of any size through a small fixed buffer, front to back. */
#ifndef TEXT_READER_H
#define TEXT_READER_H

#include "text/tokenizer.h"

enum { READER_BYTES = 1 << 14 }; /* of the buffer; many times UNIT_LOOKAHEAD */

typedef struct {
  Source from;
  int64_t position;  /* bytes taken so far */
  uint32_t crc;      /* CRC-32 of all bytes read into the buffer so far */
  size_t begin, end; /* of what is in the buffer and not yet taken */
  bool ended;        /* the source has no more */
  uint8_t buffer[READER_BYTES];
} TextReader;

/* Starts at the beginning of a source. */
void text_reader_start(TextReader *r, const Source *from);

/* Makes at least UNIT_LOOKAHEAD bytes available, or all that is left; false where reading fails. At
 * the end *count is 0. */
bool text_reader_look(TextReader *r, const uint8_t **bytes, size_t *count, Error *error);

/* Takes the first of the bytes that were looked at. */
void text_reader_take(TextReader *r, size_t count);

#endif
