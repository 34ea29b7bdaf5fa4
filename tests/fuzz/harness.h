/* harness.h - what the fuzzers share. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/errors.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

/* Ends the program where something that must hold does not. */
#define MUST(holds)                                                                                \
  do {                                                                                             \
    if (!(holds)) {                                                                                \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds);                          \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

/* A refusal says why, in one line, and is no success. */
static inline void must_be_refusal(const Error *error) {
  MUST(error->exit_code == EXIT_USAGE || error->exit_code == EXIT_FAILED);
  MUST(error->message[0] && strlen(error->message) < sizeof error->message);
  for (const char *c = error->message; *c; c++) MUST(((unsigned char)*c >= ' ' && *c != 0x7f));
}

#endif
