/* bitnet_parser.h - a model of this program from a GGUF file of the architecture "bitnet": one that
 * bitnet.h wrote, or another of its form.
 *
 * Other files of that architecture have what ours do not: gates that are no copy of ffn_up, gains
 * in their norms, weights of many values, another RoPE. They are refused, with the name of the
 * tensor or key. The model of a file is one of the scheme `row`, which holds the trits of every
 * scheme; 2-bit weights are refused. The gains of heads are in the scales of Wq's rows. There is no
 * training in a file.
 */
#ifndef BITNET_PARSER_H
#define BITNET_PARSER_H

#include "model/model.h"
#include "train/checkpoint_header.h"

/* Reads and checks keys and tokenizer, and what is said of the tensors. */
bool bitnet_read_header(const Source *source, CheckpointHeader *header, Error *error);

/* Reads the file again from its beginning, which must be what it was, into a model that was laid
 * out for header, of STORE_PACKED. */
bool bitnet_read(const Source *source, const CheckpointHeader *header, Model *model, Error *error);

#endif
