/* coder.c - an arithmetic coder and models of numbers. */
#include "counts/coder.h"

#include <string.h>

#include "base/stream.h"

enum { HALF = 1 << 15, RATE = 5, MOST_BITS = 21 };

void coder_write(Coder *k, const Sink *to) {
  memset(k, 0, sizeof *k);
  k->to = to;
}

void coder_read(Coder *k, const Source *from, uint64_t bytes) {
  memset(k, 0, sizeof *k);
  k->from = from;
  k->bytes = bytes;
}

bool coder_fault(Coder *k, const char *what) {
  if (!k->fault) k->fault = what;
  return false;
}

/* ---- bytes ---- */

static void flush(Coder *k) {
  if (!k->fault && k->filled && !sink_write(k->to, k->buffer, k->filled))
    coder_fault(k, "they cannot be written");
  k->filled = 0;
}

static void write_byte(Coder *k, uint32_t byte) {
  if (k->filled == CODER_BUFFER) flush(k);
  k->buffer[k->filled++] = (uint8_t)byte;
  k->bytes++;
}

static void refill(Coder *k) {
  const size_t size = k->bytes < CODER_BUFFER ? (size_t)k->bytes : CODER_BUFFER;
  k->at = k->filled = 0;
  if (size == 0)
    coder_fault(k, "they end too early");
  else if (source_read(k->from, k->buffer, size) != READ_WHOLE)
    coder_fault(k, "they cannot be read");
  if (k->fault) return;
  k->filled = (uint32_t)size;
  k->bytes -= size;
}

/* 0 after a fault. */
static uint32_t read_byte(Coder *k) {
  if (k->at == k->filled) refill(k);
  return k->at < k->filled ? k->buffer[k->at++] : 0;
}

uint32_t coder_u32(Coder *k, uint32_t value) {
  uint32_t read = 0;
  for (int i = 0; i < 4; i++) {
    if (k->from)
      read |= read_byte(k) << 8 * i;
    else
      write_byte(k, value >> 8 * i);
  }
  return k->from ? read : value;
}

/* ---- bits ---- */

void coder_begin(Coder *k) {
  k->low = 0;
  k->high = UINT32_MAX;
  for (int i = 0; i < 4 && k->from; i++) k->code = k->code << 8 | read_byte(k);
}

/* The bytes of low tell a reader what it needs, and that it has come to the end. */
bool coder_end(Coder *k) {
  if (k->from) {
    if (k->bytes > 0 || k->at < k->filled) return coder_fault(k, "something follows them");
    if (k->code != k->low) return coder_fault(k, "their end is another one");
  } else {
    for (int i = 3; i >= 0; i--) write_byte(k, k->low >> 8 * i);
    flush(k);
  }
  return !k->fault;
}

/* A bit that is 1 with a probability of p / 2^16. */
static uint32_t code_bit(Coder *k, uint32_t p, uint32_t bit) {
  const uint32_t range = k->high - k->low;
  const uint32_t middle = k->low + (range >> 16) * p + ((range & 0xffff) * p >> 16);
  if (k->from) bit = k->code <= middle;
  if (bit)
    k->high = middle;
  else
    k->low = middle + 1;
  while ((k->low ^ k->high) >> 24 == 0) {
    if (k->from)
      k->code = k->code << 8 | read_byte(k);
    else
      write_byte(k, k->high >> 24);
    k->low <<= 8;
    k->high = k->high << 8 | 255;
  }
  return bit;
}

/* The same, and p moves towards it; it stays away from 0 and 2^16 by itself. */
static uint32_t learn_bit(Coder *k, uint16_t *p, uint32_t bit) {
  bit = code_bit(k, *p, bit);
  if (bit)
    *p = (uint16_t)(*p + ((65536 - *p) >> RATE));
  else
    *p = (uint16_t)(*p - (*p >> RATE));
  return bit;
}

/* ---- numbers ---- */

void number_forget(NumberModel *m) {
  for (int i = 0; i < NUMBER_LENGTHS; i++) m->length[i] = HALF;
  for (int n = 0; n < NUMBER_STARTS; n++)
    for (int i = 0; i < NUMBER_START; i++) m->start[n][i] = HALF;
}

uint32_t coder_number(Coder *k, NumberModel *m, uint32_t value) {
  const uint32_t wanted = value + 1;
  uint32_t found = 1; /* the bits so far */
  int bits = 1;
  while (learn_bit(k, m->length + (bits < NUMBER_LENGTHS ? bits - 1 : NUMBER_LENGTHS - 1),
                   wanted >> bits > 0))
    if (++bits > MOST_BITS) {
      coder_fault(k, "a number is too long");
      return 0;
    }
  for (int i = bits - 2; i >= 0; i--) {
    const uint32_t bit = wanted >> i & 1;
    uint16_t *start = m->start[bits - 2 < NUMBER_STARTS ? bits - 2 : NUMBER_STARTS - 1];
    found = found << 1 |
            (found < NUMBER_START ? learn_bit(k, start + found, bit) : code_bit(k, HALF, bit));
  }
  return found - 1;
}
