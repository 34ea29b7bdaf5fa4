/* trainer.c - settles a training run, lays it out in memory, steps it. */
#include "run/trainer.h"

#include <string.h>

#include "base/trace.h"
#include "run/tokenizer_choice.h"
#include "text/token_file.h"

/* ---- memory ---- */

static void trainer_layout(Trainer *t) {
  const ModelConfig *c = &t->header.model;
  const OptimizerKind kind = (OptimizerKind)t->header.train.optimizer;
  const size_t batch = (size_t)t->header.train.batch;
  model_layout(&t->model, c, optimizer_row(kind)->store, &t->arena);
  optimizer_layout(&t->optimizer, &t->model, kind, &t->arena);
  batch_layout(&t->batch, c, t->header.train.batch, t->memory, &t->arena);
  if (t->counts) step_stats_layout(&t->stats, c, &t->arena);
  text_layout(&t->text, &t->arena);
  encoder_layout(&t->encoder, &t->header.tokenizer, &t->arena);
  t->windows =
      arena_take(&t->arena, MEMORY_TEXT, batch * ((size_t)c->context + 1), sizeof *t->windows);
}

MemoryPlan trainer_memory(const Trainer *like, const ModelConfig *model, int batch,
                          MemoryMode memory) {
  static Trainer planned; /* large, so not on the stack */
  memset(&planned, 0, sizeof planned);
  planned.header.model = *model;
  planned.header.train = like->header.train;
  planned.header.train.batch = batch;
  planned.memory = memory;
  planned.header.tokenizer = like->header.tokenizer;
  planned.text = like->text;
  planned.counts = like->counts;
  trainer_layout(&planned);
  return planned.arena.plan;
}

MemoryMode trainer_settle_memory(const Trainer *like, const ModelConfig *model, int batch,
                                 MemoryMode asked) {
  if (asked.micro_batch > 0) return asked;
  const MemoryMode one = {1, asked.segment}, all = {batch, asked.segment};
  const uint64_t with_one = trainer_memory(like, model, batch, one).total;
  return with_one <= trainer_memory(like, model, batch, all).total ? one : all;
}

/* ---- settings ---- */

/* Whether the tokenizer is learned from the text, not read from a file. */
static bool learns(const TrainingSettings *settings, const Tokenizer *t) {
  return strcmp(settings->tokenizer.tokenizer, tokenizer_name((TokenizerKind)t->kind)) == 0;
}

/* A new training: shape and settings from the options, tokenizer from them or the text. */
static bool plan_new(Trainer *t, const TrainingSettings *settings, Error *error) {
  CheckpointHeader *h = &t->header;
  if (!tokenizer_make(&h->tokenizer, &settings->tokenizer, settings->text,
                      (RamLimit){settings->ram, settings}, error) ||
      !text_count(settings->text, &h->tokenizer, &t->text, error))
    return false;
  if (learns(settings, &h->tokenizer))
    t->scan_bytes = text_scan_bytes(settings->text, &h->tokenizer);
  h->model = settings->model.shape;
  h->model.vocab = h->tokenizer.size;
  h->model.separator = tokenizer_separator(&h->tokenizer);
  h->train = settings->model.train;
  if (h->train.matrix_learning_rate < 0.0f)
    h->train.matrix_learning_rate = optimizer_row((OptimizerKind)h->train.optimizer)->default_rate;
  h->text_tokens = t->text.count;
  h->text_bytes = (int32_t)t->text.bytes;
  h->text_crc = t->text.crc;
  return model_check_config(&h->model, error) && training_check(h, error);
}

/* A resumed one: all of that from the checkpoint; the text must be the same. */
static bool plan_resumed(Trainer *t, const TrainingSettings *settings, Error *error) {
  CheckpointHeader *h = &t->header;
  if (!checkpoint_load_header(settings->resume, h, error)) return false;
  if (h->contents != CONTENTS_TRAINING)
    return error_set(error, EXIT_USAGE,
                     "%s is an exported model, without what training needs; resume a checkpoint",
                     settings->resume);
  if (!training_agrees(settings, &h->model, &h->train, error) ||
      !tokenizer_agrees(&h->tokenizer, settings, error))
    return false;
  Error other;
  const bool counted = text_count(settings->text, &h->tokenizer, &t->text, &other);
  if (counted && t->text.crc == h->text_crc && t->text.bytes == h->text_bytes &&
      t->text.count == h->text_tokens)
    return true;
  /* What the tokenizer does not know is another text; what cannot be read, or is empty, is none. */
  if (!counted && (t->text.bytes == 0 || other.exit_code == EXIT_FAILED))
    return error_copy(error, &other);
  return error_set(error, EXIT_USAGE,
                   "%s was trained on another text than %s; name that one with --text",
                   settings->resume, settings->text);
}

bool trainer_plan(Trainer *t, const TrainingSettings *settings, Error *error) {
  memset(t, 0, sizeof *t);
  t->counts = settings->log != NULL;
  if (!(settings->resume ? plan_resumed : plan_new)(t, settings, error)) return false;
  const int batch = t->header.train.batch;
  if (settings->model.memory.micro_batch > batch)
    return error_set(error, EXIT_USAGE, "--micro-batch %ld is more than the batch of %ld sequences",
                     (long)settings->model.memory.micro_batch, (long)batch);
  if (!text_check_length(&t->text, t->header.model.context, settings->text, error) ||
      !evaluate_check(settings->eval_tokens, t->header.model.context, error))
    return false;
  text_settle(&t->text, settings->text_ram);
  t->memory = trainer_settle_memory(t, &t->header.model, batch, settings->model.memory);
  trainer_layout(t);
  return true;
}

/* ---- the run ---- */

bool trainer_open(Trainer *t, const TrainingSettings *settings, const char *token_file,
                  Error *error) {
  if (!arena_open(&t->arena, error)) return false;
  trainer_layout(t);
  encoder_start(&t->encoder);
  if (!(t->text.streamed ? token_file_open(token_file, settings->text, &t->text, &t->encoder, error)
                         : text_load(settings->text, &t->text, &t->encoder, error)))
    return false;
  if (settings->resume)
    return checkpoint_load(settings->resume, &t->header, &t->model, &t->optimizer, error);
  model_init(&t->model, t->header.train.seed);
  return true;
}

void trainer_close(Trainer *t, bool has_checkpoint) {
  const int step = t->header.step;
  token_file_close(&t->text, has_checkpoint && step > 0 && step < t->header.train.steps);
  arena_close(&t->arena);
}

/* The windows of the next step, to t->windows; sequences [B] point at them. */
static bool draw_windows(Trainer *t, const uint16_t **sequences, Error *error) {
  const TrainConfig *train = &t->header.train;
  const int T = t->header.model.context;
  const uint32_t first = (uint32_t)t->header.step * (uint32_t)train->batch;
  for (int i = 0; i < train->batch; i++) {
    uint16_t *window = t->windows + (size_t)i * ((size_t)T + 1);
    const int32_t start = training_window(t->text.train_count, T, train->seed, first + (uint32_t)i);
    if (!text_window(&t->text, start, T + 1, window, error)) return false;
    sequences[i] = window;
  }
  return true;
}

bool trainer_step(Trainer *t, bool counted, LossSum *loss, Error *error) {
  static const uint16_t *sequences[MAX_BATCH];
  const Step step = {.model = &t->model,
                     .state = &t->optimizer,
                     .gradients = &t->batch.gradients,
                     .config = &t->header.train,
                     .step = t->header.step,
                     .tokens = t->header.train.batch * t->header.model.context,
                     .stats = counted ? &t->stats : NULL};
  trace_step(t->header.step + 1);
  if (!draw_windows(t, sequences, error)) return false;
  *loss = batch_step(&t->batch, &step, sequences, t->header.tokenizer.bytes);
  t->header.step++;
  return true;
}

bool trainer_evaluate(Trainer *t, int32_t most, Evaluation *result, Error *error) {
  return evaluate(&t->model, &t->batch.activations, &t->text, t->text.train_count, t->text.count,
                  most, t->header.tokenizer.bytes, t->windows, result, error);
}
