/* trainer.c - settles a training, lays it out in memory, steps it. */
#include "run/trainer.h"

#include <string.h>

#include "counts/build.h"
#include "counts/gates.h"
#include "counts/pack.h"
#include "train/agreement.h"

/* ---- memory ---- */

/* Tokens that the gates are fitted to, which are no others' to learn from: the first twentieth of
 * the training part (its end is what the held-out part goes on from, with the same names), no more
 * than are worth it, but at least a window; 0 where the windows to train on would become too few.
 */
static int32_t gate_slice(int32_t train_count, int context) {
  int32_t slice = train_count / 20;
  if (slice > MOST_GATE_PAIRS) slice = MOST_GATE_PAIRS;
  if (slice < context + 1) slice = context + 1;
  return train_count - slice >= 2 * context ? slice : 0;
}

/* The n-grams, after the text was laid out. */
static void trainer_counts_layout(TrainerParts *p, const TrainerSettings *s, Arena *arena) {
  const ModelConfig *c = &p->model.config;
  const CountsShape shape = training_counts(c, &s->training, s->text.tokens);
  p->counts.shape = shape;
  if (shape.bytes == 0) return;
  counts_clear(&p->counts, &shape, arena_take(arena, MEMORY_COUNTS, shape.bytes, 1));
  mix_layout(&p->mix, &p->counts, threads_count(&s->threads), s->training.batch, arena);
  p->slice = gate_slice(p->text.train_count, c->context);
  p->pairs = arena_take(arena, MEMORY_COUNTS, (size_t)p->slice, sizeof *p->pairs);
}

static void trainer_layout(TrainerParts *p, const TrainerSettings *s, Arena *arena) {
  const ModelConfig *c = &p->model.config; /* outlives the settings */
  const OptimizerKind kind = (OptimizerKind)s->training.optimizer;
  const size_t batch = (size_t)s->training.batch;
  model_layout(&p->model, &s->shape, optimizer_row(kind)->store, arena);
  optimizer_layout(&p->optimizer, &p->model, kind, s->training.batch, arena);
  const BatchSettings batched = {s->training.batch, s->memory, s->threads,
                                 s->ranks,          kind,      s->statistics};
  batch_layout(&p->batch, c, &batched, arena);
  if (s->statistics) step_stats_layout(&p->stats, c, arena);
  text_layout(&p->text, &s->text, c->vocab, s->streams ? &s->tokens : NULL, arena);
  encoder_layout(&p->encoder, s->tokenizer, arena);
  p->windows = arena_take(arena, MEMORY_TEXT, batch * ((size_t)c->context + 1), sizeof *p->windows);
  trainer_counts_layout(p, s, arena);
}

static MemoryPlan plan_memory(const TrainerSettings *s) {
  TrainerParts planned = {.slice = 0};
  Arena arena = {0};
  trainer_layout(&planned, s, &arena);
  arena.plan.block = arena_block_bytes(sizeof(Trainer), &arena.plan);
  return arena.plan;
}

MemoryMode trainer_settle_memory(const TrainerSettings *settings) {
  TrainerSettings few = *settings, all = *settings;
  const int32_t threads = threads_count(&settings->threads);
  const int32_t batch = ranks_share(&settings->ranks, settings->training.batch);
  if (settings->memory.micro_batch > 0) return settings->memory;
  few.memory.micro_batch = threads < batch ? threads : batch;
  all.memory.micro_batch = batch;
  return plan_memory(&few).total <= plan_memory(&all).total ? few.memory : all.memory;
}

/* ---- settings ---- */

/* Fills in what was left to a default. */
static void settle_defaults(TrainerSettings *s) {
  TrainConfig *t = &s->training;
  s->shape.vocab = s->tokenizer->size;
  s->shape.separator = tokenizer_separator(s->tokenizer);
  if (t->embedding_init == 0.0f) t->embedding_init = TOKEN_DEVIATION;
  if (t->order == 0) t->order = DEFAULT_COUNTS_ORDER;
  if (t->warmup < 0) t->warmup = t->steps >= 1000 ? 100 : t->steps / 10;
  if (t->matrix_learning_rate < 0.0f && t->optimizer >= 0 && t->optimizer < OPTIMIZERS)
    t->matrix_learning_rate = optimizer_row((OptimizerKind)t->optimizer)->default_rate;
}

/* Header of a training that has not begun. */
static void start_header(CheckpointHeader *h, const TrainerSettings *s) {
  h->model = s->shape;
  h->train = s->training;
  h->text_tokens = s->text.tokens;
  h->text_bytes = (int32_t)s->text.bytes;
  h->text_crc = s->text.crc;
  h->tokenizer = *s->tokenizer;
}

static bool check_settings(const TrainerSettings *s, Error *error) {
  CheckpointHeader header; /* 41 KB */
  memset(&header, 0, sizeof header);
  start_header(&header, s);
  return checkpoint_header_check(&header, error);
}

/* What no header of a checkpoint says. */
static bool check_beside(const TrainerSettings *s, Error *error) {
  const MemoryMode m = s->memory;
  if (!threads_check(&s->threads, error) || !ranks_check(&s->ranks, s->training.batch, error))
    return false;
  if (s->text.bytes < 1 || s->text.bytes > INT32_MAX || s->text.tokens < 1)
    return error_set(error, EXIT_USAGE,
                     "a text of %lld bytes and %ld tokens is impossible; count its tokens first",
                     (long long)s->text.bytes, (long)s->text.tokens);
  if (!(s->training.embedding_init >= 0.0f && s->training.embedding_init <= 1.0f)) /* nor NaN */
    return error_set(error, EXIT_USAGE,
                     "a first deviation of embeddings must be a number from 0 to 1");
  if (m.micro_batch < 0 || m.segment < 0)
    return error_set(error, EXIT_USAGE,
                     "a micro-batch of %ld sequences and %ld layers that are kept at a time are "
                     "impossible; give 0 or more",
                     (long)m.micro_batch, (long)m.segment);
  if (m.micro_batch > s->training.batch)
    return error_set(
        error, EXIT_USAGE,
        "a micro-batch of %ld sequences is more than the batch of %ld; give at most that",
        (long)m.micro_batch, (long)s->training.batch);
  return true;
}

/* Everything that was asked for, after its defaults were filled in. */
static bool check_all(const TrainerSettings *s, Error *error) {
  return check_settings(s, error) && check_beside(s, error) &&
         text_check_length(&s->text, s->shape.context, "the text", error);
}

/* A tokenizer that is only opened has no tokens yet. */
static bool check_tokenizer(const Tokenizer *t, Error *error) {
  if (t && t->bytes[0] > 0) return true;
  return error_set(error, EXIT_USAGE,
                   "the training has no tokenizer that was learned or read; give it one");
}

bool legacy_llm_trainer_plan(TrainerSettings *s, MemoryPlan *plan, Error *error) {
  if (!check_tokenizer(s->tokenizer, error)) return false;
  settle_defaults(s);
  if (!check_all(s, error)) return false;
  s->memory = trainer_settle_memory(s);
  *plan = plan_memory(s);
  return true;
}

/* ---- opening ---- */

Trainer *legacy_llm_trainer_open(void *block, size_t size, const TrainerSettings *settings,
                                 Error *error) {
  TrainerSettings own = *settings;
  if (!check_tokenizer(settings->tokenizer, error) || !check_all(settings, error)) return NULL;
  if (settings->streams && !settings->tokens.read) {
    error_set(error, EXIT_USAGE, "a text that streams needs a function that reads its tokens");
    return NULL;
  }
  if (settings->memory.micro_batch == 0) {
    error_set(error, EXIT_USAGE, "these settings were not planned; call legacy_llm_trainer_plan");
    return NULL;
  }
  const MemoryPlan plan = plan_memory(settings);
  Arena arena;
  Trainer *t = arena_object(&arena, block, size, sizeof *t, &plan, error);
  if (!t) return NULL;
  start_header(&t->header, settings);
  t->statistics = settings->statistics;
  t->trace = settings->trace;
  own.tokenizer = &t->header.tokenizer;
  trainer_layout(&t->parts, &own, &arena);
  if (!arena_whole(&arena, error)) return NULL;
  encoder_start(&t->parts.encoder);
  model_init(&t->parts.model, t->header.train.seed, t->header.train.embedding_init);
  return t;
}

static TextFacts text_of(const Trainer *t) {
  const TextFacts facts = {
      .bytes = t->header.text_bytes, .crc = t->header.text_crc, .tokens = t->header.text_tokens};
  return facts;
}

bool legacy_llm_trainer_read_text(Trainer *t, const Source *text, Error *error) {
  const TextFacts facts = text_of(t);
  Text *to = &t->parts.text;
  const UnitSink keeper = text_keeper(to);
  if (!to->tokens) return true;
  if (!text_encode_counted(&t->parts.encoder, &t->reader, text, &facts, &keeper, error))
    return false;
  if (to->kept == to->count) return true;
  return error_set(error, EXIT_USAGE,
                   "%s has %ld tokens, not the %ld that were counted; count them", text->name,
                   (long)to->kept, (long)to->count);
}

/* ---- judging ---- */

/* Of a worker of a trainer. */
static Activations activations_of(const void *trainer, int worker) {
  return batch_activations(&((const Trainer *)trainer)->parts.batch, worker);
}

/* pairs null: to judge, otherwise to fit the gates. */
static Judge judge_of(const Trainer *t, uint32_t *pairs) {
  const TrainerParts *p = &t->parts;
  Judge judge = {.model = &p->model,
                 .threads = p->batch.settings.threads,
                 .activations = activations_of,
                 .owner = t,
                 .token_bytes = t->header.tokenizer.bytes,
                 .windows = p->windows,
                 .most_windows = t->header.train.batch,
                 .trace = {t->trace, t->header.step},
                 .mix = p->mix};
  judge.mix.pairs = pairs;
  return judge;
}

/* ---- counts ---- */

/* Whether there are n-grams that were not counted yet. */
static bool lacks_counts(const Trainer *t) {
  return t->parts.counts.shape.bytes > 0 && t->parts.counts.tokens == 0;
}

static bool check_text_read(const Trainer *t, Error *error) {
  const Text *text = &t->parts.text;
  return !text->tokens || text->kept == text->count ||
         error_set(error, EXIT_USAGE, "the training has not read its text yet; read it first");
}

/* Counts tokens of the training part from `from` on, unless that is what was counted last. No step
 * is being computed, so the memory of steps is lent meanwhile. */
static bool count_tokens(Trainer *t, int32_t from, Error *error) {
  const Batch *batch = &t->parts.batch;
  const CountedPart part = {&t->parts.text, from, t->parts.text.train_count};
  if (t->parts.counts.tokens == part.to - part.from) return true;
  if (!check_text_read(t, error)) return false;
  const LentMemory lent = {batch->memory, batch->bytes / 4 * 4};
  const bool good = counts_build(&t->parts.counts, &part, lent, error);
  if (batch->memory) memset(batch->memory, 0, batch->bytes); /* as it was before the first step */
  return good;
}

bool legacy_llm_trainer_count(Trainer *t, Error *error) {
  return !lacks_counts(t) || count_tokens(t, t->parts.slice, error);
}

/* Lets transformer and counts predict the slice, which neither of them knows, and fits the gates.
 */
static bool fit_gates(Trainer *t, Error *error) {
  TrainerParts *p = &t->parts;
  const int32_t T = t->header.model.context;
  const Judge judge = judge_of(t, p->pairs);
  Evaluation ignored;
  if (!evaluate(&judge, &p->text, 0, p->slice, 0, &ignored, error)) return false;
  gates_fit(p->counts.gate, p->pairs, (p->slice - 1) / T * T);
  return true;
}

bool legacy_llm_trainer_finish(Trainer *t, Error *error) {
  if (t->parts.slice == 0 || t->header.step < t->header.train.steps) return true;
  return count_tokens(t, t->parts.slice, error) && fit_gates(t, error) && count_tokens(t, 0, error);
}

/* ---- steps ---- */

/* The windows of the next step, to windows; sequences [B] point at them. */
static bool draw_windows(Trainer *t, Error *error) {
  const TrainConfig *train = &t->header.train;
  const int T = t->header.model.context;
  const Text *text = &t->parts.text;
  const int32_t slice = t->parts.slice, learned = text->train_count - slice;
  const uint32_t first = (uint32_t)t->header.step * (uint32_t)train->batch;
  for (int i = 0; i < train->batch; i++) {
    uint16_t *window = t->parts.windows + (size_t)i * ((size_t)T + 1);
    const int32_t start = training_window(learned, T, train->seed, first + (uint32_t)i);
    if (!text_window(text, slice + start, T + 1, window, error)) return false;
    t->sequences[i] = window;
  }
  return true;
}

static void tell_step(const Trainer *t, bool counted, const LossSum *loss,
                      legacy_llm_step *result) {
  const TrainConfig *train = &t->header.train;
  const StepStats *s = &t->parts.stats;
  const float share = schedule(train, t->header.step - 1);
  const StepCounts *n = &s->counts;
  *result = (legacy_llm_step){.step = t->header.step,
                              .loss = *loss,
                              .matrix_rate = train->matrix_learning_rate * share,
                              .embedding_rate = train->embedding_learning_rate * share,
                              .counted = counted};
  if (!counted) return;
  result->gradient_norm = step_stats_norm(s);
  result->weights = n->weights;
  result->flipped = n->flipped;
  result->zeros = n->zeros;
  result->activations = n->activations;
  result->clipped = n->clipped;
}

/* ---- ranks ---- */

static const Ranks *ranks_of(const Trainer *t) { return &t->parts.batch.settings.ranks; }

/* Before the first step, whether all ranks do this same training. */
static bool agree(Trainer *t, Error *error) {
  const Ranks *ranks = ranks_of(t);
  t->agreed = t->agreed || ranks_count(ranks) == 1 ||
              ranks_agree(ranks, &t->header, legacy_llm_trainer_crc(t), error);
  return t->agreed;
}

bool legacy_llm_trainer_step(Trainer *t, bool counted, legacy_llm_step *result, Error *error) {
  TrainerParts *p = &t->parts;
  counted = counted && t->statistics;
  if (t->header.step >= t->header.train.steps)
    return error_set(error, EXIT_USAGE,
                     "this training has already done all %ld steps of its schedule",
                     (long)t->header.train.steps);
  if (t->lost) return ranks_lost(ranks_of(t), error);
  if (!check_text_read(t, error) || !legacy_llm_trainer_count(t, error) || !agree(t, error))
    return false;
  const Step step = {.model = &p->model,
                     .state = &p->optimizer,
                     .gradients = &p->batch.first.gradients,
                     .config = &t->header.train,
                     .step = t->header.step,
                     .tokens = t->header.train.batch * t->header.model.context,
                     .stats = counted ? &p->stats : NULL,
                     .trace = {t->trace, t->header.step + 1}};
  LossSum loss;
  if (!draw_windows(t, error)) return false;
  t->lost = !batch_step(&p->batch, &step, t->sequences, t->header.tokenizer.bytes, &loss);
  if (t->lost) return ranks_lost(ranks_of(t), error);
  t->header.step++;
  if (result) tell_step(t, counted, &loss, result);
  return true;
}

int legacy_llm_trainer_steps_done(const Trainer *t) { return t->header.step; }

bool legacy_llm_trainer_evaluate(Trainer *t, int32_t most, Evaluation *result, Error *error) {
  const TrainerParts *p = &t->parts;
  const Judge judge = judge_of(t, NULL);
  return evaluate_check(most, t->header.model.context, error) && check_text_read(t, error) &&
         legacy_llm_trainer_count(t, error) &&
         evaluate(&judge, &p->text, p->text.train_count, p->text.count, most, result, error);
}

/* ---- checkpoints ---- */

/* The header, with what it says of the n-grams, where there are some: not before it is asked for,
 * since they are packed to know their size. */
static const CheckpointHeader *whole_header(Trainer *t) {
  Counts *counts = &t->parts.counts;
  if (counts->shape.bytes > 0) {
    t->header.counts_bytes = (int32_t)counts_table_bytes(counts);
    t->header.counts_packed = (int32_t)counts_packed_bytes(counts);
  }
  return &t->header;
}

bool legacy_llm_trainer_save(Trainer *t, const Sink *to) {
  return !t->lost && checkpoint_write(to, whole_header(t), &t->parts.model, &t->parts.optimizer,
                                      &t->parts.counts);
}

uint32_t legacy_llm_trainer_crc(Trainer *t) {
  return checkpoint_crc(whole_header(t), &t->parts.model, &t->parts.optimizer, &t->parts.counts);
}

/* Whether a checkpoint is one of this training, or of one that is shorter and else the same. */
static bool is_of_training(const Trainer *t, const CheckpointHeader *c) {
  const CheckpointHeader *h = &t->header;
  TrainConfig train = c->train;
  if (train.steps < h->train.steps) train.steps = h->train.steps;
  return c->contents == CONTENTS_TRAINING && memcmp(&h->model, &c->model, sizeof h->model) == 0 &&
         legacy_llm_training_equal(&h->train, &train) && h->text_crc == c->text_crc &&
         h->text_bytes == c->text_bytes && h->text_tokens == c->text_tokens &&
         tokenizer_crc(&h->tokenizer) == tokenizer_crc(&c->tokenizer);
}

bool legacy_llm_trainer_load(Trainer *t, const CheckpointHeader *c, const Source *from,
                             Error *error) {
  if (!is_of_training(t, c))
    return error_set(error, EXIT_USAGE,
                     "%s belongs to another training; open a trainer with the settings and the "
                     "text of the checkpoint",
                     from->name);
  t->header.step = c->step;
  Counts *counts = t->parts.counts.shape.bytes > 0 ? &t->parts.counts : NULL;
  return checkpoint_read(from, c, &t->parts.model, &t->parts.optimizer, counts, error);
}
