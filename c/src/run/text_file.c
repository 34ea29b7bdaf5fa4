/* text_file.c - reads files and lines with the C library. */
#include "run/text_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "run/heap.h"

enum { QUIET_MILLISECONDS = 500 };

/* ---- files ---- */

bool text_file_open(TextFile *t, const char *path, const char *doing, Error *error) {
  *t = (TextFile){.path = path, .doing = doing, .shown = clock_milliseconds()};
  if (!file_size(path, &t->bytes) || !(t->file = fopen(path, "rb")))
    return error_set(error, EXIT_USAGE, "cannot read the text %s: %s; give a text file with --text",
                     path, strerror(errno));
  if (t->bytes <= INT32_MAX) return true;
  fclose(t->file);
  return error_set(error, EXIT_USAGE, "%s is larger than 2 GB; give a part of it", path);
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

bool text_file_count(const char *path, const legacy_llm_tokenizer *t, legacy_llm_text *facts,
                     Error *error) {
  TextFile text;
  memset(facts, 0, sizeof *facts);
  if (!text_file_open(&text, path, "counting the tokens of", error)) return false;
  void *scratch = heap_take(legacy_llm_scan_size(t, text.bytes), error);
  const Source source = text_file_source(&text);
  const bool good = scratch && legacy_llm_count_tokens(t, &source, facts, scratch, error);
  free(scratch);
  text_file_close(&text);
  return good;
}

bool text_file_encode(const char *path, const char *doing, legacy_llm_encoder *encoder,
                      const legacy_llm_unit_sink *to, Error *error) {
  TextFile text;
  if (!text_file_open(&text, path, doing, error)) return false;
  const Source source = text_file_source(&text);
  const bool good = legacy_llm_encode(encoder, &source, to, error);
  text_file_close(&text);
  return good;
}

/* Writes the tokens of a text in a file. */
static bool write_tokens(const char *token_path, const char *text_path,
                         const legacy_llm_tokenizer *t, const legacy_llm_text *facts,
                         Error *error) {
  TextFile text;
  if (!text_file_open(&text, text_path, "writing the tokens of", error)) return false;
  void *memory = heap_take(legacy_llm_encoder_size(t), error);
  const Source source = text_file_source(&text);
  const bool good =
      memory && legacy_llm_token_file_make(token_path, legacy_llm_encoder_open(memory, t), &source,
                                           facts, error);
  free(memory);
  text_file_close(&text);
  return good;
}

legacy_llm_token_file *token_file_open(void *memory, const char *token_path, const char *text_path,
                                       const legacy_llm_tokenizer *t, const legacy_llm_text *facts,
                                       Error *error) {
  legacy_llm_token_file *file = legacy_llm_token_file_open(memory, token_path, facts, t);
  if (file) return file;
  if (!write_tokens(token_path, text_path, t, facts, error)) return NULL;
  errno = 0;
  file = legacy_llm_token_file_open(memory, token_path, facts, t);
  if (file) return file;
  error_set(error, EXIT_FAILED, "cannot read back the token file %s: %s; start again", token_path,
            errno ? strerror(errno) : "it has other bytes than were written");
  remove(token_path);
  return NULL;
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
  for (int byte; count < size && !l->ends && (byte = next_of_line(l)) != EOF; count++)
    to[count] = (uint8_t)byte;
  return ferror(l->file) ? -1 : (ptrdiff_t)count;
}

Source line_source(LineReader *l, const char *name) {
  const Source source = {l, read_line, name};
  return source;
}
