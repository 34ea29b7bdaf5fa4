/* text_reader.c - refills the buffer when less than a unit's look-ahead is left in it. */
#include "text/text_reader.h"

#include <errno.h>
#include <string.h>

#include "base/crc32.h"

void text_reader_start(TextReader *r, const Source *from) {
  r->from = *from;
  r->position = 0;
  r->crc = 0;
  r->begin = r->end = 0;
  r->ended = false;
}

/* Moves what is left to the front of the buffer and fills the rest. */
static bool refill(TextReader *r, Error *error) {
  memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
  r->end -= r->begin;
  r->begin = 0;
  const size_t most = READER_BYTES - r->end;
  const ptrdiff_t got = r->from.read(r->from.context, r->buffer + r->end, most);
  if (got < 0)
    return error_set(error, EXIT_FAILED, "cannot read %s: %s; try again, or give another text",
                     r->from.name, strerror(errno));
  r->ended = (size_t)got < most;
  r->crc = crc32(r->crc, r->buffer + r->end, (size_t)got);
  r->end += (size_t)got;
  return true;
}

bool text_reader_look(TextReader *r, const uint8_t **bytes, size_t *count, Error *error) {
  if (r->end - r->begin < UNIT_LOOKAHEAD && !r->ended && !refill(r, error)) return false;
  *bytes = r->buffer + r->begin;
  *count = r->end - r->begin;
  return true;
}

void text_reader_take(TextReader *r, size_t count) {
  r->begin += count;
  r->position += (int64_t)count;
}
