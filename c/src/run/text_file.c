/* text_file.c - reads files and lines with the C library. */
#include "run/text_file.h"

#include <errno.h>
#include <string.h>

#include "base/platform.h"

enum { QUIET_MILLISECONDS = 500 };

/* ---- files ---- */

bool text_file_open(TextFile *t, const char *path, const char *doing, Error *error) {
  *t = (TextFile){.path = path, .doing = doing, .shown = clock_milliseconds()};
  if (!file_size(path, &t->bytes) || !(t->file = fopen(path, "rb")))
    return error_set(error, EXIT_USAGE, "cannot read the text %s: %s; name a text file with --text",
                     path, strerror(errno));
  if (t->bytes <= INT32_MAX) return true;
  fclose(t->file);
  return error_set(error, EXIT_USAGE, "%s has more than 2 GB; train on a part of it", path);
}

static void show_progress(TextFile *t) {
  const int64_t now = clock_milliseconds();
  if (!is_terminal(stderr) || now - t->shown < QUIET_MILLISECONDS) return;
  fprintf(stderr, "\r%s %s: %ld MB  ", t->doing, t->path, (long)(t->position >> 20));
  fflush(stderr);
  t->shown = now;
}

static ptrdiff_t read_file(void *context, void *bytes, size_t size) {
  TextFile *t = context;
  const size_t got = fread(bytes, 1, size, t->file);
  if (ferror(t->file)) return -1;
  t->position += (int64_t)got;
  show_progress(t);
  return (ptrdiff_t)got;
}

Source text_file_source(TextFile *t) {
  const Source source = {t, read_file, t->path};
  return source;
}

void text_file_close(TextFile *t) {
  if (is_terminal(stderr) && t->position > 0) fprintf(stderr, "\r%*s\r", 70, "");
  fclose(t->file);
}

/* ---- lines ---- */

/* The next byte of the line, EOF at its end. */
static int next_of_line(LineReader *l) {
  const int byte = getc(l->file), after = byte == '\r' ? getc(l->file) : EOF;
  l->ends = byte == EOF || byte == '\n' || after == '\n';
  if (after != EOF && after != '\n') ungetc(after, l->file);
  return l->ends ? EOF : byte;
}

bool line_next(LineReader *l) {
  while (!l->ends) next_of_line(l);
  const int first = getc(l->file);
  l->ends = false;
  return first != EOF && ungetc(first, l->file) != EOF;
}

static ptrdiff_t read_line(void *context, void *bytes, size_t size) {
  LineReader *l = context;
  uint8_t *to = bytes;
  size_t count = 0;
  for (int byte; count < size && !l->ends && (byte = next_of_line(l)) != EOF; count++)
    to[count] = (uint8_t)byte;
  return ferror(l->file) ? -1 : (ptrdiff_t)count;
}

Source line_source(LineReader *l) {
  const Source source = {l, read_line, "the line"};
  return source;
}
