/* text_file.c - reads files, pipes and lines with the C library. */
#include "run/text_file.h"

#include <errno.h>
#include <string.h>

#include "base/platform.h"
#include "base/safe_file.h"
#include "base/utf8.h"

enum { QUIET_MILLISECONDS = 500, COPY_BYTES = 1 << 14 };

const char *standard_input(int place) { return place == 0 ? "-" : NULL; }

/* ---- opening ---- */

static bool cannot_read(const TextFile *t, const char *option, Error *error) {
  return error_set(error, EXIT_USAGE, "cannot read the text %s: %s; give a text file with --%s",
                   t->name, strerror(errno), option);
}

static bool too_large(const TextFile *t, Error *error) {
  return error_set(error, EXIT_USAGE, "%s is larger than 2 GB; give a part of it", t->name);
}

/* Copies all of a stream; false where it cannot be read or the copy cannot be written. */
static bool copy_all(TextFile *t, FILE *from, FILE *to, Error *error) {
  uint8_t bytes[COPY_BYTES];
  size_t got;
  while ((got = fread(bytes, 1, sizeof bytes, from)) > 0) {
    t->bytes += (int64_t)got;
    if (t->bytes > INT32_MAX) return too_large(t, error);
    if (fwrite(bytes, 1, got, to) < got) break;
  }
  if (ferror(from))
    return error_set(error, EXIT_FAILED, "cannot read %s: %s; try again, or give another text",
                     t->name, strerror(errno));
  if (!ferror(to) && fflush(to) == 0) return true;
  return error_set(error, EXIT_FAILED,
                   "cannot keep %s in a temporary file: %s; save it as a file and give that, or "
                   "set TMPDIR to a folder with more room",
                   t->name, strerror(errno));
}

/* What a person types to end a text. */
#ifdef _WIN32
#define END_KEY "Ctrl-Z"
#else
#define END_KEY "Ctrl-D"
#endif

/* Puts a copy in the place of what can be read only once. */
static bool keep_stream(TextFile *t, FILE *from, Error *error) {
  t->passes = true;
  t->file = nameless_file();
  if (!t->file)
    return error_set(error, EXIT_FAILED,
                     "cannot make a temporary file for %s: %s; save it as a file and give that",
                     t->name, strerror(errno));
  if (is_terminal(from))
    fprintf(stderr, "legacy_llm: type the text; %s on a line of its own ends it\n", END_KEY);
  return copy_all(t, from, t->file, error);
}

/* The file of a path, or standard input. */
static FILE *open_path(const TextFile *t) {
  if (strcmp(t->path, standard_input(0)) == 0) return stdin;
  if (path_kind(t->path) != PATH_FOLDER) return fopen(t->path, "rb");
  errno = EISDIR;
  return NULL;
}

/* What a file that is open holds: a text from where it stands, or what must be copied. A file that
 * says that it is empty may be one of /proc, which says so of all. */
static bool open_file(TextFile *t, FILE *file, Error *error) {
  int64_t bytes;
  const bool ordinary = stream_size(file, &bytes) && bytes > 0;
  const long at = ordinary ? ftell(file) : -1;
  if (at >= 0) {
    t->file = file;
    t->start = at;
    t->bytes = bytes > at ? bytes - at : 0;
    t->passes = file == stdin;
    return t->bytes <= INT32_MAX || too_large(t, error);
  }
  const bool good = keep_stream(t, file, error);
  if (file != stdin) fclose(file);
  return good;
}

/* Leaves a byte order mark out. */
static bool pass_mark(TextFile *t, Error *error) {
  uint8_t bytes[UTF8_MARK];
  const Source source = text_file_source(t, "reading");
  const ptrdiff_t got = source.read(source.context, bytes, sizeof bytes);
  if (got < 0)
    return error_set(error, EXIT_FAILED, "cannot read %s: %s; try again, or give another text",
                     t->name, strerror(errno));
  t->mark = (int64_t)utf8_mark(bytes, (size_t)got);
  t->start += t->mark;
  t->bytes -= t->mark;
  t->looked = false;
  return true;
}

bool text_file_open(TextFile *t, const char *path, const char *option, Error *error) {
  memset(t, 0, sizeof *t);
  t->path = path;
  t->name = strcmp(path, standard_input(0)) == 0 ? "standard input" : path;
  FILE *file = open_path(t);
  if (!file) return cannot_read(t, option, error);
  if (open_file(t, file, error) && pass_mark(t, error)) return true;
  text_file_close(t);
  return false;
}

void text_file_keep_mark(TextFile *t) {
  t->start -= t->mark;
  t->bytes += t->mark;
  t->mark = 0;
}

/* ---- reading ---- */

static void wipe_progress(TextFile *t) {
  if (t->visible) fprintf(stderr, "\r%*s\r", 70, "");
  t->visible = false;
}

static void show_progress(TextFile *t) {
  const int64_t now = clock_milliseconds();
  if (!is_terminal(stderr) || now - t->shown < QUIET_MILLISECONDS) return;
  fprintf(stderr, "\r%s %s: %ld MB  ", t->doing, t->name, (long)(t->position >> 20));
  fflush(stderr);
  t->shown = now;
  t->visible = true;
}

/* What a file gets while it is read is no part of the text. */
static ptrdiff_t read_file(void *context, void *bytes, size_t size) {
  TextFile *t = context;
  const int64_t left = t->bytes - t->position;
  if (t->failed) return -1;
  const size_t got = fread(bytes, 1, left < (int64_t)size ? (size_t)left : size, t->file);
  if (ferror(t->file)) return -1;
  t->position += (int64_t)got;
  if (!t->looked) text_look_add(&t->look, bytes, got);
  if (!t->looked && got < size) text_look_end(&t->look);
  t->looked = t->looked || got < size;
  (got < size ? wipe_progress : show_progress)(t);
  return (ptrdiff_t)got;
}

Source text_file_source(TextFile *t, const char *doing) {
  const Source source = {t, read_file, t->name};
  wipe_progress(t);
  t->doing = doing;
  t->position = 0;
  t->shown = clock_milliseconds();
  if (!t->looked) memset(&t->look, 0, sizeof t->look);
  t->failed = fseek(t->file, (long)t->start, SEEK_SET) != 0;
  return source;
}

FILE *text_file_stream(TextFile *t) {
  text_file_source(t, "reading");
  return t->file;
}

void text_file_close(TextFile *t) {
  if (!t->file) return;
  wipe_progress(t);
  if (t->file != stdin) fclose(t->file);
  t->file = NULL;
}

/* ---- lines ---- */

/* The next byte of the line, EOF at its end. */
static int next_of_line(LineReader *l) {
  const int byte = getc(l->file), after = byte == '\r' ? getc(l->file) : EOF;
  l->ends = byte == EOF || byte == '\n' || after == '\n';
  if (after != EOF && after != '\n') ungetc(after, l->file);
  return l->ends ? EOF : byte;
}

bool line_follows(FILE *file) {
  const int first = getc(file);
  return first != EOF && ungetc(first, file) != EOF;
}

void line_skip(LineReader *l) {
  while (!l->ends) next_of_line(l);
}

static ptrdiff_t read_line(void *context, void *bytes, size_t size) {
  LineReader *l = context;
  uint8_t *to = bytes;
  size_t count = 0;
  const bool begins = !l->begun;
  for (int byte; count < size && !l->ends && (byte = next_of_line(l)) != EOF; count++)
    to[count] = (uint8_t)byte;
  l->begun = true;
  const size_t mark = begins ? utf8_mark(to, count) : 0;
  count -= mark;
  memmove(to, to + mark, count);
  return ferror(l->file) ? -1 : (ptrdiff_t)count;
}

Source line_source(LineReader *l, const char *name) {
  const Source source = {l, read_line, name};
  return source;
}
