/* llama2_tokenizer.c - reads tokenizer.bin, and turns text into tokens and back. */
#include "llama2/llama2_tokenizer.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/floats.h"
#include "base/quote.h"
#include "base/stream.h"
#include "base/utf8.h"

enum { FILE_HEAD = 4, TOKEN_HEAD = 8 };
#define WORST_SCORE (-1e10f) /* not even this is joined */

/* ---- memory ---- */

bool llama2_tokenizer_check(int32_t vocab, int64_t bytes, const char *name, Error *error) {
  const int64_t least = FILE_HEAD + (int64_t)vocab * TOKEN_HEAD;
  if (bytes >= least && bytes <= least + (int64_t)vocab * LLAMA2_MOST_PIECE) return true;
  return error_set(error, EXIT_USAGE,
                   "cannot use the tokenizer %s: its %lld bytes are not those of the %ld tokens of "
                   "the model; give the tokenizer.bin that belongs to it",
                   name, (long long)bytes, (long)vocab);
}

void llama2_tokenizer_layout(Llama2Tokenizer *t, int32_t vocab, int64_t bytes, Arena *arena) {
  const size_t V = (size_t)vocab;
  t->vocab = vocab;
  t->piece_bytes = (uint32_t)(bytes - FILE_HEAD - (int64_t)vocab * TOKEN_HEAD);
  for (t->slots = 2; t->slots < 2 * (uint32_t)vocab; t->slots *= 2) {
  }
  t->score = arena_take(arena, MEMORY_TEXT, V, sizeof *t->score);
  t->start = arena_take(arena, MEMORY_TEXT, V + 1, sizeof *t->start);
  t->pieces = arena_take(arena, MEMORY_TEXT, t->piece_bytes, 1);
  t->slot = arena_take(arena, MEMORY_TEXT, t->slots, sizeof *t->slot);
}

void llama2_tokens_layout(Llama2Tokens *tokens, int32_t bytes, Arena *arena) {
  const size_t room = (size_t)bytes + 2; /* the token before a text, and its space */
  tokens->token = arena_take(arena, MEMORY_TEXT, room, sizeof *tokens->token);
  tokens->join = arena_take(arena, MEMORY_TEXT, room, sizeof *tokens->join);
}

/* ---- pieces ---- */

static int piece_length(const Llama2Tokenizer *t, int token) {
  return (int)(t->start[token + 1] - t->start[token]);
}

static const uint8_t *piece_of(const Llama2Tokenizer *t, int token) {
  return t->pieces + t->start[token];
}

/* The slot of a piece: that of its token, or the free one where it would be (FNV-1a, and the next
 * slots). There are twice as many as tokens. */
static uint32_t slot_of(const Llama2Tokenizer *t, const uint8_t *piece, int length) {
  uint32_t hash = 2166136261u;
  for (int i = 0; i < length; i++) hash = (hash ^ piece[i]) * 16777619u;
  for (uint32_t at = hash & (t->slots - 1);; at = (at + 1) & (t->slots - 1)) {
    const int32_t token = t->slot[at];
    if (token < 0 || (piece_length(t, token) == length &&
                      memcmp(piece_of(t, token), piece, (size_t)length) == 0))
      return at;
  }
}

static int find_piece(const Llama2Tokenizer *t, const uint8_t *piece, int length) {
  return t->slot[slot_of(t, piece, length)];
}

/* The value of a hexadecimal digit, -1 of another character. */
static int digit_of(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that a piece like "<0x0A>" stands for, -1 where it is another. */
static int byte_of_piece(const uint8_t *piece, int length) {
  if (length != 6 || memcmp(piece, "<0x", 3) != 0 || piece[5] != '>') return -1;
  const int high = digit_of(piece[3]), low = digit_of(piece[4]);
  return high < 0 || low < 0 ? -1 : 16 * high + low;
}

/* ---- the file ---- */

static bool refuse(const Source *source, int token, const char *why, Error *error) {
  return error_set(
      error, EXIT_USAGE,
      "cannot use the tokenizer %s: %s at token %d; give the tokenizer.bin that belongs "
      "to the model",
      source->name, why, token);
}

static bool read_bytes(const Source *source, void *bytes, size_t size, int token, Error *error) {
  const ReadStatus status = source_read(source, bytes, size);
  if (status == READ_WHOLE) return true;
  return refuse(source, token,
                status == READ_ENDED ? "the file ends"
                : errno              ? strerror(errno)
                                     : "it cannot be read",
                error);
}

/* Score and piece of a token, behind those before it. */
static bool read_token(Llama2Tokenizer *t, int token, uint32_t longest, const Source *source,
                       Error *error) {
  uint8_t head[TOKEN_HEAD];
  if (!read_bytes(source, head, sizeof head, token, error)) return false;
  const uint32_t length = get_u32(head + 4), start = t->start[token];
  get_values(&t->score[token], head, sizeof(float), sizeof(float));
  if (!(float_abs(t->score[token]) < -WORST_SCORE))
    return refuse(source, token, "the score is no number", error);
  if (length > longest) return refuse(source, token, "the piece is too long", error);
  if (length > t->piece_bytes - start) return refuse(source, token, "the file is too short", error);
  t->start[token + 1] = start + length;
  return read_bytes(source, t->pieces + start, length, token, error);
}

/* Of tokens with one piece the first counts. That of a byte is no text. */
static void index_token(Llama2Tokenizer *t, int token) {
  const uint8_t *piece = piece_of(t, token);
  const int length = piece_length(t, token), byte = byte_of_piece(piece, length);
  int32_t *place = byte < 0 ? &t->slot[slot_of(t, piece, length)] : &t->byte[byte];
  if (*place < 0) *place = token;
}

bool llama2_tokenizer_read(Llama2Tokenizer *t, const Source *source, Error *error) {
  uint8_t head[FILE_HEAD];
  if (!read_bytes(source, head, sizeof head, 0, error)) return false;
  const uint32_t longest = get_u32(head);
  if (longest > LLAMA2_MOST_PIECE)
    return error_set(error, EXIT_USAGE,
                     "cannot use the tokenizer %s: its longest piece has %lu bytes, and at most %d "
                     "are taken; give the tokenizer.bin that belongs to the model",
                     source->name, (unsigned long)longest, LLAMA2_MOST_PIECE);
  for (uint32_t i = 0; i < t->slots; i++) t->slot[i] = -1;
  for (int b = 0; b < 256; b++) t->byte[b] = -1;
  t->start[0] = 0;
  for (int i = 0; i < t->vocab; i++) {
    if (!read_token(t, i, longest, source, error)) return false;
    index_token(t, i);
  }
  return t->start[t->vocab] == t->piece_bytes ||
         refuse(source, t->vocab, "the file does not end", error);
}

/* ---- text to tokens ---- */

/* The bytes of a character one by one, where it is no piece. */
static bool add_bytes(const Llama2Tokenizer *t, Llama2Tokens *to, const uint8_t *bytes, int count,
                      Error *error) {
  char quoted[32];
  for (int i = 0; i < count; i++) {
    const int token = t->byte[bytes[i]];
    if (token < 0)
      return error_set(error, EXIT_USAGE,
                       "the prompt has %s, for which the model has no token; write it without",
                       quote_bytes(quoted, sizeof quoted, bytes, count));
    to->token[to->count++] = token;
  }
  return true;
}

/* The characters of a text [count]. */
static bool add_characters(const Llama2Tokenizer *t, Llama2Tokens *to, const uint8_t *text,
                           int32_t count, Error *error) {
  for (int32_t at = 0, length; at < count; at += length) {
    uint32_t character;
    length = utf8_read(text + at, (size_t)(count - at), &character);
    const int token = length > 0 ? find_piece(t, text + at, length) : -1;
    if (length == 0) length = 1;
    if (token >= 0)
      to->token[to->count++] = token;
    else if (!add_bytes(t, to, text + at, length, error))
      return false;
  }
  return true;
}

/* What token i and the next one would become; the one before a text stays as it is. */
static int joined(const Llama2Tokenizer *t, const Llama2Tokens *to, int32_t i) {
  uint8_t piece[2 * LLAMA2_MOST_PIECE];
  if (i < 1 || i + 1 >= to->count) return -1;
  const int a = piece_length(t, to->token[i]), b = piece_length(t, to->token[i + 1]);
  memcpy(piece, piece_of(t, to->token[i]), (size_t)a);
  memcpy(piece + a, piece_of(t, to->token[i + 1]), (size_t)b);
  return find_piece(t, piece, a + b);
}

/* The first place with the best score; -1 where nothing can be joined. */
static int32_t best_place(const Llama2Tokenizer *t, const Llama2Tokens *to) {
  int32_t best = -1;
  float score = WORST_SCORE;
  for (int32_t i = 0; i + 1 < to->count; i++)
    if (to->join[i] >= 0 && t->score[to->join[i]] > score) {
      best = i;
      score = t->score[to->join[i]];
    }
  return best;
}

static void join_tokens(const Llama2Tokenizer *t, Llama2Tokens *to) {
  for (int32_t i = 0; i < to->count; i++) to->join[i] = joined(t, to, i);
  for (int32_t at; (at = best_place(t, to)) >= 0;) {
    const size_t behind = (size_t)(to->count - at - 2) * sizeof(int32_t);
    to->token[at] = to->join[at];
    memmove(to->token + at + 1, to->token + at + 2, behind);
    memmove(to->join + at + 1, to->join + at + 2, behind);
    to->count--;
    to->join[at] = joined(t, to, at);
    to->join[at - 1] = joined(t, to, at - 1);
  }
}

bool llama2_encode(const Llama2Tokenizer *t, Llama2Tokens *to, const uint8_t *text, int32_t count,
                   Error *error) {
  to->token[0] = LLAMA2_BEGIN;
  to->count = 1;
  if (count == 0) return true;
  if (!add_characters(t, to, (const uint8_t *)" ", 1, error) ||
      !add_characters(t, to, text, count, error))
    return false;
  join_tokens(t, to);
  return true;
}

/* ---- tokens to text ---- */

int llama2_decode(const Llama2Tokenizer *t, int previous, int token,
                  uint8_t piece[LLAMA2_MOST_PIECE]) {
  const uint8_t *bytes = piece_of(t, token);
  int length = piece_length(t, token);
  const int byte = byte_of_piece(bytes, length);
  if (byte >= 0) {
    piece[0] = (uint8_t)byte;
    return 1;
  }
  if (previous == LLAMA2_BEGIN && length > 0 && bytes[0] == ' ') bytes++, length--;
  memcpy(piece, bytes, (size_t)length);
  return length;
}
