/* writer.h - the parts of a GGUF file, one after the other, into a sink.
 *
 *   0      4         8           16       24
 *   +------+---------+-----------+--------+------+---------+-----------+--------------+
 *   | GGUF | version | number of | number | keys | tensors | zeros to  | data of each |
 *   |      |    3    | tensors   | of keys|      |         | 32 bytes  | tensor       |
 *   +------+---------+-----------+--------+------+---------+-----------+--------------+
 *
 *   key      name, type (uint32), value               name     length (uint64), bytes
 *   tensor   name, dimensions (uint32), as many sizes (uint64, the columns first), type (uint32),
 *            where its data begins (uint64, from the beginning of the first)
 *
 * Numbers are little-endian. The data of each tensor begins at a multiple of 32 bytes. (GGUF
 * specification, docs/gguf.md of ggml.)
 *
 * What a file holds is said by whoever calls this: nothing here knows of a model.
 */
#ifndef WRITER_H
#define WRITER_H

#include "base/config.h"

enum {
  GGUF_ALIGNMENT = 32,
  GGUF_VERSION = 3,
  GGUF_NAME = 64 /* bytes of a name, with its end; of a longer one the first are kept */
};

/* The types of values of keys. */
typedef enum {
  GGUF_UINT8,
  GGUF_INT8,
  GGUF_UINT16,
  GGUF_INT16,
  GGUF_UINT32,
  GGUF_INT32,
  GGUF_FLOAT32,
  GGUF_BOOL,
  GGUF_TEXT,
  GGUF_ARRAY,
  GGUF_UINT64,
  GGUF_INT64,
  GGUF_FLOAT64,
  GGUF_KEY_TYPES
} GgufKeyType;

/* Where the parts go; `good` once it is false stays so, and nothing more is written. */
typedef struct {
  const Sink *to;
  uint64_t written;
  bool good;
} GgufWriter;

typedef struct {
  char name[GGUF_NAME];
  uint32_t type;  /* its number in the file */
  int dimensions; /* 1 or 2 */
  uint64_t columns, rows;
  uint64_t bytes;
} GgufTensor;

void gguf_begin(GgufWriter *w, const Sink *to, uint64_t tensors, uint64_t keys);

/* Bytes as they are. */
void gguf_bytes(GgufWriter *w, const void *bytes, size_t size);

/* Zeros up to the next multiple of GGUF_ALIGNMENT. */
void gguf_align(GgufWriter *w);

/* ---- keys ---- */

void gguf_key_u32(GgufWriter *w, const char *key, uint32_t value);
void gguf_key_float(GgufWriter *w, const char *key, float value);
void gguf_key_bool(GgufWriter *w, const char *key, bool value);
void gguf_key_text(GgufWriter *w, const char *key, const char *text);

/* The beginning of an array of so many values, which follow: texts by gguf_text, int32 by
 * gguf_i32. */
void gguf_key_texts(GgufWriter *w, const char *key, uint64_t count);
void gguf_key_i32s(GgufWriter *w, const char *key, uint64_t count);
void gguf_text(GgufWriter *w, const void *bytes, size_t size);
void gguf_i32(GgufWriter *w, int32_t value);

/* ---- tensors ---- */

/* What is said of a tensor before the data; *at is where its data begins, and moves on. */
void gguf_tensor(GgufWriter *w, const GgufTensor *tensor, uint64_t *at);

#endif
