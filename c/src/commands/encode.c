/* encode.c - tokens as numbers that people can read, and back. */
#include "commands/commands.h"
#include "run/heap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "base/safe_file.h"
#include "run/ram.h"
#include "run/tokenizer_choice.h"
#include "text/data_utils.h"
#include "train/checkpoint_file.h"

static CheckpointHeader header; /* large, so not on the stack */

/* The tokenizer of --model, or of --tokenizer. */
static bool open_tokenizer(const Options *options, Error *error) {
  if (options->model) return checkpoint_load_header(options->model, &header, error);
  return tokenizer_make(&header.tokenizer, options, error);
}

/* Runs `write` with --out, whole or not at all, or with stdout. */
static bool write_output(const Options *options, bool (*write)(const Options *, FILE *, Error *),
                         Error *error) {
  SafeFile file;
  if (!options->out) return write(options, stdout, error);
  if (same_file(options->out, options->text) || same_file(options->out, options->model) ||
      same_file(options->out, options->tokenizer))
    return error_set(error, EXIT_USAGE, "%s would be overwritten; give --out another file",
                     options->out);
  if (!safe_file_open(&file, options->out, error)) return false;
  if (write(options, file.stream, error)) return safe_file_commit(&file, error);
  safe_file_discard(&file);
  return false;
}

/* ---- encode ---- */

enum { NUMBERS_A_LINE = 16 };

typedef struct {
  FILE *stream;
  int32_t count; /* numbers so far */
} Numbers;

static bool write_numbers(void *context, const uint16_t *tokens, int n) {
  Numbers *to = context;
  for (int i = 0; i < n; i++, to->count++) {
    const char *space = to->count == 0 ? "" : to->count % NUMBERS_A_LINE == 0 ? "\n" : " ";
    if (fprintf(to->stream, "%s%d", space, tokens[i]) < 0) return false;
  }
  return true;
}

static bool write_encoded(const Options *options, FILE *stream, Error *error) {
  static Text text;
  Arena arena = {0};
  Encoder encoder;
  Numbers to = {stream, 0};
  if (!text_count(options->text, &header.tokenizer, &text, error)) return false;
  encoder_layout(&encoder, &header.tokenizer, &arena);
  if (!check_ram(arena.plan.total, options, error) || !arena_open(&arena, error)) return false;
  encoder_layout(&encoder, &header.tokenizer, &arena);
  encoder_start(&encoder);
  const bool good =
      text_encode(options->text, &text, &encoder, "encoding", write_numbers, &to, error);
  arena_close(&arena);
  if (good) putc('\n', stream);
  return good;
}

bool encode_command(const Options *options, Error *error) {
  return open_tokenizer(options, error) && write_output(options, write_encoded, error);
}

/* ---- decode ---- */

/* The next number of a stream, white space before it passed over; -1 at the end, -2 where something
 * else stands or the number is too large. */
static int32_t read_number(FILE *stream) {
  int c = getc(stream);
  while (c == ' ' || (c >= '\t' && c <= '\r')) c = getc(stream);
  if (c == EOF) return -1;
  int32_t number = -2;
  for (; c >= '0' && c <= '9'; c = getc(stream)) {
    number = (number < 0 ? 0 : number) * 10 + (c - '0');
    if (number >= MAX_VOCAB) return -2;
  }
  const bool ends = c == EOF || c == ' ' || (c >= '\t' && c <= '\r');
  return ends ? number : -2;
}

static bool decode_stream(const Options *options, FILE *from, FILE *to, Error *error) {
  const Tokenizer *t = &header.tokenizer;
  uint8_t piece[MAX_WORD];
  for (long at = 1;; at++) {
    const int32_t token = read_number(from);
    if (token == -1) break;
    if (token < 0 || token >= t->size)
      return error_set(error, EXIT_USAGE,
                       "number %ld of %s is no token: this tokenizer has 0 to %ld; `encode` writes "
                       "such numbers",
                       at, options->text, (long)t->size - 1);
    fwrite(piece, 1, (size_t)tokenizer_decode(t, token, piece), to);
  }
  if (!ferror(from)) return true;
  return error_set(error, EXIT_FAILED, "cannot read %s: %s", options->text, strerror(errno));
}

static bool write_decoded(const Options *options, FILE *stream, Error *error) {
  FILE *from = fopen(options->text, "rb");
  if (!from)
    return error_set(error, EXIT_USAGE, "cannot read %s: %s; name a file of numbers with --text",
                     options->text, strerror(errno));
  const bool good = decode_stream(options, from, stream, error);
  fclose(from);
  return good;
}

bool decode_command(const Options *options, Error *error) {
  const bool learns = strcmp(options->tokenizer, tokenizer_name(TOKENIZER_CHARS)) == 0 ||
                      strcmp(options->tokenizer, tokenizer_name(TOKENIZER_BPE)) == 0;
  if (!options->model && learns)
    return error_set(error, EXIT_USAGE,
                     "numbers do not tell their tokenizer; give --model, or --tokenizer FILE");
  return open_tokenizer(options, error) && write_output(options, write_decoded, error);
}
