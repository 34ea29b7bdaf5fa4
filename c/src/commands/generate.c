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
#include "math/random.h"
#include "model/forward.h"
#include "model/sampler.h"
#include "run/reader.h"
#include "text/text_reader.h"
#include "text/tokenizer_file.h"

/* Why a text ended. */
typedef enum { END_TOKENS, END_DOCUMENT, END_STOP } TextEnd;

typedef struct {
  Reader reader;
  const Options *options;
  SamplerSettings sampler;
  Candidate *candidates;        /* [V] scratch of the sampler */
  uint16_t tokens[MAX_CONTEXT]; /* [T] the context */
  int count;                    /* tokens in it */
  int done;                     /* of them, those that went through forward */
  uint8_t stop[MAX_STOP];
  int stop_bytes;
  TextReader input; /* of standard input */
  GenerateOutput output;
} Generator;

static Generator generator; /* large, so not on the stack */

static void generator_layout(void *context, const CheckpointHeader *header, Arena *arena) {
  Generator *g = context;
  const bool cuts = g->sampler.top_k > 0 || g->sampler.top_p < 1.0f;
  g->candidates =
      cuts ? arena_take(arena, MEMORY_WORKSPACE, (size_t)header->model.vocab, sizeof *g->candidates)
           : NULL;
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

/* Reads a string of bytes into the context and writes it out. */
static bool read_string(Generator *g, const char *text, Error *error) {
  const uint8_t *bytes = (const uint8_t *)text;
  const size_t length = strlen(text);
  uint16_t unit[MAX_WORD];
  int n, taken;
  for (size_t at = 0; at < length; at += (size_t)taken) {
    const EncodeStatus status =
        encode_unit(&g->reader.encoder, bytes + at, length - at, unit, &n, &taken);
    if (status != ENCODE_OK) return encode_refuse(status, bytes, at, length, error);
    for (int i = 0; i < n; i++) push_token(g, unit[i]);
  }
  output_text(&g->output, bytes, (int)length);
  return true;
}

static bool refuse_input(const Generator *g, EncodeStatus status, Error *error) {
  return error_set(error, EXIT_USAGE, "byte %lld of %s is %s", (long long)g->input.position + 1,
                   g->input.by_lines ? "the line" : g->input.path,
                   status == ENCODE_NOT_UTF8
                       ? "not UTF-8, and the model knows characters"
                       : "of a character that the model does not know; it knows those of its "
                         "training text only (see `info`)");
}

/* The same with all of standard input, or a line of it. */
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
  const Pass pass = pass_make(&g->reader.model, &g->reader.activations, g->tokens, g->done,
                              g->count - g->done, NULL);
  forward(&pass);
  g->done = g->count;
  return sample(forward_logits(&pass, g->count - 1), c->vocab, &g->sampler, g->candidates, random);
}

/* Continues the context by at most options->tokens tokens, until the document ends or the stop
 * string comes; *written says how many. */
static TextEnd continue_text(Generator *g, uint32_t key, int *written) {
  const ModelConfig *c = &g->reader.header.model;
  never_empty(g);
  for (*written = 0; *written < g->options->tokens; ++*written) {
    uint8_t piece[MAX_WORD];
    const int token = next_token(g, random_u32(key, (uint32_t)*written));
    if (model_starts_document(c, token)) return END_DOCUMENT;
    push_token(g, (uint16_t)token);
    const int bytes = tokenizer_decode(&g->reader.header.tokenizer, token, piece);
    if (output_piece(&g->output, piece, bytes)) return END_STOP;
  }
  return END_TOKENS;
}

/* One text: the prompt, or where that is null what standard input or its line has, and what
 * follows. round counts the texts of a run. */
static bool write_text(Generator *g, const char *prompt, FILE *file, uint32_t round, Error *error) {
  static const char *const ends[] = {"tokens", "document", "stop"};
  const Options *o = g->options;
  int written = 0;
  const char *end = "error";
  output_start(&g->output, file, o->json, g->stop, g->stop_bytes);
  start_context(g);
  if (o->json) printf("{\"event\":\"generate\",\"text\":\"");
  const bool good = prompt ? read_string(g, prompt, error) : read_input(g, error);
  if (good)
    end = ends[continue_text(g, random_key(o->train.seed, STREAM_SAMPLING, round), &written)];
  output_end(&g->output);
  if (o->json)
    printf("\",\"tokens\":%d,\"end\":\"%s\"}\n", written, end);
  else if (good || g->input.position > 0)
    printf("\n");
  fflush(stdout);
  return good;
}

/* A prompt a line, until the input ends. What a person mistypes is said and passed over. */
static bool converse(Generator *g, FILE *file, Error *error) {
  const bool asks = is_terminal(stdin) && is_terminal(stdout);
  for (uint32_t round = 0;; round++) {
    if (asks) printf("> ");
    fflush(stdout);
    if (!text_reader_next_line(&g->input)) break;
    if (file && round > 0) putc('\n', file);
    if (write_text(g, NULL, file, round, error)) continue;
    if (!asks || ferror(stdin)) return false;
    fprintf(stderr, "legacy_llm: %s\n", error->message);
  }
  if (asks) printf("\n");
  if (!ferror(stdin)) return true;
  return error_set(error, EXIT_FAILED, "cannot read standard input: %s", strerror(errno));
}

static bool generate_to(Generator *g, FILE *file, Error *error) {
  const Options *o = g->options;
  if (o->interactive) return converse(g, file, error);
  return write_text(g, strcmp(o->prompt, "-") == 0 ? NULL : o->prompt, file, 0, error);
}

/* What the options ask of the sampler and the stop string. */
static bool settle(Generator *g, const Options *o, Error *error) {
  memset(g, 0, sizeof *g);
  g->options = o;
  text_reader_start(&g->input, stdin, "standard input");
  g->sampler = (SamplerSettings){o->temperature, o->top_k, o->top_p};
  g->stop_bytes = unquote_option(g->stop, MAX_STOP, "stop", o->stop, error);
  if (g->stop_bytes < 0) return false;
  if (o->interactive && *o->prompt)
    return error_set(error, EXIT_USAGE, "--interactive reads its prompts; leave out --prompt");
  return true;
}

bool generate_command(const Options *options, Error *error) {
  Generator *g = &generator;
  const ReaderNeeds needs = {.packs = true, .layout = generator_layout, .context = g};
  SafeFile file;
  if (!settle(g, options, error) || !reader_open_header(&g->reader, options, error) ||
      !reader_open(&g->reader, options, &needs, error))
    return false;
  bool good = !options->out || safe_file_open(&file, options->out, error);
  if (good) {
    good = generate_to(g, options->out ? file.stream : NULL, error);
    if (options->out && !good) safe_file_discard(&file);
    if (options->out && good) good = safe_file_commit(&file, error);
  }
  reader_close(&g->reader);
  return good;
}
