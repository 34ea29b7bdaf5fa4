/* tokenizer.c - checking, decoding and encoding. Learning is in bpe.c and data_utils.c. */
#include "text/tokenizer.h"

#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/utf8.h"

/* ---- what a tokenizer is ---- */

const char *legacy_llm_tokenizer_name(TokenizerKind kind) {
  static const char *const names[TOKENIZERS] = {"chars", "bytes", "bpe"};
  return (unsigned)kind < TOKENIZERS ? names[kind] : NULL;
}

static int separators(const Tokenizer *t) { return t->separator_bytes > 0; }

/* Tokens before the entries. */
static int first_entry(const Tokenizer *t) { return t->kind == TOKENIZER_CHARS ? 0 : BYTE_TOKENS; }

int tokenizer_entries(const Tokenizer *t) { return t->size - first_entry(t) - separators(t); }

int tokenizer_separator(const Tokenizer *t) { return separators(t) ? t->size - 1 : 0; }

static uint16_t left_of(uint32_t merge) { return (uint16_t)(merge & 0xffff); }
static uint16_t right_of(uint32_t merge) { return (uint16_t)(merge >> 16); }

static bool is_utf8(const uint8_t *bytes, int count) {
  uint32_t character;
  for (int at = 0, length; at < count; at += length) {
    length = utf8_read(bytes + at, (size_t)(count - at), &character);
    if (length == 0) return false;
  }
  return true;
}

const char *tokenizer_check_kind(const Tokenizer *t) {
  if (t->kind < 0 || t->kind >= TOKENIZERS) return "its tokenizer is of an unknown kind";
  if (t->size < 2 || t->size > MAX_VOCAB) return "its vocabulary size is impossible";
  if (t->separator_bytes < 0 || t->separator_bytes > MAX_SEPARATOR)
    return "its separator has not 0 to 32 bytes";
  const int entries = tokenizer_entries(t);
  if (entries < (t->kind == TOKENIZER_CHARS) || (t->kind == TOKENIZER_BYTES && entries != 0))
    return "its vocabulary size does not fit its tokenizer";
  return t->kind == TOKENIZER_CHARS && !is_utf8((const uint8_t *)t->separator, t->separator_bytes)
             ? "its separator is not UTF-8"
             : NULL;
}

static const char *settle_characters(Tokenizer *t) {
  for (int i = 0; i < tokenizer_entries(t); i++) {
    const uint32_t c = t->entry[i];
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
      return "its vocabulary holds a number that is not a character";
    if (i > 0 && c <= t->entry[i - 1]) return "its vocabulary is not in order";
    t->bytes[i] = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  }
  return NULL;
}

static uint32_t hash_pair(uint32_t pair) { return pair * 2654435761u >> 8; }

/* Place of a pair in a table of mask + 1 of which some are free: where it is, or belongs. slot is
 * the index of its merge + 1. */
static uint32_t place_of(const uint16_t *slot, uint32_t mask, const uint32_t *entry,
                         uint32_t pair) {
  uint32_t at = hash_pair(pair) & mask;
  while (slot[at] && entry[slot[at] - 1] != pair) at = (at + 1) & mask;
  return at;
}

static bool has_twins(const Tokenizer *t) {
  uint16_t slot[2 * MAX_VOCAB] = {0}; /* 32 KB */
  for (int i = 0; i < tokenizer_entries(t); i++) {
    const uint32_t at = place_of(slot, 2 * MAX_VOCAB - 1, t->entry, t->entry[i]);
    if (slot[at]) return true;
    slot[at] = (uint16_t)(i + 1);
  }
  return false;
}

static const char *settle_merges(Tokenizer *t) {
  memset(t->bytes, 1, BYTE_TOKENS);
  for (int i = 0; i < tokenizer_entries(t); i++) {
    const int token = BYTE_TOKENS + i, left = left_of(t->entry[i]), right = right_of(t->entry[i]);
    if (left >= token || right >= token) return "a merge uses a token that is defined only later";
    if (t->bytes[left] + t->bytes[right] > MAX_WORD)
      return "a merge makes a token of more than 64 bytes";
    t->bytes[token] = (uint8_t)(t->bytes[left] + t->bytes[right]);
  }
  return has_twins(t) ? "two merges join the same pair" : NULL;
}

const char *tokenizer_settle(Tokenizer *t) {
  const char *why = tokenizer_check_kind(t);
  if (why) return why;
  why = t->kind == TOKENIZER_CHARS ? settle_characters(t) : settle_merges(t);
  if (separators(t)) t->bytes[t->size - 1] = (uint8_t)t->separator_bytes;
  return why;
}

uint32_t tokenizer_crc(const Tokenizer *t) {
  uint8_t word[12];
  put_u32(word, (uint32_t)t->kind);
  put_u32(word + 4, (uint32_t)t->size);
  put_u32(word + 8, (uint32_t)t->separator_bytes);
  uint32_t crc = crc32(crc32(0, word, sizeof word), t->separator, (size_t)t->separator_bytes);
  for (int i = 0; i < tokenizer_entries(t); i++) {
    put_u32(word, t->entry[i]);
    crc = crc32(crc, word, 4);
  }
  return crc;
}

/* ---- for those who embed ---- */

size_t legacy_llm_tokenizer_size(void) { return sizeof(Tokenizer); }

Tokenizer *legacy_llm_tokenizer_open(void *memory, TokenizerKind kind, int tokens,
                                     const void *separator, int separator_bytes, Error *error) {
  Tokenizer *t = memory;
  memset(t, 0, sizeof *t);
  t->kind = (int32_t)kind;
  t->size = kind == TOKENIZER_BPE     ? tokens
            : kind == TOKENIZER_BYTES ? BYTE_TOKENS + (separator_bytes > 0)
                                      : MAX_VOCAB;
  t->separator_bytes = separator_bytes;
  const bool fits = separator_bytes >= 0 && separator_bytes <= MAX_SEPARATOR;
  if (fits && separator_bytes > 0) memcpy(t->separator, separator, (size_t)separator_bytes);
  const char *why = tokenizer_check_kind(t);
  if (!why) return t;
  error_set(error, EXIT_USAGE, "this tokenizer cannot be used: %s", why);
  return NULL;
}

legacy_llm_tokenizer_facts legacy_llm_tokenizer_tell(const Tokenizer *t) {
  const legacy_llm_tokenizer_facts facts = {.kind = (TokenizerKind)t->kind,
                                            .tokens = t->size,
                                            .separator = tokenizer_separator(t),
                                            .separator_bytes = t->separator_bytes,
                                            .separator_text = (const uint8_t *)t->separator};
  return facts;
}

/* ---- decoding ---- */

/* Writes a byte token or a merge so that it ends before `end`: the right part first, by a stack of
 * what is to come. A token of n bytes has at most n parts to wait for. */
static void decode_merges(const Tokenizer *t, int token, uint8_t *end) {
  uint16_t waiting[MAX_WORD];
  int count = 0;
  waiting[count++] = (uint16_t)token;
  while (count > 0) {
    const uint16_t next = waiting[--count];
    if (next < BYTE_TOKENS) {
      *--end = (uint8_t)next;
      continue;
    }
    const uint32_t merge = t->entry[next - BYTE_TOKENS];
    waiting[count++] = left_of(merge);
    waiting[count++] = right_of(merge);
  }
}

int legacy_llm_decode(const Tokenizer *t, int token, uint8_t piece[MAX_WORD]) {
  if (separators(t) && token == t->size - 1) {
    memcpy(piece, t->separator, (size_t)t->separator_bytes);
    return t->separator_bytes;
  }
  if (t->kind == TOKENIZER_CHARS) return utf8_write(t->entry[token], piece);
  decode_merges(t, token, piece + t->bytes[token]);
  return t->bytes[token];
}

/* ---- units ---- */

bool separator_at(const Tokenizer *t, const uint8_t *bytes, size_t count) {
  const size_t size = (size_t)t->separator_bytes;
  return size > 0 && count >= size && memcmp(bytes, t->separator, size) == 0;
}

typedef enum { CLASS_SPACE, CLASS_LETTER, CLASS_DIGIT, CLASS_SIGN } ByteClass;

static ByteClass class_of(uint8_t byte) {
  const uint8_t lower = byte | 0x20;
  if (byte == ' ' || (byte >= '\t' && byte <= '\r')) return CLASS_SPACE;
  if (byte >= 0x80 || (lower >= 'a' && lower <= 'z')) return CLASS_LETTER;
  return byte >= '0' && byte <= '9' ? CLASS_DIGIT : CLASS_SIGN;
}

/* Whether byte i goes on with a word of a class; an apostrophe between letters does. */
static bool goes_on(ByteClass word, const uint8_t *bytes, size_t i, size_t count) {
  if (class_of(bytes[i]) == word) return true;
  return word == CLASS_LETTER && bytes[i] == '\'' && i + 1 < count &&
         class_of(bytes[i + 1]) == CLASS_LETTER;
}

int word_length(const Tokenizer *t, const uint8_t *bytes, size_t count) {
  const size_t most = count < MAX_WORD ? count : MAX_WORD;
  const bool spaced = bytes[0] == ' ' && count > 1 && class_of(bytes[1]) != CLASS_SPACE;
  const ByteClass word = class_of(bytes[spaced]);
  size_t n = 1;
  if (spaced && separator_at(t, bytes + 1, count - 1)) return 1;
  while (n < most && (n == (size_t)spaced || goes_on(word, bytes, n, count)) &&
         !separator_at(t, bytes + n, count - n))
    n++;
  /* The last of several spaces belongs to the word that follows. */
  const bool follows =
      n < count && class_of(bytes[n]) != CLASS_SPACE && !separator_at(t, bytes + n, count - n);
  if (word == CLASS_SPACE && n > 1 && bytes[n - 1] == ' ' && follows) n--;
  return (int)n;
}

/* ---- encoding ---- */

void encoder_layout(Encoder *e, const Tokenizer *t, Arena *arena) {
  uint32_t slots = 4;
  if (t->kind == TOKENIZER_BPE)
    while (slots < 2u * (uint32_t)t->size) slots *= 2;
  e->tokenizer = t;
  e->mask = slots - 1;
  e->lookups = 0;
  e->slot = arena_take(arena, MEMORY_TEXT, slots, sizeof *e->slot);
}

/* The merge of a pair, -1 if there is none. */
static int find_merge(Encoder *e, uint16_t left, uint16_t right) {
  const uint32_t pair = left | (uint32_t)right << 16;
  e->lookups++;
  return (int)e->slot[place_of(e->slot, e->mask, e->tokenizer->entry, pair)] - 1;
}

void encoder_start(Encoder *e) {
  const Tokenizer *t = e->tokenizer;
  if (t->kind != TOKENIZER_BPE) return;
  memset(e->slot, 0, ((size_t)e->mask + 1) * sizeof *e->slot);
  for (int i = 0; i < tokenizer_entries(t); i++)
    e->slot[place_of(e->slot, e->mask, t->entry, t->entry[i])] = (uint16_t)(i + 1);
  e->lookups = 0;
}

/* Merges in a word of n tokens, the earliest learned first, until none applies; returns how many
 * tokens are left. merge[i] is that of tokens i and i+1. */
static int merge_word(Encoder *e, uint16_t *tokens, int n) {
  int merge[MAX_WORD];
  for (int i = 0; i + 1 < n; i++) merge[i] = find_merge(e, tokens[i], tokens[i + 1]);
  for (;;) {
    int best = -1;
    for (int i = 0; i + 1 < n; i++)
      if (merge[i] >= 0 && (best < 0 || merge[i] < merge[best])) best = i;
    if (best < 0) return n;
    tokens[best] = (uint16_t)(BYTE_TOKENS + merge[best]);
    n--;
    memmove(tokens + best + 1, tokens + best + 2, (size_t)(n - best - 1) * sizeof *tokens);
    memmove(merge + best, merge + best + 1, (size_t)(n - best - 1) * sizeof *merge);
    if (best > 0) merge[best - 1] = find_merge(e, tokens[best - 1], tokens[best]);
    if (best + 1 < n) merge[best] = find_merge(e, tokens[best], tokens[best + 1]);
  }
}

int character_place(const Tokenizer *t, int count, uint32_t character) {
  int low = 0, high = count;
  while (low < high) {
    const int middle = (low + high) / 2;
    if (t->entry[middle] < character)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static int find_character(const Tokenizer *t, uint32_t character) {
  const int count = tokenizer_entries(t), at = character_place(t, count, character);
  return at < count && t->entry[at] == character ? at : -1;
}

int tokenizer_newline(const Tokenizer *t) {
  if (t->kind != TOKENIZER_CHARS) return '\n';
  const int at = find_character(t, '\n');
  return at < 0 ? 0 : at;
}

static EncodeStatus encode_character(const Tokenizer *t, const uint8_t *bytes, size_t count,
                                     uint16_t *token, int *taken) {
  uint32_t character;
  *taken = utf8_read(bytes, count, &character);
  if (*taken == 0) {
    *taken = 1;
    return ENCODE_NOT_UTF8;
  }
  const int found = find_character(t, character);
  *token = (uint16_t)found;
  return found < 0 ? ENCODE_UNKNOWN : ENCODE_OK;
}

EncodeStatus encode_unit(Encoder *e, const uint8_t *bytes, size_t count, uint16_t *tokens, int *n,
                         int *taken) {
  const Tokenizer *t = e->tokenizer;
  *n = *taken = 1;
  if (separator_at(t, bytes, count)) {
    tokens[0] = (uint16_t)(t->size - 1);
    *taken = t->separator_bytes;
    return ENCODE_OK;
  }
  if (t->kind == TOKENIZER_CHARS) return encode_character(t, bytes, count, tokens, taken);
  if (t->kind == TOKENIZER_BPE) *taken = word_length(t, bytes, count);
  for (int i = 0; i < *taken; i++) tokens[i] = bytes[i];
  *n = t->kind == TOKENIZER_BPE ? merge_word(e, tokens, *taken) : 1;
  return ENCODE_OK;
}

/* Says what went wrong with the unit at byte `at` of bytes [count]; returns false. */
static bool encode_refuse(EncodeStatus status, const uint8_t *bytes, size_t at, size_t count,
                          Error *error) {
  const int shown = (int)(count < 40 ? count : 40);
  if (status == ENCODE_NOT_UTF8)
    return error_set(
        error, EXIT_USAGE,
        "byte %lu of \"%.*s\" is not UTF-8, and the tokenizer of this model takes only UTF-8",
        (unsigned long)at + 1, shown, (const char *)bytes);
  return error_set(error, EXIT_USAGE,
                   "the model does not know the character at byte %lu of \"%.*s\"; it knows only "
                   "those of its training text",
                   (unsigned long)at + 1, shown, (const char *)bytes);
}

int encode_string(Encoder *e, const uint8_t *bytes, size_t count, uint16_t *tokens, int capacity,
                  Error *error) {
  uint16_t unit[MAX_WORD];
  int total = 0, n, taken;
  for (size_t at = 0; at < count; at += (size_t)taken, total += n) {
    const EncodeStatus status = encode_unit(e, bytes + at, count - at, unit, &n, &taken);
    if (status != ENCODE_OK) {
      encode_refuse(status, bytes, at, count, error);
      return -1;
    }
    if (n > capacity - total) {
      error_set(error, EXIT_USAGE, "the text is longer than %d tokens; shorten it", capacity);
      return -1;
    }
    memcpy(tokens + total, unit, (size_t)n * sizeof *unit);
  }
  return total;
}
