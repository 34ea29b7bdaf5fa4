/* vocabulary.c - the alphabet of bytes, tokens, merges, and where two rules cut a text. */
#include "gguf/vocabulary.h"

#include <string.h>

#include "base/stream.h"

enum { NORMAL = 1, USER_DEFINED = 4 /* kinds of tokens in a file */ };

/* ---- tokens ---- */

static bool is_separator(const Tokenizer *t, int token) {
  return token > 0 && token == tokenizer_separator(t);
}

bool vocabulary_is_ambiguous(const Tokenizer *t) {
  uint8_t piece[MAX_WORD], text[TOKEN_LETTERS];
  for (int token = 0; t->separator_bytes > 0 && token < t->size - 1; token++) {
    const size_t length = to_letters(text, piece, legacy_llm_decode(t, token, piece));
    if (length == (size_t)t->separator_bytes && memcmp(text, t->separator, length) == 0)
      return true;
  }
  return false;
}

static void write_tokens(GgufWriter *w, const Tokenizer *t) {
  uint8_t piece[MAX_WORD], text[TOKEN_LETTERS];
  for (int token = 0; token < t->size; token++) {
    const int count = legacy_llm_decode(t, token, piece);
    if (is_separator(t, token))
      gguf_text(w, piece, (size_t)count);
    else
      gguf_text(w, text, to_letters(text, piece, count));
  }
}

static void write_kinds(GgufWriter *w, const Tokenizer *t) {
  gguf_key_i32s(w, "tokenizer.ggml.token_type", (uint64_t)t->size);
  for (int token = 0; token < t->size; token++)
    gguf_i32(w, is_separator(t, token) ? USER_DEFINED : NORMAL);
}

/* ---- merges ---- */

/* The merge of the first bytes [left] of a token with those that follow [right]. */
static void write_merge(GgufWriter *w, const uint8_t *piece, int left, int right) {
  uint8_t text[2 * TOKEN_LETTERS + 1];
  size_t length = to_letters(text, piece, left);
  text[length++] = ' ';
  length += to_letters(text + length, piece + left, right);
  gguf_text(w, text, length);
}

/* Merges of characters: of each that has more bytes than one, one byte after the other. */
static void write_characters(GgufWriter *w, const Tokenizer *t) {
  uint8_t piece[MAX_WORD];
  for (int i = 0; i < tokenizer_entries(t); i++) {
    const int count = legacy_llm_decode(t, i, piece);
    for (int left = 1; left < count; left++) write_merge(w, piece, left, 1);
  }
}

static void write_pairs(GgufWriter *w, const Tokenizer *t) {
  uint8_t piece[MAX_WORD];
  for (int i = 0; i < tokenizer_entries(t); i++) {
    const int count = legacy_llm_decode(t, BYTE_TOKENS + i, piece);
    const int left = t->bytes[t->entry[i] & 0xffff];
    write_merge(w, piece, left, count - left);
  }
}

static uint64_t merges_of(const Tokenizer *t) {
  uint64_t count = 0;
  if (t->kind == TOKENIZER_BYTES) return 0;
  if (t->kind == TOKENIZER_BPE) return (uint64_t)tokenizer_entries(t);
  for (int i = 0; i < tokenizer_entries(t); i++) count += (uint64_t)t->bytes[i] - 1;
  return count;
}

static void write_merges(GgufWriter *w, const Tokenizer *t) {
  if (t->kind == TOKENIZER_CHARS) write_characters(w, t);
  if (t->kind == TOKENIZER_BPE) write_pairs(w, t);
}

/* ---- all ---- */

/* The token that a text begins with and ends before: the separator; without one a newline, which is
 * what this program begins with. */
static uint32_t end_of(const Tokenizer *t) {
  const int separator = tokenizer_separator(t);
  return (uint32_t)(separator ? separator : tokenizer_newline(t));
}

void vocabulary_write(GgufWriter *w, const Tokenizer *t) {
  gguf_key_text(w, "tokenizer.ggml.model", "gpt2");
  gguf_key_text(w, "tokenizer.ggml.pre", "gpt-2");
  gguf_key_texts(w, VOCABULARY_TOKENS, (uint64_t)t->size);
  write_tokens(w, t);
  write_kinds(w, t);
  gguf_key_texts(w, VOCABULARY_MERGES, merges_of(t));
  write_merges(w, t);
  gguf_key_u32(w, "tokenizer.ggml.bos_token_id", end_of(t));
  gguf_key_u32(w, "tokenizer.ggml.eos_token_id", end_of(t));
  gguf_key_bool(w, "tokenizer.ggml.add_bos_token", tokenizer_separator(t) > 0);
}

/* ---- the sum of texts ---- */

static uint32_t crc_of(const Tokenizer *t, void (*write)(GgufWriter *w, const Tokenizer *t)) {
  uint32_t crc = 0;
  const Sink sum = crc_sink(&crc);
  GgufWriter w = {.to = &sum, .good = true};
  write(&w, t);
  return crc;
}

uint32_t vocabulary_tokens_crc(const Tokenizer *t) { return crc_of(t, write_tokens); }

uint32_t vocabulary_merges_crc(const Tokenizer *t) { return crc_of(t, write_merges); }

/* ---- words ---- */

static bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

/* Whether a token has white space beside its first byte, or an apostrophe behind a letter. */
static bool is_cut(const uint8_t *piece, int count) {
  for (int i = 1; i < count; i++)
    if (is_space(piece[i]) || (piece[i] == '\'' && (piece[i - 1] | 0x20) >= 'a')) return true;
  return false;
}

/* Whether a token has a sign that is no letter among its bytes beyond ASCII: those of Latin-1
 * (U+0080 to U+00BF), and of general punctuation (U+2000 to U+206F). */
static bool has_sign(const uint8_t *piece, int count) {
  for (int i = 0; i < count; i++)
    if (piece[i] == 0xc2 || (piece[i] == 0xe2 && (i + 1 == count || piece[i + 1] <= 0x81)))
      return true;
  return false;
}

int vocabulary_cut_apart(const Tokenizer *t, int *token) {
  uint8_t piece[MAX_WORD];
  int cut = 0;
  for (int i = 0; t->kind == TOKENIZER_BPE && i < tokenizer_entries(t); i++) {
    const int count = legacy_llm_decode(t, BYTE_TOKENS + i, piece);
    if (!is_cut(piece, count) && !has_sign(piece, count)) continue;
    if (cut++ == 0) *token = BYTE_TOKENS + i;
  }
  return cut;
}
