/* text_reader.h - reads a text file of any size through a small fixed buffer, front to back. */
#ifndef TEXT_READER_H
#define TEXT_READER_H

#include <stdio.h>

#include "text/tokenizer.h"

enum { READER_BYTES = 1 << 14 }; /* of the buffer; many times UNIT_LOOKAHEAD */

typedef struct {
  FILE *file;
  const char *path;
  int64_t position;  /* bytes taken so far, of the line where it goes by lines */
  uint32_t crc;      /* CRC-32 of all bytes read into the buffer so far */
  size_t begin, end; /* of what is in the buffer and not yet taken */
  int64_t shown;     /* milliseconds, when progress was last shown */
  const char *doing; /* what progress says */
  bool by_lines;     /* look sees no further than the end of the line */
  bool line_ends;    /* and that is in the buffer */
  uint8_t buffer[READER_BYTES];
} TextReader;

/* Opens a text. `doing` is shown on a terminal while a long text is read: "counting". */
bool text_reader_open(TextReader *r, const char *path, const char *doing, Error *error);

/* Starts with a stream that is open and stays so. */
void text_reader_start(TextReader *r, FILE *file, const char *name);

/* Goes to the next line, whatever is left of this one, and from now on look ends where it ends, CR
 * LF or LF left out. False at the end of the text. Reads no byte beyond the line, so that somebody
 * can type. */
bool text_reader_next_line(TextReader *r);

/* Makes at least UNIT_LOOKAHEAD bytes available, or all that is left; false where reading fails. At
 * the end *count is 0. */
bool text_reader_look(TextReader *r, const uint8_t **bytes, size_t *count, Error *error);

/* Takes the first of the bytes that were looked at. */
void text_reader_take(TextReader *r, size_t count);

/* Closes the file and wipes the progress. */
void text_reader_close(TextReader *r);

#endif
