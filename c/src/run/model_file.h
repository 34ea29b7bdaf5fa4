/* model_file.h - a checkpoint in a file: its header, and the model in it. */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include <stdio.h>

#include "run/bundled.h"
#include "run/ram.h"

typedef struct {
  const char *path;                      /* outlives it */
  const char *option;                    /* that names it; null: none */
  const void *settings;                  /* of the command that has this option */
  legacy_llm_checkpoint *checkpoint;     /* its header, from the heap */
  legacy_llm_header header;              /* the same in plain numbers */
  const legacy_llm_tokenizer *tokenizer; /* of the checkpoint */
  void *block;                           /* of the model */
  legacy_llm_model *model;               /* null until it is opened */
} ModelFile;

/* Reads and checks the header and the tokenizer only, of the file that an option of these
 * settings names. Where it is damaged, here or when the model is opened, the error has that advice.
 * The settings begin with a SettingsHead, and outlive it. */
bool model_file_read(ModelFile *m, const void *settings, const char *option, const char *path,
                     Error *error);

/* The same from an open file, which stays open, and without advice. */
bool model_file_read_from(ModelFile *m, FILE *file, const char *path, Error *error);

/* The file again, at its beginning; the caller closes it. */
FILE *model_file_stream(const ModelFile *m, Error *error);

/* Opens the model to be used, within a limit, where the command takes `beside` bytes itself.
 * threads null: none. */
bool model_file_open(ModelFile *m, legacy_llm_use use, const legacy_llm_threads *threads,
                     uint64_t beside, RamLimit limit, Error *error);

/* Adds to the error of a checkpoint that cannot be used which of the older ones beside it (PATH.1,
 * PATH.2, ...) is the newest that is whole, and the command that takes it; returns false. Adds
 * nothing where none is, or where the checkpoint is there and could only not be read. */
bool model_file_advise(const ModelFile *m, Error *error);

/* Whether a checkpoint is whole to its end, and how far it is. */
bool model_file_is_whole(const char *path, int32_t *step);

/* Whether a file is a model, or is called like one. */
bool model_file_is(const char *path);

/* The contrary. */
bool model_file_is_not(const char *path);

/* Gives the memory back; also of one that was only read, or not even that but zeroed. */
void model_file_close(ModelFile *m);

#endif
