/* vocabulary_parser.h - a tokenizer from the keys of a GGUF file: those that vocabulary.h writes,
 * and any other byte-pair encoding of GPT-2's kind that is one of ours.
 *
 * Bytes are what has the 256 bytes in their order and no merges; byte pairs have merges behind
 * them, one token each, in their order; characters are tokens of one each, in ascending order. The
 * last token may be a separator. What such a tokenizer would write must be what the file has, text
 * by text.
 */
#ifndef VOCABULARY_PARSER_H
#define VOCABULARY_PARSER_H

#include "gguf/parser.h"
#include "text/tokenizer.h"

/* A tokenizer while the keys of a file make one. */
typedef struct {
  Tokenizer *tokenizer;
  bool gpt2;       /* tokenizer.ggml.model is that */
  bool bytes;      /* the first 256 tokens are the bytes */
  bool characters; /* all but the last are a character each */
  bool begins;     /* a text begins with token `bos`, which must be the last: it is a separator */
  int bos;
  int tokens;
  uint8_t last[MAX_SEPARATOR + 1]; /* the last token as it stands in the file, */
  int last_bytes;                  /* in so many bytes, as far as they are kept */
  bool merged;                     /* there were merges */
  uint32_t tokens_crc, merges_crc;
} VocabularyParser;

/* tokenizer [1] is cleared. */
void vocabulary_parse_begin(VocabularyParser *v, Tokenizer *tokenizer);

/* Takes the value of a key, or passes over it. */
bool vocabulary_parse_key(VocabularyParser *v, GgufParser *p, const GgufKey *key);

/* Behind the last key: whether all of them make a tokenizer. */
bool vocabulary_parse_end(VocabularyParser *v, Error *why);

#endif
