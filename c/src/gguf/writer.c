/* writer.c - numbers and texts as GGUF has them. */
#include "gguf/writer.h"

#include <string.h>

#include "base/bytes.h"
#include "base/floats.h"
#include "base/stream.h"

void gguf_bytes(GgufWriter *w, const void *bytes, size_t size) {
  w->good = w->good && sink_write(w->to, bytes, size);
  w->written += size;
}

static void write_u32(GgufWriter *w, uint32_t value) {
  uint8_t bytes[4];
  put_u32(bytes, value);
  gguf_bytes(w, bytes, sizeof bytes);
}

static void write_u64(GgufWriter *w, uint64_t value) {
  write_u32(w, (uint32_t)value);
  write_u32(w, (uint32_t)(value >> 32));
}

void gguf_begin(GgufWriter *w, const Sink *to, uint64_t tensors, uint64_t keys) {
  *w = (GgufWriter){.to = to, .good = true};
  gguf_bytes(w, "GGUF", 4);
  write_u32(w, GGUF_VERSION);
  write_u64(w, tensors);
  write_u64(w, keys);
}

void gguf_align(GgufWriter *w) {
  static const uint8_t zeros[GGUF_ALIGNMENT] = {0};
  gguf_bytes(w, zeros, (size_t)(-w->written % GGUF_ALIGNMENT));
}

/* ---- keys ---- */

void gguf_text(GgufWriter *w, const void *bytes, size_t size) {
  write_u64(w, size);
  gguf_bytes(w, bytes, size);
}

static void write_name(GgufWriter *w, const char *name) { gguf_text(w, name, strlen(name)); }

static void write_key(GgufWriter *w, const char *key, uint32_t type) {
  write_name(w, key);
  write_u32(w, type);
}

void gguf_key_u32(GgufWriter *w, const char *key, uint32_t value) {
  write_key(w, key, GGUF_UINT32);
  write_u32(w, value);
}

void gguf_key_float(GgufWriter *w, const char *key, float value) {
  write_key(w, key, GGUF_FLOAT32);
  write_u32(w, float_bits(value));
}

void gguf_key_bool(GgufWriter *w, const char *key, bool value) {
  const uint8_t byte = value;
  write_key(w, key, GGUF_BOOL);
  gguf_bytes(w, &byte, 1);
}

void gguf_key_text(GgufWriter *w, const char *key, const char *text) {
  write_key(w, key, GGUF_TEXT);
  write_name(w, text);
}

static void write_array(GgufWriter *w, const char *key, uint32_t of, uint64_t count) {
  write_key(w, key, GGUF_ARRAY);
  write_u32(w, of);
  write_u64(w, count);
}

void gguf_key_texts(GgufWriter *w, const char *key, uint64_t count) {
  write_array(w, key, GGUF_TEXT, count);
}

void gguf_key_i32s(GgufWriter *w, const char *key, uint64_t count) {
  write_array(w, key, GGUF_INT32, count);
}

void gguf_i32(GgufWriter *w, int32_t value) { write_u32(w, (uint32_t)value); }

/* ---- tensors ---- */

void gguf_tensor(GgufWriter *w, const GgufTensor *tensor, uint64_t *at) {
  write_name(w, tensor->name);
  write_u32(w, (uint32_t)tensor->dimensions);
  write_u64(w, tensor->columns);
  if (tensor->dimensions > 1) write_u64(w, tensor->rows);
  write_u32(w, tensor->type);
  write_u64(w, *at);
  *at += tensor->bytes + (uint64_t)-tensor->bytes % GGUF_ALIGNMENT;
}
