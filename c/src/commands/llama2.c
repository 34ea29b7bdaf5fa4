/* llama2.c - the command that lets a model of llama2.c write: its float file and its tokenizer as
 * they are (c/llama2). Nothing is turned into a model of this program, which could not hold it.
 */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "base/quote.h"
#include "base/stream.h"
#include "base/trace.h"
#include "commands/writing.h"
#include "llama2/llama2_file.h"
#include "llama2/llama2_tokenizer.h"
#include "run/file_kind.h"
#include "run/heap.h"
#include "run/interrupts.h"
#include "run/ram.h"
#include "run/trace_files.h"

/* ---- options ---- */

typedef struct {
  SettingsHead head;
  const char *model, *tokenizer;
  const char *dump; /* null: none */
  WritingSettings writing;
  bool force;
  uint64_t ram;
  SamplingSettings sampling;
} Llama2Settings;

/* Whether a file is called as those of llama2.c are. */
static bool is_called_bin(const char *path) {
  const char *end = strrchr(path, '.');
  return end && strcmp(end, ".bin") == 0;
}

#define AT(member) .offset = offsetof(Llama2Settings, member)
static const OptionRow model_rows[] = {
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "a float model of llama2.c, of version 0 or 1, such as stories260K.bin; it must be "
             "given",
     .kind = OPTION_FILE,
     .bare = is_called_bin,
     AT(model),
     .use = FILE_READ},
    {.name = "tokenizer",
     .argument = "FILE",
     .help = "the tokenizer that belongs to it, such as tok512.bin; it must be given",
     .kind = OPTION_FILE,
     AT(tokenizer),
     .use = FILE_READ},
};
static const OptionRow dump_rows[] = {
    {.name = "dump",
     .argument = "FILE",
     .help = "write the logits before each token to this file; it gets large",
     .kind = OPTION_FILE,
     AT(dump),
     .use = FILE_GROWN},
};
#undef AT
static const OptionGroup model_group = OPTION_GROUP("Model and text", model_rows);
static const OptionGroup dump_group = OPTION_GROUP("Output", dump_rows);

static const CommandGroup groups[] = {{&model_group, 0},
                                      {&beginning_group, offsetof(Llama2Settings, writing)},
                                      {&ending_group, offsetof(Llama2Settings, writing)},
                                      {&sampling_group, offsetof(Llama2Settings, sampling)},
                                      {&text_out_group, offsetof(Llama2Settings, writing)},
                                      {&dump_group, 0},
                                      {&force_group, offsetof(Llama2Settings, force)},
                                      {&json_group, offsetof(Llama2Settings, writing.json)},
                                      {&ram_group, offsetof(Llama2Settings, ram)},
                                      {NULL, 0}};

static void defaults(void *settings) {
  Llama2Settings *s = settings;
  writing_default(&s->writing);
  sampling_default(&s->sampling);
}

static bool settle(void *settings, Error *error) {
  const Llama2Settings *s = settings;
  if (!s->model || !s->tokenizer)
    return error_set(error, EXIT_USAGE,
                     "give a model of llama2.c with --model, and with "
                     "--tokenizer the tokenizer that belongs to it");
  return writing_settle(&s->writing, error);
}

/* ---- files ---- */

/* A file of llama2.c that an option names. */
typedef struct {
  FILE *file;
  int64_t bytes;
  Source source;
} BinFile;

static bool open_bin(BinFile *bin, const char *path, const char *option, Error *error) {
  bin->file = fopen(path, "rb");
  bin->source = file_source(bin->file, path);
  if (!bin->file)
    return error_set(error, EXIT_USAGE, "cannot use %s as --%s: %s; give another file", path,
                     option, strerror(errno));
  return stream_size(bin->file, &bin->bytes) ||
         error_set(error, EXIT_USAGE,
                   "cannot use %s as --%s: it is no ordinary file; save it as one", path, option);
}

static void close_bin(BinFile *bin) {
  if (bin->file) fclose(bin->file);
}

/* Says of what was refused what it is instead, where its beginning tells; returns false. */
static bool name_kind(const char *path, Error *error) {
  FileKind kind;
  if (error->exit_code != EXIT_USAGE || !file_kind_of_path(path, &kind)) return false;
  return error_set(error, EXIT_USAGE,
                   "cannot use the model %s: it is %s, not a model of llama2.c%s", path, kind.what,
                   kind.standing == STANDS_CHECKPOINT || kind.standing == STANDS_MODEL
                       ? "; legacy_llm generate writes with it"
                       : "; give a float file of llama2.c, such as stories260K.bin");
}

/* ---- a run ---- */

typedef struct {
  const Llama2Settings *settings;
  BinFile model_file, tokenizer_file;
  TextFile input; /* --prompt-file, or standard input where a prompt is */
  Llama2Header header;
  TraceFiles traces;
  Arena arena;
  Llama2 model;
  Llama2Tokenizer tokenizer;
  Llama2Tokens prompt;
  uint8_t *text; /* [text_bytes] the prompt; room for as many while its escapes are read */
  int32_t text_bytes;
  GenerateOutput output;
} Run;

/* Positions that the model can read. */
static int32_t most_positions(const Run *run) {
  const int32_t context = run->header.shape.context;
  return context < LLAMA2_MOST_POSITIONS ? context : LLAMA2_MOST_POSITIONS;
}

/* Positions that this run may need: the prompt, with what begins it, and the tokens. */
static int32_t room_of(const Run *run) {
  const int64_t need = (int64_t)run->text_bytes + 2 + run->settings->writing.tokens;
  return need < most_positions(run) ? (int32_t)need : most_positions(run);
}

static bool refuse_prompt(const Run *run, long size, const char *unit, Error *error) {
  return error_set(
      error, EXIT_USAGE,
      "the prompt is too long: it has %ld %s, and the model %s reads at most %ld tokens; "
      "give a shorter one",
      size, unit, run->settings->model, (long)most_positions(run));
}

/* How long the prompt can be at most, before any memory is taken for it. */
static bool measure_prompt(Run *run, Error *error) {
  const int64_t bytes =
      run->input.file ? run->input.bytes : (int64_t)strlen(run->settings->writing.prompt);
  if (bytes > (int64_t)most_positions(run) * LLAMA2_MOST_PIECE)
    return refuse_prompt(run, (long)bytes, "bytes", error);
  run->text_bytes = (int32_t)bytes;
  return true;
}

/* Takes (or plans) all memory. */
static void layout(Run *run) {
  llama2_layout(&run->model, &run->header.shape, room_of(run), &run->arena);
  llama2_tokenizer_layout(&run->tokenizer, run->header.shape.vocab, run->tokenizer_file.bytes,
                          &run->arena);
  llama2_tokens_layout(&run->prompt, run->text_bytes, &run->arena);
  run->text = arena_take(&run->arena, MEMORY_TEXT, (size_t)run->text_bytes, 1);
}

/* The headers, and what they tell of sizes. */
static bool open_files(Run *run, Error *error) {
  const Llama2Settings *s = run->settings;
  BinFile *model = &run->model_file, *tokenizer = &run->tokenizer_file;
  if (!writing_open_input(&s->writing, &run->input, error) ||
      !open_bin(model, s->model, "model", error) ||
      !open_bin(tokenizer, s->tokenizer, "tokenizer", error))
    return false;
  if (!llama2_read_header(&run->header, &model->source, model->bytes, error))
    return name_kind(s->model, error);
  return llama2_tokenizer_check(run->header.shape.vocab, tokenizer->bytes, s->tokenizer, error) &&
         measure_prompt(run, error);
}

static bool open_memory(Run *run, Error *error) {
  const Llama2Settings *s = run->settings;
  layout(run);
  if (!check_ram(run->arena.plan.total, (RamLimit){s->ram, s}, error) ||
      !arena_open(&run->arena, error))
    return false;
  layout(run);
  return arena_whole(&run->arena, error);
}

/* The prompt of the options, whose escapes were checked, or of a file. */
static bool read_text(Run *run, Error *error) {
  const char *prompt = run->settings->writing.prompt;
  if (!run->input.file) {
    run->text_bytes = unquote_bytes(run->text, run->text_bytes, prompt, strlen(prompt));
    return true;
  }
  const Source source = text_file_source(&run->input, "reading");
  return source_read(&source, run->text, (size_t)run->text_bytes) == READ_WHOLE ||
         error_set(error, EXIT_FAILED, "cannot read %s: %s", run->input.name,
                   errno ? strerror(errno) : "it has become shorter");
}

static bool read_prompt(Run *run, Error *error) {
  if (!read_text(run, error) ||
      !llama2_encode(&run->tokenizer, &run->prompt, run->text, run->text_bytes, error))
    return false;
  return run->prompt.count <= most_positions(run) ||
         refuse_prompt(run, (long)run->prompt.count, "tokens", error);
}

static bool open_run(Run *run, Error *error) {
  if (!open_files(run, error) || !open_memory(run, error) ||
      !llama2_tokenizer_read(&run->tokenizer, &run->tokenizer_file.source, error) ||
      !read_prompt(run, error) ||
      !llama2_read_weights(&run->model, &run->header, &run->model_file.source, error))
    return false;
  llama2_init(&run->model);
  return trace_files_open(&run->traces, NULL, run->settings->dump, error);
}

/* ---- writing ---- */

/* The token that follows what was read; place: how many were written before. */
static int next_token(Run *run, int place) {
  const SamplingSettings *s = &run->settings->sampling;
  const legacy_llm_sampling sampling = {s->temperature, s->top_k, s->top_p};
  const Trace trace = {trace_files_trace(&run->traces), place + 1};
  trace_floats(&trace, "logits", -1, llama2_logits(&run->model), run->model.shape.vocab);
  return llama2_draw(&run->model, &sampling, legacy_llm_random(s->seed, 0, (uint32_t)place));
}

/* Reads the prompt but for its last token, which is returned. */
static int begin_text(Run *run) {
  int i = 0;
  for (; i + 1 < run->prompt.count && !interrupted(); i++)
    llama2_push(&run->model, run->prompt.token[i]);
  return run->prompt.token[i];
}

/* Goes on by at most --tokens tokens; *written says how many. */
static TextEnd continue_text(Run *run, int *written) {
  const int most = run->settings->writing.tokens;
  int token = begin_text(run);
  for (*written = 0; *written < most; ++*written) {
    uint8_t piece[LLAMA2_MOST_PIECE];
    if (interrupted()) return END_INTERRUPT;
    if (run->model.count == most_positions(run)) return END_CONTEXT;
    const int before = token;
    llama2_push(&run->model, before);
    token = next_token(run, *written);
    if (token == LLAMA2_BEGIN || token == LLAMA2_END) return END_DOCUMENT;
    const int bytes = llama2_decode(&run->tokenizer, before, token, piece);
    if (output_piece(&run->output, piece, bytes)) return END_STOP;
  }
  return END_TOKENS;
}

static bool write_text(void *context, FILE *file, bool *kept, Error *error) {
  Run *run = context;
  const WritingSettings *s = &run->settings->writing;
  int written;
  writing_begin(s, &run->output, file);
  output_text(&run->output, run->text, run->text_bytes);
  const TextEnd end = continue_text(run, &written);
  writing_end(s, &run->output, end, written);
  *kept = !interrupted();
  return *kept || writing_stopped(s, error);
}

static bool write_traced(Run *run, Error *error) {
  Error closing;
  const bool good = writing_to_out(&run->settings->writing, write_text, run, error);
  const bool closed = trace_files_close(&run->traces, good ? error : &closing);
  return good && closed;
}

static bool run_llama2(const void *settings, Error *error) {
  Run run = {.settings = settings};
  bool good = open_run(&run, error);
  interrupts_set(INTERRUPTS_NOTED, NULL);
  good = good && write_traced(&run, error);
  interrupts_set(INTERRUPTS_END, NULL);
  text_file_close(&run.input);
  close_bin(&run.model_file);
  close_bin(&run.tokenizer_file);
  arena_close(&run.arena);
  return good;
}

static const char *const examples[] = {
    "--model stories260K.bin --tokenizer tok512.bin --temperature 0 --tokens 200",
    "--model stories15M.bin --tokenizer tokenizer.bin --prompt 'One day' --seed 2", NULL};

const Command llama2_command = {
    .name = "llama2",
    .summary = "continues a prompt with a float model of llama2.c",
    .about = "Prints the prompt and what the model writes after it, until --tokens, the end of a "
             "text, --stop, or the end of the model's context. The weights stay float32, as they "
             "are in the file.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(Llama2Settings),
    .defaults = defaults,
    .settle = settle,
    .run = run_llama2};
