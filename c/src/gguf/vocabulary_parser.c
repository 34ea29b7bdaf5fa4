/* vocabulary_parser.c - tokens as they come, then the merges that made them. */
#include "gguf/vocabulary_parser.h"

#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/utf8.h"
#include "gguf/letters.h"
#include "gguf/vocabulary.h"

enum {
  MOST_MERGE = 2 * TOKEN_LETTERS + 1 /* bytes of its text */
};

static bool refuse(Error *why, const char *text) { return error_set(why, EXIT_USAGE, "%s", text); }

void vocabulary_parse_begin(VocabularyParser *v, Tokenizer *tokenizer) {
  memset(tokenizer, 0, sizeof *tokenizer);
  *v = (VocabularyParser){.tokenizer = tokenizer, .bytes = true, .characters = true};
}

/* Continues a sum over a text as it lies in a file. */
static uint32_t sum_text(uint32_t crc, const uint8_t *text, uint64_t length) {
  uint8_t head[8];
  put_u32(head, (uint32_t)length);
  put_u32(head + 4, 0);
  return crc32(crc32(crc, head, sizeof head), text, (size_t)length);
}

/* ---- tokens ---- */

/* Whether bytes are one character and nothing else. */
static bool is_character(const uint8_t *bytes, int count, uint32_t *character) {
  return count > 0 && utf8_read(bytes, (size_t)count, character) == count;
}

static void take_token(VocabularyParser *v, const uint8_t *text, size_t length, int last) {
  uint8_t piece[TOKEN_LETTERS];
  uint32_t character = 0;
  const int count = from_letters(piece, text, length), token = v->tokens++;
  v->tokens_crc = sum_text(v->tokens_crc, text, length);
  v->last_bytes = (int)(length < sizeof v->last ? length : sizeof v->last);
  memcpy(v->last, text, (size_t)v->last_bytes);
  if (token < BYTE_TOKENS && (count != 1 || piece[0] != token)) v->bytes = false;
  if (is_character(piece, count, &character))
    v->tokenizer->entry[token] = character;
  else if (token != last)
    v->characters = false;
}

static bool parse_tokens(VocabularyParser *v, GgufParser *p, const GgufKey *key) {
  if (!gguf_is_texts(p, key)) return false;
  if (v->tokens > 0) return refuse(p->why, "it has its tokens twice");
  if (key->count < 2 || key->count > MAX_VOCAB)
    return error_set(p->why, EXIT_USAGE,
                     "it has another number of tokens than this program takes, 2 to %d",
                     (int)MAX_VOCAB);
  for (uint64_t i = 0; i < key->count; i++) {
    uint8_t text[TOKEN_LETTERS];
    uint64_t length;
    if (!gguf_parse_item(p, text, sizeof text, &length)) return false;
    if (length > sizeof text) return refuse(p->why, "it has a token of more than 64 bytes");
    take_token(v, text, (size_t)length, (int)key->count - 1);
  }
  v->bytes = v->bytes && v->tokens >= BYTE_TOKENS;
  return true;
}

/* ---- merges ---- */

/* The first token of those before `end` that stands for bytes [count]; -1: none. */
static int token_of(const Tokenizer *t, int end, const uint8_t *bytes, int count) {
  uint8_t piece[MAX_WORD];
  for (int token = 0; token < end; token++)
    if (t->bytes[token] == count && legacy_llm_decode(t, token, piece) == count &&
        memcmp(piece, bytes, (size_t)count) == 0)
      return token;
  return -1;
}

/* Adds the merge of two texts behind those that are there. */
static bool add_merge(Tokenizer *t, const uint8_t *left, size_t left_length, const uint8_t *right,
                      size_t right_length) {
  uint8_t piece[MOST_MERGE];
  const int a = from_letters(piece, left, left_length);
  const int first = a < 0 ? -1 : token_of(t, t->size, piece, a);
  const int b = from_letters(piece, right, right_length);
  const int second = b < 0 ? -1 : token_of(t, t->size, piece, b);
  if (first < 0 || second < 0 || a + b > MAX_WORD || t->size == MAX_VOCAB) return false;
  const uint32_t merge = (uint32_t)first | (uint32_t)second << 16;
  for (int i = 0; i < t->size - BYTE_TOKENS; i++)
    if (t->entry[i] == merge) return false;
  t->entry[t->size - BYTE_TOKENS] = merge;
  t->bytes[t->size++] = (uint8_t)(a + b);
  return true;
}

/* One merge; its sum is enough where the tokens are characters. */
static bool take_merge(VocabularyParser *v, const uint8_t *text, size_t length) {
  const uint8_t *space = memchr(text, ' ', length);
  v->merges_crc = sum_text(v->merges_crc, text, length);
  if (!v->bytes) return true;
  return space && add_merge(v->tokenizer, text, (size_t)(space - text), space + 1,
                            length - 1 - (size_t)(space - text));
}

static bool parse_merges(VocabularyParser *v, GgufParser *p, const GgufKey *key) {
  if (!gguf_is_texts(p, key)) return false;
  if (v->tokens == 0 || v->merged) return refuse(p->why, "it has no tokens before its merges");
  v->merged = true;
  if (v->bytes) {
    v->tokenizer->kind = TOKENIZER_BPE;
    v->tokenizer->size = BYTE_TOKENS;
    memset(v->tokenizer->bytes, 1, BYTE_TOKENS);
  }
  for (uint64_t i = 0; i < key->count; i++) {
    uint8_t text[MOST_MERGE];
    uint64_t length;
    if (!gguf_parse_item(p, text, sizeof text, &length)) return false;
    if (length > sizeof text || !take_merge(v, text, (size_t)length))
      return refuse(p->why, "it has a merge of what are no tokens before it, or one of them twice");
  }
  return true;
}

/* ---- keys ---- */

static bool parse_model(VocabularyParser *v, GgufParser *p, const GgufKey *key) {
  char name[8];
  uint64_t length;
  if (!gguf_parse_text(p, key, name, sizeof name, &length)) return false;
  v->gpt2 = length == 4 && memcmp(name, "gpt2", 4) == 0;
  return true;
}

static bool parse_bos(VocabularyParser *v, GgufParser *p, const GgufKey *key) {
  uint32_t value;
  if (!gguf_parse_number(p, key, &value)) return false;
  v->bos = (int)value;
  return true;
}

static bool parse_begins(VocabularyParser *v, GgufParser *p, const GgufKey *key) {
  uint32_t value;
  if (!gguf_parse_number(p, key, &value)) return false;
  v->begins = value != 0;
  return true;
}

bool vocabulary_parse_key(VocabularyParser *v, GgufParser *p, const GgufKey *key) {
  static const struct {
    const char *name;
    bool (*parse)(VocabularyParser *v, GgufParser *p, const GgufKey *key);
  } rows[] = {
      {"tokenizer.ggml.model", parse_model},
      {VOCABULARY_TOKENS, parse_tokens},
      {VOCABULARY_MERGES, parse_merges},
      {"tokenizer.ggml.bos_token_id", parse_bos},
      {"tokenizer.ggml.add_bos_token", parse_begins},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].name, key->name) == 0) return rows[i].parse(v, p, key);
  return gguf_pass_value(p, key);
}

/* ---- the end ---- */

bool vocabulary_parse_end(VocabularyParser *v, Error *why) {
  Tokenizer *t = v->tokenizer;
  const int merges = v->bytes && v->merged ? t->size - BYTE_TOKENS : 0;
  if (!v->gpt2)
    return refuse(why,
                  "its key tokenizer.ggml.model is not gpt2, the one kind of tokens that is ours");
  if (v->begins && v->bos != v->tokens - 1)
    return refuse(why, "its texts begin with a token that is not the last, as a separator is");
  if (v->begins && v->last_bytes > MAX_SEPARATOR)
    return refuse(why, "the token that begins its texts is longer than a separator may be");
  t->kind = !v->bytes ? TOKENIZER_CHARS : merges > 0 ? TOKENIZER_BPE : TOKENIZER_BYTES;
  t->size = v->tokens;
  t->separator_bytes = v->begins ? v->last_bytes : 0;
  if (v->begins) memcpy(t->separator, v->last, (size_t)v->last_bytes);
  const bool known = v->bytes || v->characters;
  const char *fault = known ? tokenizer_settle(t) : NULL;
  if (fault) return refuse(why, fault);
  return (known && vocabulary_tokens_crc(t) == v->tokens_crc &&
          vocabulary_merges_crc(t) == v->merges_crc) ||
         refuse(why, "its tokens are not what this program makes of bytes, characters or merges");
}
