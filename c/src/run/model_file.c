/* model_file.c - opens the file twice: for the header, which tells the memory, and for the rest. */
#include "run/model_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"
#include "run/heap.h"

static FILE *open_file(const char *path, Error *error) {
  FILE *file = fopen(path, "rb");
  if (!file)
    error_set(error, EXIT_USAGE, "cannot use the checkpoint %s: %s; name another, or train one",
              path, strerror(errno));
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

bool model_file_read(ModelFile *m, const char *path, Error *error) {
  memset(m, 0, sizeof *m);
  FILE *file = open_file(path, error);
  if (!file) return false;
  const bool good = model_file_read_from(m, file, path, error);
  fclose(file);
  return good;
}

FILE *model_file_stream(const ModelFile *m, Error *error) { return open_file(m->path, error); }

bool model_file_open(ModelFile *m, legacy_llm_use use, uint64_t beside, RamLimit limit,
                     Error *error) {
  legacy_llm_memory_plan plan;
  legacy_llm_model_plan(m->checkpoint, use, &plan);
  if (!check_ram(plan.block + beside, limit, error)) return false;
  m->block = heap_take(plan.block, error);
  FILE *file = m->block ? open_file(m->path, error) : NULL;
  if (!file) return false;
  const Source source = file_source(file, m->path);
  m->model =
      legacy_llm_model_open(m->block, (size_t)plan.block, m->checkpoint, use, &source, error);
  fclose(file);
  return m->model != NULL;
}

void model_file_close(ModelFile *m) {
  free(m->checkpoint);
  free(m->block);
  memset(m, 0, sizeof *m);
}
