/* tokenizer_choice.c - tokenizers by options. */
#include "run/tokenizer_choice.h"

#include <string.h>

#include "run/ram.h"
#include "text/data_utils.h"
#include "text/tokenizer_file.h"

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
