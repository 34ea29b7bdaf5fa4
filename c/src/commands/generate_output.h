/* generate_output.h - where generated text goes: bytes that are held back until they are sure.
 *
 * Text streams to stdout as it comes, raw or as the inside of a JSON string, and raw into a file if
 * there is one. Held back is only what may be the beginning of the stop string, which is not
 * written, and in JSON what may be the beginning of a character.
 */
#ifndef GENERATE_OUTPUT_H
#define GENERATE_OUTPUT_H

#include <stdio.h>

#include "base/config.h"
#include "base/utf8.h"

enum { MAX_STOP = 64 /* bytes of a stop string */ };

typedef struct {
  FILE *file; /* gets the text, too; may be null */
  bool json, terminal;
  bool begun; /* something of the text was written */
  uint8_t stop[MAX_STOP];
  int stop_bytes; /* 0: no stop string */
  uint8_t held[MAX_STOP + LEGACY_LLM_MAX_WORD];
  int held_bytes;
  uint8_t partial[UTF8_LONGEST]; /* of a character, in JSON */
  int partial_bytes;
} GenerateOutput;

/* Starts output with a stop string of stop_bytes (0: none). */
void output_start(GenerateOutput *o, FILE *file, bool json, const uint8_t *stop, int stop_bytes);

/* Writes bytes [count] at once: of the prompt. */
void output_text(GenerateOutput *o, const uint8_t *bytes, int count);

/* Writes a generated piece [count], 1..LEGACY_LLM_MAX_WORD bytes. Returns true when the stop string
 * has come: it and what follows is not written. */
bool output_piece(GenerateOutput *o, const uint8_t *bytes, int count);

/* Writes what is still held back. */
void output_end(GenerateOutput *o);

#endif
