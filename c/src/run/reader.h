/* reader.h - a model from a checkpoint, opened to be used: no training memory. */
#ifndef READER_H
#define READER_H

#include "model/forward.h"
#include "run/ram.h"
#include "text/tokenizer.h"
#include "train/checkpoint.h"

/* What a command wants of its model. */
typedef struct {
  bool packs; /* its trits packed, which one position at a time reads three times faster */
  int slots;  /* layers whose activations are kept: 1 for whole sequences, 0: all, as a cache */
  /* Takes (or plans) what the command needs beside it; may be null. */
  void (*layout)(void *context, const CheckpointHeader *header, Arena *arena);
  void *context;
} ReaderNeeds;

typedef struct {
  Arena arena;
  const char *path; /* of the model */
  CheckpointHeader header;
  Model model;
  Model
      packed; /* the same, where the checkpoint has latents for its trits and it is to be packed */
  Activations activations;
  Encoder encoder;
} Reader;

#define BUNDLED_MODEL "data/stories.llm" /* comes with the program, see data/README.md */

/* Reads the header of the model at path. */
bool reader_open_header(Reader *reader, const char *path, Error *error);

/* Takes the memory, within the limit, and reads the model, after reader_open_header. */
bool reader_open(Reader *reader, RamLimit limit, const ReaderNeeds *needs, Error *error);

/* Gives the memory back. */
void reader_close(Reader *reader);

#endif
