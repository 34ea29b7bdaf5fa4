/* tokenizer_choice.c - tokenizers by options. */
#include "run/tokenizer_choice.h"

#include <string.h>

#include "run/ram.h"
#include "text/data_utils.h"
#include "text/tokenizer_file.h"

/* Kind, size and separator that the settings ask for; what kinds other than these ask for is a
 * file, and t->kind TOKENIZERS. */
static bool tokenizer_settings(Tokenizer *t, const TokenizerSettings *settings, Error *error) {
  memset(t, 0, sizeof *t);
  for (t->kind = 0; t->kind < TOKENIZERS; t->kind++)
    if (strcmp(settings->tokenizer, tokenizer_name((TokenizerKind)t->kind)) == 0) break;
  t->size = t->kind == TOKENIZER_BPE ? settings->vocab : MAX_VOCAB;
  t->separator_bytes = unquote_option((uint8_t *)t->separator, MAX_SEPARATOR, "separator",
                                      settings->separator, error);
  return t->separator_bytes >= 0;
}

bool tokenizer_make(Tokenizer *t, const TokenizerSettings *settings, const char *text,
                    RamLimit limit, Error *error) {
  if (!tokenizer_settings(t, settings, error)) return false;
  if (t->kind == TOKENIZERS) return tokenizer_load(settings->tokenizer, t, error);
  /* Only pairs take memory to learn; without them a plan of any budget is shown, then refused. */
  return (t->kind != TOKENIZER_BPE || check_ram(text_scan_bytes(text, t), limit, error)) &&
         text_learn(text, t, error);
}

/* Whether kind and size are as was asked for; bpe may have learned fewer than it might. */
static bool same_kind(const Tokenizer *t, const Tokenizer *asked, const TrainingSettings *s) {
  if (options_given(s, "tokenizer") && asked->kind != t->kind) return false;
  return !options_given(s, "vocab") || t->size <= asked->size;
}

bool tokenizer_agrees(const Tokenizer *t, const TrainingSettings *s, Error *error) {
  static Tokenizer asked; /* large, so not on the stack */
  if (!tokenizer_settings(&asked, &s->tokenizer, error)) return false;
  const bool file = asked.kind == TOKENIZERS;
  if (file && !tokenizer_load(s->tokenizer.tokenizer, &asked, error)) return false;
  const bool same_separator = asked.separator_bytes == t->separator_bytes &&
                              memcmp(asked.separator, t->separator, MAX_SEPARATOR) == 0;
  const bool same = file ? tokenizer_crc(&asked) == tokenizer_crc(t) : same_kind(t, &asked, s);
  if (same && (file || !options_given(s, "separator") || same_separator)) return true;
  return error_set(
      error, EXIT_USAGE,
      "--tokenizer, --vocab and --separator cannot change in a resumed training; leave "
      "them out, or train anew");
}
