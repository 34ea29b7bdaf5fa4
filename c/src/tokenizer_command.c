/* tokenizer_command.c - tokenizers by options. */
#include "tokenizer_command.h"

#include <stdio.h>
#include <string.h>

#include "checkpoint.h"
#include "data_utils.h"
#include "plan.h"
#include "platform.h"
#include "tokenizer_file.h"

bool tokenizer_make(Tokenizer *t, const Options *options, Error *error) {
  memset(t, 0, sizeof *t);
  for (t->kind = 0; t->kind < TOKENIZERS; t->kind++)
    if (strcmp(options->tokenizer, tokenizer_name((TokenizerKind)t->kind)) == 0) break;
  if (t->kind == TOKENIZERS) {
    if (!options->vocab && !*options->separator)
      return tokenizer_load(options->tokenizer, t, error);
    return error_set(error, EXIT_USAGE,
                     "--tokenizer %s is a file, which has its vocabulary and separator; leave out "
                     "--vocab and --separator",
                     options->tokenizer);
  }
  if (options->vocab && t->kind != TOKENIZER_BPE)
    return error_set(error, EXIT_USAGE, "--vocab is for --tokenizer bpe; %s have what they have",
                     options->tokenizer);
  t->size = t->kind != TOKENIZER_BPE ? MAX_VOCAB : options->vocab ? options->vocab : DEFAULT_VOCAB;
  t->separator_bytes = unquote_bytes((uint8_t *)t->separator, MAX_SEPARATOR, options->separator,
                                     strlen(options->separator));
  if (t->separator_bytes < 0)
    return error_set(
        error, EXIT_USAGE,
        "--separator %s: give at most %d bytes; \\n, \\t, \\r, \\\\ and \\xHH are known",
        options->separator, MAX_SEPARATOR);
  return check_ram(text_scan_bytes(options->text, t), options, error) &&
         text_learn(options->text, t, error);
}

bool tokenizer_command(const Options *options, Error *error) {
  static CheckpointHeader header; /* large, so not on the stack */
  Tokenizer *t = &header.tokenizer;
  static Text text;
  if (!options->out) return error_set(error, EXIT_USAGE, "name the file to write with --out");
  if (same_file(options->out, options->text) || same_file(options->out, options->model))
    return error_set(error, EXIT_USAGE, "%s would be overwritten; give --out another file",
                     options->out);
  if (options->model &&
      (options->vocab || *options->separator || strcmp(options->tokenizer, "chars")))
    return error_set(error, EXIT_USAGE,
                     "--model %s has its tokenizer; leave out --tokenizer, --vocab and --separator",
                     options->model);
  if (!(options->model ? checkpoint_load_header(options->model, &header, error)
                       : tokenizer_make(t, options, error)))
    return false;
  if (!tokenizer_save(options->out, t, error)) return false;
  printf("%s: %s, %ld tokens\n", options->out, tokenizer_name((TokenizerKind)t->kind),
         (long)t->size);
  if (options->model || !text_count(options->text, t, &text, error)) return options->model != NULL;
  printf("%s: %lld bytes, %ld tokens\n", options->text, (long long)text.bytes, (long)text.count);
  return true;
}
