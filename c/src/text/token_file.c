/* token_file.c - writing and reading the file that token_file.h draws. */
#include "text/token_file.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/platform.h"
#include "base/safe_file.h"

static const char magic[8] = {'L', 'E', 'G', 'A', 'C', 'Y', 'T', 'K'};

enum { VERSION = 1, SUM_BYTES = 4, MOST_BYTES = INT32_MAX - TOKEN_FILE_HEADER - 4 };

/* The header that the token file of a text must have. */
static void make_header(uint8_t head[TOKEN_FILE_HEADER], const Text *text, const Tokenizer *t) {
  const uint32_t word[] = {
      VERSION,   (uint32_t)text->width, (uint32_t)text->vocab, (uint32_t)text->count,
      text->crc, tokenizer_crc(t)};
  memcpy(head, magic, sizeof magic);
  for (int i = 0; i < 6; i++) put_u32(head + 8 + 4 * i, word[i]);
  put_u32(head + 32, crc32(0, head, 32));
}

/* ---- writing ---- */

typedef struct {
  FILE *stream;
  int width;
  uint32_t crc; /* of the tokens so far */
} Writing;

static bool write_tokens(void *context, const uint16_t *tokens, int n) {
  Writing *to = context;
  uint8_t bytes[2 * MAX_WORD];
  for (int i = 0; i < n; i++) put_token(bytes, to->width, (size_t)i, tokens[i]);
  const size_t size = (size_t)(n * to->width);
  to->crc = crc32(to->crc, bytes, size);
  return fwrite(bytes, 1, size, to->stream) == size;
}

/* There is no --out that would help where a model is judged, but there may be memory. */
static bool cannot_write(const char *file_path, const Text *text, Error *error) {
  return error_set(error, EXIT_FAILED,
                   "cannot write the token file %s: %s; --text-ram %lld keeps the tokens in memory",
                   file_path, strerror(errno), (long long)text->count * text->width);
}

static bool make_file(const char *file_path, const char *text_path, const Text *text,
                      Encoder *encoder, Error *error) {
  SafeFile file;
  uint8_t head[TOKEN_FILE_HEADER];
  if (text->count > MOST_BYTES / text->width)
    return error_set(error, EXIT_USAGE, "%s has more tokens than a file of 2 GB; train on a part",
                     text_path);
  if (!safe_file_open(&file, file_path, error))
    return error->exit_code == EXIT_FAILED ? cannot_write(file_path, text, error) : false;
  Writing to = {file.stream, text->width, 0};
  make_header(head, text, encoder->tokenizer);
  fwrite(head, 1, sizeof head, file.stream);
  Error reading;
  const bool read =
      text_encode(text_path, text, encoder, "writing the tokens of", write_tokens, &to, &reading);
  if (!ferror(file.stream) && !read) {
    *error = reading;
    safe_file_discard(&file);
    return false;
  }
  put_u32(head, to.crc);
  fwrite(head, 1, SUM_BYTES, file.stream);
  return safe_file_commit(&file, error);
}

/* ---- reading ---- */

/* Whether what follows the header is tokens of so many bytes and their sum. */
static bool sum_agrees(FILE *file, int64_t bytes) {
  uint8_t chunk[4096];
  uint32_t crc = 0;
  while (bytes > 0) {
    const size_t part = bytes < (int64_t)sizeof chunk ? (size_t)bytes : sizeof chunk;
    if (fread(chunk, 1, part, file) != part) return false;
    crc = crc32(crc, chunk, part);
    bytes -= (int64_t)part;
  }
  return fread(chunk, 1, SUM_BYTES, file) == SUM_BYTES && get_u32(chunk) == crc;
}

/* Opens a sound token file of exactly this text; null where it is not there or another. */
static FILE *open_matching(const char *path, const Text *text, const Tokenizer *t) {
  uint8_t expected[TOKEN_FILE_HEADER], head[TOKEN_FILE_HEADER];
  const int64_t data = (int64_t)text->count * text->width;
  int64_t bytes;
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  make_header(expected, text, t);
  if (fread(head, 1, sizeof head, file) == sizeof head &&
      memcmp(head, expected, sizeof head) == 0 && file_size(path, &bytes) &&
      bytes == TOKEN_FILE_HEADER + data + SUM_BYTES && sum_agrees(file, data))
    return file;
  fclose(file);
  return NULL;
}

bool token_file_open(const char *file_path, const char *text_path, Text *text, Encoder *encoder,
                     Error *error) {
  text->file_path = file_path;
  text->file = open_matching(file_path, text, encoder->tokenizer);
  if (text->file) return true;
  if (!make_file(file_path, text_path, text, encoder, error)) return false;
  text->file = open_matching(file_path, text, encoder->tokenizer);
  if (text->file) return true;
  return error_set(error, EXIT_FAILED, "cannot read back the token file %s: %s", file_path,
                   strerror(errno));
}

void token_file_close(Text *text, bool keep) {
  if (!text->file) return;
  fclose(text->file);
  text->file = NULL;
  if (!keep) remove(text->file_path);
}

bool token_file_read(const Text *text, int32_t start, int count, uint8_t *bytes, Error *error) {
  const size_t size = (size_t)(count * text->width);
  const int64_t at = TOKEN_FILE_HEADER + (int64_t)start * text->width;
  if (at > INT32_MAX || fseek(text->file, (long)at, SEEK_SET) != 0 ||
      fread(bytes, 1, size, text->file) != size)
    return error_set(error, EXIT_FAILED, "cannot read the token file %s: %s; start again",
                     text->file_path, ferror(text->file) ? strerror(errno) : "it ends too early");
  for (int i = 0; i < count; i++)
    if (get_token(bytes, text->width, (size_t)i) >= text->vocab)
      return error_set(error, EXIT_FAILED,
                       "the token file %s is damaged; remove it, it is made anew", text->file_path);
  return true;
}
