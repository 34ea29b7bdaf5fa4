/* coder.h - numbers in as few bits as they surprise: adaptive binary arithmetic coding (Witten,
 * Neal and Cleary, 1987), without carries as in lpaq (Mahoney, 2007).
 *
 * What is to come is a number of 32 bits between low and high. Each bit divides this range in
 * proportion to its probability, and leaves one side; the bytes in which low and high agree are
 * settled. The probability of a bit is what was seen of it before, in the same model.
 *
 * The same functions write and read, so that there is one list of what is coded: a writer codes the
 * value that it is given and returns it, a reader returns the value that it finds.
 */
#ifndef CODER_H
#define CODER_H

#include "base/config.h"

enum { CODER_BUFFER = 512, NUMBER_LENGTHS = 12, NUMBER_STARTS = 6, NUMBER_START = 8 };

/* Probabilities of the bits of one kind of number, in 2^-16: v + 1 has n bits, of which the highest
 * is 1. n is told by n - 1 ones and a zero, then come the bits behind the highest: the first three
 * by those before them, further ones as they are. */
typedef struct {
  uint16_t length[NUMBER_LENGTHS];
  uint16_t start[NUMBER_STARTS][NUMBER_START];
} NumberModel;

typedef struct {
  const Sink *to;     /* a writer's */
  const Source *from; /* a reader's; null: this is a writer */
  uint64_t bytes;     /* written, or left to be read into the buffer */
  uint32_t low, high, code;
  uint32_t at, filled; /* of the buffer */
  const char *fault;   /* the first thing that is wrong, as the end of a sentence */
  uint8_t buffer[CODER_BUFFER];
} Coder;

/* A writer, and a reader of so many bytes. */
void coder_write(Coder *k, const Sink *to);
void coder_read(Coder *k, const Source *from, uint64_t bytes);

/* Notes what is wrong, unless something was before; returns false. */
bool coder_fault(Coder *k, const char *what);

/* 32 bits, little-endian, as they are. Only before numbers. */
uint32_t coder_u32(Coder *k, uint32_t value);

/* Begins numbers, and ends them and the bytes: false where anything went wrong. */
void coder_begin(Coder *k);
bool coder_end(Coder *k);

/* A model that knows nothing; and a number from 0 to 2^20 by it. */
void number_forget(NumberModel *m);
uint32_t coder_number(Coder *k, NumberModel *m, uint32_t value);

#endif
