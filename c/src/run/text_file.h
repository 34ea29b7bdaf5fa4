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

/* Counts the tokens of a text in a file. */
bool text_file_count(const char *path, const legacy_llm_tokenizer *t, legacy_llm_text *facts,
                     Error *error);

/* Reads a text in a file, each of its units to a sink. */
bool text_file_encode(const char *path, const char *doing, legacy_llm_encoder *encoder,
                      const legacy_llm_unit_sink *to, Error *error);

/* Opens the token file of a text in a file, in memory [legacy_llm_token_file_size]; where it is not
 * there, or is another's, it is made. Null with an error. token_path outlives it. */
legacy_llm_token_file *token_file_open(void *memory, const char *token_path, const char *text_path,
                                       const legacy_llm_tokenizer *t, const legacy_llm_text *facts,
                                       Error *error);

/* Closes the file and wipes the progress. */
void text_file_close(TextFile *t);

/* One line of a stream, LF or CR LF left out. No byte beyond it is read, so that somebody can type.
 */
typedef struct {
  FILE *file;
  bool ends; /* its end was read */
} LineReader;

/* Whether a stream goes on: another line follows. */
bool line_follows(FILE *file);

/* What is left of the line; name is what messages call it. */
Source line_source(LineReader *l, const char *name);

/* Passes over what is left of the line. */
void line_skip(LineReader *l);

#endif
