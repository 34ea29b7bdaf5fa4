/* blocks.h - the types of GGUF that hold matrices of few values: a factor for a block of a row, and
 * its codes in few bits.
 *
 *   q2_0   64 codes in 18 bytes          0        2                                18
 *                                        +--------+--------------------------------+
 *                                        | factor | code 4 i + j in the bits 2 j   |
 *                                        |  half  | and 2 j + 1 of byte i          |
 *                                        +--------+--------------------------------+
 *   tq2_0  256 codes in 66 bytes         0                                64       66
 *                                        +--------------------------------+--------+
 *                                        | two times 32 bytes of 128      | factor |
 *                                        | codes: code 32 j + i in the    |  half  |
 *                                        | bits 2 j, 2 j + 1 of byte i    |        |
 *                                        +--------------------------------+--------+
 *   tq1_0  256 codes in 54 bytes         0         32        48        52       54
 *                                        +---------+---------+---------+--------+
 *                                        | 160     | 80      | 16      | factor |
 *                                        | codes   | codes   | codes   |  half  |
 *                                        +---------+---------+---------+--------+
 *          of n bytes, byte i holds the codes i, i + n, i + 2 n, ... (five, in the last part four)
 *          as the digits of a number to base 3, the first the highest, the missing fifth 0; the
 *          byte is 256/243 of that number, rounded up
 *   q4_0   32 codes in 18 bytes          0        2                                18
 *                                        +--------+--------------------------------+
 *                                        | factor | code i in the low half of byte |
 *                                        |  half  | i, code 16 + i in the high one |
 *                                        +--------+--------------------------------+
 *   f32    1 value in 4 bytes, binary32
 *   f16    1 value in 2 bytes, binary16; it is only read, and written of embeddings
 *
 * In q2_0, tq1_0 and tq2_0 a code -1, 0, 1 is stored as 0, 1, 2; in q4_0 as code + 8. (llama.cpp,
 * ggml/src/ggml-common.h and ggml-quants.c.)
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include "base/config.h"
#include "math/packing.h"

enum {
  GGUF_F32 = 0, /* the numbers of these types in a file */
  GGUF_F16 = 1,
  GGUF_MOST_BLOCK = 256,      /* codes of a block, at most */
  GGUF_MOST_BLOCK_BYTES = 66, /* of a block, at most */
};

typedef struct {
  const char *name;
  uint32_t number;  /* of the type in a file */
  uint32_t file;    /* of a file that is mostly of it: general.file_type */
  int codes, bytes; /* of a block */
  int least, most;  /* what a code can be */
  void (*pack)(uint8_t *to, float factor, const int8_t *codes); /* one block */
  void (*unpack)(float *values, const uint8_t *from);           /* and back, whatever its bytes */
} GgufType;

/* The row of a type; of one by its number in a file, or null where it is none of these. */
const GgufType *gguf_type(legacy_llm_gguf_type type);
const GgufType *gguf_type_numbered(uint32_t number);

#endif
