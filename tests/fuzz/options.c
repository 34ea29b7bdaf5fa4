/* options.c - command lines: the input's lines (or strings between NULs) are the arguments, given
 * to every command. What is accepted is within the ranges that the rest of the program relies on.
 */
#include "harness.h"
#include "run/options.h"
#include "run/train_log.h"
#include "text/ngram.h"

enum { MOST_ARGUMENTS = 64 };

static bool within(int32_t x, int32_t low, int32_t high) { return x >= low && x <= high; }

static bool sound_decimal(float x) { return x >= 0.0f && x <= 1000.0f; }

static void must_be_sound(const Options *o, Command command) {
  const TrainConfig *t = &o->train;
  const ModelConfig *m = &o->shape;
  MUST(within(t->steps, 1, MAX_STEPS) && within(t->batch, 1, MAX_BATCH));
  MUST(within(t->warmup, 0, t->steps) && within(t->optimizer, 0, OPTIMIZERS - 1));
  MUST(t->matrix_learning_rate < 0.0f || sound_decimal(t->matrix_learning_rate));
  MUST(sound_decimal(t->embedding_learning_rate) && sound_decimal(t->clip) && t->clip > 0.0f);
  MUST(within(m->layers, 1, MAX_LAYERS) && within(m->heads, 1, MAX_HEADS));
  MUST(within(m->dim, 4, MAX_DIM) && within(m->context, 2, MAX_CONTEXT));
  MUST(within(m->bigram_rows, 0, MAX_BIGRAM_ROWS) && within(m->scheme, 0, SCHEMES - 1));
  MUST(within(m->norm, 0, NORMS - 1) && within(m->activation, 0, ACTIVATION_KINDS - 1));
  MUST(within(o->memory.micro_batch, 0, MAX_BATCH) && within(o->memory.segment, 0, MAX_LAYERS));
  MUST(within(o->tokens, 1, 1 << 24) && within(o->vocab, 0, MAX_VOCAB));
  MUST(within(o->stop_after, 0, MAX_STEPS) && within(o->save_every, 0, MAX_STEPS));
  MUST(within(o->eval_every, 0, MAX_STEPS) && o->eval_tokens >= 0 && within(o->repeat, 0, 1000));
  MUST(within(o->keep, 1, 100) && within(o->log_every, 1, MAX_STEPS));
  MUST(within(o->log_format, 0, LOG_FORMATS - 1) && within(o->order, 1, MAX_NGRAM_ORDER));
  MUST(!o->batch_tokens || t->batch == o->batch_tokens / m->context);
  MUST(sound_decimal(o->temperature) && sound_decimal(o->top_p) && within(o->top_k, 0, MAX_VOCAB));
  MUST(o->stop && o->text_ram > 0);
  MUST(o->text && *o->text && o->tokenizer && *o->tokenizer && o->separator && o->prompt);
  MUST(!o->resume || *o->resume);
  MUST((command & COMMAND_TRAIN) || (!o->save_every && !o->eval_every && o->keep == 1));
  MUST((command & (COMMAND_TRAIN | COMMAND_PLAN)) || !o->batch_tokens);
  MUST((command & COMMAND_GENERATE) || (!o->interactive && !o->top_k && !*o->stop));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static char text[4096];
  char *arguments[MOST_ARGUMENTS];
  int count = 0;
  if (size >= sizeof text) return -1;
  memcpy(text, data, size);
  text[size] = 0;
  for (size_t at = 0; at < size && count < MOST_ARGUMENTS; at += strlen(text + at) + 1) {
    text[at + strcspn(text + at, "\n")] = 0;
    arguments[count++] = text + at;
  }
  for (int command = COMMAND_TRAIN; command <= COMMAND_DECODE; command *= 2) {
    Options options;
    Error error = {EXIT_OK, ""};
    options_default(&options);
    if (options_parse(&options, (Command)command, count, arguments, &error))
      must_be_sound(&options, (Command)command);
    else
      must_be_refusal(&error);
  }
  return 0;
}
