/* tokenizer_file.c - writing and reading the file that tokenizer_file.h shows. */
#include "text/tokenizer_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "base/utf8.h"

static const char first_line[] = "legacy_llm tokenizer 1";

/* Room for a string in quotes: four characters a byte at most. */
enum { MOST_QUOTED = 4 * MAX_WORD + 3, MOST_LINE = MOST_QUOTED + 64 };

/* ---- writing ---- */

/* Writes formatted text of at most MOST_LINE bytes. */
static bool put_line(const Sink *to, const char *line, int length) {
  return length > 0 && length < MOST_LINE && to->write(to->context, line, (size_t)length);
}

static bool write_head(const Sink *to, const Tokenizer *t) {
  char line[MOST_LINE];
  return put_line(to, line,
                  snprintf(line, sizeof line, "%s\nkind %s\nvocabulary %ld\n", first_line,
                           legacy_llm_tokenizer_name((TokenizerKind)t->kind), (long)t->size));
}

static bool write_separator(const Sink *to, const Tokenizer *t) {
  char line[MOST_LINE], quoted[4 * MAX_SEPARATOR + 8];
  quote_bytes(quoted, sizeof quoted, (const uint8_t *)t->separator, t->separator_bytes);
  return put_line(to, line, snprintf(line, sizeof line, "separator %s\n", quoted));
}

static bool write_entry(const Sink *to, const Tokenizer *t, int i) {
  char line[MOST_LINE], quoted[MOST_QUOTED];
  uint8_t piece[MAX_WORD];
  const bool merges = t->kind == TOKENIZER_BPE;
  const int token = merges ? BYTE_TOKENS + i : i;
  quote_bytes(quoted, sizeof quoted, piece, legacy_llm_decode(t, token, piece));
  if (merges)
    return put_line(to, line,
                    snprintf(line, sizeof line, "%d %lu %lu %s\n", token,
                             (unsigned long)(t->entry[i] & 0xffff),
                             (unsigned long)(t->entry[i] >> 16), quoted));
  return put_line(
      to, line,
      snprintf(line, sizeof line, "%d %lu %s\n", token, (unsigned long)t->entry[i], quoted));
}

bool legacy_llm_tokenizer_write(const Tokenizer *t, const Sink *to) {
  if (!write_head(to, t) || (t->separator_bytes && !write_separator(to, t))) return false;
  for (int i = 0; i < tokenizer_entries(t); i++)
    if (!write_entry(to, t, i)) return false;
  return true;
}

/* ---- reading ---- */

typedef struct {
  const Source *from;
  int number;           /* of the line */
  bool ended, failed;   /* the source has no more, or could not be read */
  int failure;          /* errno of the read that failed, or 0 */
  bool whole, held;     /* whether the line at hand is whole; it is to be read again */
  size_t begin, end;    /* of what is in the buffer and not yet taken */
  char line[MOST_LINE]; /* the line at hand, without its end */
  char buffer[512];
} Lines;

static bool refuse_line(const Lines *lines, const char *why, Error *error) {
  if (lines->failed)
    return error_set(error, EXIT_FAILED, "cannot read the tokenizer %s: %s", lines->from->name,
                     lines->failure ? strerror(lines->failure) : "its source failed");
  return error_set(
      error, EXIT_USAGE,
      "cannot use the tokenizer %s: line %d %s; write a new one with `legacy_llm tokenizer`",
      lines->from->name, lines->number, why);
}

/* The next byte, or -1 at the end. */
static int next_byte(Lines *lines) {
  if (lines->begin == lines->end && !lines->ended) {
    errno = 0;
    const ptrdiff_t got =
        lines->from->read(lines->from->context, lines->buffer, sizeof lines->buffer);
    lines->failed = got < 0;
    lines->failure = errno;
    lines->ended = got < (ptrdiff_t)sizeof lines->buffer;
    lines->begin = 0;
    lines->end = got > 0 ? (size_t)got : 0;
  }
  return lines->begin < lines->end ? (unsigned char)lines->buffer[lines->begin++] : -1;
}

/* Passes over a byte order mark before the first line. */
static void pass_mark(Lines *lines) {
  if (next_byte(lines) < 0) return;
  lines->begin = utf8_mark((const uint8_t *)lines->buffer, lines->end);
}

/* Reads a line, LF or CR LF left out; false at the end, or where it is too long or has a NUL. */
static bool read_line(Lines *lines) {
  size_t length = 0;
  int byte = -1;
  while (length + 1 < sizeof lines->line && (byte = next_byte(lines)) > 0 && byte != '\n')
    lines->line[length++] = (char)byte;
  const bool ends = byte == '\n' || (byte < 0 && length > 0);
  if (length > 0 && lines->line[length - 1] == '\r') length--;
  lines->line[length] = 0;
  return ends;
}

/* The next line, or the one that was put back. */
static bool next_line(Lines *lines) {
  lines->number++;
  if (!lines->held) lines->whole = read_line(lines);
  lines->held = false;
  return lines->whole;
}

static void put_back(Lines *lines) {
  lines->number--;
  lines->held = true;
}

/* Whether nothing is left. */
static bool at_end(Lines *lines) {
  if (lines->held) return !lines->whole && lines->line[0] == 0 && lines->ended;
  return next_byte(lines) < 0;
}

/* What follows a word and a space at the start of the line, or null. */
static const char *after(const Lines *lines, const char *word) {
  const size_t length = strlen(word);
  if (strncmp(lines->line, word, length) != 0 || lines->line[length] != ' ') return NULL;
  return lines->line + length + 1;
}

/* A whole number without a sign, moving *text behind it and the space that must follow it, or the
 * end. */
static bool read_number(const char **text, unsigned long *number) {
  char *end;
  if (**text < '0' || **text > '9') return false;
  errno = 0;
  *number = strtoul(*text, &end, 10);
  if (errno || (*end && *end != ' ')) return false;
  *text = end + (*end == ' ');
  return *number <= 0x10ffff;
}

static int find_kind(const char *name) {
  for (int kind = 0; name && kind < TOKENIZERS; kind++)
    if (strcmp(name, legacy_llm_tokenizer_name((TokenizerKind)kind)) == 0) return kind;
  return -1;
}

/* A string in quotes to the end of the line; its bytes, or -1. */
static int read_quoted(const char *text, uint8_t *bytes, int capacity) {
  const size_t length = strlen(text);
  if (length < 2 || text[0] != '"' || text[length - 1] != '"') return -1;
  return unquote_bytes(bytes, capacity, text + 1, length - 2);
}

static bool read_head(Lines *lines, Tokenizer *t, Error *error) {
  unsigned long size;
  const char *value;
  if (!next_line(lines) || strcmp(lines->line, first_line) != 0)
    return refuse_line(lines, "is not \"legacy_llm tokenizer 1\"", error);
  t->kind = next_line(lines) ? find_kind(after(lines, "kind")) : -1;
  if (t->kind < 0)
    return refuse_line(lines, "must be \"kind chars\", \"kind bytes\" or \"kind bpe\"", error);
  value = next_line(lines) ? after(lines, "vocabulary") : NULL;
  if (!value || !read_number(&value, &size) || *value || size > MAX_VOCAB)
    return refuse_line(lines, "must be \"vocabulary N\", where N is the number of tokens", error);
  t->size = (int32_t)size;
  return true;
}

/* The line of entry i. What is in quotes is checked when all entries are settled, so it is kept as
 * it is. */
static bool read_entry(const Lines *lines, Tokenizer *t, int i) {
  const char *text = lines->line;
  unsigned long token, left, right = 0;
  const bool merges = t->kind == TOKENIZER_BPE;
  if (!read_number(&text, &token) || token != (unsigned long)(merges ? BYTE_TOKENS + i : i) ||
      !read_number(&text, &left) || (merges && !read_number(&text, &right)))
    return false;
  if (merges && (left >= token || right >= token)) return false;
  t->entry[i] = (uint32_t)(merges ? left | right << 16 : left);
  if (merges && t->bytes[left] + t->bytes[right] > MAX_WORD) return false;
  if (merges) t->bytes[token] = (uint8_t)(t->bytes[left] + t->bytes[right]);
  uint8_t quoted[MAX_WORD], piece[MAX_WORD];
  const int count = read_quoted(text, quoted, MAX_WORD);
  if (!merges && (left == 0 || left > 0x10ffff)) return false;
  return count == legacy_llm_decode(t, (int)token, piece) &&
         memcmp(piece, quoted, (size_t)count) == 0;
}

static bool read_entries(Lines *lines, Tokenizer *t, Error *error) {
  memset(t->bytes, 1, BYTE_TOKENS);
  for (int i = 0; i < tokenizer_entries(t); i++) {
    if (!next_line(lines)) return refuse_line(lines, "is missing, or too long", error);
    if (!read_entry(lines, t, i))
      return refuse_line(lines, "is not a valid entry, or is out of order", error);
  }
  lines->number++;
  if (!at_end(lines) || lines->failed)
    return refuse_line(lines, "is not expected: the last entry came before it", error);
  return true;
}

/* The line of the separator, where there is one. */
static bool read_separator(Lines *lines, Tokenizer *t, Error *error) {
  const char *separator = next_line(lines) ? after(lines, "separator") : NULL;
  if (!separator) {
    put_back(lines);
    return true;
  }
  t->separator_bytes = read_quoted(separator, (uint8_t *)t->separator, MAX_SEPARATOR);
  return t->separator_bytes > 0
             ? true
             : refuse_line(lines, "has a separator that is empty, too long or badly quoted", error);
}

bool legacy_llm_tokenizer_read(Tokenizer *t, const Source *from, Error *error) {
  Lines lines = {.from = from};
  memset(t, 0, sizeof *t);
  pass_mark(&lines);
  if (!read_head(&lines, t, error) || !read_separator(&lines, t, error)) return false;
  const char *why = tokenizer_check_kind(t);
  if (why) return refuse_line(&lines, why, error);
  if (!read_entries(&lines, t, error)) return false;
  why = tokenizer_settle(t);
  return why ? refuse_line(&lines, why, error) : true;
}
