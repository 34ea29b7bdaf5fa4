/* tokenizer_file.c - writing and reading the file that tokenizer_file.h shows. */
#include "text/tokenizer_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "base/safe_file.h"
#include "base/utf8.h"

static const char first_line[] = "legacy_llm tokenizer 1";

/* Room for a string in quotes: four characters a byte at most. */
enum { MOST_QUOTED = 4 * MAX_WORD + 3, MOST_LINE = MOST_QUOTED + 64 };

/* ---- quotes ---- */

/* The letter that escapes a byte, 0 if it has none. */
static char escape_of(uint8_t byte) {
  return (char)(byte == '\n'   ? 'n'
                : byte == '\t' ? 't'
                : byte == '\r' ? 'r'
                : byte == '"'  ? '"'
                : byte == '\\' ? '\\'
                               : 0);
}

const char *quote_bytes(char *quoted, size_t size, const uint8_t *bytes, int count) {
  size_t at = 0;
  quoted[at++] = '"';
  for (int i = 0; i < count; i++) {
    const char escape = escape_of(bytes[i]);
    const size_t length = escape ? 2 : bytes[i] >= ' ' && bytes[i] < 0x7f ? 1 : 4;
    if (at + length + 2 > size) break; /* the quote and the end */
    if (escape) {
      quoted[at++] = '\\';
      quoted[at++] = escape;
    } else if (length == 1) {
      quoted[at++] = (char)bytes[i];
    } else {
      at += (size_t)snprintf(quoted + at, 5, "\\x%02x", bytes[i]);
    }
  }
  quoted[at++] = '"';
  quoted[at] = 0;
  return quoted;
}

static int hex_digit(char c) {
  static const char digits[] = "0123456789abcdef";
  const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
  return found ? (int)(found - digits) : -1;
}

/* The byte that an escape of text [length] stands for, and how many characters it has; -1 if it is
 * none. */
static int read_escape(const char *text, size_t length, size_t *taken) {
  static const char letters[] = "ntr\"\\", bytes[] = "\n\t\r\"\\";
  *taken = 2;
  if (length < 2) return -1;
  if (text[1] == 'x') {
    const int high = length > 3 ? hex_digit(text[2]) : -1;
    const int low = length > 3 ? hex_digit(text[3]) : -1;
    *taken = 4;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }
  const char *found = text[1] ? strchr(letters, text[1]) : NULL;
  return found ? bytes[found - letters] : -1;
}

int unquote_bytes(uint8_t *bytes, int capacity, const char *text, size_t length) {
  int count = 0;
  for (size_t i = 0, taken; i < length; i += taken) {
    taken = 1;
    const int byte = text[i] == '\\' ? read_escape(text + i, length - i, &taken) : (uint8_t)text[i];
    if (byte < 0 || count == capacity) return -1;
    bytes[count++] = (uint8_t)byte;
  }
  return count;
}

int unquote_option(uint8_t *bytes, int capacity, const char *name, const char *value,
                   Error *error) {
  const int count = unquote_bytes(bytes, capacity, value, strlen(value));
  if (count < 0)
    error_set(error, EXIT_USAGE,
              "--%s %s: give at most %d bytes; \\n, \\t, \\r, \\\\ and \\xHH are known", name,
              value, capacity);
  return count;
}

/* ---- writing ---- */

static void write_entry(FILE *stream, const Tokenizer *t, int i) {
  char quoted[MOST_QUOTED];
  uint8_t piece[MAX_WORD];
  const bool merges = t->kind == TOKENIZER_BPE;
  const int token = merges ? BYTE_TOKENS + i : i;
  quote_bytes(quoted, sizeof quoted, piece, tokenizer_decode(t, token, piece));
  if (merges)
    fprintf(stream, "%d %lu %lu %s\n", token, (unsigned long)(t->entry[i] & 0xffff),
            (unsigned long)(t->entry[i] >> 16), quoted);
  else
    fprintf(stream, "%d %lu %s\n", token, (unsigned long)t->entry[i], quoted);
}

void tokenizer_write(FILE *stream, const Tokenizer *t) {
  char quoted[4 * MAX_SEPARATOR + 8];
  fprintf(stream, "%s\nkind %s\nvocabulary %ld\n", first_line,
          tokenizer_name((TokenizerKind)t->kind), (long)t->size);
  if (t->separator_bytes)
    fprintf(stream, "separator %s\n",
            quote_bytes(quoted, sizeof quoted, (const uint8_t *)t->separator, t->separator_bytes));
  for (int i = 0; i < tokenizer_entries(t); i++) write_entry(stream, t, i);
}

bool tokenizer_save(const char *path, const Tokenizer *t, Error *error) {
  SafeFile file;
  if (!safe_file_open(&file, path, error)) return false;
  tokenizer_write(file.stream, t);
  return safe_file_commit(&file, error);
}

/* ---- reading ---- */

typedef struct {
  FILE *stream;
  const char *name;
  int number; /* of the line */
  char line[MOST_LINE];
} Lines;

static bool refuse_line(const Lines *lines, const char *why, Error *error) {
  return error_set(error, EXIT_USAGE,
                   "cannot use the tokenizer %s: line %d %s; write a new one with `tokenizer`",
                   lines->name, lines->number, why);
}

/* Next line without its end; false at the end of the file, or where a line is too long. */
static bool next_line(Lines *lines) {
  lines->number++;
  if (!fgets(lines->line, sizeof lines->line, lines->stream)) return false;
  const size_t length = strcspn(lines->line, "\r\n");
  const bool ends = lines->line[length] != 0 || feof(lines->stream);
  lines->line[length] = 0;
  return ends;
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
    if (strcmp(name, tokenizer_name((TokenizerKind)kind)) == 0) return kind;
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
  if (t->kind < 0) return refuse_line(lines, "must be \"kind chars\", bytes or bpe", error);
  value = next_line(lines) ? after(lines, "vocabulary") : NULL;
  if (!value || !read_number(&value, &size) || *value || size > MAX_VOCAB)
    return refuse_line(lines, "must be \"vocabulary N\"", error);
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
  return count == tokenizer_decode(t, (int)token, piece) &&
         memcmp(piece, quoted, (size_t)count) == 0;
}

static bool read_entries(Lines *lines, Tokenizer *t, Error *error) {
  memset(t->bytes, 1, BYTE_TOKENS);
  for (int i = 0; i < tokenizer_entries(t); i++) {
    if (!next_line(lines)) return refuse_line(lines, "is missing, or too long", error);
    if (!read_entry(lines, t, i))
      return refuse_line(lines, "is not the entry that should be there", error);
  }
  lines->number++;
  if (getc(lines->stream) != EOF) return refuse_line(lines, "follows the last entry", error);
  return ferror(lines->stream) ? refuse_line(lines, "cannot be read", error) : true;
}

bool tokenizer_read(FILE *stream, const char *name, Tokenizer *t, Error *error) {
  Lines lines = {.stream = stream, .name = name};
  memset(t, 0, sizeof *t);
  if (!read_head(&lines, t, error)) return false;
  const long after_head = ftell(stream);
  const char *separator = next_line(&lines) ? after(&lines, "separator") : NULL;
  if (separator) {
    t->separator_bytes = read_quoted(separator, (uint8_t *)t->separator, MAX_SEPARATOR);
    if (t->separator_bytes <= 0) return refuse_line(&lines, "has no good separator", error);
  } else {
    lines.number--;
    if (after_head < 0 || fseek(stream, after_head, SEEK_SET) != 0)
      return refuse_line(&lines, "cannot be read", error);
  }
  const char *why = tokenizer_check_kind(t);
  if (why) return refuse_line(&lines, why, error);
  if (!read_entries(&lines, t, error)) return false;
  why = tokenizer_settle(t);
  return why ? refuse_line(&lines, why, error) : true;
}

bool tokenizer_load(const char *path, Tokenizer *t, Error *error) {
  FILE *stream = fopen(path, "rb");
  if (!stream)
    return error_set(
        error, EXIT_USAGE,
        "--tokenizer %s: neither chars, bytes nor bpe, nor a file that can be read: %s", path,
        strerror(errno));
  const bool good = tokenizer_read(stream, path, t, error);
  fclose(stream);
  return good;
}
