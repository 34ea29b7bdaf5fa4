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
static void make_header(uint8_t head[TOKEN_FILE_HEADER], const TextFacts *facts,
                        const Tokenizer *t) {
  const uint32_t word[] = {VERSION,           (uint32_t)token_width(t->size),
                           (uint32_t)t->size, (uint32_t)facts->tokens,
                           facts->crc,        tokenizer_crc(t)};
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

static bool write_tokens(void *context, const uint8_t *text, int length, const uint16_t *tokens,
                         int n) {
  Writing *to = context;
  uint8_t bytes[2 * MAX_WORD];
  (void)text, (void)length;
  for (int i = 0; i < n; i++) put_token(bytes, to->width, (size_t)i, tokens[i]);
  const size_t size = (size_t)(n * to->width);
  to->crc = crc32(to->crc, bytes, size);
  return fwrite(bytes, 1, size, to->stream) == size;
}

/* There may be no other place for a file, but there may be memory. */
static bool cannot_write(const char *path, int64_t bytes, Error *error) {
  return error_set(error, EXIT_FAILED,
                   "cannot write the token file %s: %s; in memory its tokens would take %lld bytes",
                   path, strerror(errno), (long long)bytes);
}

bool legacy_llm_token_file_make(const char *path, TextEncoder *encoder, const Source *text,
                                const TextFacts *facts, Error *error) {
  SafeFile file;
  uint8_t head[TOKEN_FILE_HEADER];
  const int width = token_width(encoder->encoder.tokenizer->size);
  if (facts->tokens > MOST_BYTES / width)
    return error_set(error, EXIT_USAGE,
                     "%s has more tokens than fit into a file of 2 GB; give a part of it",
                     text->name);
  if (!safe_file_open(&file, path, error))
    return error->exit_code == EXIT_FAILED
               ? cannot_write(path, (int64_t)facts->tokens * width, error)
               : false;
  Writing to = {file.stream, width, 0};
  const UnitSink sink = {&to, write_tokens};
  make_header(head, facts, encoder->encoder.tokenizer);
  fwrite(head, 1, sizeof head, file.stream);
  Error reading;
  const bool read =
      text_encode_counted(&encoder->encoder, &encoder->reader, text, facts, &sink, &reading);
  if (!ferror(file.stream) && !read) {
    safe_file_discard(&file);
    return error_copy(error, &reading);
  }
  put_u32(head, to.crc);
  fwrite(head, 1, SUM_BYTES, file.stream);
  return safe_file_commit(&file, error);
}

/* ---- opening ---- */

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

size_t legacy_llm_token_file_size(void) { return sizeof(TokenFile); }

TokenFile *legacy_llm_token_file_open(void *memory, const char *path, const TextFacts *facts,
                                      const Tokenizer *t) {
  TokenFile *f = memory;
  uint8_t expected[TOKEN_FILE_HEADER], head[TOKEN_FILE_HEADER];
  const int64_t data = (int64_t)facts->tokens * token_width(t->size);
  int64_t bytes;
  *f = (TokenFile){fopen(path, "rb"), path, t->size, token_width(t->size)};
  if (!f->file) return NULL;
  make_header(expected, facts, t);
  if (fread(head, 1, sizeof head, f->file) == sizeof head &&
      memcmp(head, expected, sizeof head) == 0 && file_size(path, &bytes) &&
      bytes == TOKEN_FILE_HEADER + data + SUM_BYTES && sum_agrees(f->file, data))
    return f;
  fclose(f->file);
  return NULL;
}

void legacy_llm_token_file_close(TokenFile *f) { fclose(f->file); }

/* ---- reading ---- */

enum { CHUNK_BYTES = 512 };

/* Reads tokens [count] of at most CHUNK_BYTES from start on. */
static bool read_chunk(const TokenFile *f, int32_t start, int count, uint16_t *tokens,
                       Error *error) {
  uint8_t bytes[CHUNK_BYTES];
  const size_t size = (size_t)(count * f->width);
  const int64_t at = TOKEN_FILE_HEADER + (int64_t)start * f->width;
  if (at > INT32_MAX || fseek(f->file, (long)at, SEEK_SET) != 0 ||
      fread(bytes, 1, size, f->file) != size)
    return error_set(error, EXIT_FAILED, "cannot read the token file %s: %s; run the command again",
                     f->path, ferror(f->file) ? strerror(errno) : "it ends too early");
  for (int i = 0; i < count; i++) {
    tokens[i] = get_token(bytes, f->width, (size_t)i);
    if (tokens[i] >= f->vocab)
      return error_set(
          error, EXIT_FAILED,
          "the token file %s is damaged; delete it and run again, and it is written again",
          f->path);
  }
  return true;
}

static bool read_tokens(void *context, int32_t start, int count, uint16_t *tokens, Error *error) {
  const TokenFile *f = context;
  const int most = CHUNK_BYTES / f->width;
  for (int done = 0, n; done < count; done += n) {
    n = count - done < most ? count - done : most;
    if (!read_chunk(f, start + done, n, tokens + done, error)) return false;
  }
  return true;
}

TokenReader legacy_llm_token_file_reader(TokenFile *f) {
  const TokenReader reader = {f, read_tokens};
  return reader;
}
