/* model_file.h - a checkpoint in a file: its header, and the model in it. */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include <stdio.h>

#include "run/ram.h"

#define BUNDLED_MODEL "data/stories.llm" /* comes with the program, see data/README.md */

typedef struct {
  const char *path;                      /* outlives it */
  legacy_llm_checkpoint *checkpoint;     /* its header, from the heap */
  legacy_llm_header header;              /* the same in plain numbers */
  const legacy_llm_tokenizer *tokenizer; /* of the checkpoint */
  void *block;                           /* of the model */
  legacy_llm_model *model;               /* null until it is opened */
} ModelFile;

/* Reads and checks the header and the tokenizer only. */
bool model_file_read(ModelFile *m, const char *path, Error *error);

/* The same from an open file, which stays open. */
bool model_file_read_from(ModelFile *m, FILE *file, const char *path, Error *error);

/* The file again, at its beginning; the caller closes it. */
FILE *model_file_stream(const ModelFile *m, Error *error);

/* Opens the model to be used, within a limit, where the command takes `beside` bytes itself. */
bool model_file_open(ModelFile *m, legacy_llm_use use, uint64_t beside, RamLimit limit,
                     Error *error);

/* Gives the memory back; also of one that was only read, or not even that but zeroed. */
void model_file_close(ModelFile *m);

#endif
