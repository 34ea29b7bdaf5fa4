/* text_reader.c - refills the buffer when less than a unit's look-ahead is left in it. */
#include "text_reader.h"

#include <errno.h>
#include <string.h>

#include "crc32.h"
#include "platform.h"

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

bool text_reader_look(TextReader *r, const uint8_t **bytes, size_t *count, Error *error) {
  if (r->end - r->begin < UNIT_LOOKAHEAD && !feof(r->file)) {
    memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
    r->end -= r->begin;
    r->begin = 0;
    const size_t got = fread(r->buffer + r->end, 1, READER_BYTES - r->end, r->file);
    if (ferror(r->file))
      return error_set(error, EXIT_USAGE, "cannot read the text %s: %s", r->path, strerror(errno));
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
