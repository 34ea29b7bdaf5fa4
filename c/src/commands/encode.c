/* encode.c - tokens as numbers that people can read, and back. */
#include "commands/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/safe_file.h"
#include "run/heap.h"
#include "run/model_file.h"
#include "run/text_advice.h"
#include "run/text_tokens.h"
#include "run/tokenizer_choice.h"

/* ---- options ---- */

/* Of encode and of decode. */
typedef struct {
  SettingsHead head;
  const char *text;  /* of decode: a file of numbers */
  const char *model; /* null: the tokenizer is */
  const char *out;   /* null: stdout */
  TokenizerSettings tokenizer;
  uint64_t ram;
  bool force;
} CodeSettings;

/* The tokenizer that decode knows by name: the one that is not learned. */
static const char *bytes_alone(int place) {
  return place == 0 ? legacy_llm_tokenizer_name(LEGACY_LLM_BYTES) : NULL;
}

#define AT(member) .offset = offsetof(CodeSettings, member)
static const OptionRow encode_rows[] = {
    {.name = "text",
     .argument = "FILE",
     .help = "UTF-8 text to encode",
     .kind = OPTION_FILE,
     .bare = model_file_is_not,
     AT(text),
     .names = standard_input,
     .use = FILE_READ},
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "encode with the tokenizer of this checkpoint",
     .kind = OPTION_FILE,
     .bare = model_file_is,
     AT(model),
     .use = FILE_READ},
    {.name = "out",
     .letter = 'o',
     .argument = "FILE",
     .help = "the file to write the numbers to; without it they are printed",
     .kind = OPTION_FILE,
     AT(out),
     .use = FILE_TEXT},
};
static const OptionRow decode_rows[] = {
    {.name = "text",
     .argument = "FILE",
     .help = "a file of numbers, as `legacy_llm encode` writes them; it must be given",
     .kind = OPTION_FILE,
     .bare = model_file_is_not,
     AT(text),
     .names = standard_input,
     .use = FILE_READ},
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "decode with the tokenizer of this checkpoint",
     .kind = OPTION_FILE,
     .bare = model_file_is,
     AT(model),
     .use = FILE_READ},
    {.name = "tokenizer",
     .argument = "FILE",
     .help = "decode with this tokenizer: bytes, where each number is a byte, or a FILE that "
             "`legacy_llm tokenizer` wrote",
     .kind = OPTION_FILE,
     AT(tokenizer.tokenizer),
     .names = bytes_alone,
     .use = FILE_READ},
    {.name = "separator",
     .argument = "TEXT",
     .help = "with --tokenizer bytes: the text that the number 256 stands for",
     .kind = OPTION_ESCAPED,
     AT(tokenizer.separator),
     .high = LEGACY_LLM_MAX_SEPARATOR},
    {.name = "out",
     .letter = 'o',
     .argument = "FILE",
     .help = "the file to write the text to; without it the text is printed",
     .kind = OPTION_FILE,
     AT(out),
     .use = FILE_TEXT},
};
#undef AT
static const OptionGroup encode_group = OPTION_GROUP("Files", encode_rows);
static const OptionGroup decode_group = OPTION_GROUP("Files", decode_rows);

static const CommandGroup encode_groups[] = {{&encode_group, 0},
                                             {&tokenizer_group, offsetof(CodeSettings, tokenizer)},
                                             {&force_group, offsetof(CodeSettings, force)},
                                             {&ram_group, offsetof(CodeSettings, ram)},
                                             {NULL, 0}};
static const CommandGroup decode_groups[] = {
    {&decode_group, 0}, {&force_group, offsetof(CodeSettings, force)}, {NULL, 0}};

static void encode_defaults(void *settings) {
  CodeSettings *s = settings;
  s->text = BUNDLED_TEXT;
  tokenizer_default(&s->tokenizer);
}

static void decode_defaults(void *settings) {
  CodeSettings *s = settings;
  s->tokenizer.separator = "";
}

static bool encode_settle(void *settings, Error *error) {
  const CodeSettings *s = settings;
  return tokenizer_rules(s, &s->tokenizer, s->model, error);
}

static bool decode_settle(void *settings, Error *error) {
  const CodeSettings *s = settings;
  const char *name = s->tokenizer.tokenizer;
  if (!s->model && !name)
    return error_set(error, EXIT_USAGE,
                     "the file of numbers does not say which tokenizer wrote it; give --model, or "
                     "--tokenizer FILE");
  if (name && (strcmp(name, legacy_llm_tokenizer_name(LEGACY_LLM_CHARS)) == 0 ||
               strcmp(name, legacy_llm_tokenizer_name(LEGACY_LLM_BPE)) == 0))
    return error_set(error, EXIT_USAGE,
                     "--tokenizer %s would have to be learned from a text, but decode has only "
                     "numbers; give --model, or --tokenizer FILE",
                     name);
  if (!s->text)
    return error_set(error, EXIT_USAGE, "give the file of numbers to decode with --text");
  return tokenizer_rules(s, &s->tokenizer, s->model, error);
}

/* ---- files ---- */

/* The text, or the numbers, and the tokenizer of --model, or of --tokenizer. */
typedef struct {
  TextFile text;
  ModelFile model;           /* zeroed where there is none */
  legacy_llm_tokenizer *own; /* null where it is the model's */
  const legacy_llm_tokenizer *tokenizer;
} Codes;

static bool open_tokenizer(Codes *codes, const CodeSettings *s, Error *error) {
  uint64_t scan_bytes;
  if (s->model) {
    if (!model_file_read(&codes->model, s, "model", s->model, error)) return false;
    codes->tokenizer = codes->model.tokenizer;
    return true;
  }
  codes->own =
      tokenizer_make(&s->tokenizer, &codes->text, (RamLimit){s->ram, s}, &scan_bytes, error);
  codes->tokenizer = codes->own;
  return codes->own != NULL;
}

static void close_codes(Codes *codes) {
  free(codes->own);
  model_file_close(&codes->model);
  text_file_close(&codes->text);
}

typedef bool WriteCodes(const CodeSettings *s, Codes *codes, FILE *to, Error *error);

/* Runs `write` with --out, whole or not at all, or with stdout. */
static bool write_output(const CodeSettings *s, Codes *codes, WriteCodes *write, Error *error) {
  SafeFile file;
  if (!s->out) return write(s, codes, stdout, error);
  if (!safe_file_open_text(&file, s->out, error)) return false;
  if (write(s, codes, file.stream, error)) return safe_file_commit(&file, error);
  safe_file_discard(&file);
  return false;
}

static bool run_codes(const CodeSettings *s, WriteCodes *write, Error *error) {
  Codes codes;
  memset(&codes, 0, sizeof codes);
  const bool good = text_file_open(&codes.text, s->text, "text", error) &&
                    open_tokenizer(&codes, s, error) && write_output(s, &codes, write, error);
  close_codes(&codes);
  return good;
}

/* ---- encode ---- */

enum { NUMBERS_A_LINE = 16 };

typedef struct {
  FILE *stream;
  int32_t count; /* numbers so far */
} Numbers;

static bool write_numbers(void *context, const uint8_t *bytes, int size, const uint16_t *tokens,
                          int n) {
  Numbers *to = context;
  (void)bytes, (void)size;
  for (int i = 0; i < n; i++, to->count++) {
    const char *space = to->count == 0 ? "" : to->count % NUMBERS_A_LINE == 0 ? "\n" : " ";
    if (fprintf(to->stream, "%s%d", space, tokens[i]) < 0) return false;
  }
  return true;
}

/* A byte order mark is encoded by tokenizers that take any bytes, so that decoding gives back all
 * of a file; for characters it is none. */
static void settle_mark(Codes *codes) {
  if (legacy_llm_tokenizer_tell(codes->tokenizer).kind == LEGACY_LLM_CHARS)
    text_tell_mark(&codes->text);
  else
    text_file_keep_mark(&codes->text);
}

static bool write_encoded(const CodeSettings *s, Codes *codes, FILE *stream, Error *error) {
  Numbers to = {stream, 0};
  const legacy_llm_unit_sink sink = {&to, write_numbers};
  const legacy_llm_tokenizer *t = codes->tokenizer;
  const size_t bytes = legacy_llm_encoder_size(t);
  void *memory = check_ram(bytes, (RamLimit){s->ram, s}, error) ? heap_take(bytes, error) : NULL;
  settle_mark(codes);
  const bool good = memory && text_file_encode(&codes->text, "encoding", t,
                                               legacy_llm_encoder_open(memory, t), &sink, error);
  free(memory);
  if (good && to.count == 0)
    return error_set(error, EXIT_USAGE, "%s is empty; give another text", codes->text.name);
  if (good) putc('\n', stream);
  return good;
}

static bool encode_run(const void *settings, Error *error) {
  return run_codes(settings, write_encoded, error);
}

static const char *const encode_examples[] = {
    "--text my.txt --tokenizer my.tok", "--text my.txt --model my.ckpt --out my.numbers", NULL};

const Command encode_command = {.name = "encode",
                                .summary = "writes a text as the numbers of its tokens",
                                .examples = encode_examples,
                                .groups = encode_groups,
                                .silent = true,
                                .settings_size = sizeof(CodeSettings),
                                .defaults = encode_defaults,
                                .settle = encode_settle,
                                .run = encode_run};

/* ---- decode ---- */

/* The next number of a stream, white space before it passed over; -1 at the end, -2 where something
 * else stands or the number is too large. */
static int32_t read_number(FILE *stream) {
  int c = getc(stream);
  while (c == ' ' || (c >= '\t' && c <= '\r')) c = getc(stream);
  if (c == EOF) return -1;
  int32_t number = -2;
  for (; c >= '0' && c <= '9'; c = getc(stream)) {
    number = (number < 0 ? 0 : number) * 10 + (c - '0');
    if (number >= MAX_VOCAB) return -2;
  }
  const bool ends = c == EOF || c == ' ' || (c >= '\t' && c <= '\r');
  return ends ? number : -2;
}

static bool write_decoded(const CodeSettings *s, Codes *codes, FILE *to, Error *error) {
  const int tokens = legacy_llm_tokenizer_tell(codes->tokenizer).tokens;
  uint8_t piece[LEGACY_LLM_MAX_WORD];
  FILE *from = text_file_stream(&codes->text);
  (void)s;
  for (long at = 1;; at++) {
    const int32_t token = read_number(from);
    if (token == -1) break;
    if (token < 0 || token >= tokens)
      return error_set(error, EXIT_USAGE,
                       "number %ld of %s is not a token: this tokenizer has the tokens 0 to %ld; "
                       "give --text a file that `legacy_llm encode` wrote",
                       at, codes->text.name, (long)tokens - 1);
    fwrite(piece, 1, (size_t)legacy_llm_decode(codes->tokenizer, token, piece), to);
  }
  if (!ferror(from)) return true;
  return error_set(error, EXIT_FAILED, "cannot read %s: %s", codes->text.name, strerror(errno));
}

static bool decode_run(const void *settings, Error *error) {
  return run_codes(settings, write_decoded, error);
}

static const char *const decode_examples[] = {
    "--text my.numbers --tokenizer my.tok", "--text my.numbers --model my.ckpt --out my.txt", NULL};

const Command decode_command = {.name = "decode",
                                .summary = "writes the text that the numbers of tokens stand for",
                                .examples = decode_examples,
                                .groups = decode_groups,
                                .silent = true,
                                .settings_size = sizeof(CodeSettings),
                                .defaults = decode_defaults,
                                .settle = decode_settle,
                                .run = decode_run};
