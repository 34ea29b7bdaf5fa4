/* parser.c - numbers and texts as GGUF has them. */
#include "gguf/parser.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/floats.h"
#include "base/stream.h"

enum { OLDEST_VERSION = 2, MOST_DIMENSIONS = 4, CHUNK = 512 };

static bool refuse(GgufParser *p, const char *why) {
  return error_set(p->why, EXIT_USAGE, "%s", why);
}

/* ---- bytes ---- */

bool gguf_parse_bytes(GgufParser *p, void *bytes, size_t size) {
  if (size == 0) return true;
  const ReadStatus status = source_read(p->from, bytes, size);
  if (status == READ_FAILED)
    return error_set(p->why, EXIT_FAILED, "reading failed%s%s", errno ? ": " : "",
                     errno ? strerror(errno) : "");
  if (status == READ_ENDED) return refuse(p, "the file ends before all of it was read");
  p->at += size;
  p->crc = crc32(p->crc, bytes, size);
  return true;
}

bool gguf_pass(GgufParser *p, uint64_t size) {
  uint8_t chunk[CHUNK];
  while (size > 0) {
    const size_t part = size < CHUNK ? (size_t)size : CHUNK;
    if (!gguf_parse_bytes(p, chunk, part)) return false;
    size -= part;
  }
  return true;
}

bool gguf_pass_to(GgufParser *p, uint64_t at) {
  return at >= p->at ? gguf_pass(p, at - p->at) : refuse(p, "its tensors overlap");
}

static bool parse_u32(GgufParser *p, uint32_t *value) {
  uint8_t bytes[4];
  if (!gguf_parse_bytes(p, bytes, sizeof bytes)) return false;
  *value = get_u32(bytes);
  return true;
}

static bool parse_u64(GgufParser *p, uint64_t *value) {
  uint32_t low, high;
  if (!parse_u32(p, &low) || !parse_u32(p, &high)) return false;
  *value = low | (uint64_t)high << 32;
  return true;
}

bool gguf_parse_begin(GgufParser *p) {
  uint8_t magic[4];
  uint32_t version;
  if (!gguf_parse_bytes(p, magic, sizeof magic)) return false;
  if (memcmp(magic, "GGUF", sizeof magic) != 0) return refuse(p, "it is no GGUF file");
  if (!parse_u32(p, &version)) return false;
  if (version < OLDEST_VERSION || version > GGUF_VERSION)
    return refuse(p, "it is of another version of GGUF than 2 and 3, or of a machine with the "
                     "highest byte first");
  return parse_u64(p, &p->tensors) && parse_u64(p, &p->keys);
}

/* ---- texts ---- */

bool gguf_parse_item(GgufParser *p, void *text, size_t most, uint64_t *length) {
  if (!parse_u64(p, length)) return false;
  const size_t kept = *length < most ? (size_t)*length : most;
  return gguf_parse_bytes(p, text, kept) && gguf_pass(p, *length - kept);
}

static bool parse_name(GgufParser *p, char name[GGUF_NAME]) {
  uint64_t length;
  memset(name, 0, GGUF_NAME);
  return gguf_parse_item(p, name, GGUF_NAME - 1, &length);
}

/* ---- keys ---- */

bool gguf_parse_key(GgufParser *p, GgufKey *key) {
  *key = (GgufKey){.count = 1};
  if (!parse_name(p, key->name) || !parse_u32(p, &key->type)) return false;
  key->array = key->type == GGUF_ARRAY;
  return !key->array || (parse_u32(p, &key->type) && parse_u64(p, &key->count));
}

/* Bytes of a value of a type; 0: it has no fixed size. */
static size_t bytes_of(uint32_t type) {
  static const uint8_t bytes[GGUF_KEY_TYPES] = {
      [GGUF_UINT8] = 1,  [GGUF_INT8] = 1,  [GGUF_UINT16] = 2,  [GGUF_INT16] = 2,
      [GGUF_UINT32] = 4, [GGUF_INT32] = 4, [GGUF_FLOAT32] = 4, [GGUF_BOOL] = 1,
      [GGUF_UINT64] = 8, [GGUF_INT64] = 8, [GGUF_FLOAT64] = 8};
  return type < GGUF_KEY_TYPES ? bytes[type] : 0;
}

static bool wrong_type(GgufParser *p, const GgufKey *key, const char *right) {
  return error_set(p->why, EXIT_USAGE, "its key %s is not %s", key->name, right);
}

bool gguf_parse_number(GgufParser *p, const GgufKey *key, uint32_t *value) {
  uint8_t bytes[8] = {0};
  const bool fits = !key->array && key->type != GGUF_FLOAT32 && key->type != GGUF_FLOAT64;
  const size_t size = fits ? bytes_of(key->type) : 0;
  if (size == 0) return wrong_type(p, key, "a whole number");
  if (!gguf_parse_bytes(p, bytes, size)) return false;
  *value = get_u32(bytes);
  const bool signed_byte = key->type == GGUF_INT8 && *value > INT8_MAX;
  const bool signed_word = key->type == GGUF_INT16 && *value > INT16_MAX;
  if (*value <= INT32_MAX && get_u32(bytes + 4) == 0 && !signed_byte && !signed_word) return true;
  return wrong_type(p, key, "a number from 0 to 2,147,483,647");
}

bool gguf_parse_float(GgufParser *p, const GgufKey *key, float *value) {
  uint32_t bits;
  if (key->array || key->type != GGUF_FLOAT32) return wrong_type(p, key, "a float");
  if (!parse_u32(p, &bits)) return false;
  *value = float_from_bits(bits);
  return true;
}

bool gguf_parse_text(GgufParser *p, const GgufKey *key, void *text, size_t most, uint64_t *length) {
  if (key->array || key->type != GGUF_TEXT) return wrong_type(p, key, "a text");
  return gguf_parse_item(p, text, most, length);
}

bool gguf_is_texts(GgufParser *p, const GgufKey *key) {
  return (key->array && key->type == GGUF_TEXT) || wrong_type(p, key, "an array of texts");
}

bool gguf_pass_value(GgufParser *p, const GgufKey *key) {
  const size_t size = bytes_of(key->type);
  if (key->type != GGUF_TEXT && size == 0)
    return wrong_type(p, key, "of a type that this program reads");
  if (size > 0 && key->count > UINT64_MAX / 8)
    return refuse(p, "the file ends before all of it was read");
  if (size > 0) return gguf_pass(p, size * key->count);
  uint64_t length;
  for (uint64_t i = 0; i < key->count; i++)
    if (!gguf_parse_item(p, NULL, 0, &length)) return false;
  return true;
}

/* ---- tensors ---- */

bool gguf_parse_tensor(GgufParser *p, GgufTensor *t, uint64_t *at) {
  uint32_t dimensions;
  *t = (GgufTensor){.rows = 1};
  if (!parse_name(p, t->name) || !parse_u32(p, &dimensions)) return false;
  if (dimensions < 1 || dimensions > MOST_DIMENSIONS)
    return error_set(p->why, EXIT_USAGE, "its tensor %s has impossible dimensions", t->name);
  if (!parse_u64(p, &t->columns)) return false;
  for (uint32_t d = 1; d < dimensions; d++) {
    uint64_t size;
    if (!parse_u64(p, &size)) return false;
    t->rows = d == 1 ? size : size == 1 ? t->rows : 0; /* more than two: none that we know */
  }
  t->dimensions = (int)dimensions;
  return parse_u32(p, &t->type) && parse_u64(p, at);
}
