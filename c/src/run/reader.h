/* reader.h - a model from a checkpoint, opened to be used: no training memory. */
#ifndef READER_H
#define READER_H

#include "model/activations.h"
#include "run/options.h"
#include "text/tokenizer.h"
#include "train/checkpoint_file.h"

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

/* The model that the options name, or the bundled one. */
const char *reader_path(const Options *options);

/* Reads the header of that model. */
bool reader_open_header(Reader *reader, const Options *options, Error *error);

/* Takes the memory, within --ram, and reads the model, after reader_open_header. */
bool reader_open(Reader *reader, const Options *options, const ReaderNeeds *needs, Error *error);

/* Gives the memory back. */
void reader_close(Reader *reader);

#endif
