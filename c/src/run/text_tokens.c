/* text_tokens.c - the readings of a text, with advice where one fails. */
#include "run/text_tokens.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run/heap.h"
#include "run/text_advice.h"

bool text_file_learn(TextFile *t, legacy_llm_tokenizer *tokenizer, void *scratch, Error *error) {
  const Source source = text_file_source(t, "learning the tokenizer of");
  return legacy_llm_learn_tokenizer(tokenizer, &source, t->bytes, scratch, error) ||
         text_advise(t, NULL, error);
}

bool text_file_count(TextFile *t, const legacy_llm_tokenizer *tokenizer, legacy_llm_text *facts,
                     Error *error) {
  memset(facts, 0, sizeof *facts);
  void *scratch = heap_take(legacy_llm_scan_size(tokenizer, t->bytes), error);
  if (!scratch) return false;
  const Source source = text_file_source(t, "counting the tokens of");
  const bool good = legacy_llm_count_tokens(tokenizer, &source, facts, scratch, error);
  free(scratch);
  return good || text_advise(t, tokenizer, error);
}

bool text_file_encode(TextFile *t, const char *doing, const legacy_llm_tokenizer *tokenizer,
                      legacy_llm_encoder *encoder, const legacy_llm_unit_sink *to, Error *error) {
  const Source source = text_file_source(t, doing);
  return legacy_llm_encode(encoder, &source, to, error) || text_advise(t, tokenizer, error);
}

bool text_file_words(TextFile *t, const legacy_llm_tokenizer *tokenizer, legacy_llm_words *words,
                     Error *error) {
  FileKind kind;
  const Source source = text_file_source(t, "reading the words of");
  if (!legacy_llm_words_read(words, &source, error)) return false;
  const bool is_text = !text_look_kind(&t->look, &kind) || kind.text;
  if (is_text && legacy_llm_words_count(words) > 0) return true;
  error_set(error, EXIT_USAGE, "%s has no word of the letters A to Z; give another text", t->name);
  return is_text ? false : text_advise(t, tokenizer, error);
}

/* ---- token files ---- */

/* Writes the tokens of a text. Where there is no place for them, there may be memory. */
static bool write_tokens(const char *token_path, TextFile *text, const legacy_llm_tokenizer *t,
                         const legacy_llm_text *facts, Error *error) {
  void *memory = heap_take(legacy_llm_encoder_size(t), error);
  if (!memory) return false;
  const Source source = text_file_source(text, "writing the tokens of");
  const bool good = legacy_llm_token_file_make(token_path, legacy_llm_encoder_open(memory, t),
                                               &source, facts, error);
  free(memory);
  return good || error->exit_code != EXIT_FAILED ||
         error_add(error, "; a larger --text-ram keeps them there");
}

legacy_llm_token_file *token_file_open(void *memory, const char *token_path, TextFile *text,
                                       const legacy_llm_tokenizer *t, const legacy_llm_text *facts,
                                       Error *error) {
  legacy_llm_token_file *file = legacy_llm_token_file_open(memory, token_path, facts, t);
  if (file) return file;
  if (!write_tokens(token_path, text, t, facts, error)) return NULL;
  errno = 0;
  file = legacy_llm_token_file_open(memory, token_path, facts, t);
  if (file) return file;
  error_set(error, EXIT_FAILED, "cannot read back the token file %s: %s; start again", token_path,
            errno ? strerror(errno) : "it has other bytes than were written");
  remove(token_path);
  return NULL;
}

/* ---- looking for bytes ---- */

bool text_file_has(TextFile *t, const uint8_t *bytes, size_t count) {
  enum { BUFFER_BYTES = 4096 };
  uint8_t buffer[BUFFER_BYTES];
  size_t kept = 0;
  const Source source = text_file_source(t, "reading");
  for (;;) {
    const ptrdiff_t got = source.read(source.context, buffer + kept, BUFFER_BYTES - kept);
    if (got <= 0) return false;
    const size_t have = kept + (size_t)got;
    for (size_t at = 0; at + count <= have; at++)
      if (memcmp(buffer + at, bytes, count) == 0) return true;
    kept = have < count ? have : count - 1;
    memmove(buffer, buffer + have - kept, kept);
  }
}
