/* panels.h - sums of products of positions that lie in pairs, for registers wider than MMX's.
 *
 * Their multiplication of int16 adds pairs, so two positions of a column lie side by side, and the
 * sums of a register, one a column, need not be joined. So many columns as two registers hold are a
 * panel, and all pairs of positions of a panel follow each other (here one of `width` columns):
 *
 *            column 0        column 1            column width-1     next pair
 *          +-------+-------+-------+-------+-----+-------+-------+----
 *   panel  | x0,0  | x1,0  | x0,1  | x1,1  | ... | x0,w-1| x1,w-1| x2,0 ...     int16 each
 *          +-------+-------+-------+-------+-----+-------+-------+----
 *
 * What is behind the last panel has fewer columns, else the same order. An odd number of positions
 * has no such pairs; it is laid, and multiplied, as in plain C.
 */
#ifndef PANELS_H
#define PANELS_H

#include "math/math_ops.h"

/* y[r,c] += (sum_i u[r,i] * x[i,c]) * 2^shift for columns first .. end-1, whole panels, of the
 * first `rows` rows, a multiple of 4. No sum can reach the limit. */
typedef void AddPanels(int32_t *y, const int16_t *u, const int16_t *laid, int first, int end,
                       int rows, const ProductSum *sum);

/* What is special to a kind of registers. */
typedef struct {
  int width; /* columns of a panel */
  AddPanels *add;
  MatmulI16 *matmul; /* for an odd number of positions */
} Panels;

/* MathOps.lay_columns for columns first .. cols-1 behind the last panel, n even. */
void lay_last_columns(int16_t *laid, const int8_t *x, int n, int cols, int first);

/* MathOps.add_products for an x in panels. */
void add_products_by_panels(const Panels *panels, int32_t *y, int32_t *tile, const int16_t *u,
                            const int16_t *laid, const ProductSum *sum);

#endif
