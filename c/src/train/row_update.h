/* row_update.h - one step of a row of an embedding, which may be touched now and then.
 *
 *   q = mean of the squares of the row's gradient g
 *   v = 0.99^(steps since the row's last) v + 0.01 q
 *   row -= rate * g / sqrt(v / (1 - 0.99^step)),  of int8 rounded up or down at random
 *
 * That is Adam (Kingma and Ba, 2014) without its first moment, with one second moment for a whole
 * row (as Adafactor has; Shazeer and Stern, 2018), which decays in the steps that leave the row out
 * without being looked at. Where no gradient comes, a row does not move.
 */
#ifndef ROW_UPDATE_H
#define ROW_UPDATE_H

#include "base/config.h"

/* What is remembered of the rows of a table of int8. */
typedef struct {
  float *v;       /* [rows] as it was at the row's last step */
  uint32_t *last; /* [rows] that step, from 1; 0: there was none */
} RowState;

/* One step, the same for all rows of a table. */
typedef struct {
  float rate;
  float correction; /* 1 / (1 - 0.99^step) */
  uint32_t step;    /* 1, 2, ... */
  uint32_t key;     /* of the random numbers */
} RowUpdate;

/* The constants of step 0, 1, ... at a learning rate. */
RowUpdate row_update_make(float rate, int step, uint32_t key);

/* Moves row number `row` of values [rows,width]. gradient float [width], which is overwritten */
void row_update(int8_t *values, const RowState *state, int row, int width, float *gradient,
                const RowUpdate *update);

/* The same for the embedding of a token, row [width] in units of TOKEN_UNIT, for which a step is
 * one whether it had a gradient or not: v is all that is remembered of it. It moves by whole units,
 * to the nearest, and stays within +-limit (token_limit). */
void row_update_token(int16_t *row, float *v, int width, float *gradient, int limit,
                      const RowUpdate *update);

#endif
