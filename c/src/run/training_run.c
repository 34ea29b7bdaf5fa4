/* training_run.c - files around the library's training. */
#include "run/training_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "base/safe_file.h"
#include "base/stream.h"
#include "run/heap.h"
#include "run/standing.h"
#include "run/text_tokens.h"
#include "run/tokenizer_choice.h"

/* ---- planning ---- */

/* The separator with the line ends of the text, where it has LF and they are others: its bytes, or
 * 0 where it would stand nowhere in the text either. */
static int other_separator(TextFile *text, const legacy_llm_tokenizer_facts *facts,
                           uint8_t other[2 * LEGACY_LLM_MAX_SEPARATOR]) {
  const bool windows = text->look.crlf > 0;
  int bytes = 0;
  for (int i = 0; i < facts->separator_bytes; i++) {
    if (facts->separator_text[i] != '\n') other[bytes++] = facts->separator_text[i];
    if (facts->separator_text[i] == '\n') other[bytes++] = '\r';
    if (facts->separator_text[i] == '\n' && windows) other[bytes++] = '\n';
  }
  return bytes <= LEGACY_LLM_MAX_SEPARATOR && text_file_has(text, other, (size_t)bytes) ? bytes : 0;
}

/* A separator that the text does not have would never be learned, and every text begins with it. */
static bool check_separator(const TrainingRun *t, Error *error) {
  const legacy_llm_tokenizer_facts facts = legacy_llm_tokenizer_tell(t->own);
  char quoted[4 * LEGACY_LLM_MAX_SEPARATOR + 3], better[4 * LEGACY_LLM_MAX_SEPARATOR + 3];
  uint8_t other[2 * LEGACY_LLM_MAX_SEPARATOR];
  if (facts.separator_bytes == 0 || t->settings.text.documents > 0) return true;
  quote_bytes(quoted, sizeof quoted, facts.separator_text, facts.separator_bytes);
  const int bytes = other_separator(t->text, &facts, other);
  if (bytes > 0)
    return error_set(error, EXIT_USAGE,
                     "the separator %s stands nowhere in %s, which has other line ends; give "
                     "--separator %s",
                     quoted, t->text->name, quote_bytes(better, sizeof better, other, bytes));
  return error_set(error, EXIT_USAGE,
                   "the separator %s stands nowhere in %s; give --separator what stands between "
                   "its documents, or leave it out",
                   quoted, t->text->name);
}

/* A new training: shape and settings from the options, tokenizer from them or the text. */
static bool plan_new(TrainingRun *t, const TrainingSettings *s, Error *error) {
  t->own = tokenizer_make(&s->tokenizer, t->text, (RamLimit){s->ram, s}, &t->scan_bytes, error);
  if (!t->own || !text_file_count(t->text, t->own, &t->settings.text, error) ||
      !check_separator(t, error))
    return false;
  t->settings.tokenizer = t->own;
  t->settings.shape = s->model.shape;
  t->settings.training = s->model.train;
  return true;
}

static bool same_text(const legacy_llm_text *a, const legacy_llm_text *b) {
  return a->bytes == b->bytes && a->crc == b->crc && a->tokens == b->tokens;
}

/* A resumed one: all of that from the checkpoint; the text must be the same. */
static bool plan_resumed(TrainingRun *t, const TrainingSettings *s, Error *error) {
  const legacy_llm_header *h = &t->resumed.header;
  if (!model_file_read(&t->resumed, s, "resume", s->resume, error)) return false;
  if (h->contents != LEGACY_LLM_CONTENTS_TRAINING)
    return error_set(error, EXIT_USAGE,
                     "%s is an exported model, which cannot be trained further; give --resume a "
                     "checkpoint of `legacy_llm train`",
                     s->resume);
  if (!training_agrees(s, &h->shape, &h->training, error) ||
      !tokenizer_agrees(t->resumed.tokenizer, s, error))
    return false;
  Error other;
  const bool counted = text_file_count(t->text, t->resumed.tokenizer, &t->settings.text, &other);
  /* What the tokenizer does not know is another text; what cannot be read, or is empty, is none. */
  if (!counted && (t->settings.text.bytes == 0 || other.exit_code == EXIT_FAILED))
    return error_copy(error, &other);
  if (!counted || !same_text(&t->settings.text, &h->text))
    return error_set(error, EXIT_USAGE,
                     "%s was trained on another text than %s; give its own text with --text",
                     s->resume, t->text->name);
  t->settings.tokenizer = t->resumed.tokenizer;
  t->settings.shape = h->shape;
  t->settings.training = h->training;
  if (options_given(s, "steps")) t->settings.training.steps = s->model.train.steps; /* or more */
  return true;
}

/* Whether the tokens take more memory than they may. */
static bool streams(const legacy_llm_trainer_settings *s, uint64_t most_bytes) {
  const uint64_t width = legacy_llm_tokenizer_tell(s->tokenizer).tokens <= 256 ? 1 : 2;
  return (uint64_t)s->text.tokens * width > most_bytes;
}

/* The plan, or the option by which it becomes possible. */
static bool plan_memory(TrainingRun *t, const TrainingSettings *s, Error *error) {
  const long micro_batch = t->settings.memory.micro_batch, batch = t->settings.training.batch;
  const int context = t->settings.shape.context;
  if (!legacy_llm_check_text(&t->settings.text, context, t->text->name, error))
    return error_add(error, " (--context)");
  if (!legacy_llm_check_evaluation(s->eval_tokens, context, error))
    return error_add(error, " (--eval-tokens)");
  if (micro_batch > batch)
    return error_set(error, EXIT_USAGE,
                     "--micro-batch %ld is more than the batch of %ld sequences; give at most that",
                     micro_batch, batch);
  return legacy_llm_trainer_plan(&t->settings, &t->plan, error);
}

bool training_plan(TrainingRun *t, const TrainingSettings *s, TextFile *text,
                   const legacy_llm_threads *threads, const legacy_llm_ranks *ranks, Error *error) {
  memset(t, 0, sizeof *t);
  t->text = text;
  if (threads) t->settings.threads = *threads;
  if (ranks) t->settings.ranks = *ranks;
  if (!(s->resume ? plan_resumed : plan_new)(t, s, error)) return false;
  t->settings.memory = s->model.memory;
  t->settings.statistics = s->counts_steps;
  t->settings.streams = streams(&t->settings, s->text_ram);
  return plan_memory(t, s, error);
}

/* ---- what is there already ---- */

/* Whether a checkpoint is of this training, which may have become longer when it was resumed. */
static bool is_own(const TrainingRun *t, const ModelFile *m) {
  const legacy_llm_trainer_settings *s = &t->settings;
  const legacy_llm_header *h = &m->header;
  legacy_llm_training training = h->training;
  if (t->resumed.checkpoint) training.steps = s->training.steps;
  return h->contents == LEGACY_LLM_CONTENTS_TRAINING &&
         memcmp(&h->shape, &s->shape, sizeof s->shape) == 0 &&
         legacy_llm_training_equal(&training, &s->training) && same_text(&h->text, &s->text) &&
         legacy_llm_tokenizer_crc(m->tokenizer) == legacy_llm_tokenizer_crc(s->tokenizer);
}

static bool cannot_look(const char *path, Error *error) {
  return error_set(error, EXIT_FAILED,
                   "cannot look at %s, which would be replaced: %s; give --out another file, or "
                   "replace it with --force",
                   path, strerror(errno));
}

/* Reads the header of what would be replaced; false with EXIT_USAGE where it is damaged, and with
 * EXIT_FAILED where nobody can tell. */
static bool look_at(ModelFile *m, const char *path, Error *error) {
  FILE *file = fopen(path, "rb");
  if (!file) return cannot_look(path, error);
  const bool good = model_file_read_from(m, file, path, error);
  fclose(file);
  return good;
}

/* Whether a training goes on from an older checkpoint that was kept beside a path: what is damaged
 * there it may replace. */
static bool mends(const TrainingRun *t, const char *path) {
  char beside[TEMPORARY_BYTES];
  if (!t->resumed.checkpoint) return false;
  safe_file_older(path, 1, beside, sizeof beside);
  const size_t stem = strlen(beside) - strlen("1");
  return strncmp(t->resumed.path, beside, stem) == 0;
}

/* Where what would be replaced cannot be read as a checkpoint. */
static bool may_replace_damaged(const TrainingRun *t, const char *path, Error *error) {
  if (error->exit_code != EXIT_USAGE) return false;
  if (standing_at(path) != STANDS_CHECKPOINT || mends(t, path)) return true;
  return error_set(error, EXIT_USAGE,
                   "%.200s is a checkpoint that is damaged or of another version; give --out "
                   "another file, or replace it with --force",
                   path);
}

/* Whether a checkpoint whose header was read may be replaced. */
static bool may_replace_model(const TrainingRun *t, const ModelFile *m, bool is_older,
                              Error *error) {
  const long done = (long)m->header.step, steps = (long)m->header.training.steps;
  if (!is_own(t, m))
    return error_set(
        error, EXIT_USAGE,
        "%.200s is a model of another training, at step %ld of %ld; give --out another "
        "file, or replace it with --force",
        m->path, done, steps);
  return t->resumed.checkpoint || is_older || done == steps ||
         error_set(
             error, EXIT_USAGE,
             "%.150s is this same training at step %ld of %ld; go on with --resume %.150s, or "
             "begin anew with --force",
             m->path, done, steps, m->path);
}

bool training_may_replace(const TrainingRun *t, const char *path, bool is_older, int32_t *further,
                          Error *error) {
  ModelFile m;
  int32_t step = 0;
  *further = 0;
  const Standing standing = standing_at(path);
  if (standing == STANDS_NOTHING) return true;
  if (standing == STANDS_UNKNOWN) return cannot_look(path, error);
  if (!look_at(&m, path, error)) return may_replace_damaged(t, path, error);
  const bool good = may_replace_model(t, &m, is_older, error);
  if (good && m.header.step > t->resumed.header.step && model_file_is_whole(path, &step))
    *further = step;
  model_file_close(&m);
  return good;
}

/* ---- opening ---- */

static bool open_token_file(TrainingRun *t, Error *error) {
  const legacy_llm_trainer_settings *s = &t->settings;
  const Standing standing = standing_at(t->token_path);
  if (standing != STANDS_NOTHING && standing != STANDS_TOKENS)
    return error_set(error, EXIT_USAGE,
                     "%.200s is in the way: the tokens of the text would go there, and it is %s; "
                     "rename it, or give a larger --text-ram",
                     t->token_path, standing_name(standing));
  t->token_memory = heap_take(legacy_llm_token_file_size(), error);
  if (t->token_memory)
    t->token_file =
        token_file_open(t->token_memory, t->token_path, t->text, s->tokenizer, &s->text, error);
  return t->token_file != NULL;
}

static bool read_text(TrainingRun *t, Error *error) {
  if (t->settings.streams) return true;
  const Source source = text_file_source(t->text, "reading");
  return legacy_llm_trainer_read_text(t->trainer, &source, error);
}

static bool load_checkpoint(TrainingRun *t, Error *error) {
  FILE *file = model_file_stream(&t->resumed, error);
  if (!file) return false;
  const Source source = file_source(file, t->resumed.path);
  const bool good = legacy_llm_trainer_load(t->trainer, t->resumed.checkpoint, &source, error);
  fclose(file);
  return good || model_file_advise(&t->resumed, error);
}

bool training_open(TrainingRun *t, const TrainingSettings *s, const char *token_path,
                   const legacy_llm_trace *trace, Error *error) {
  t->token_path = token_path;
  if (trace) t->settings.trace = *trace;
  if (t->settings.streams) {
    if (!open_token_file(t, error)) return false;
    t->settings.tokens = legacy_llm_token_file_reader(t->token_file);
  }
  t->block = heap_take(t->plan.block, error);
  if (!t->block) return false;
  t->trainer = legacy_llm_trainer_open(t->block, (size_t)t->plan.block, &t->settings, error);
  return t->trainer && read_text(t, error) && (!s->resume || load_checkpoint(t, error));
}

void training_close(TrainingRun *t, bool keep_tokens) {
  if (t->token_file) legacy_llm_token_file_close(t->token_file);
  if (t->token_file && !keep_tokens) remove(t->token_path);
  free(t->token_memory);
  free(t->block);
  free(t->own);
  model_file_close(&t->resumed);
  memset(t, 0, sizeof *t);
}
