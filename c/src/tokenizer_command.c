/* tokenizer_command.c - tokenizers by options. */
#include "tokenizer_command.h"

#include <stdio.h>
#include <string.h>

#include "checkpoint.h"
#include "data_utils.h"
#include "plan.h"
#include "platform.h"
#include "tokenizer_file.h"

/* Kind, size and separator that the options ask for; what kinds other than these ask for is a file,
 * and t->kind TOKENIZERS. */
static bool tokenizer_settings(Tokenizer *t, const Options *options, Error *error) {
  memset(t, 0, sizeof *t);
  for (t->kind = 0; t->kind < TOKENIZERS; t->kind++)
    if (strcmp(options->tokenizer, tokenizer_name((TokenizerKind)t->kind)) == 0) break;
  if (t->kind == TOKENIZERS && (options->vocab || *options->separator))
    return error_set(error, EXIT_USAGE,
                     "--tokenizer %s is a file, which has its vocabulary and separator; leave out "
                     "--vocab and --separator",
                     options->tokenizer);
  if (options->vocab && t->kind != TOKENIZER_BPE)
    return error_set(error, EXIT_USAGE, "--vocab is for --tokenizer bpe; %s have what they have",
                     options->tokenizer);
  t->size = t->kind != TOKENIZER_BPE ? MAX_VOCAB : options->vocab ? options->vocab : DEFAULT_VOCAB;
  t->separator_bytes = unquote_option((uint8_t *)t->separator, MAX_SEPARATOR, "separator",
                                      options->separator, error);
  return t->separator_bytes >= 0;
}

bool tokenizer_make(Tokenizer *t, const Options *options, Error *error) {
  if (!tokenizer_settings(t, options, error)) return false;
  if (t->kind == TOKENIZERS) return tokenizer_load(options->tokenizer, t, error);
  /* Only pairs take memory to learn; without them a plan of any budget is shown, then refused. */
  return (t->kind != TOKENIZER_BPE ||
          check_ram(text_scan_bytes(options->text, t), options, error)) &&
         text_learn(options->text, t, error);
}

bool tokenizer_agrees(const Tokenizer *t, const Options *options, Error *error) {
  static Tokenizer asked; /* large, so not on the stack */
  const bool default_kind = strcmp(options->tokenizer, "chars") == 0;
  if (default_kind && !options->vocab && !*options->separator) return true; /* nothing is asked */
  if (!tokenizer_settings(&asked, options, error)) return false;
  if (asked.kind == TOKENIZERS && !tokenizer_load(options->tokenizer, &asked, error)) return false;
  if (asked.kind == t->kind && t->size <= asked.size &&
      asked.separator_bytes == t->separator_bytes &&
      memcmp(asked.separator, t->separator, MAX_SEPARATOR) == 0)
    return true;
  return error_set(
      error, EXIT_USAGE,
      "--tokenizer, --vocab and --separator cannot change in a resumed training; leave "
      "them out, or train anew");
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
