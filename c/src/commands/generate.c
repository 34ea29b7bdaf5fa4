/* generate.c - the command that lets a model write, with the int8 key/value cache.
 *
 * What it reads - a prompt, a file, standard input, a line of a conversation - goes through the
 * tokenizer piece by piece into the context of the model, which forgets its older half when it is
 * full. So neither prompt nor text has a longest length.
 */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "base/quote.h"
#include "base/stream.h"
#include "commands/writing.h"
#include "run/heap.h"
#include "run/interrupts.h"
#include "run/model_file.h"
#include "run/text_tokens.h"
#include "run/word_choice.h"

/* ---- options ---- */

typedef struct {
  SettingsHead head;
  const char *model;
  WritingSettings writing;
  int32_t counts;    /* 0: without them */
  const char *words; /* null: those that it has */
  bool interactive, force;
  uint64_t ram;
  SamplingSettings sampling;
} GenerateSettings;

#define AT(member) .offset = offsetof(GenerateSettings, member)
static const OptionRow model_rows[] = {
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "the model that writes: a checkpoint, an exported model, or a GGUF file of this form",
     .kind = OPTION_FILE,
     .bare = model_file_is,
     AT(model),
     .use = FILE_READ},
};
static const OptionRow interactive_rows[] = {
    {.name = "interactive",
     .letter = 'i',
     .help = "read prompts from standard input, one per line, and continue each",
     .kind = OPTION_FLAG,
     AT(interactive)},
};
#undef AT
static const OptionGroup model_group = OPTION_GROUP("Model and text", model_rows);
static const OptionGroup interactive_group = OPTION_GROUP("Model and text", interactive_rows);

static const CommandGroup groups[] = {{&model_group, 0},
                                      {&beginning_group, offsetof(GenerateSettings, writing)},
                                      {&interactive_group, 0},
                                      {&ending_group, offsetof(GenerateSettings, writing)},
                                      {&sampling_group, offsetof(GenerateSettings, sampling)},
                                      {&alone_group, offsetof(GenerateSettings, counts)},
                                      {&words_group, offsetof(GenerateSettings, words)},
                                      {&text_out_group, offsetof(GenerateSettings, writing)},
                                      {&force_group, offsetof(GenerateSettings, force)},
                                      {&json_group, offsetof(GenerateSettings, writing.json)},
                                      {&ram_group, offsetof(GenerateSettings, ram)},
                                      {NULL, 0}};

static void generate_defaults(void *settings) {
  GenerateSettings *s = settings;
  s->model = BUNDLED_MODEL;
  s->counts = COUNTS_AS_THEY_ARE;
  writing_default(&s->writing);
  sampling_default(&s->sampling);
}

static bool generate_settle(void *settings, Error *error) {
  const GenerateSettings *s = settings;
  if (!writing_settle(&s->writing, error)) return false;
  if (s->words && strcmp(s->words, word_names(1)) == 0 &&
      (s->interactive || writing_reads_input(&s->writing)))
    return error_set(error, EXIT_USAGE,
                     "standard input has the prompt; give --words the text in a file");
  if (!s->interactive || (!*s->writing.prompt && !s->writing.prompt_file)) return true;
  return error_set(error, EXIT_USAGE,
                   "--interactive reads the prompts from standard input; leave out --prompt%s",
                   s->writing.prompt_file ? "-file" : "");
}

/* ---- a text ---- */

typedef struct {
  const GenerateSettings *settings;
  ModelFile model;
  legacy_llm_sampling sampling;
  void *encoder_memory;
  legacy_llm_encoder *encoder;
  legacy_llm_words *words;     /* null: none but its own */
  TextFile input;              /* --prompt-file, or standard input where a prompt is */
  uint32_t round, passed_over; /* texts of this run so far; those of them that could not be taken */
  GenerateOutput output;
} Generator;

/* ---- reading ---- */

/* Appends a unit of the prompt to the context, and writes it out. */
static bool take_unit(void *context, const uint8_t *bytes, int size, const uint16_t *tokens,
                      int count) {
  Generator *g = context;
  for (int i = 0; i < count; i++) legacy_llm_push(g->model.model, tokens[i]);
  output_text(&g->output, bytes, size);
  return true;
}

static bool read_source(Generator *g, const Source *source, Error *error) {
  const legacy_llm_unit_sink sink = {g, take_unit};
  return legacy_llm_encode(g->encoder, source, &sink, error);
}

/* The prompt of the options; its escapes were checked. */
static bool read_prompt(Generator *g, Error *error) {
  const size_t length = strlen(g->settings->writing.prompt);
  uint8_t *bytes = heap_take(length + 1, error);
  if (!bytes) return false;
  const int count = unquote_bytes(bytes, (int)length, g->settings->writing.prompt, length);
  Memory memory = {bytes, (size_t)count, 0};
  const Source source = memory_source(&memory, "the prompt");
  const bool good = read_source(g, &source, error);
  free(bytes);
  return good;
}

/* All of the input. */
static bool read_input(Generator *g, Error *error) {
  const legacy_llm_unit_sink sink = {g, take_unit};
  return text_file_encode(&g->input, "reading", g->model.tokenizer, g->encoder, &sink, error);
}

/* ---- writing ---- */

/* Continues the context by at most --tokens tokens, until the document ends, the stop string comes
 * or a signal; *written says how many. */
static TextEnd continue_text(Generator *g, int *written) {
  legacy_llm_model *model = g->model.model;
  for (*written = 0; *written < g->settings->writing.tokens; ++*written) {
    if (interrupted()) return END_INTERRUPT;
    uint8_t piece[LEGACY_LLM_MAX_WORD];
    const uint32_t random =
        legacy_llm_random(g->settings->sampling.seed, g->round, (uint32_t)*written);
    const int token = legacy_llm_next(model, &g->sampling, random);
    if (legacy_llm_ends_document(model, token)) return END_DOCUMENT;
    legacy_llm_push(model, token);
    const int bytes = legacy_llm_decode(g->model.tokenizer, token, piece);
    if (output_piece(&g->output, piece, bytes)) return END_STOP;
  }
  return END_TOKENS;
}

/* Reads what a text begins with. */
typedef bool ReadBeginning(Generator *g, Error *error);

/* One text: what it begins with, and what follows. */
static bool write_text(Generator *g, ReadBeginning *read, FILE *file, Error *error) {
  const WritingSettings *s = &g->settings->writing;
  int written = 0;
  writing_begin(s, &g->output, file);
  legacy_llm_restart(g->model.model);
  const bool good = read(g, error);
  const TextEnd end = good ? continue_text(g, &written) : END_ERROR;
  writing_end(s, &g->output, end, written);
  return good;
}

/* ---- a conversation ---- */

static bool read_line_of_input(Generator *g, Error *error) {
  LineReader line = {.file = stdin};
  char name[32];
  snprintf(name, sizeof name, "line %lu", (unsigned long)g->round + 1);
  const Source source = line_source(&line, name);
  const bool good = read_source(g, &source, error);
  line_skip(&line);
  return good;
}

/* Whether a conversation goes on after a line that could not be taken: its characters are none of
 * the model's. It is said, and passed over. */
static bool passes_over(Generator *g, const Error *error) {
  if (error->exit_code != EXIT_USAGE || ferror(stdin)) return false;
  fprintf(stderr, "legacy_llm: %s\n", error->message);
  g->passed_over++;
  return true;
}

/* A prompt per line, until the input ends. Ctrl-C ends an answer; where there is none, or again,
 * the conversation. */
static bool converse(Generator *g, FILE *file, Error *error) {
  const bool asks = is_terminal(stdin) && is_terminal(stdout);
  for (;; g->round++) {
    if (asks) printf("> ");
    fflush(stdout);
    if (!line_follows(stdin) || interrupted()) break;
    if (file && g->round > 0) putc('\n', file);
    const bool good = write_text(g, read_line_of_input, file, error);
    if (interrupted_by_key() && !interrupted_again()) forget_interrupt();
    if (interrupted()) break;
    if (!good && !passes_over(g, error)) return false;
  }
  if (asks) printf("\n");
  if (!ferror(stdin) || interrupted()) return true;
  return error_set(error, EXIT_FAILED, "cannot read standard input: %s", strerror(errno));
}

/* Who typed a line has seen that it was not taken; who sent many learns it by the exit code. */
static bool all_taken(const Generator *g, Error *error) {
  if (g->passed_over == 0 || is_terminal(stdin)) return true;
  return error_set(error, EXIT_USAGE, "%s", ""); /* each was said */
}

/* ---- the command ---- */

/* What a signal leaves to say. */
static bool stopped(const GenerateSettings *s, Error *error) {
  if (s->interactive) return error_set(error, interrupted_exit_code(), "%s", "");
  return writing_stopped(&s->writing, error);
}

static bool generate_to(void *generator, FILE *file, bool *kept, Error *error) {
  Generator *g = generator;
  const GenerateSettings *s = g->settings;
  if (!s->interactive)
    return write_text(g, g->input.file ? read_input : read_prompt, file, error) &&
           (!interrupted() || stopped(s, error));
  const bool good = converse(g, file, error);
  *kept = g->passed_over == 0 || g->passed_over < g->round;
  return good;
}

/* The model with its words, and with an encoder for what it reads. */
static bool open_model(Generator *g, Error *error) {
  const GenerateSettings *s = g->settings;
  const RamLimit limit = {s->ram, s};
  if (!model_file_read(&g->model, s, "model", s->model, error)) return false;
  if (s->counts != COUNTS_AS_THEY_ARE) legacy_llm_checkpoint_leave_counts(g->model.checkpoint);
  word_choice_leave(s->words, g->model.checkpoint);
  const size_t bytes = legacy_llm_encoder_size(g->model.tokenizer);
  const size_t beside = bytes + word_choice_bytes(s->words);
  if (!word_choice_read(s->words, g->model.tokenizer, limit, &g->words, error) ||
      !model_file_open(&g->model, LEGACY_LLM_USE_WRITE, NULL, beside, limit, error))
    return false;
  if (g->words) legacy_llm_model_keep_to(g->model.model, g->words);
  g->encoder_memory = heap_take(bytes, error);
  if (g->encoder_memory)
    g->encoder = legacy_llm_encoder_open(g->encoder_memory, g->model.tokenizer);
  return g->encoder != NULL;
}

static bool generate_run(const void *settings, Error *error) {
  const GenerateSettings *s = settings;
  Generator g = {.settings = s,
                 .sampling = {s->sampling.temperature, s->sampling.top_k, s->sampling.top_p}};
  bool good = writing_open_input(&s->writing, &g.input, error) && open_model(&g, error);
  interrupts_set(s->interactive ? INTERRUPTS_HELD : INTERRUPTS_NOTED, NULL);
  good = good && writing_to_out(&s->writing, generate_to, &g, error) &&
         (!interrupted() || stopped(s, error)) && all_taken(&g, error);
  interrupts_set(INTERRUPTS_END, NULL);
  text_file_close(&g.input);
  free(g.encoder_memory);
  free(g.words);
  model_file_close(&g.model);
  return good;
}

static const char *const examples[] = {
    "--prompt 'Once upon a time' --seed 2", "--model my.ckpt --prompt-file beginning.txt",
    "--model my.ckpt --prompt 'One day' --temperature 0 --stop '\\n\\n'", "-i", NULL};

const Command generate_command = {
    .name = "generate",
    .summary = "continues a prompt with a model",
    .about =
        "Prints the prompt and what the model writes after it, until --tokens, the end of a "
        "document, or --stop. Ctrl-C ends an answer of --interactive, twice the program. A line "
        "of --interactive with characters that the model does not know is said and passed "
        "over; the exit code is then 2 in the end, unless the lines were typed.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(GenerateSettings),
    .defaults = generate_defaults,
    .settle = generate_settle,
    .run = generate_run};
