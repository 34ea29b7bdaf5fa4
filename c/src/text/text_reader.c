/* text_reader.c - refills the buffer when less than a unit's look-ahead is left in it. */
#include "text/text_reader.h"

#include <errno.h>
#include <string.h>

#include "base/crc32.h"
#include "base/platform.h"

enum { QUIET_MILLISECONDS = 500 };

bool text_reader_open(TextReader *r, const char *path, const char *doing, Error *error) {
  memset(r, 0, sizeof *r);
  r->path = path;
  r->doing = doing;
  r->shown = clock_milliseconds();
  r->file = fopen(path, "rb");
  if (r->file) return true;
  return error_set(error, EXIT_USAGE, "cannot read the text %s: %s; name a text file with --text",
                   path, strerror(errno));
}

void text_reader_start(TextReader *r, FILE *file, const char *name) {
  memset(r, 0, sizeof *r);
  r->file = file;
  r->path = name;
}

static void show_progress(TextReader *r) {
  const int64_t now = clock_milliseconds();
  if (!r->doing || !is_terminal(stderr) || now - r->shown < QUIET_MILLISECONDS) return;
  fprintf(stderr, "\r%s %s: %ld MB  ", r->doing, r->path, (long)(r->position >> 20));
  fflush(stderr);
  r->shown = now;
}

/* ---- lines ---- */

/* The next byte of the line, EOF at its end. */
static int next_of_line(TextReader *r) {
  const int byte = getc(r->file), after = byte == '\r' ? getc(r->file) : EOF;
  r->line_ends = byte == EOF || byte == '\n' || after == '\n';
  if (after != EOF && after != '\n') ungetc(after, r->file);
  return r->line_ends ? EOF : byte;
}

/* Reads at most `most` bytes of the line; returns how many. */
static size_t read_of_line(TextReader *r, uint8_t *bytes, size_t most) {
  size_t count = 0;
  for (int byte; count < most && !r->line_ends && (byte = next_of_line(r)) != EOF; count++)
    bytes[count] = (uint8_t)byte;
  return count;
}

bool text_reader_next_line(TextReader *r) {
  while (r->by_lines && !r->line_ends) next_of_line(r);
  const int first = getc(r->file);
  r->begin = r->end = 0;
  r->by_lines = true;
  r->line_ends = false;
  r->position = 0;
  return first != EOF && ungetc(first, r->file) != EOF;
}

/* ---- looking and taking ---- */

bool text_reader_look(TextReader *r, const uint8_t **bytes, size_t *count, Error *error) {
  const bool ends = r->by_lines ? r->line_ends : feof(r->file) != 0;
  if (r->end - r->begin < UNIT_LOOKAHEAD && !ends) {
    memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
    r->end -= r->begin;
    r->begin = 0;
    uint8_t *to = r->buffer + r->end;
    const size_t most = READER_BYTES - r->end;
    const size_t got = r->by_lines ? read_of_line(r, to, most) : fread(to, 1, most, r->file);
    if (ferror(r->file))
      return error_set(error, EXIT_FAILED, "cannot read the text %s: %s", r->path, strerror(errno));
    r->crc = crc32(r->crc, r->buffer + r->end, got);
    r->end += got;
    show_progress(r);
  }
  *bytes = r->buffer + r->begin;
  *count = r->end - r->begin;
  return true;
}

void text_reader_take(TextReader *r, size_t count) {
  r->begin += count;
  r->position += (int64_t)count;
}

void text_reader_close(TextReader *r) {
  if (is_terminal(stderr) && r->position > 0) fprintf(stderr, "\r%*s\r", 70, "");
  fclose(r->file);
}
