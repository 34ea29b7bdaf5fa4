/* build.h - counts the n-grams of a text into a table.
 *
 * The text is read once for each length, and perhaps a few times more where the block is small: at
 * level n every token is counted as a child of the node of the n-1 tokens before it. Counts are
 * made in a hash table at the free end of the block. Where it is full, contexts of the upper half
 * wait for another reading.
 *
 * Which n-grams fit: a level may take its share of what is free when its turn comes (see
 * level_room in build.c). Its threshold is the smallest that keeps within, not below that of the
 * level before: it rises by one whenever more n-grams than fit have been met whose contexts
 * occurred often enough, and those of rarer contexts are dropped. So it, and all of the table,
 * depends on the tokens and the shape alone: not on how the text is read, in which pieces, or by
 * how many threads.
 */
#ifndef BUILD_H
#define BUILD_H

#include "counts/table.h"
#include "text/data_utils.h"

/* Counts the first tokens of a text into a table that was cleared (counts_clear), and makes what is
 * counted a Kneser-Ney model (kneser_ney.h). Gates stay as they are. False where the text cannot be
 * read: then the table is empty. Nothing is allocated. */
bool counts_build(Counts *c, const Text *text, int32_t tokens, Error *error);

#endif
