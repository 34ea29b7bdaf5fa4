/* tokenizer_choice.c - tokenizers by options. */
#include "run/tokenizer_choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "base/stream.h"
#include "run/heap.h"
#include "run/text_tokens.h"

/* The kind of a name; LEGACY_LLM_TOKENIZER_KINDS where it is none, and so a file. */
static legacy_llm_tokenizer_kind kind_of(const char *name) {
  int kind = 0;
  while (kind < LEGACY_LLM_TOKENIZER_KINDS &&
         strcmp(name, legacy_llm_tokenizer_name((legacy_llm_tokenizer_kind)kind)) != 0)
    kind++;
  return (legacy_llm_tokenizer_kind)kind;
}

/* Bytes of the separator that the settings ask for; their escapes were checked. */
static int separator_of(const TokenizerSettings *settings,
                        uint8_t separator[LEGACY_LLM_MAX_SEPARATOR]) {
  return unquote_bytes(separator, LEGACY_LLM_MAX_SEPARATOR, settings->separator,
                       strlen(settings->separator));
}

/* Says of what was refused what it is instead, where its beginning tells; returns false. */
static bool advise(const char *path, Error *error) {
  FileKind kind;
  if (error->exit_code != EXIT_USAGE || !file_kind_of_path(path, &kind) ||
      kind.standing == STANDS_TOKENIZER || kind.text)
    return false;
  if (kind.charset) {
    char word[PATH_BYTES];
    return error_set(error, EXIT_USAGE,
                     "cannot use the tokenizer %s: it is %s, not UTF-8; to make it UTF-8: iconv -f "
                     "%s -t UTF-8 %s > NEW_FILE",
                     path, kind.what, kind.charset, quote_word(word, sizeof word, path));
  }
  const bool has_one = kind.standing == STANDS_CHECKPOINT || kind.standing == STANDS_MODEL;
  return error_set(error, EXIT_USAGE,
                   "cannot use the tokenizer %s: it is %s; give a file that `legacy_llm tokenizer` "
                   "wrote%s",
                   path, kind.what,
                   has_one ? " (with --model FILE --out my.tok it writes that of a checkpoint)"
                           : "");
}

static bool read_file(legacy_llm_tokenizer *t, const char *path, Error *error) {
  FILE *file = fopen(path, "rb");
  if (!file)
    return error_set(error, EXIT_USAGE,
                     "--tokenizer %s is not a file that can be read: %s; give chars, bytes, bpe, "
                     "or a file that `legacy_llm tokenizer` wrote",
                     path, strerror(errno));
  const Source source = file_source(file, path);
  const bool good = legacy_llm_tokenizer_read(t, &source, error);
  fclose(file);
  return good || advise(path, error);
}

static bool learn(legacy_llm_tokenizer *t, TextFile *text, RamLimit limit, uint64_t *scan_bytes,
                  Error *error) {
  *scan_bytes = legacy_llm_scan_size(t, text->bytes);
  /* Only pairs take memory to learn; without them a plan of any budget is shown, then refused. */
  const bool pairs = legacy_llm_tokenizer_tell(t).kind == LEGACY_LLM_BPE;
  void *scratch =
      !pairs || check_ram(*scan_bytes, limit, error) ? heap_take(*scan_bytes, error) : NULL;
  const bool good = scratch && text_file_learn(text, t, scratch, error);
  free(scratch);
  return good;
}

/* Into memory that a tokenizer takes. */
static bool make_in(void *memory, const TokenizerSettings *settings, TextFile *text, RamLimit limit,
                    uint64_t *scan_bytes, Error *error) {
  const legacy_llm_tokenizer_kind kind = kind_of(settings->tokenizer);
  uint8_t separator[LEGACY_LLM_MAX_SEPARATOR];
  if (kind == LEGACY_LLM_TOKENIZER_KINDS) return read_file(memory, settings->tokenizer, error);
  legacy_llm_tokenizer *t = legacy_llm_tokenizer_open(memory, kind, settings->vocab, separator,
                                                      separator_of(settings, separator), error);
  return t && learn(t, text, limit, scan_bytes, error);
}

legacy_llm_tokenizer *tokenizer_make(const TokenizerSettings *settings, TextFile *text,
                                     RamLimit limit, uint64_t *scan_bytes, Error *error) {
  void *memory = heap_take(legacy_llm_tokenizer_size(), error);
  *scan_bytes = 0;
  if (memory && make_in(memory, settings, text, limit, scan_bytes, error)) return memory;
  free(memory);
  return NULL;
}

/* ---- a resumed training ---- */

/* Whether a file has the same tokenizer. */
static bool same_file_tokenizer(const legacy_llm_tokenizer *t, const char *path, bool *same,
                                Error *error) {
  legacy_llm_tokenizer *other = heap_take(legacy_llm_tokenizer_size(), error);
  const bool good = other && read_file(other, path, error);
  *same = good && legacy_llm_tokenizer_crc(other) == legacy_llm_tokenizer_crc(t);
  free(other);
  return good;
}

/* Whether kind, size and separator are as was asked for; bpe may have learned fewer than it might.
 */
static bool same_settings(const legacy_llm_tokenizer *t, const TrainingSettings *s) {
  const legacy_llm_tokenizer_facts facts = legacy_llm_tokenizer_tell(t);
  uint8_t separator[LEGACY_LLM_MAX_SEPARATOR];
  const int bytes = separator_of(&s->tokenizer, separator);
  const bool same_separator =
      bytes == facts.separator_bytes && memcmp(separator, facts.separator_text, (size_t)bytes) == 0;
  return (!options_given(s, "tokenizer") || kind_of(s->tokenizer.tokenizer) == facts.kind) &&
         (!options_given(s, "vocab") || facts.tokens <= s->tokenizer.vocab) &&
         (!options_given(s, "separator") || same_separator);
}

bool tokenizer_agrees(const legacy_llm_tokenizer *t, const TrainingSettings *s, Error *error) {
  bool same = true;
  if (kind_of(s->tokenizer.tokenizer) != LEGACY_LLM_TOKENIZER_KINDS)
    same = same_settings(t, s);
  else if (!same_file_tokenizer(t, s->tokenizer.tokenizer, &same, error))
    return false;
  if (same) return true;
  return error_set(error, EXIT_USAGE,
                   "--tokenizer, --vocab and --separator cannot change in a resumed training; "
                   "leave them out, or start a new training");
}
