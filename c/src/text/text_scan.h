/* text_scan.h - a text read from front to back: to learn a tokenizer from it, to count its tokens,
 * to encode it.
 *
 * A text may be read up to three times, and is never in memory as a whole. Each reading starts from
 * a source at the beginning of the text. The public functions of this file are declared in
 * legacy_llm.h: legacy_llm_scan_size, legacy_llm_learn_tokenizer, legacy_llm_count_tokens,
 * legacy_llm_encoder_size, legacy_llm_encoder_open, legacy_llm_encode.
 */
#ifndef TEXT_SCAN_H
#define TEXT_SCAN_H

#include "text/text_reader.h"
#include "text/tokenizer.h"

typedef legacy_llm_text TextFacts;
typedef legacy_llm_unit_sink UnitSink;

/* An encoder with the buffer through which it reads. */
typedef struct legacy_llm_encoder {
  Encoder encoder;
  TextReader reader;
} TextEncoder;

/* Reads a whole text, each of its units to a sink; where the sink takes no more, that is no error
 * of this function. */
bool text_encode(Encoder *e, TextReader *reader, const Source *text, const UnitSink *to,
                 Error *error);

/* The same for a text that was counted before: refuses one that has changed since. */
bool text_encode_counted(Encoder *e, TextReader *reader, const Source *text, const TextFacts *facts,
                         const UnitSink *to, Error *error);

#endif
