/* model_file.c - opens the file twice: for the header, which tells the memory, and for the rest. */
#include "run/model_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/safe_file.h"
#include "base/stream.h"
#include "run/heap.h"

static FILE *open_file(const char *path, Error *error) {
  FILE *file = fopen(path, "rb");
  if (!file)
    error_set(error, EXIT_USAGE,
              "cannot use the checkpoint %s: %s; give another file, or train a new one", path,
              strerror(errno));
  return file;
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

/* ---- advice ---- */

enum { MOST_OLDER = 100 };

/* Whether a checkpoint is whole to its end, and how far it is. */
static bool is_whole(const char *path, int32_t *step) {
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

/* Puts the advice in place of what else would be advised. */
static bool advise_older(const ModelFile *m, const char *older, int32_t step, Error *error) {
  char why[sizeof error->message], out[PATH_BYTES + 16] = "";
  memcpy(why, error->message, sizeof why);
  char *advice = strrchr(why, ';');
  if (advice) *advice = 0;
  const bool resumes = strcmp(m->option, "resume") == 0;
  if (resumes) snprintf(out, sizeof out, " --out %s", m->path);
  return error_set(error, EXIT_USAGE, "%.240s; %s is whole, at step %ld; go on with: %s--%s %s%s",
                   why, older, (long)step, resumes ? "legacy_llm train " : "", m->option, older,
                   out);
}

bool model_file_advise(const ModelFile *m, Error *error) {
  char older[TEMPORARY_BYTES];
  int32_t step;
  if (!m->option || error->exit_code != EXIT_USAGE || path_kind(m->path) != PATH_ORDINARY)
    return false;
  for (int i = 1; i <= MOST_OLDER; i++) {
    safe_file_older(m->path, i, older, sizeof older);
    if (path_kind(older) != PATH_ORDINARY) return false;
    if (is_whole(older, &step)) return advise_older(m, older, step, error);
  }
  return false;
}

bool model_file_read(ModelFile *m, const char *option, const char *path, Error *error) {
  memset(m, 0, sizeof *m);
  FILE *file = open_file(path, error);
  if (!file) return false;
  const bool good = model_file_read_from(m, file, path, error);
  fclose(file);
  m->path = path;
  m->option = option;
  return good || model_file_advise(m, error);
}

void model_file_close(ModelFile *m) {
  free(m->checkpoint);
  free(m->block);
  memset(m, 0, sizeof *m);
}
