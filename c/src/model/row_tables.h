/* row_tables.h - embeddings of the last tokens together: rows of int8 that are found by a hash.
 *
 *   pairs        G rows of D values      the token and the one before it
 *   n-grams      3, 4, .. N tokens       R rows for three tokens, twice as many for each longer
 * one, of W values, which count to the first W of x
 *
 * Different pairs or n-grams may share a row; nothing is done about that (hashed n-gram embeddings
 * as in fastText, Bojanowski et al., 2017). All rows have one unit, so a value takes one byte and
 * what it adds to x is exact. A step reads and moves few of the rows: see gradients.h, optimizer.c.
 *
 * Rows of n-grams learn a small text by heart. So a step may leave out a share of them, at random
 * and at each position anew (dropout; Srivastava et al., 2014).
 */
#ifndef ROW_TABLES_H
#define ROW_TABLES_H

#include "base/arena.h"
#include "base/config.h"

#define ROW_UNIT 0.00390625f /* 2^-8: what 1 stands for */

enum { PAIR = 2, MAX_ROW_TABLES = 1 + MAX_NGRAM - PAIR };

typedef struct {
  const char *name;
  int32_t tokens;      /* that choose a row: the position's own and those before it */
  int32_t rows, width; /* width <= D */
  int8_t *value;       /* [rows,width] */
} RowTable;

/* All tables of a model, those of fewer tokens first. */
typedef struct {
  int count;
  RowTable table[MAX_ROW_TABLES];
} RowTables;

/* The tables of a shape, without memory. */
RowTables row_tables_of(const ModelConfig *config);

/* Takes (or plans) the memory. */
void row_tables_layout(RowTables *tables, const ModelConfig *config, Arena *arena);

/* Values in all tables, and rows. */
int64_t row_tables_values(const ModelConfig *config);
int64_t row_tables_rows(const ModelConfig *config);

/* The row of position t of tokens, whose document begins at position first. */
int row_of(const RowTable *table, const ModelConfig *config, const uint16_t *tokens, int t,
           int first);

/* Which rows a pass of a training leaves out; all zero: none. */
typedef struct {
  float share;    /* 0..1 */
  uint32_t seed;  /* of the training */
  uint32_t step;  /* of the training */
  uint32_t place; /* of position 0 of the pass in the batch */
} RowDropout;

/* What the row of a table, by its number, is multiplied by at position t: 0 where it is left out,
 * 1 / (1 - share) elsewhere, and 1 for the rows of pairs, which always stay. */
float row_factor(const RowDropout *dropout, const RowTables *tables, int table, int t);

/* The row for a token after another, of `rows`; multiplicative hashing. */
int row_of_pair(int rows, int vocab, int previous, int token);

#endif
