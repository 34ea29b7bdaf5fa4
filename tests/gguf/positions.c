/* positions.c - what a model predicts at each place of a text, in windows of its context.
 *
 *   positions MODEL TEXT WINDOWS
 *
 * Prints JSON: all tokens of the text, where the windows begin in them (`from`), how long they are
 * (`context`), the likeliest token after each place of each window (`best`), and what the tokens
 * that follow cost on average, in nats (`loss`). Linked with liblegacy_llm.
 */
#include <stdio.h>
#include <stdlib.h>

#include "legacy_llm.h"

static legacy_llm_error error;

static void *must(void *result) {
  if (result) return result;
  fprintf(stderr, "positions: %s\n", error.message);
  exit(1);
}

static ptrdiff_t read_file(void *file, void *bytes, size_t size) {
  return (ptrdiff_t)fread(bytes, 1, size, file);
}

static legacy_llm_source source_of(const char *path) {
  FILE *file = fopen(path, "rb");
  snprintf(error.message, sizeof error.message, "cannot read %s", path);
  return (legacy_llm_source){must(file), read_file, path};
}

typedef struct {
  uint16_t *token; /* [count] */
  int count, room;
} Tokens;

static bool take_unit(void *context, const uint8_t *bytes, int size, const uint16_t *tokens,
                      int count) {
  Tokens *all = context;
  (void)bytes, (void)size;
  if (all->count + count > all->room) {
    all->room = 2 * all->room + count;
    all->token = must(realloc(all->token, (size_t)all->room * sizeof *all->token));
  }
  for (int i = 0; i < count; i++) all->token[all->count++] = tokens[i];
  return true;
}

static Tokens tokens_of(const char *path, const legacy_llm_tokenizer *t) {
  const legacy_llm_source text = source_of(path);
  Tokens all = {NULL, 0, 0};
  const legacy_llm_unit_sink sink = {&all, take_unit};
  legacy_llm_encoder *encoder =
      legacy_llm_encoder_open(must(malloc(legacy_llm_encoder_size(t))), t);
  must(legacy_llm_encode(encoder, &text, &sink, &error) ? encoder : NULL);
  return all;
}

static bool read_tokens(void *context, int32_t first, int count, uint16_t *tokens,
                        legacy_llm_error *why) {
  const Tokens *all = context;
  (void)why;
  for (int i = 0; i < count; i++) tokens[i] = all->token[first + i];
  return true;
}

static legacy_llm_model *open_model(const char *path, legacy_llm_checkpoint *c,
                                    legacy_llm_use use) {
  const legacy_llm_source from = source_of(path);
  legacy_llm_memory_plan plan;
  legacy_llm_model_plan(c, use, NULL, &plan);
  void *block = must(malloc((size_t)plan.block));
  return must(legacy_llm_model_open(block, (size_t)plan.block, c, use, NULL, &from, &error));
}

static void print_list(const char *name, const Tokens *tokens) {
  printf("\"%s\":[", name);
  for (int i = 0; i < tokens->count; i++) printf(i ? ",%d" : "%d", tokens->token[i]);
  printf("],");
}

/* The likeliest token after each of a window, which nothing comes before. */
static void print_window(legacy_llm_model *m, const uint16_t *tokens, int count, bool first) {
  const legacy_llm_sampling greedy = {.temperature = 0.0f};
  legacy_llm_restart(m);
  for (int i = 0; i < count; i++) {
    legacy_llm_push(m, tokens[i]);
    printf(first && i == 0 ? "%d" : ",%d", legacy_llm_next(m, &greedy, 0));
  }
}

int main(int count, char *arguments[]) {
  if (count != 4 || legacy_llm_start()) return 2;
  const char *model = arguments[1];
  const int windows = atoi(arguments[3]);
  legacy_llm_source from = source_of(model);
  legacy_llm_checkpoint *c =
      must(legacy_llm_checkpoint_read(must(malloc(legacy_llm_checkpoint_size())), &from, &error));
  const int context = legacy_llm_checkpoint_header(c).shape.context;
  Tokens all = tokens_of(arguments[2], legacy_llm_checkpoint_tokenizer(c));
  const int begin = all.count - windows * context - 1;
  const legacy_llm_token_reader reader = {&all, read_tokens};
  legacy_llm_evaluation judged;
  legacy_llm_model *m = open_model(model, c, LEGACY_LLM_USE_EVALUATE);
  must(begin >= 0 && legacy_llm_evaluate(m, &reader, begin, all.count, 0, &judged, &error) ? m
                                                                                           : NULL);
  printf("{\"from\":%d,\"context\":%d,\"loss\":%.6f,", begin, context,
         (double)judged.loss.sum / 32768.0 / (double)judged.loss.tokens);
  print_list("tokens", &all);
  printf("\"best\":[");
  m = open_model(model, c, LEGACY_LLM_USE_WRITE);
  for (int w = 0; w < windows; w++)
    print_window(m, all.token + begin + w * context, context, w == 0);
  printf("]}\n");
  return 0;
}
