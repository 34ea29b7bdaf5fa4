/* tokenizer.h - from bytes to tokens and back, exactly.
 *
 *   chars   a token a Unicode character of the training text, in ascending order; refuses what is
 *           not UTF-8, and characters that it has not seen
 *   bytes   a token a byte; takes anything
 *   bpe     byte-level byte-pair encoding (Gage, 1994; Sennrich et al., 2016): 256 tokens for the
 *           bytes, then one for each merge of two earlier tokens; takes anything
 *
 * With a separator (a string such as an empty line) each place where it stands is one token, the
 * last of the vocabulary: it begins a document, and attention does not look back beyond it.
 *
 * Text is cut into units, and each is encoded by itself: a separator, or a character (chars), a
 * byte (bytes), a word (bpe; see word_length). A unit is short, so the time to encode a text grows
 * with its length and with nothing else, and a text need not be in memory to be encoded.
 *
 * The public functions of this file are declared in legacy_llm.h: legacy_llm_tokenizer_size, _open,
 * _tell, _name, and legacy_llm_decode.
 */
#ifndef TOKENIZER_H
#define TOKENIZER_H

#include "base/arena.h"
#include "base/config.h"
#include "base/errors.h"

typedef legacy_llm_tokenizer_kind TokenizerKind;

#define TOKENIZER_CHARS LEGACY_LLM_CHARS
#define TOKENIZER_BYTES LEGACY_LLM_BYTES
#define TOKENIZER_BPE LEGACY_LLM_BPE
#define TOKENIZERS LEGACY_LLM_TOKENIZER_KINDS

enum {
  BYTE_TOKENS = 256,
  MAX_SEPARATOR = LEGACY_LLM_MAX_SEPARATOR, /* bytes */
  MAX_WORD = LEGACY_LLM_MAX_WORD, /* bytes of a word, so tokens of a unit, and bytes of a token */
  UNIT_LOOKAHEAD = MAX_WORD + MAX_SEPARATOR /* bytes from which the first unit can be told */
};

typedef struct legacy_llm_tokenizer {
  int32_t kind;            /* a TokenizerKind */
  int32_t size;            /* V, the separator counted */
  int32_t separator_bytes; /* 0: no separator */
  char separator[MAX_SEPARATOR];
  uint32_t entry[MAX_VOCAB]; /* [tokenizer_entries] chars: code points, ascending;
                                bpe: of token 256 + i, left | right << 16 */
  uint8_t bytes[MAX_VOCAB];  /* [V] that a token stands for, 1..MAX_WORD */
} Tokenizer;

/* Entries that a tokenizer's kind, size and separator imply. */
int tokenizer_entries(const Tokenizer *t);

/* The token of the separator, V - 1; 0 if there is none. */
int tokenizer_separator(const Tokenizer *t);

/* Whether kind, size and length of the separator are possible: why not, or null. */
const char *tokenizer_check_kind(const Tokenizer *t);

/* Checks what came from outside - kind, size, separator, entries - and fills `bytes` from it.
 * Returns why it is impossible, or null. */
const char *tokenizer_settle(Tokenizer *t);

/* CRC-32 of kind, size, separator and entries: equal tokenizers have equal sums. */
uint32_t tokenizer_crc(const Tokenizer *t);

/* Place of the first of `count` characters of a chars tokenizer, in ascending order, that is not
 * below the given one; count if there is none. */
int character_place(const Tokenizer *t, int count, uint32_t character);

/* The token of a newline, which is read where nothing was; the first of a vocabulary that has none.
 */
int tokenizer_newline(const Tokenizer *t);

/* ---- encoding ---- */

/* A tokenizer with what makes it quick: where each merge is found by its pair. */
typedef struct {
  const Tokenizer *tokenizer;
  uint16_t *slot; /* [mask + 1] open addressing by pair: index of the merge + 1, 0: free */
  uint32_t mask;
  uint64_t lookups; /* of pairs so far, for the test that encoding is linear */
} Encoder;

/* Takes (or plans) the memory for a tokenizer whose kind and size are known. */
void encoder_layout(Encoder *e, const Tokenizer *t, Arena *arena);

/* Fills the table, once the tokenizer's entries are there. */
void encoder_start(Encoder *e);

typedef enum { ENCODE_OK, ENCODE_NOT_UTF8, ENCODE_UNKNOWN } EncodeStatus;

/* Encodes the unit that bytes [count] begin with, count > 0. If the text goes on, count is at least
 * UNIT_LOOKAHEAD. tokens [MAX_WORD] takes *n of them; *taken is the length of the unit in bytes, or
 * of what is no character or an unknown one. */
EncodeStatus encode_unit(Encoder *e, const uint8_t *bytes, size_t count, uint16_t *tokens, int *n,
                         int *taken);

/* Encodes a whole string of bytes [count], which lies in memory; returns the number of tokens, or
 * -1 with an error that says where and why it cannot. */
int encode_string(Encoder *e, const uint8_t *bytes, size_t count, uint16_t *tokens, int capacity,
                  Error *error);

/* ---- units ---- */

/* Whether the separator stands at the beginning of bytes [count]. */
bool separator_at(const Tokenizer *t, const uint8_t *bytes, size_t count);

/* Length of the word that bytes [count] begin with, 1..MAX_WORD, as byte-pair encoding cuts a text:
 * at most one space and then letters (bytes above 0x7f and apostrophes between letters among them),
 * or digits, or other signs; or white space. It ends where the separator begins. If the text goes
 * on, count is at least UNIT_LOOKAHEAD. */
int word_length(const Tokenizer *t, const uint8_t *bytes, size_t count);

#endif
