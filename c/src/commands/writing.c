/* writing.c - how a text begins and ends, and where it goes. */
#include "commands/writing.h"

#include <string.h>

#include "base/quote.h"
#include "base/safe_file.h"
#include "run/interrupts.h"
#include "run/model_file.h"
#include "run/text_advice.h"

/* ---- options ---- */

#define AT(member) .offset = offsetof(WritingSettings, member)
static const OptionRow beginning_rows[] = {
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
};
static const OptionRow ending_rows[] = {
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
static const OptionRow out_rows[] = {
    {.name = "out",
     .letter = 'o',
     .argument = "FILE",
     .help = "also write the generated text to this file",
     .kind = OPTION_FILE,
     AT(out),
     .use = FILE_TEXT},
};
#undef AT
const OptionGroup beginning_group = OPTION_GROUP("Model and text", beginning_rows);
const OptionGroup ending_group = OPTION_GROUP("Model and text", ending_rows);
const OptionGroup text_out_group = OPTION_GROUP("Output", out_rows);

void writing_default(WritingSettings *s) {
  s->prompt = s->stop = "";
  s->tokens = 400;
}

bool writing_settle(const WritingSettings *s, Error *error) {
  if (!*s->prompt || !s->prompt_file) return true;
  return error_set(error, EXIT_USAGE,
                   "--prompt and --prompt-file exclude each other; leave one of them out");
}

/* ---- how it begins ---- */

static bool is_standard_input(const char *name) { return name && strcmp(name, "-") == 0; }

bool writing_reads_input(const WritingSettings *s) {
  return is_standard_input(s->prompt) || is_standard_input(s->prompt_file);
}

bool writing_open_input(const WritingSettings *s, TextFile *input, Error *error) {
  const char *path = is_standard_input(s->prompt) ? s->prompt : s->prompt_file;
  if (!path) return true;
  if (!text_file_open(input, path, "prompt-file", error)) return false;
  text_tell_mark(input);
  return true;
}

/* ---- on the way ---- */

void writing_begin(const WritingSettings *s, GenerateOutput *output, FILE *file) {
  uint8_t stop[MAX_STOP];
  const int bytes = unquote_bytes(stop, MAX_STOP, s->stop, strlen(s->stop)); /* was checked */
  output_start(output, file, s->json, stop, bytes);
  if (s->json) printf("{\"event\":\"generate\",\"text\":\"");
}

void writing_end(const WritingSettings *s, GenerateOutput *output, TextEnd end, int tokens) {
  static const char *const ends[] = {"error", "tokens", "document", "stop", "interrupt", "context"};
  output_end(output);
  if (s->json)
    printf("\",\"tokens\":%d,\"end\":\"%s\"}\n", tokens, ends[end]);
  else if (end != END_ERROR || output->begun)
    printf("\n");
  fflush(stdout);
}

bool writing_to_out(const WritingSettings *s, WriteTexts *write, void *context, Error *error) {
  SafeFile file;
  bool kept = true;
  if (!s->out) return write(context, NULL, &kept, error);
  if (!safe_file_open_text(&file, s->out, error)) return false;
  const bool good = write(context, file.stream, &kept, error);
  if (good && kept) return safe_file_commit(&file, error);
  safe_file_discard(&file);
  return good;
}

bool writing_stopped(const WritingSettings *s, Error *error) {
  if (!s->out) return error_set(error, interrupted_exit_code(), "%s", "");
  return error_set(error, interrupted_exit_code(), "stopped; %s is as it was", s->out);
}
