/* checkpoint_header.h - what a checkpoint says of itself before its sections: the settings of a
 * model and of its training, in one table of fields.
 *
 * The table says of each field where it lies in the file and in CheckpointHeader, what it may be
 * and how it is refused. Writing, reading, checking and showing go through it: a new field is a
 * row, a member, and a word in the drawing (checkpoint.h).
 */
#ifndef CHECKPOINT_HEADER_H
#define CHECKPOINT_HEADER_H

#include "base/errors.h"
#include "counts/table.h"
#include "model/quantizer.h"
#include "text/tokenizer.h"
#include "text/words.h"

enum { CHECKPOINT_VERSION = 4, CHECKPOINT_HEADER_BYTES = 192 };

enum { CONTENTS_TRAINING, CONTENTS_MODEL };

typedef struct legacy_llm_checkpoint {
  ModelConfig model;
  TrainConfig train;
  int32_t step;        /* steps done */
  int32_t text_tokens; /* of the training text */
  int32_t text_bytes;
  uint32_t text_crc;    /* CRC-32 of its bytes */
  int32_t contents;     /* CONTENTS_TRAINING or CONTENTS_MODEL */
  int32_t counts_bytes; /* of the block that the n-grams need to be read again; 0: there are none */
  int32_t counts_packed; /* bytes of their section */
  bool leaves_counts;    /* not in the file: who reads it does without them */
  int32_t words_bytes;   /* of the list of words that the model may write; 0: it may write any */
  uint8_t *words;        /* [words_bytes] that list (text/words.h), or where it is to be read; null:
                            it is passed over. Not in the header, but a section */
  bool leaves_words;     /* not in the file: who reads it does without that list */
  bool gguf;             /* it was read from a GGUF file, where its weights lie as well */
  uint32_t gguf_crc;     /* CRC-32 of what such a file has before its weights */
  Tokenizer tokenizer;
} CheckpointHeader;

/* ---- the table ---- */

typedef enum { FIELD_INT32, FIELD_UINT32, FIELD_FLOAT, FIELD_BYTES } FieldKind;

typedef struct {
  const char *name; /* as refusals and listings call it: "layers" */
  FieldKind kind;
  int at, bytes;       /* in the file; as many bytes in memory */
  size_t member;       /* offset in CheckpointHeader */
  int32_t low, high;   /* the ends of FIELD_INT32 and FIELD_FLOAT, both possible */
  const char *refusal; /* what it is where the field is beyond them: "impossible shape" */
} CheckpointField;

/* Field i = 0, 1, ... in the order of the file; null behind the last. */
const CheckpointField *checkpoint_field(int i);

enum { FIELD_TEXT = LEGACY_LLM_FIELD_TEXT }; /* two digits a byte of the separator */

/* The value of a field as text: a number, a float with six decimals, bytes in hexadecimal without
 * the zeros that fill them up. Returns text. */
const char *checkpoint_field_format(char text[FIELD_TEXT], const CheckpointField *field,
                                    const CheckpointHeader *header);

/* ---- what can be ---- */

/* Whether a shape can be, the same for options and files; an error names the first field that
 * cannot, and what it may be. */
bool shape_check(const ModelConfig *shape, Error *error);

/* Whether settings go together, the same for options and files: the optimizer with the scheme. */
bool training_check(const CheckpointHeader *header, Error *error);

/* All of the above and every other field. */
bool checkpoint_header_check(const CheckpointHeader *header, Error *error);

/* The table of n-grams that a training on a text of so many tokens makes, and the one that is read
 * from a checkpoint by those who only use it; bytes 0: none. */
CountsShape training_counts(const ModelConfig *model, const TrainConfig *train, int32_t tokens);
CountsShape checkpoint_counts(const CheckpointHeader *header);

/* The list of words of a model for those who use it; bytes 0: none. */
WordList checkpoint_words(const CheckpointHeader *header);

/* How the matrices of a checkpoint are stored. */
WeightStore checkpoint_store(const CheckpointHeader *header);

/* Tells the caller why a file that holds a model cannot be used: name, of a kind ("checkpoint"), of
 * which one could train another instead ("one"). why is a part of that sentence. Returns false. */
bool model_refuse(Error *error, const char *kind, const char *name, const Error *why,
                  const char *another);

/* ---- in bytes ---- */

/* The header as it lies in a file; the tokenizer's entries are a section of their own. */
void checkpoint_header_pack(const CheckpointHeader *header, uint8_t bytes[CHECKPOINT_HEADER_BYTES]);

/* The other way, checked; the tokenizer's entries stay 0. Otherwise error says why not, as a part
 * of a sentence: "it is of a newer version of this program". */
bool checkpoint_header_unpack(CheckpointHeader *header,
                              const uint8_t bytes[CHECKPOINT_HEADER_BYTES], Error *error);

/* Whether bytes hold the fields of this header. */
bool checkpoint_header_same(const CheckpointHeader *header,
                            const uint8_t bytes[CHECKPOINT_HEADER_BYTES]);

#endif
