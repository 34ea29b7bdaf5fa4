/* checkpoint.h - a model in one file: with all that its training needs, or exported for use only.
 *
 * All numbers are little-endian, whatever the machine; all sections come in the order and have the
 * sizes that the header implies, so a reader can check everything before it believes anything.
 * First the header of 192 bytes, whose fields are the rows of checkpoint_header.c:
 *
 *   0          8        12        16                                                         56
 *   +----------+---------+---------+----------------------------------------------------------+
 *   | LEGACYLM | version |  bytes  | shape, 10 x int32: layers, heads, dim, context,          |
 *   |          |    4    |   192   | vocabulary, separator, bigram-rows, scheme, norm, act    |
 *   +----------+---------+---------+----------------------------------------------------------+
 *   56                                                                                       88
 *   +-----------------------------------------------------------------------------------------+
 *   | training, 8 x 4 bytes: steps, batch, warmup (int32), seed (uint32), optimizer (int32),  |
 *   | lr, embedding-lr, clip (binary32)                                                       |
 *   +-----------------------------------------------------------------------------------------+
 *   88         92       96       100       104        108         112         116           148
 *   +----------+--------+--------+---------+----------+-----------+-----------+--------------+
 *   |  steps   |  text  |  text  |  text   | contents | tokenizer | separator | separator's  |
 *   |   done   | tokens | bytes  | CRC-32  |          |           |   bytes   | text         |
 *   +----------+--------+--------+---------+----------+-----------+-----------+--------------+
 *   148     152     156                        172                       184        188       192
 *   +-------+-------+--------------------------+-------------------------+----------+---------+
 *   | qk-   | words | counts, 4 x int32:       | shape, 3 x int32:       | ngram-   | CRC-32  |
 *   | norm, | bytes,| counts, order, bytes in  | ngrams, ngram-rows,     | dropout, | of all  |
 *   | int32 | int32 | use, and in the file     | ngram-width             | binary32 | before  |
 *   +-------+-------+--------------------------+-------------------------+----------+---------+
 *
 *   contents   0 a training, 1 a model only        tokenizer   0 chars, 1 bytes, 2 bpe
 *   scheme, norm, qk-norm, act, optimizer: in the order of the enums of legacy_llm.h
 *
 * then each section, with a sum of its own:
 *
 *   +0                   24         28          32              32+n
 *   +--------------------+----------+-----------+---------------+
 *   | name, zero-padded  |    n     |  CRC-32   | n bytes       |   the sum is of name, n and data
 *   +--------------------+----------+-----------+---------------+
 *
 *   section                     data                                      in
 *   "tokenizer"                 uint32 each: of chars the code points,    both
 *                               of bpe left | right << 16 of each merge
 *   "counts"                    n-grams, as counts/pack.h draws them      both, if counted
 *   "words"                     what it may write, as text/words.h draws  model, if it has them
 *                               them
 *   "layer0.wq" .wk .wv .wo     int8 latents [R,C], or binary32 where     training
 *     .wup .wdown               the optimizer keeps floats
 *   the same without latents:   packed codes [R], see packing.h;          model, some trainings
 *     "layer0.wq.scale"         then binary32 [R]
 *   "layer0.wq.momentum"        int8 [R,C], then                          training, int8 momentum
 *     "layer0.wq.mscale"        binary32 [R]
 *   "layer0.wq.m", with Adam    binary32 [R,C]                            training, float momentum
 *     also "layer0.wq.v"
 *   "token_embedding"           int16 [V,D] in units of 2^-14             both
 *   "layer0.query_gain"         binary32 [H]                              both
 *   "layer0.output_gain"        binary32 [2]: of WO, of WDOWN             both
 *   "token_embedding.v"         binary32 [V]                              training
 *   ".m" and ".v" of gains      binary32                                  training
 *   "bigram_embedding"          int8 [G,D], where there is one; then      both
 *     "ngram3_embedding" ..     int8 [R,W], [2R,W], [4R,W]                both
 *   ".v" of each of those       binary32 [rows], then                     training
 *     ".last"                   uint32 [rows], steps                      training
 *   "end"                       none                                      both
 *
 * The sections of a matrix follow one another, matrix after matrix, layer after layer; then the
 * float blocks, each with what is kept of it.
 */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "base/stream.h"
#include "counts/table.h"
#include "model/model.h"
#include "train/checkpoint_header.h"
#include "train/optimizer.h"

/* Writes everything; false where the sink could not take it. state is null for a model only; counts
 * is the table of the sizes that the header has, null where it has none. */
bool checkpoint_write(const Sink *sink, const CheckpointHeader *header, const Model *model,
                      const OptimizerState *state, const Counts *counts);

/* CRC-32 over the headers of all sections behind the tokenizer's, as they would be written; they
 * hold the sums of the data, so it stands for all of the training's state. */
uint32_t checkpoint_crc(const CheckpointHeader *header, const Model *model,
                        const OptimizerState *state, const Counts *counts);

/* Reading: first the header with the tokenizer, which says what memory the rest takes; then the
 * rest. What is wrong is told as "cannot use the checkpoint NAME: why; what to do", with
 * LEGACY_LLM_REFUSED, or LEGACY_LLM_FAILED where the source itself failed. */

/* Reads and checks the header and the tokenizer. */
bool checkpoint_read_header(const Source *source, CheckpointHeader *header, Error *error);

/* Goes on where checkpoint_read_header stopped: reads and checks the sections, to the end of the
 * source, into a model (and state, counts and header->words, unless null: then their sections are
 * passed over, and only their sums checked) that were laid out for the shape of header; counts were
 * cleared, and are left as they are where the checkpoint has none. The model is ready to be used or
 * trained. */
bool checkpoint_read_sections(const Source *source, const CheckpointHeader *header, Model *model,
                              OptimizerState *state, Counts *counts, Error *error);

/* The same from the beginning of a source whose header has been read before, as of a file that was
 * opened a second time: it must still be the same. */
bool checkpoint_read(const Source *source, const CheckpointHeader *header, Model *model,
                     OptimizerState *state, Counts *counts, Error *error);

/* The same of the counts alone, whatever is behind them. */
bool checkpoint_read_counts(const Source *source, const CheckpointHeader *header, Counts *counts,
                            Error *error);

#endif
