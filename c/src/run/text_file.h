/* text_file.h - a text in a file, and a line of a stream, as sources. */
#ifndef TEXT_FILE_H
#define TEXT_FILE_H

#include <stdio.h>

#include "base/errors.h"

/* A text in a file, whose reading is shown on a terminal once it takes long. */
typedef struct {
  FILE *file;
  const char *path;  /* outlives it */
  const char *doing; /* what is shown: "counting the tokens of" */
  int64_t bytes;     /* of the file */
  int64_t position;  /* bytes read so far */
  int64_t shown;     /* milliseconds, when progress was last shown */
} TextFile;

/* Opens an ordinary file of at most 2 GB. */
bool text_file_open(TextFile *t, const char *path, const char *doing, Error *error);

/* Its bytes from the beginning on. */
Source text_file_source(TextFile *t);

/* Closes the file and wipes the progress. */
void text_file_close(TextFile *t);

/* One line of a stream, LF or CR LF left out. No byte beyond it is read, so that somebody can type.
 */
typedef struct {
  FILE *file;
  bool ends; /* its end was read */
} LineReader;

/* Goes to the next line, whatever is left of the one at hand; false at the end of the stream. */
bool line_next(LineReader *l);

/* What is left of the line. */
Source line_source(LineReader *l);

#endif
