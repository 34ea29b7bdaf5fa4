/* build.h - counts the n-grams of a text into a table.
 *
 * Level after level, in one of two ways, both within the block and what the caller lends. Where the
 * text is in memory and 4 bytes for each of its tokens are lent, or are free at the end of the
 * block, its places are sorted there by what begins at them, and the groups of the same n tokens
 * are the nodes of level n (build_sorted.c). From the level on that reaches into the places, and
 * for any other text, the text is read for each level, once or a few times, and counted into a hash
 * table (build_read.c), which is lent or at the end of the block, too.
 *
 * Which n-grams fit: a level may take its share of what is free when its turn comes (see
 * level_room in build.c). Its threshold is the smallest that keeps within, not below that of the
 * level before: it rises by one whenever more n-grams than fit have been met whose contexts
 * occurred often enough, and those of rarer contexts are dropped. So it, and all of the table,
 * depends on the tokens and the shape alone: not on the way, nor on how the text is read.
 */
#ifndef BUILD_H
#define BUILD_H

#include "counts/table.h"
#include "text/data_utils.h"

/* Tokens from..to-1 of a text. */
typedef struct {
  const Text *text;
  int32_t from, to;
} CountedPart;

/* Memory that somebody else needs at other times: [size] at a multiple of 4 bytes, or none. What is
 * in it afterwards says nothing. The more there is, the sooner a table is built; it is the same. */
typedef struct {
  uint8_t *bytes;
  size_t size;
} LentMemory;

#define NOTHING_LENT ((LentMemory){NULL, 0})

/* Counts a part of a text into a table that was cleared (counts_clear), and makes what is counted a
 * Kneser-Ney model (kneser_ney.h). Gates stay as they are. False where the text cannot be read:
 * then the table is empty. Nothing is allocated. */
bool counts_build(Counts *c, const CountedPart *part, LentMemory lent, Error *error);

#endif
