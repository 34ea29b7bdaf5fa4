/* generate.c - the command that lets a model write, with the int8 key/value cache. */
#include "generate.h"

#include <stdio.h>
#include <string.h>

#include "math_ops.h"
#include "platform.h"
#include "reader.h"

enum { STREAM_SAMPLING = 4000 };

static Reader reader; /* large, so not on the stack */

/* Index of the largest of x [n], the first of equals. */
static int argmax(const float *x, int n) {
  int best = 0;
  for (int i = 1; i < n; i++)
    if (x[i] > x[best]) best = i;
  return best;
}

/* Draws from softmax(logits / temperature) with 24 random bits; overwrites logits [V]. */
static int sample(float *logits, int vocab, float temperature, uint32_t random) {
  if (temperature < 0.01f) return argmax(logits, vocab);
  float largest = ops->max(logits, vocab);
  for (int v = 0; v < vocab; v++) logits[v] = (logits[v] - largest) / temperature;
  ops->exp_shifted(logits, 0.0f, vocab);
  float remaining = (float)(int32_t)(random >> 8) * (1.0f / 16777216.0f) * ops->sum(logits, vocab);
  for (int v = 0; v < vocab - 1; v++) {
    remaining = remaining - logits[v];
    if (remaining < 0.0f) return v;
  }
  return vocab - 1;
}

/* Writes one token to stdout and, if there is one, to the file. */
static void emit(const Tokenizer *tokenizer, int token, FILE *file) {
  uint8_t piece[MAX_WORD];
  const size_t length = (size_t)tokenizer_decode(tokenizer, token, piece);
  fwrite(piece, 1, length, stdout);
  if (file) fwrite(piece, 1, length, file);
}

/* Continues tokens [count of T] by options->tokens more. When the context is full, the newer
 * half of it is read again and the older half forgotten. */
static void continue_text(Reader *r, const Options *options, uint16_t *tokens, int count,
                          FILE *file) {
  const int T = r->header.model.context, V = r->header.model.vocab;
  const uint32_t key = random_key(options->train.seed, STREAM_SAMPLING, 0);
  float *logits = r->activations.work.logits;
  int done = 0; /* positions that went through forward */
  for (int i = 0; i < options->tokens; i++) {
    if (count == T) {
      count = T - T / 2;
      memmove(tokens, tokens + T / 2, (size_t)count * sizeof *tokens);
      done = 0;
    }
    forward(&r->model, &r->activations, tokens, done, count - done);
    done = count;
    forward_logits(&r->model, &r->activations, count - 1, logits);
    int token = sample(logits, V, options->temperature, random_u32(key, (uint32_t)i));
    tokens[count++] = (uint16_t)token;
    emit(&r->header.tokenizer, token, file);
    if (is_terminal(stdout)) fflush(stdout);
  }
  printf("\n");
}

/* The prompt as tokens, its last T/2 if it is longer than the context; if it is empty, what begins
 * a document, or a newline. */
static int encode_prompt(Reader *r, const char *prompt, uint16_t *tokens, Error *error) {
  static uint16_t all[1 << 14];
  const int T = r->header.model.context;
  int count =
      encode_string(&r->encoder, (const uint8_t *)prompt, strlen(prompt), all, 1 << 14, error);
  if (count < 0) return -1;
  if (count == 0) {
    tokens[0] = (uint16_t)r->header.model.separator;
    Error unknown;
    if (!tokens[0] && encode_string(&r->encoder, (const uint8_t *)"\n", 1, tokens, 1, &unknown) < 0)
      tokens[0] = 0;
    return 1;
  }
  int kept = count < T ? count : T - T / 2;
  memcpy(tokens, all + count - kept, (size_t)kept * sizeof *tokens);
  return kept;
}

static bool generate_to(Reader *r, const Options *options, FILE *file, Error *error) {
  uint16_t tokens[MAX_CONTEXT];
  int count = encode_prompt(r, options->prompt, tokens, error);
  if (count < 0) return false;
  printf("%s", options->prompt);
  if (file) fprintf(file, "%s", options->prompt);
  continue_text(r, options, tokens, count, file);
  return true;
}

bool generate_command(const Options *options, Error *error) {
  const ReaderNeeds needs = {.packs = true};
  SafeFile file;
  if (!reader_open_header(&reader, options, error) || !reader_open(&reader, options, &needs, error))
    return false;
  if (options->out && !safe_file_open(&file, options->out, error)) return false;
  bool good = generate_to(&reader, options, options->out ? file.stream : NULL, error);
  reader_close(&reader);
  if (!options->out) return good;
  if (good) return safe_file_commit(&file, error);
  safe_file_discard(&file);
  return false;
}
