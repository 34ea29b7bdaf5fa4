/* word_choice.c - reads the text of --words. */
#include "run/word_choice.h"

#include <stdlib.h>
#include <string.h>

#include "run/heap.h"
#include "run/text_tokens.h"

static bool names_file(const char *choice) { return choice && strcmp(choice, word_names(0)) != 0; }

size_t word_choice_bytes(const char *choice) {
  return names_file(choice) ? legacy_llm_words_size() : 0;
}

void word_choice_leave(const char *choice, legacy_llm_checkpoint *checkpoint) {
  if (choice) legacy_llm_checkpoint_leave_words(checkpoint);
}

/* Into memory that a list takes. */
static bool read_in(void *memory, const char *path, const legacy_llm_tokenizer *tokenizer,
                    Error *error) {
  TextFile text = {.file = NULL};
  const bool good = text_file_open(&text, path, "words", error) &&
                    text_file_words(&text, tokenizer, legacy_llm_words_open(memory), error);
  text_file_close(&text);
  return good;
}

bool word_choice_read(const char *choice, const legacy_llm_tokenizer *tokenizer, RamLimit limit,
                      legacy_llm_words **words, Error *error) {
  const size_t bytes = word_choice_bytes(choice);
  *words = NULL;
  if (bytes == 0) return true;
  void *memory = check_ram(bytes, limit, error) ? heap_take(bytes, error) : NULL;
  if (memory && read_in(memory, choice, tokenizer, error)) {
    *words = memory;
    return true;
  }
  free(memory);
  return false;
}
