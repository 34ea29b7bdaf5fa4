/* text_file.h - a text that is given as a file, a pipe or standard input ("-"), and a line of a
 * stream, as sources.
 *
 * A text may be read several times. What can be read only once (a pipe, a FIFO, a terminal) is
 * first copied into a file without a name. A byte order mark at the beginning of a text, which some
 * editors write, is no part of it.
 */
#ifndef TEXT_FILE_H
#define TEXT_FILE_H

#include <stdio.h>

#include "base/errors.h"
#include "run/text_look.h"

typedef struct {
  FILE *file;        /* null: it is not open */
  const char *path;  /* as it was given; outlives it */
  const char *name;  /* what messages call it */
  bool passes;       /* it is no file that another command could read again */
  int64_t start;     /* of the text in the file */
  int64_t bytes;     /* of the text */
  int64_t mark;      /* bytes of the byte order mark before it */
  TextLook look;     /* at what was read of it, until all was */
  const char *doing; /* this time */
  int64_t position;  /* bytes read so far, this time */
  int64_t shown;     /* milliseconds, when progress was last shown */
  bool visible;      /* and it still is there */
  bool looked;       /* the look was at all of it */
  bool failed;       /* the beginning could not be found again */
} TextFile;

/* What option rows of texts call no file: "-", standard input. */
const char *standard_input(int place);

/* Opens a text of at most 2 GB, which an option names. */
bool text_file_open(TextFile *t, const char *path, const char *option, Error *error);

/* The text from its beginning on; `doing` is shown on a terminal once it takes long: "reading". */
Source text_file_source(TextFile *t, const char *doing);

/* The same as a stream of the C library, at the beginning of the text. */
FILE *text_file_stream(TextFile *t);

/* Takes the byte order mark as a part of the text after all, for who takes any bytes. */
void text_file_keep_mark(TextFile *t);

/* Closes the file and wipes the progress; also of one that is zeroed. */
void text_file_close(TextFile *t);

/* ---- lines ---- */

/* One line of a stream, without LF or CR LF and a byte order mark at its beginning. No byte beyond
 * it is read, so that somebody can type.
 */
typedef struct {
  FILE *file;
  bool ends;  /* its end was read */
  bool begun; /* its beginning was */
} LineReader;

/* Whether a stream goes on: another line follows. */
bool line_follows(FILE *file);

/* What is left of the line; name is what messages call it. */
Source line_source(LineReader *l, const char *name);

/* Passes over what is left of the line. */
void line_skip(LineReader *l);

#endif
