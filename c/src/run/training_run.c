/* training_run.c - files around the library's training. */
#include "run/training_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/quote.h"
#include "base/stream.h"
#include "run/heap.h"
#include "run/text_file.h"
#include "run/tokenizer_choice.h"

/* ---- planning ---- */

/* A separator that the text does not have would never be learned, and every text begins with it. */
static bool check_separator(const TrainingRun *t, const TrainingSettings *s, Error *error) {
  const legacy_llm_tokenizer_facts facts = legacy_llm_tokenizer_tell(t->own);
  char quoted[4 * LEGACY_LLM_MAX_SEPARATOR + 3];
  if (facts.separator_bytes == 0 || t->settings.text.documents > 0) return true;
  return error_set(
      error, EXIT_USAGE,
      "the separator %s stands nowhere in %s; give --separator what stands between its "
      "documents (with Windows line ends '\\r\\n\\r\\n'), or leave it out",
      quote_bytes(quoted, sizeof quoted, facts.separator_text, facts.separator_bytes), s->text);
}

/* A new training: shape and settings from the options, tokenizer from them or the text. */
static bool plan_new(TrainingRun *t, const TrainingSettings *s, Error *error) {
  t->own = tokenizer_make(&s->tokenizer, s->text, (RamLimit){s->ram, s}, &t->scan_bytes, error);
  if (!t->own || !text_file_count(s->text, t->own, &t->settings.text, error) ||
      !check_separator(t, s, error))
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
  if (!model_file_read(&t->resumed, "resume", s->resume, error)) return false;
  if (h->contents != LEGACY_LLM_CONTENTS_TRAINING)
    return error_set(error, EXIT_USAGE,
                     "%s is an exported model, which cannot be trained further; give --resume a "
                     "checkpoint of `legacy_llm train`",
                     s->resume);
  if (!training_agrees(s, &h->shape, &h->training, error) ||
      !tokenizer_agrees(t->resumed.tokenizer, s, error))
    return false;
  Error other;
  const bool counted = text_file_count(s->text, t->resumed.tokenizer, &t->settings.text, &other);
  /* What the tokenizer does not know is another text; what cannot be read, or is empty, is none. */
  if (!counted && (t->settings.text.bytes == 0 || other.exit_code == EXIT_FAILED))
    return error_copy(error, &other);
  if (!counted || !same_text(&t->settings.text, &h->text))
    return error_set(error, EXIT_USAGE,
                     "%s was trained on another text than %s; give its own text with --text",
                     s->resume, s->text);
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

bool training_plan(TrainingRun *t, const TrainingSettings *s, const legacy_llm_threads *threads,
                   Error *error) {
  memset(t, 0, sizeof *t);
  if (threads) t->settings.threads = *threads;
  if (!(s->resume ? plan_resumed : plan_new)(t, s, error)) return false;
  t->settings.memory = s->model.memory;
  t->settings.statistics = s->log != NULL;
  t->settings.streams = streams(&t->settings, s->text_ram);
  return legacy_llm_check_text(&t->settings.text, t->settings.shape.context, s->text, error) &&
         legacy_llm_check_evaluation(s->eval_tokens, t->settings.shape.context, error) &&
         legacy_llm_trainer_plan(&t->settings, &t->plan, error);
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
         memcmp(&training, &s->training, sizeof training) == 0 && same_text(&h->text, &s->text) &&
         legacy_llm_tokenizer_crc(m->tokenizer) == legacy_llm_tokenizer_crc(s->tokenizer);
}

/* Reads the header of what would be replaced; false with EXIT_USAGE where it is no model, and with
 * EXIT_FAILED where nobody can tell. */
static bool look_at(ModelFile *m, const char *path, Error *error) {
  FILE *file = fopen(path, "rb");
  if (!file)
    return error_set(error, EXIT_FAILED,
                     "cannot look at %s, which would be replaced: %s; give --out another file, or "
                     "replace it with --force",
                     path, strerror(errno));
  const bool good = model_file_read_from(m, file, path, error);
  fclose(file);
  return good;
}

bool training_may_replace(const TrainingRun *t, const char *path, bool is_older, Error *error) {
  ModelFile m;
  if (path_kind(path) != PATH_ORDINARY) return true;
  if (!look_at(&m, path, error)) return error->exit_code == EXIT_USAGE;
  const long done = (long)m.header.step, steps = (long)m.header.training.steps;
  bool good = is_own(t, &m);
  if (!good)
    error_set(error, EXIT_USAGE,
              "%s is a model of another training, at step %ld of %ld; give --out another file, or "
              "replace it with --force",
              path, done, steps);
  else if (!t->resumed.checkpoint && !is_older && done < steps)
    good =
        error_set(error, EXIT_USAGE,
                  "%s is this same training at step %ld of %ld; go on with --resume %s, or begin "
                  "anew with --force",
                  path, done, steps, path);
  model_file_close(&m);
  return good;
}

/* ---- opening ---- */

static bool open_token_file(TrainingRun *t, const char *text_path, Error *error) {
  const legacy_llm_trainer_settings *s = &t->settings;
  t->token_memory = heap_take(legacy_llm_token_file_size(), error);
  if (t->token_memory)
    t->token_file =
        token_file_open(t->token_memory, t->token_path, text_path, s->tokenizer, &s->text, error);
  return t->token_file != NULL;
}

static bool read_text(TrainingRun *t, const char *path, Error *error) {
  TextFile text;
  if (t->settings.streams) return true;
  if (!text_file_open(&text, path, "reading", error)) return false;
  const Source source = text_file_source(&text);
  const bool good = legacy_llm_trainer_read_text(t->trainer, &source, error);
  text_file_close(&text);
  return good;
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
    if (!open_token_file(t, s->text, error)) return false;
    t->settings.tokens = legacy_llm_token_file_reader(t->token_file);
  }
  t->block = heap_take(t->plan.block, error);
  if (!t->block) return false;
  t->trainer = legacy_llm_trainer_open(t->block, (size_t)t->plan.block, &t->settings, error);
  return t->trainer && read_text(t, s->text, error) && (!s->resume || load_checkpoint(t, error));
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
