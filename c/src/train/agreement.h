/* agreement.h - whether all ranks do the same training, told by checksums before their first step.
 */
#ifndef AGREEMENT_H
#define AGREEMENT_H

#include "base/ranks.h"
#include "train/checkpoint_header.h"

/* Whether program, text, tokenizer, settings and model of all ranks (at least 2) are those of rank
 * 0; sections is the checksum of the model and all that is saved with it. Every rank gets the same
 * error. */
bool ranks_agree(const Ranks *ranks, const CheckpointHeader *header, uint32_t sections,
                 Error *error);

#endif
