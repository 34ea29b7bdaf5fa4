/* export.c - the command that writes a checkpoint's model without its training. */
#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/numbers.h"
#include "base/quote.h"
#include "run/model_file.h"
#include "run/option_groups.h"
#include "run/output.h"
#include "run/word_choice.h"

typedef enum { FORMAT_MODEL, FORMAT_GGUF, FORMATS } Format;

typedef struct {
  SettingsHead head;
  const char *model, *out;
  const char *words; /* null: those that it has */
  int32_t counts;    /* 0: without them */
  int32_t format;    /* a Format */
  int32_t type;      /* a legacy_llm_gguf_type; -1: not given, q2_0 */
  bool force;
} ExportSettings;

/* ---- options ---- */

static const char *format_names(int place) {
  static const char *const names[FORMATS] = {[FORMAT_MODEL] = "model", [FORMAT_GGUF] = "gguf"};
  return place < FORMATS ? names[place] : NULL;
}

static const char *type_names(int place) {
  return legacy_llm_gguf_name((legacy_llm_gguf_type)place);
}

static Standing out_becomes(const void *settings) {
  const ExportSettings *s = settings;
  return s->format == FORMAT_GGUF ? STANDS_GGUF : STANDS_MODEL;
}

#define AT(member) .offset = offsetof(ExportSettings, member)
static const OptionRow export_rows[] = {
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "the checkpoint, or GGUF file of this form, to export",
     .kind = OPTION_FILE,
     .bare = option_any,
     AT(model),
     .use = FILE_READ},
    {.name = "out",
     .letter = 'o',
     .argument = "FILE",
     .help = "the file to write; it must be given",
     .kind = OPTION_FILE,
     .bare = option_any,
     AT(out),
     .use = FILE_REPLACED,
     .becomes = out_becomes},
    {.name = "format",
     .help = "what to write: a model for this program, or a GGUF file for llama.cpp and others",
     .kind = OPTION_CHOICE,
     AT(format),
     .names = format_names},
    {.name = "type",
     .help =
         "how a GGUF file holds the weights, all of them without loss: q2_0 (without --type) in "
         "blocks of 64, tq1_0 and tq2_0 of 256, q4_0 of 32; f32 for programs that know none",
     .kind = OPTION_CHOICE,
     AT(type),
     .names = type_names},
};
#undef AT
static const OptionGroup export_group = OPTION_GROUP("Files", export_rows);
static const CommandGroup groups[] = {{&export_group, 0},
                                      {&alone_group, offsetof(ExportSettings, counts)},
                                      {&words_group, offsetof(ExportSettings, words)},
                                      {&force_group, offsetof(ExportSettings, force)},
                                      {NULL, 0}};

static void export_defaults(void *settings) {
  ExportSettings *s = settings;
  s->model = BUNDLED_MODEL;
  s->counts = COUNTS_AS_THEY_ARE;
  s->type = -1;
}

static bool export_settle(void *settings, Error *error) {
  ExportSettings *s = settings;
  if (s->type >= 0 && s->format != FORMAT_GGUF)
    return error_set(error, EXIT_USAGE,
                     "--type is the type of a GGUF file; give --format gguf as well");
  if (word_choice_bytes(s->words) > 0 && s->format == FORMAT_GGUF)
    return error_set(error, EXIT_USAGE,
                     "a GGUF file holds no words that a model may write; leave out --words");
  if (s->type < 0) s->type = LEGACY_LLM_GGUF_Q2_0;
  return s->out || error_set(error, EXIT_USAGE, "give the file to write with --out");
}

/* ---- writing ---- */

/* A model, and how it is to be written. */
typedef struct {
  const legacy_llm_model *model;
  const ExportSettings *settings;
  char name[64]; /* of its file, without folder and ending */
} Export;

static void name_export(Export *e) {
  const char *path = e->settings->model, *slash = strrchr(path, '/');
  const char *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
  const int length = (int)(dot && dot > file ? (size_t)(dot - file) : strlen(file));
  snprintf(e->name, sizeof e->name, "%.*s", length, file);
}

static bool write_export(const void *object, const Sink *to) {
  const Export *e = object;
  const ExportSettings *s = e->settings;
  if (s->format == FORMAT_MODEL) return legacy_llm_model_save(e->model, to);
  return legacy_llm_model_save_gguf(e->model, (legacy_llm_gguf_type)s->type, e->name, to);
}

static bool write_file(const ExportSettings *s, const ModelFile *m, Error *error) {
  Export e = {.model = m->model, .settings = s};
  name_export(&e);
  return output_save(s->out, 0, write_export, &e, error);
}

/* ---- what is said of it ---- */

static void print_sizes(const ExportSettings *s, const ModelFile *m,
                        const legacy_llm_words *words) {
  const legacy_llm_counts *counts = legacy_llm_model_counts(m->model);
  char number[32];
  printf("%s: the model of %s alone, %s bytes of weights", s->out, s->model,
         format_bytes(number, (uint64_t)legacy_llm_packed_bytes(&m->header.shape)));
  if (counts)
    printf(", %s bytes of counts", format_bytes(number, legacy_llm_counts_tell(counts).packed));
  if (words)
    printf(", %s words that it may write",
           format_bytes(number, (uint64_t)legacy_llm_words_count(words)));
  else if (!s->words && m->header.words_bytes > 0)
    printf(", %s bytes of words that it may write",
           format_bytes(number, (uint64_t)m->header.words_bytes));
  printf("\n");
}

/* Tokens that others cut otherwise. */
static void print_strange(const legacy_llm_tokenizer *t) {
  uint8_t piece[LEGACY_LLM_MAX_WORD];
  char quoted[4 * LEGACY_LLM_MAX_WORD + 3];
  int token = 0;
  const int count = legacy_llm_gguf_strange_tokens(t, &token);
  if (count == 0) return;
  quote_bytes(quoted, sizeof quoted, piece, legacy_llm_decode(t, token, piece));
  printf("  %d of its %ld tokens, such as %s, go across places where such programs cut a text: "
         "where they occur, its tokens can differ from ours\n",
         count, (long)legacy_llm_tokenizer_tell(t).tokens, quoted);
}

static void print_gguf(const ExportSettings *s, const ModelFile *m) {
  printf("%s: the model of %s in GGUF, its weights as %s\n", s->out, s->model, type_names(s->type));
  print_strange(m->tokenizer);
}

/* ---- the command ---- */

/* Reads the model, without what the settings leave out, and the words of --words. */
static bool open_model(const ExportSettings *s, ModelFile *m, legacy_llm_words **words,
                       Error *error) {
  const RamLimit limit = {0, s};
  if (!model_file_read(m, s, "model", s->model, error)) return false;
  if (s->counts != COUNTS_AS_THEY_ARE) legacy_llm_checkpoint_leave_counts(m->checkpoint);
  word_choice_leave(s->words, m->checkpoint);
  if (s->format == FORMAT_GGUF &&
      !legacy_llm_gguf_check(m->checkpoint, (legacy_llm_gguf_type)s->type, error))
    return false;
  if (!word_choice_read(s->words, m->tokenizer, limit, words, error) ||
      !model_file_open(m, LEGACY_LLM_USE_EXPORT, NULL, word_choice_bytes(s->words), limit, error))
    return false;
  if (*words) legacy_llm_model_keep_to(m->model, *words);
  return true;
}

static bool export_run(const void *settings, Error *error) {
  const ExportSettings *s = settings;
  legacy_llm_words *words = NULL;
  ModelFile m;
  const bool good = open_model(s, &m, &words, error) && write_file(s, &m, error);
  if (good && s->format == FORMAT_GGUF) print_gguf(s, &m);
  if (good && s->format == FORMAT_MODEL) print_sizes(s, &m, words);
  model_file_close(&m);
  free(words);
  return good;
}

static const char *const examples[] = {"--model my.ckpt --out my.llm",
                                       "--model my.ckpt --format gguf --out my.gguf", NULL};

const Command export_command = {
    .name = "export",
    .summary = "writes the model of a checkpoint alone, its weights packed",
    .about =
        "The file is several times smaller than the checkpoint and writes the same text, but its "
        "training cannot go on. As GGUF it is one that llama.cpp and what is built on it can read, "
        "where the model has nothing that such a file cannot express: --preset gguf trains one.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(ExportSettings),
    .defaults = export_defaults,
    .settle = export_settle,
    .run = export_run};
