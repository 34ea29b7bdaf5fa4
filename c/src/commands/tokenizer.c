/* tokenizer.c - the command that writes a tokenizer as a file that people can read. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "run/ram.h"
#include "run/tokenizer_choice.h"
#include "text/data_utils.h"
#include "text/tokenizer_file.h"
#include "train/checkpoint_file.h"

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
