/* model_file.c - opens the file twice: for the header, which tells the memory, and for the rest. */
#include "run/model_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "base/safe_file.h"
#include "base/stream.h"
#include "run/command_line.h"
#include "run/file_kind.h"
#include "run/heap.h"

static FILE *open_file(const char *path, Error *error) {
  FILE *file = fopen(path, "rb");
  if (!file)
    error_set(error, EXIT_USAGE,
              "cannot use the checkpoint %s: %s; give another file, or train a new one", path,
              strerror(errno));
  return file;
}

/* Whether a file begins as one that holds a model. */
static bool holds_model(Standing standing) {
  return standing == STANDS_CHECKPOINT || standing == STANDS_MODEL || standing == STANDS_GGUF;
}

/* Says of what was refused what it is instead, where its beginning tells; returns false. */
static bool name_kind(const char *path, Error *error) {
  FileKind kind;
  if (error->exit_code != EXIT_USAGE || !file_kind_of_path(path, &kind) ||
      holds_model(kind.standing))
    return false;
  return error_set(error, EXIT_USAGE,
                   "cannot use the checkpoint %s: it is %s, not a checkpoint of this program; give "
                   "another file, or train a new one",
                   path, kind.what);
}

bool model_file_read_from(ModelFile *m, FILE *file, const char *path, Error *error) {
  memset(m, 0, sizeof *m);
  m->path = path;
  void *memory = heap_take(legacy_llm_checkpoint_size(), error);
  const Source source = file_source(file, path);
  if (memory) m->checkpoint = legacy_llm_checkpoint_read(memory, &source, error);
  if (!m->checkpoint) {
    free(memory);
    return false;
  }
  m->header = legacy_llm_checkpoint_header(m->checkpoint);
  m->tokenizer = legacy_llm_checkpoint_tokenizer(m->checkpoint);
  return true;
}

FILE *model_file_stream(const ModelFile *m, Error *error) { return open_file(m->path, error); }

bool model_file_open(ModelFile *m, legacy_llm_use use, const legacy_llm_threads *threads,
                     uint64_t beside, RamLimit limit, Error *error) {
  legacy_llm_memory_plan plan;
  legacy_llm_model_plan(m->checkpoint, use, threads, &plan);
  if (!check_ram(plan.block + beside, limit, error)) return false;
  m->block = heap_take(plan.block, error);
  FILE *file = m->block ? open_file(m->path, error) : NULL;
  if (!file) return false;
  const Source source = file_source(file, m->path);
  m->model = legacy_llm_model_open(m->block, (size_t)plan.block, m->checkpoint, use, threads,
                                   &source, error);
  fclose(file);
  return m->model || model_file_advise(m, error);
}

/* ---- is it one? ---- */

/* Whether it is called as the examples call a checkpoint, or an exported model. */
static bool is_called_model(const char *path) {
  static const char *const ends[] = {".ckpt", ".llm", ".gguf"};
  const char *end = strrchr(path, '.');
  for (size_t i = 0; end && i < sizeof ends / sizeof *ends; i++)
    if (strcmp(end, ends[i]) == 0) return true;
  return false;
}

bool model_file_is(const char *path) {
  return is_called_model(path) || holds_model(standing_at(path));
}

bool model_file_is_not(const char *path) { return !model_file_is(path); }

/* ---- advice ---- */

enum { MOST_OLDER = 100 };

bool model_file_is_whole(const char *path, int32_t *step) {
  ModelFile m;
  Error error;
  FILE *file = open_file(path, &error);
  if (!file) return false;
  bool whole = model_file_read_from(&m, file, path, &error);
  fclose(file);
  const RamLimit any = {UINT64_MAX, NULL};
  whole = whole && model_file_open(&m, LEGACY_LLM_USE_EXPORT, NULL, 0, any, &error);
  *step = m.header.step;
  model_file_close(&m);
  return whole;
}

/* The command with an older checkpoint in place of the one that its option names. */
static void command_with(const ModelFile *m, const char *older, CommandLine *line) {
  const Command *command = ((const SettingsHead *)m->settings)->command;
  command_line_start(line, command->name);
  command_line_option(line, m->option, older);
  if (strcmp(m->option, "resume") == 0) command_line_option(line, "out", m->path);
  options_repeat(m->settings, m->option, line);
}

/* Puts the advice in place of what else would be advised; `number` is that of the older one. */
static bool advise_older(const ModelFile *m, const char *older, int number, int32_t step,
                         Error *error) {
  char why[sizeof error->message], text[sizeof error->message];
  CommandLine line;
  memcpy(why, error->message, sizeof why);
  char *advice = strrchr(why, ';');
  if (advice) *advice = 0;
  command_with(m, older, &line);
  const int bytes = snprintf(text, sizeof text, "%s; %s is whole, at step %ld; go on with: %s", why,
                             older, (long)step, line.text);
  if (line.whole && bytes > 0 && (size_t)bytes < sizeof text)
    return error_set(error, EXIT_USAGE, "%s", text);
  return error_set(error, EXIT_USAGE,
                   "%.400s; the file of this name with .%d is whole, at step %ld: "
                   "give that",
                   why, number, (long)step);
}

bool model_file_advise(const ModelFile *m, Error *error) {
  char older[TEMPORARY_BYTES];
  int32_t step;
  const PathKind kind = path_kind(m->path);
  if (!m->option || error->exit_code != EXIT_USAGE ||
      (kind != PATH_ORDINARY && kind != PATH_ABSENT))
    return false;
  for (int i = 1; i <= MOST_OLDER; i++) {
    safe_file_older(m->path, i, older, sizeof older);
    if (path_kind(older) != PATH_ORDINARY) return false;
    if (model_file_is_whole(older, &step)) return advise_older(m, older, i, step, error);
  }
  return false;
}

/* Whether an open file can be read again from its beginning; a folder says more when it is read. */
static bool check_file(FILE *file, const char *path, const char *option, Error *error) {
  int64_t bytes;
  if (stream_size(file, &bytes) || path_kind(path) == PATH_FOLDER) return true;
  return error_set(error, EXIT_USAGE,
                   "cannot use %s as --%s: a model is read more than once, and this is no file; "
                   "save it as one",
                   path, option);
}

bool model_file_read(ModelFile *m, const void *settings, const char *option, const char *path,
                     Error *error) {
  memset(m, 0, sizeof *m);
  FILE *file = open_file(path, error);
  const bool good =
      file && check_file(file, path, option, error) && model_file_read_from(m, file, path, error);
  if (file) fclose(file);
  m->path = path;
  m->option = option;
  m->settings = settings;
  if (!good) name_kind(path, error);
  return good || model_file_advise(m, error);
}

void model_file_close(ModelFile *m) {
  free(m->checkpoint);
  free(m->block);
  memset(m, 0, sizeof *m);
}
