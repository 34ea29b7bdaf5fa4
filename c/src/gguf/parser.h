/* parser.h - the parts of a GGUF file (writer.h draws them), one after the other, from a source.
 *
 * What fails says why in the error, as a part of a sentence: "the file ends within its keys".
 * Nothing that a file says is believed before it is checked, and nothing here knows of a model.
 */
#ifndef PARSER_H
#define PARSER_H

#include "base/errors.h"
#include "gguf/writer.h"

typedef struct {
  const Source *from;
  uint64_t at;            /* bytes read */
  uint32_t crc;           /* CRC-32 of them */
  uint64_t keys, tensors; /* that the file says it has */
  Error *why;
} GgufParser;

typedef struct {
  char name[GGUF_NAME];
  uint32_t type;  /* of its value, or of each value of an array; a GgufKeyType */
  bool array;     /* whose values follow, `count` of them */
  uint64_t count; /* 1 where it is no array */
} GgufKey;

/* The beginning of a file, of version 2 or 3. */
bool gguf_parse_begin(GgufParser *p);

/* Exactly so many bytes; or passes over them. */
bool gguf_parse_bytes(GgufParser *p, void *bytes, size_t size);
bool gguf_pass(GgufParser *p, uint64_t size);

/* Passes over what is left until a place, which is not behind. */
bool gguf_pass_to(GgufParser *p, uint64_t at);

/* ---- keys ---- */

/* The next key, up to its value. */
bool gguf_parse_key(GgufParser *p, GgufKey *key);

/* The value of a key: a whole number below 2^31, of whatever width; a binary32; a text, of which
 * the first `most` bytes are kept, *length being all of it. Refuses a key of another type. */
bool gguf_parse_number(GgufParser *p, const GgufKey *key, uint32_t *value);
bool gguf_parse_float(GgufParser *p, const GgufKey *key, float *value);
bool gguf_parse_text(GgufParser *p, const GgufKey *key, void *text, size_t most, uint64_t *length);

/* One text of an array of them. */
bool gguf_parse_item(GgufParser *p, void *text, size_t most, uint64_t *length);

/* Whether a key is an array of texts; an error says so where it is not. */
bool gguf_is_texts(GgufParser *p, const GgufKey *key);

/* Passes over the value of a key. */
bool gguf_pass_value(GgufParser *p, const GgufKey *key);

/* ---- tensors ---- */

/* What is said of a tensor, and where its data begins, counted from the first; `bytes` is not
 * known here. */
bool gguf_parse_tensor(GgufParser *p, GgufTensor *tensor, uint64_t *at);

#endif
