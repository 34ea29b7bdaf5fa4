/* trainer.c - settles a training run, lays it out in memory, steps it. */
#include "trainer.h"

#include <string.h>

#include "trace.h"

/* ---- memory ---- */

static void trainer_layout(Trainer *t) {
  const ModelConfig *c = &t->header.model;
  const OptimizerKind kind = (OptimizerKind)t->header.train.optimizer;
  model_layout(&t->model, c, optimizer_row(kind)->store, &t->arena);
  optimizer_layout(&t->optimizer, &t->model, kind, &t->arena);
  batch_layout(&t->batch, c, t->header.train.batch, t->memory, &t->arena);
  text_layout(&t->text, &t->arena);
}

MemoryPlan trainer_memory(const Trainer *like, const ModelConfig *model, int batch,
                          MemoryMode memory) {
  static Trainer planned; /* large, so not on the stack */
  memset(&planned, 0, sizeof planned);
  planned.header.model = *model;
  planned.header.train = like->header.train;
  planned.header.train.batch = batch;
  planned.memory = memory;
  planned.text = like->text;
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

/* A new training: shape and settings from the options, vocabulary from the text. */
static bool plan_new(Trainer *t, const Options *options, Error *error) {
  CheckpointHeader *h = &t->header;
  if (!text_scan(options->text, &t->text, &h->vocabulary, error)) return false;
  h->model = options->shape;
  h->model.vocab = h->vocabulary.size;
  h->train = options->train;
  if (h->train.matrix_learning_rate < 0.0f)
    h->train.matrix_learning_rate = optimizer_row((OptimizerKind)h->train.optimizer)->default_rate;
  h->text_characters = t->text.count;
  h->text_crc = t->text.crc;
  return model_check_config(&h->model, error) && training_check(h, error);
}

/* A resumed one: all of that from the checkpoint; the text must be the same. */
static bool plan_resumed(Trainer *t, const Options *options, Error *error) {
  if (!checkpoint_load_header(options->resume, &t->header, error)) return false;
  if (t->header.contents != CONTENTS_TRAINING)
    return error_set(error, EXIT_USAGE,
                     "%s is an exported model, without what training needs; resume a checkpoint",
                     options->resume);
  if (!text_scan(options->text, &t->text, NULL, error)) return false;
  if (t->text.crc == t->header.text_crc && t->text.count == t->header.text_characters) return true;
  return error_set(error, EXIT_USAGE,
                   "%s was trained on another text than %s; name that one with --text",
                   options->resume, options->text);
}

bool trainer_plan(Trainer *t, const Options *options, Error *error) {
  memset(t, 0, sizeof *t);
  if (!(options->resume ? plan_resumed : plan_new)(t, options, error)) return false;
  const int batch = t->header.train.batch;
  if (options->memory.micro_batch > batch)
    return error_set(error, EXIT_USAGE, "--micro-batch %ld is more than the batch of %ld sequences",
                     (long)options->memory.micro_batch, (long)batch);
  if (!text_check_length(&t->text, t->header.model.context, options->text, error)) return false;
  t->memory = trainer_settle_memory(t, &t->header.model, batch, options->memory);
  trainer_layout(t);
  return true;
}

/* ---- the run ---- */

bool trainer_open(Trainer *t, const Options *options, Error *error) {
  if (!arena_open(&t->arena, error)) return false;
  trainer_layout(t);
  if (!text_read(options->text, &t->text, &t->header.vocabulary, error)) return false;
  if (options->resume)
    return checkpoint_load(options->resume, &t->header, &t->model, &t->optimizer, error);
  model_init(&t->model, t->header.train.seed);
  return true;
}

void trainer_close(Trainer *t) { arena_close(&t->arena); }

LossSum trainer_step(Trainer *t) {
  static int32_t starts[MAX_BATCH];
  const TrainConfig *train = &t->header.train;
  const int T = t->header.model.context;
  const uint32_t first = (uint32_t)t->header.step * (uint32_t)train->batch;
  const Step step = {.model = &t->model,
                     .state = &t->optimizer,
                     .gradients = &t->batch.gradients,
                     .config = train,
                     .step = t->header.step,
                     .tokens = train->batch * T};
  trace_step(t->header.step + 1);
  for (int i = 0; i < train->batch; i++)
    starts[i] = training_window(&t->text, T, train->seed, first + (uint32_t)i);
  const LossSum loss = batch_step(&t->batch, &step, &t->text, starts);
  t->header.step++;
  return loss;
}
