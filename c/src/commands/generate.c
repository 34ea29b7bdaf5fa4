/* generate.c - the command that lets a model write, with the int8 key/value cache.
 *
 * What it reads - a prompt, standard input, a line of a conversation - goes through the tokenizer
 * piece by piece into the context; when that is full, its newer half is read again and the older
 * half forgotten. So neither prompt nor text has a longest length.
 */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "base/safe_file.h"
#include "commands/generate_output.h"
#include "math/math_ops.h"
#include "model/sampler.h"
#include "run/option_groups.h"
#include "run/reader.h"
#include "text/text_reader.h"
#include "text/tokenizer_file.h"

enum { STREAM_SAMPLING = 4000 };

/* ---- options ---- */

typedef struct {
  SettingsHead head;
  const char *model, *out; /* out null: stdout alone */
  const char *prompt;      /* with escapes; "-": standard input */
  const char *prompt_file; /* null: none; "-": standard input */
  const char *stop;        /* with escapes; "": none */
  int32_t tokens;
  bool interactive, json;
  uint64_t ram;
  SamplingSettings sampling;
} GenerateSettings;

#define AT(member) .offset = offsetof(GenerateSettings, member)
static const OptionRow text_rows[] = {
    {.name = "model",
     .argument = "FILE",
     .help = "the model that writes: a checkpoint or an exported model",
     .kind = OPTION_FILE,
     AT(model)},
    {.name = "prompt",
     .argument = "TEXT",
     .help = "what the text begins with; \\n is a new line, \\\\ a backslash; - reads standard "
             "input",
     .kind = OPTION_ESCAPED,
     AT(prompt)},
    {.name = "prompt-file",
     .argument = "FILE",
     .help = "begin with the text of this file, as it is; - reads standard input",
     .kind = OPTION_FILE,
     AT(prompt_file)},
    {.name = "interactive",
     .letter = 'i',
     .help = "read prompts from standard input, one per line, and continue each",
     .kind = OPTION_FLAG,
     AT(interactive)},
    {.name = "tokens",
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
     .argument = "FILE",
     .help = "also write the generated text to this file",
     .kind = OPTION_FILE,
     AT(out)},
};
#undef AT
static const OptionGroup text_group = OPTION_GROUP("Model and text", text_rows);
static const OptionGroup output_group = OPTION_GROUP("Output", output_rows);

static const CommandGroup groups[] = {{&text_group, 0},
                                      {&sampling_group, offsetof(GenerateSettings, sampling)},
                                      {&output_group, 0},
                                      {&json_group, offsetof(GenerateSettings, json)},
                                      {&ram_group, offsetof(GenerateSettings, ram)},
                                      {NULL, 0}};

static void generate_defaults(void *settings) {
  GenerateSettings *s = settings;
  s->model = BUNDLED_MODEL;
  s->prompt = s->stop = "";
  s->tokens = 400;
  sampling_default(&s->sampling);
}

static bool generate_settle(void *settings, Error *error) {
  const GenerateSettings *s = settings;
  if (*s->prompt && s->prompt_file)
    return error_set(error, EXIT_USAGE,
                     "--prompt and --prompt-file say the same; leave one of them out");
  if (!s->interactive || (!*s->prompt && !s->prompt_file)) return true;
  return error_set(error, EXIT_USAGE, "--interactive reads its prompts; leave out --prompt%s",
                   s->prompt_file ? "-file" : "");
}

/* ---- a text ---- */

/* Why a text ended. */
typedef enum { END_TOKENS, END_DOCUMENT, END_STOP } TextEnd;

typedef struct {
  Reader reader;
  const GenerateSettings *settings;
  SamplerSettings sampler;
  Candidate *candidates;        /* [V] scratch of the sampler */
  uint16_t tokens[MAX_CONTEXT]; /* [T] the context */
  int count;                    /* tokens in it */
  int done;                     /* of them, those that went through forward */
  uint8_t stop[MAX_STOP];
  int stop_bytes;
  TextReader input; /* of standard input or --prompt-file */
  uint8_t *prompt;  /* [prompt_bytes] of --prompt; null where it comes from input */
  int prompt_bytes;
  GenerateOutput output;
} Generator;

static Generator generator; /* large, so not on the stack */

static void generator_layout(void *context, const CheckpointHeader *header, Arena *arena) {
  Generator *g = context;
  const bool cuts = g->sampler.top_k > 0 || g->sampler.top_p < 1.0f;
  g->candidates =
      cuts ? arena_take(arena, MEMORY_WORKSPACE, (size_t)header->model.vocab, sizeof *g->candidates)
           : NULL;
  if (g->prompt_bytes)
    g->prompt = arena_take(arena, MEMORY_TEXT, (size_t)g->prompt_bytes, sizeof *g->prompt);
}

/* ---- the context ---- */

static void push_token(Generator *g, uint16_t token) {
  const int T = g->reader.header.model.context;
  if (g->count == T) {
    g->count = T - T / 2;
    memmove(g->tokens, g->tokens + T / 2, (size_t)g->count * sizeof *g->tokens);
    g->done = 0;
  }
  g->tokens[g->count++] = token;
}

/* An empty context, at the beginning of a document. */
static void start_context(Generator *g) {
  const int separator = g->reader.header.model.separator;
  g->count = g->done = 0;
  if (separator) push_token(g, (uint16_t)separator);
}

/* Where nothing at all was read: a newline, or the first token of a vocabulary that has none. */
static void never_empty(Generator *g) {
  uint16_t newline = 0;
  Error unknown;
  if (g->count > 0) return;
  if (encode_string(&g->reader.encoder, (const uint8_t *)"\n", 1, &newline, 1, &unknown) != 1)
    newline = 0;
  push_token(g, newline);
}

/* Reads the prompt into the context and writes it out. */
static bool read_prompt(Generator *g, Error *error) {
  const size_t length = (size_t)g->prompt_bytes;
  uint16_t unit[MAX_WORD];
  int n, taken;
  for (size_t at = 0; at < length; at += (size_t)taken) {
    const EncodeStatus status =
        encode_unit(&g->reader.encoder, g->prompt + at, length - at, unit, &n, &taken);
    if (status != ENCODE_OK) return encode_refuse(status, g->prompt, at, length, error);
    for (int i = 0; i < n; i++) push_token(g, unit[i]);
  }
  output_text(&g->output, g->prompt, g->prompt_bytes);
  return true;
}

static bool refuse_input(const Generator *g, EncodeStatus status, Error *error) {
  return error_set(error, EXIT_USAGE, "byte %lld of %s is %s", (long long)g->input.position + 1,
                   g->input.by_lines ? "the line" : g->input.path,
                   status == ENCODE_NOT_UTF8
                       ? "not UTF-8, and the model knows characters"
                       : "of a character that the model does not know; it knows only those of its "
                         "training text, which `legacy_llm info` lists");
}

/* The same with all of the input, or a line of it. */
static bool read_input(Generator *g, Error *error) {
  const uint8_t *bytes;
  size_t count;
  uint16_t unit[MAX_WORD];
  int n, taken;
  for (;;) {
    if (!text_reader_look(&g->input, &bytes, &count, error)) return false;
    if (count == 0) return true;
    const EncodeStatus status = encode_unit(&g->reader.encoder, bytes, count, unit, &n, &taken);
    if (status != ENCODE_OK) return refuse_input(g, status, error);
    for (int i = 0; i < n; i++) push_token(g, unit[i]);
    output_text(&g->output, bytes, taken);
    text_reader_take(&g->input, (size_t)taken);
  }
}

/* ---- writing ---- */

/* The next token, drawn with random bits of its own. */
static int next_token(Generator *g, uint32_t random) {
  const ModelConfig *c = &g->reader.header.model;
  float *logits = g->reader.activations.work.logits;
  forward(&g->reader.model, &g->reader.activations, g->tokens, g->done, g->count - g->done);
  g->done = g->count;
  forward_logits(&g->reader.model, &g->reader.activations, g->count - 1, logits);
  return sample(logits, c->vocab, &g->sampler, g->candidates, random);
}

/* Continues the context by at most --tokens tokens, until the document ends or the stop
 * string comes; *written says how many. */
static TextEnd continue_text(Generator *g, uint32_t key, int *written) {
  const ModelConfig *c = &g->reader.header.model;
  never_empty(g);
  for (*written = 0; *written < g->settings->tokens; ++*written) {
    uint8_t piece[MAX_WORD];
    const int token = next_token(g, random_u32(key, (uint32_t)*written));
    if (model_starts_document(c, token)) return END_DOCUMENT;
    push_token(g, (uint16_t)token);
    const int bytes = tokenizer_decode(&g->reader.header.tokenizer, token, piece);
    if (output_piece(&g->output, piece, bytes)) return END_STOP;
  }
  return END_TOKENS;
}

/* One text: the prompt, or where it comes from the input what that, or its line, has; and what
 * follows. round counts the texts of a run. */
static bool write_text(Generator *g, bool from_input, FILE *file, uint32_t round, Error *error) {
  static const char *const ends[] = {"tokens", "document", "stop"};
  const GenerateSettings *s = g->settings;
  int written = 0;
  const char *end = "error";
  output_start(&g->output, file, s->json, g->stop, g->stop_bytes);
  start_context(g);
  if (s->json) printf("{\"event\":\"generate\",\"text\":\"");
  const bool good = from_input ? read_input(g, error) : read_prompt(g, error);
  if (good)
    end = ends[continue_text(g, random_key(s->sampling.seed, STREAM_SAMPLING, round), &written)];
  output_end(&g->output);
  if (s->json)
    printf("\",\"tokens\":%d,\"end\":\"%s\"}\n", written, end);
  else if (good || g->input.position > 0)
    printf("\n");
  fflush(stdout);
  return good;
}

/* A prompt per line, until the input ends. What a person mistypes is said and passed over. */
static bool converse(Generator *g, FILE *file, Error *error) {
  const bool asks = is_terminal(stdin) && is_terminal(stdout);
  for (uint32_t round = 0;; round++) {
    if (asks) printf("> ");
    fflush(stdout);
    if (!text_reader_next_line(&g->input)) break;
    if (file && round > 0) putc('\n', file);
    if (write_text(g, true, file, round, error)) continue;
    if (!asks || ferror(stdin)) return false;
    fprintf(stderr, "legacy_llm: %s\n", error->message);
  }
  if (asks) printf("\n");
  if (!ferror(stdin)) return true;
  return error_set(error, EXIT_FAILED, "cannot read standard input: %s", strerror(errno));
}

/* ---- the command ---- */

static bool is_standard_input(const char *name) { return name && strcmp(name, "-") == 0; }

/* The text of --prompt-file, or of standard input. */
static bool open_input(Generator *g, const GenerateSettings *s, Error *error) {
  if (!s->prompt_file || is_standard_input(s->prompt_file)) {
    text_reader_start(&g->input, stdin, "standard input");
    return true;
  }
  FILE *file = fopen(s->prompt_file, "rb");
  if (!file)
    return error_set(error, EXIT_USAGE, "cannot read %s: %s; name a text file with --prompt-file",
                     s->prompt_file, strerror(errno));
  text_reader_start(&g->input, file, s->prompt_file);
  return true;
}

/* What the settings ask of the sampler, the stop string and the input. Escapes have been checked.
 */
static bool prepare(Generator *g, const GenerateSettings *s, Error *error) {
  memset(g, 0, sizeof *g);
  g->settings = s;
  g->sampler = (SamplerSettings){s->sampling.temperature, s->sampling.top_k, s->sampling.top_p};
  g->stop_bytes = unquote_option(g->stop, MAX_STOP, "stop", s->stop, error);
  if (!is_standard_input(s->prompt)) g->prompt_bytes = (int)strlen(s->prompt); /* or fewer */
  return g->stop_bytes >= 0 && open_input(g, s, error);
}

static bool generate_to(Generator *g, FILE *file, Error *error) {
  const GenerateSettings *s = g->settings;
  const size_t length = strlen(s->prompt);
  if (s->interactive) return converse(g, file, error);
  if (g->prompt_bytes) g->prompt_bytes = unquote_bytes(g->prompt, (int)length, s->prompt, length);
  return write_text(g, s->prompt_file || is_standard_input(s->prompt), file, 0, error);
}

static bool open_model(Generator *g, Error *error) {
  const GenerateSettings *s = g->settings;
  const ReaderNeeds needs = {.packs = true, .layout = generator_layout, .context = g};
  return reader_open_header(&g->reader, s->model, error) &&
         reader_open(&g->reader, (RamLimit){s->ram, s}, &needs, error);
}

static bool generate_run(const void *settings, Error *error) {
  const GenerateSettings *s = settings;
  Generator *g = &generator;
  SafeFile file;
  if (!prepare(g, s, error)) return false;
  bool good = open_model(g, error) && (!s->out || safe_file_open(&file, s->out, error));
  if (good) {
    good = generate_to(g, s->out ? file.stream : NULL, error);
    if (s->out && !good) safe_file_discard(&file);
    if (s->out && good) good = safe_file_commit(&file, error);
  }
  if (g->input.file != stdin) fclose(g->input.file);
  reader_close(&g->reader);
  return good;
}

static const char *const examples[] = {
    "--prompt 'Once upon a time' --temperature 0.7 --seed 2",
    "--model my.ckpt --prompt-file beginning.txt --stop '\\n\\n'", "-i", NULL};

const Command generate_command = {
    .name = "generate",
    .summary = "continues a prompt with a model",
    .about = "Prints the prompt and what the model writes after it, until --tokens, the end of a "
             "document, or --stop.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(GenerateSettings),
    .defaults = generate_defaults,
    .settle = generate_settle,
    .run = generate_run};
