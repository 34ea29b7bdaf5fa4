/* generate_output.c - holds back, escapes, writes. */
#include "commands/generate_output.h"

#include <string.h>

#include "base/platform.h"
#include "run/json_text.h"

void output_start(GenerateOutput *o, FILE *file, bool json, const uint8_t *stop, int stop_bytes) {
  memset(o, 0, sizeof *o);
  o->file = file;
  o->json = json;
  o->terminal = is_terminal(stdout);
  o->stop_bytes = stop_bytes;
  memcpy(o->stop, stop, (size_t)stop_bytes);
}

/* ---- JSON ---- */

/* Bytes that the character that starts so has, 1 where none does. */
static int expected_length(uint8_t first) {
  return first < 0xc2 || first > 0xf4 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Writes as many of the partial bytes as make a character, or one byte that makes none. */
static void print_partial(GenerateOutput *o) {
  const int length = json_character(o->partial, (size_t)o->partial_bytes);
  o->partial_bytes -= length;
  memmove(o->partial, o->partial + length, (size_t)o->partial_bytes);
}

static void print_json(GenerateOutput *o, const uint8_t *bytes, int count) {
  for (int i = 0; i < count; i++) {
    o->partial[o->partial_bytes++] = bytes[i];
    while (o->partial_bytes > 0 && o->partial_bytes >= expected_length(o->partial[0]))
      print_partial(o);
  }
}

/* ---- text ---- */

void output_text(GenerateOutput *o, const uint8_t *bytes, int count) {
  if (count <= 0) return;
  o->begun = true;
  if (o->file) fwrite(bytes, 1, (size_t)count, o->file);
  if (o->json)
    print_json(o, bytes, count);
  else
    fwrite(bytes, 1, (size_t)count, stdout);
  if (o->terminal) fflush(stdout);
}

/* Where the stop string stands in what is held, -1 if it does not. */
static int find_stop(const GenerateOutput *o) {
  for (int i = 0; i + o->stop_bytes <= o->held_bytes; i++)
    if (memcmp(o->held + i, o->stop, (size_t)o->stop_bytes) == 0) return i;
  return -1;
}

/* How many bytes at the end of what is held may be the beginning of the stop string. */
static int doubtful_bytes(const GenerateOutput *o) {
  int n = o->stop_bytes - 1 < o->held_bytes ? o->stop_bytes - 1 : o->held_bytes;
  while (n > 0 && memcmp(o->held + o->held_bytes - n, o->stop, (size_t)n) != 0) n--;
  return n;
}

static void release(GenerateOutput *o, int count) {
  output_text(o, o->held, count);
  o->held_bytes -= count;
  memmove(o->held, o->held + count, (size_t)o->held_bytes);
}

bool output_piece(GenerateOutput *o, const uint8_t *bytes, int count) {
  if (o->stop_bytes == 0) {
    output_text(o, bytes, count);
    return false;
  }
  memcpy(o->held + o->held_bytes, bytes, (size_t)count);
  o->held_bytes += count;
  const int at = find_stop(o);
  if (at < 0) {
    release(o, o->held_bytes - doubtful_bytes(o));
    return false;
  }
  release(o, at);
  o->held_bytes = 0;
  return true;
}

void output_end(GenerateOutput *o) {
  release(o, o->held_bytes);
  while (o->partial_bytes > 0) print_partial(o);
}
