/* model_source.h - a model from a source of either form, as its first bytes tell: a checkpoint of
 * this program (checkpoint.h), or a GGUF file (bitnet_parser.h).
 */
#ifndef MODEL_SOURCE_H
#define MODEL_SOURCE_H

#include "counts/table.h"
#include "model/model.h"
#include "train/checkpoint_header.h"

/* Reads and checks what stands before the weights. */
bool model_source_header(const Source *source, CheckpointHeader *header, Error *error);

/* Reads the source again from its beginning, which must be what it was, into a model that was laid
 * out for header; counts null: without them. */
bool model_source_read(const Source *source, const CheckpointHeader *header, Model *model,
                       Counts *counts, Error *error);

#endif
