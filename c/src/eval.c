/* eval.c - the command that judges a model by the held-out part of a text. */
#include "eval.h"

#include <stdio.h>
#include <string.h>

#include "data_utils.h"
#include "evaluate.h"
#include "reader.h"
#include "token_file.h"

/* What eval needs beside the model. */
typedef struct {
  Text text;
  uint16_t *window; /* [T+1] */
} Judging;

static Reader reader; /* large, so not on the stack */
static Judging judging;

static void judging_layout(void *context, const CheckpointHeader *header, Arena *arena) {
  Judging *j = context;
  text_layout(&j->text, arena);
  j->window = arena_take(arena, MEMORY_TEXT, (size_t)header->model.context + 1, sizeof *j->window);
}

static bool read_text(Judging *j, const Options *options, Error *error) {
  static char token_file[512];
  if (!j->text.streamed) return text_load(options->text, &j->text, &reader.encoder, error);
  snprintf(token_file, sizeof token_file, "%.480s.eval.tokens", options->model);
  return token_file_open(token_file, options->text, &j->text, &reader.encoder, error);
}

static bool judge(Judging *j, const Options *options, Evaluation *result, Error *error) {
  return read_text(j, options, error) &&
         evaluate(&reader.model, &reader.activations, &j->text, j->text.train_count, j->text.count,
                  options->eval_tokens, reader.header.tokenizer.bytes, j->window, result, error);
}

static void print_json(const Evaluation *e) {
  char loss[LOSS_TEXT], bits[LOSS_TEXT];
  loss_format(loss, &e->loss);
  loss_format_bits(bits, &e->loss);
  printf("{\"event\":\"eval\",\"loss\":\"%s\",\"bits_per_byte\":\"%s\",\"tokens\":%lld}\n", loss,
         bits, (long long)e->loss.tokens);
}

static void print_text(const Evaluation *e, const char *path) {
  char loss[LOSS_TEXT], bits[LOSS_TEXT];
  loss_format(loss, &e->loss);
  loss_format_bits(bits, &e->loss);
  printf("held-out part of %s: %lld tokens\n  model    %s nats a token, %s bits a byte\n", path,
         (long long)e->loss.tokens, loss, bits);
}

bool eval_command(const Options *options, Error *error) {
  const ReaderNeeds needs = {.slots = 1, .layout = judging_layout, .context = &judging};
  Evaluation result;
  if (!reader_open_header(&reader, options, error) ||
      !text_count(options->text, &reader.header.tokenizer, &judging.text, error) ||
      !text_check_length(&judging.text, reader.header.model.context, options->text, error))
    return false;
  judging.text.streamed =
      (uint64_t)judging.text.count * (uint64_t)judging.text.width > options->text_ram;
  if (!reader_open(&reader, options, &needs, error)) return false;
  const bool good = judge(&judging, options, &result, error);
  token_file_close(&judging.text, false);
  reader_close(&reader);
  if (!good) return false;
  if (options->json)
    print_json(&result);
  else
    print_text(&result, options->text);
  return true;
}
