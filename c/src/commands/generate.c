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
#include "base/safe_file.h"
#include "base/stream.h"
#include "commands/generate_output.h"
#include "run/heap.h"
#include "run/interrupts.h"
#include "run/model_file.h"
#include "run/option_groups.h"
#include "run/text_advice.h"
#include "run/text_tokens.h"

/* ---- options ---- */

typedef struct {
  SettingsHead head;
  const char *model, *out; /* out null: stdout alone */
  const char *prompt;      /* with escapes; "-": standard input */
  const char *prompt_file; /* null: none; "-": standard input */
  const char *stop;        /* with escapes; "": none */
  int32_t tokens;
  int32_t counts; /* 0: without them */
  bool interactive, json, force;
  uint64_t ram;
  SamplingSettings sampling;
} GenerateSettings;

#define AT(member) .offset = offsetof(GenerateSettings, member)
static const OptionRow text_rows[] = {
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "the model that writes: a checkpoint or an exported model",
     .kind = OPTION_FILE,
     .bare = model_file_is,
     AT(model),
     .use = FILE_READ},
    {.name = "prompt",
     .letter = 'p',
     .argument = "TEXT",
     .help = "what the text begins with; \\n is a new line, \\\\ a backslash; - reads standard "
             "input",
     .kind = OPTION_ESCAPED,
     .bare = model_file_is_not,
     AT(prompt)},
    {.name = "prompt-file",
     .argument = "FILE",
     .help = "begin with the text of this file, as it is; - reads standard input",
     .kind = OPTION_FILE,
     AT(prompt_file),
     .names = standard_input,
     .use = FILE_READ},
    {.name = "interactive",
     .letter = 'i',
     .help = "read prompts from standard input, one per line, and continue each",
     .kind = OPTION_FLAG,
     AT(interactive)},
    {.name = "tokens",
     .letter = 'n',
     .argument = "N",
     .help = "most tokens to generate",
     .kind = OPTION_INT,
     AT(tokens),
     .low = 1,
     .high = 1 << 24},
    {.name = "stop",
     .argument = "TEXT",
     .help = "end before this text, with escapes as in --prompt",
     .kind = OPTION_ESCAPED,
     AT(stop),
     .high = MAX_STOP},
};
static const OptionRow output_rows[] = {
    {.name = "out",
     .letter = 'o',
     .argument = "FILE",
     .help = "also write the generated text to this file",
     .kind = OPTION_FILE,
     AT(out),
     .use = FILE_TEXT},
};
#undef AT
static const OptionGroup text_group = OPTION_GROUP("Model and text", text_rows);
static const OptionGroup output_group = OPTION_GROUP("Output", output_rows);

static const CommandGroup groups[] = {{&text_group, 0},
                                      {&sampling_group, offsetof(GenerateSettings, sampling)},
                                      {&alone_group, offsetof(GenerateSettings, counts)},
                                      {&output_group, 0},
                                      {&force_group, offsetof(GenerateSettings, force)},
                                      {&json_group, offsetof(GenerateSettings, json)},
                                      {&ram_group, offsetof(GenerateSettings, ram)},
                                      {NULL, 0}};

static void generate_defaults(void *settings) {
  GenerateSettings *s = settings;
  s->model = BUNDLED_MODEL;
  s->prompt = s->stop = "";
  s->tokens = 400;
  s->counts = COUNTS_AS_THEY_ARE;
  sampling_default(&s->sampling);
}

static bool generate_settle(void *settings, Error *error) {
  const GenerateSettings *s = settings;
  if (*s->prompt && s->prompt_file)
    return error_set(error, EXIT_USAGE,
                     "--prompt and --prompt-file exclude each other; leave one of them out");
  if (!s->interactive || (!*s->prompt && !s->prompt_file)) return true;
  return error_set(error, EXIT_USAGE,
                   "--interactive reads the prompts from standard input; leave out --prompt%s",
                   s->prompt_file ? "-file" : "");
}

/* ---- a text ---- */

/* Why a text ended. */
typedef enum { END_TOKENS, END_DOCUMENT, END_STOP, END_INTERRUPT } TextEnd;

typedef struct {
  const GenerateSettings *settings;
  ModelFile model;
  legacy_llm_sampling sampling;
  void *encoder_memory;
  legacy_llm_encoder *encoder;
  uint8_t stop[MAX_STOP];
  int stop_bytes;
  TextFile input;              /* --prompt-file, or standard input where a prompt is */
  bool shown;                  /* something of the text at hand was written */
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
  g->shown = true;
  return true;
}

static bool read_source(Generator *g, const Source *source, Error *error) {
  const legacy_llm_unit_sink sink = {g, take_unit};
  return legacy_llm_encode(g->encoder, source, &sink, error);
}

/* The prompt of the options; its escapes were checked. */
static bool read_prompt(Generator *g, Error *error) {
  const size_t length = strlen(g->settings->prompt);
  uint8_t *bytes = heap_take(length + 1, error);
  if (!bytes) return false;
  const int count = unquote_bytes(bytes, (int)length, g->settings->prompt, length);
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
  for (*written = 0; *written < g->settings->tokens; ++*written) {
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
  static const char *const ends[] = {"tokens", "document", "stop", "interrupt"};
  const GenerateSettings *s = g->settings;
  int written = 0;
  const char *end = "error";
  output_start(&g->output, file, s->json, g->stop, g->stop_bytes);
  legacy_llm_restart(g->model.model);
  g->shown = false;
  if (s->json) printf("{\"event\":\"generate\",\"text\":\"");
  const bool good = read(g, error);
  if (good) end = ends[continue_text(g, &written)];
  output_end(&g->output);
  if (s->json)
    printf("\",\"tokens\":%d,\"end\":\"%s\"}\n", written, end);
  else if (good || g->shown)
    printf("\n");
  fflush(stdout);
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

static bool is_standard_input(const char *name) { return name && strcmp(name, "-") == 0; }

/* What a signal leaves to say: nothing where the reader of the text is gone. */
static bool stopped(const GenerateSettings *s, Error *error) {
  if (!s->out || s->interactive) return error_set(error, interrupted_exit_code(), "%s", "");
  return error_set(error, interrupted_exit_code(), "stopped; %s is as it was", s->out);
}

static bool generate_to(Generator *g, FILE *file, Error *error) {
  const GenerateSettings *s = g->settings;
  if (s->interactive) return converse(g, file, error);
  return write_text(g, g->input.file ? read_input : read_prompt, file, error) &&
         (!interrupted() || stopped(s, error));
}

/* The model, with an encoder for what it reads. */
static bool open_model(Generator *g, Error *error) {
  const GenerateSettings *s = g->settings;
  if (!model_file_read(&g->model, "model", s->model, error)) return false;
  if (s->counts != COUNTS_AS_THEY_ARE) legacy_llm_checkpoint_leave_counts(g->model.checkpoint);
  const size_t bytes = legacy_llm_encoder_size(g->model.tokenizer);
  if (!model_file_open(&g->model, LEGACY_LLM_USE_WRITE, NULL, bytes, (RamLimit){s->ram, s}, error))
    return false;
  g->encoder_memory = heap_take(bytes, error);
  if (g->encoder_memory)
    g->encoder = legacy_llm_encoder_open(g->encoder_memory, g->model.tokenizer);
  return g->encoder != NULL;
}

/* The text of --prompt-file, or of standard input. */
static bool open_input(Generator *g, Error *error) {
  const GenerateSettings *s = g->settings;
  const char *path = is_standard_input(s->prompt) ? s->prompt : s->prompt_file;
  if (!path) return true;
  if (!text_file_open(&g->input, path, "prompt-file", error)) return false;
  text_tell_mark(&g->input);
  return true;
}

/* With everything open but --out, which stays as it is where nothing could be written. */
static bool generate_out(Generator *g, Error *error) {
  const char *out = g->settings->out;
  SafeFile file;
  if (!out) return generate_to(g, NULL, error);
  if (!safe_file_open_text(&file, out, error)) return false;
  const bool good = generate_to(g, file.stream, error);
  const bool written = good && (g->passed_over == 0 || g->passed_over < g->round);
  if (written) return safe_file_commit(&file, error);
  safe_file_discard(&file);
  return good;
}

static bool generate_run(const void *settings, Error *error) {
  const GenerateSettings *s = settings;
  Generator g = {.settings = s,
                 .sampling = {s->sampling.temperature, s->sampling.top_k, s->sampling.top_p}};
  g.stop_bytes = unquote_bytes(g.stop, MAX_STOP, s->stop, strlen(s->stop)); /* was checked */
  bool good = open_input(&g, error) && open_model(&g, error);
  interrupts_set(s->interactive ? INTERRUPTS_HELD : INTERRUPTS_NOTED, NULL);
  good = good && generate_out(&g, error) && (!interrupted() || stopped(s, error)) &&
         all_taken(&g, error);
  interrupts_set(INTERRUPTS_END, NULL);
  text_file_close(&g.input);
  free(g.encoder_memory);
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
