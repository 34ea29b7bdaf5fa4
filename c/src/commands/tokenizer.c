/* tokenizer.c - the command that writes a tokenizer as a file that people can read. */
#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "run/model_file.h"
#include "run/output.h"
#include "run/text_advice.h"
#include "run/text_tokens.h"
#include "run/tokenizer_choice.h"

typedef struct {
  SettingsHead head;
  const char *text, *out;
  const char *model; /* null: learned from the text */
  TokenizerSettings tokenizer;
  uint64_t ram;
  bool force;
} LearnSettings;

#define AT(member) .offset = offsetof(LearnSettings, member)
static const OptionRow file_rows[] = {
    {.name = "text",
     .argument = "FILE",
     .help = "UTF-8 text to learn the tokenizer from; its tokens are counted",
     .kind = OPTION_FILE,
     .bare = model_file_is_not,
     AT(text),
     .names = standard_input,
     .use = FILE_READ},
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "write the tokenizer of this checkpoint instead of learning one",
     .kind = OPTION_FILE,
     .bare = model_file_is,
     AT(model),
     .use = FILE_READ},
    {.name = "out",
     .letter = 'o',
     .argument = "FILE",
     .help = "the tokenizer file to write; it must be given",
     .kind = OPTION_FILE,
     AT(out),
     .use = FILE_TEXT,
     .writes = STANDS_TOKENIZER},
};
#undef AT
static const OptionGroup file_group = OPTION_GROUP("Files", file_rows);

static const CommandGroup groups[] = {{&file_group, 0},
                                      {&tokenizer_group, offsetof(LearnSettings, tokenizer)},
                                      {&force_group, offsetof(LearnSettings, force)},
                                      {&ram_group, offsetof(LearnSettings, ram)},
                                      {NULL, 0}};

static void defaults(void *settings) {
  LearnSettings *s = settings;
  s->text = BUNDLED_TEXT;
  tokenizer_default(&s->tokenizer);
}

static bool settle(void *settings, Error *error) {
  const LearnSettings *s = settings;
  if (!s->out) return error_set(error, EXIT_USAGE, "give the file to write with --out");
  if (s->model && options_given(s, "text"))
    return error_set(error, EXIT_USAGE, "--model brings its tokenizer; leave out --text");
  return tokenizer_rules(s, &s->tokenizer, s->model, error);
}

static bool write_tokenizer(const void *tokenizer, const Sink *to) {
  return legacy_llm_tokenizer_write(tokenizer, to);
}

static bool write_file(const legacy_llm_tokenizer *t, const char *path, Error *error) {
  const legacy_llm_tokenizer_facts facts = legacy_llm_tokenizer_tell(t);
  if (!output_save(path, 0, write_tokenizer, t, error)) return false;
  printf("%s: %s, %ld tokens\n", path, legacy_llm_tokenizer_name(facts.kind), (long)facts.tokens);
  return true;
}

/* Learns a tokenizer (or reads one), writes it, and counts the text with it. */
static bool write_learned(const LearnSettings *s, TextFile *text, Error *error) {
  uint64_t scan_bytes;
  legacy_llm_text facts;
  legacy_llm_tokenizer *t =
      tokenizer_make(&s->tokenizer, text, (RamLimit){s->ram, s}, &scan_bytes, error);
  const bool good = t && write_file(t, s->out, error) && text_file_count(text, t, &facts, error);
  free(t);
  if (!good) return false;
  printf("%s: %lld bytes, %ld tokens\n", text->name, (long long)facts.bytes, (long)facts.tokens);
  text_tell(text);
  return true;
}

static bool write_of_text(const LearnSettings *s, Error *error) {
  TextFile text;
  if (!text_file_open(&text, s->text, "text", error)) return false;
  const bool good = write_learned(s, &text, error);
  text_file_close(&text);
  return good;
}

static bool run(const void *settings, Error *error) {
  const LearnSettings *s = settings;
  ModelFile m;
  if (!s->model) return write_of_text(s, error);
  if (!model_file_read(&m, s, "model", s->model, error)) return false;
  const bool good = write_file(m.tokenizer, s->out, error);
  model_file_close(&m);
  return good;
}

static const char *const examples[] = {"--text my.txt --tokenizer bpe --out my.tok",
                                       "--model my.ckpt --out my.tok", NULL};

const Command tokenizer_command = {
    .name = "tokenizer",
    .summary = "learns a tokenizer from a text and writes it as a file that people can read",
    .about = "`train`, `plan`, `encode` and `decode` take such a file with --tokenizer.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(LearnSettings),
    .defaults = defaults,
    .settle = settle,
    .run = run};
