/* llama2_tokenizer.h - the tokenizer.bin of llama2.c: byte pairs with scores, as SentencePiece has
 * them.
 *
 *   file: the bytes of the longest piece; then of each token, as many as the model has: its score
 *   (a float), the bytes of its piece, the piece
 *
 * A text is read with a space before it. It becomes the tokens of its characters, or where a
 * character is none, of its bytes ("<0x0A>"); then the neighbours whose pieces together are the
 * piece with the best score are joined, the first of equals, until none are.
 */
#ifndef LLAMA2_TOKENIZER_H
#define LLAMA2_TOKENIZER_H

#include "base/arena.h"

enum {
  LLAMA2_BEGIN = 1, /* the token before a text */
  LLAMA2_END = 2,
  LLAMA2_MOST_PIECE = LEGACY_LLM_MAX_WORD /* bytes of a piece */
};

typedef struct {
  int32_t vocab;
  uint32_t piece_bytes; /* of all pieces */
  uint32_t slots;       /* a power of two */
  float *score;         /* [V] */
  uint32_t *start;      /* [V+1] of each piece */
  uint8_t *pieces;      /* [piece_bytes] */
  int32_t *slot;        /* [slots] a token by the hash of its piece, -1: none */
  int32_t byte[256];    /* the token of each byte, -1: none */
} Llama2Tokenizer;

/* A text that becomes tokens. */
typedef struct {
  int32_t count;  /* of tokens */
  int32_t *token; /* [room] */
  int32_t *join;  /* [room] what a token and the next one would become, -1: nothing */
} Llama2Tokens;

/* Whether a file of so many bytes may hold so many tokens. */
bool llama2_tokenizer_check(int32_t vocab, int64_t bytes, const char *name, Error *error);

/* Takes (or plans) the memory for them. */
void llama2_tokenizer_layout(Llama2Tokenizer *t, int32_t vocab, int64_t bytes, Arena *arena);

bool llama2_tokenizer_read(Llama2Tokenizer *t, const Source *source, Error *error);

/* Room for a text of so many bytes. */
void llama2_tokens_layout(Llama2Tokens *tokens, int32_t bytes, Arena *arena);

/* The tokens of a text [count], with the one before it. */
bool llama2_encode(const Llama2Tokenizer *t, Llama2Tokens *tokens, const uint8_t *text,
                   int32_t count, Error *error);

/* The bytes that a token stands for behind another one; returns how many, perhaps none. The space
 * before a text is none of them. */
int llama2_decode(const Llama2Tokenizer *t, int previous, int token,
                  uint8_t piece[LLAMA2_MOST_PIECE]);

#endif
