/* muon.h - an update whose singular values are all near 1 (Muon; Jordan et al., 2024).
 *
 * For a direction X = U S V^T the update is about U V^T: every direction that the gradient has seen
 * is learned at the same pace. It is found by Newton-Schulz iterations, which are matrix products
 * only, and here these are integer: 16-bit fixed point, exact sums in 32 bits, which hold all norms
 * that muon.c lists.
 *
 * For whole matrices of width D the work grows with D^3, however few tokens a step has. Where that
 * would be more than about a quarter of the step, a matrix is cut into blocks of some neurons, each
 * orthogonal by itself: that work grows with D^2, like all else in a step (block-wise Muon: Khaled
 * et al., MuonBP, 2025).
 */
#ifndef MUON_H
#define MUON_H

#include "base/arena.h"

enum { MUON_ONE = 1 << 14 }; /* what stands for 1 in x */

enum { MUON_TILE = 16, MUON_FACTORS = 3 };

/* Scratch for blocks of at most [S,N], S <= N. */
typedef struct {
  int block;                     /* neurons that are made orthogonal to each other */
  int16_t *x;                    /* [S,N] the block, in units of 1 / MUON_ONE */
  int16_t *gram;                 /* [S,S] A = X X^T, see muon.c */
  int16_t *factor[MUON_FACTORS]; /* [S,S] polynomials of A */
  int16_t *tile;                 /* [MUON_TILE,S] */
  int32_t *sums;                 /* [MUON_TILE,S] */
} MuonWorkspace;

/* Neurons of a block in a model of width dim whose steps have so many tokens: all of a matrix
 * (4 dim, or as many as it has) from six tokens for each of dim on, else 16 or 32. */
int muon_block(int dim, int tokens);

/* Takes (or plans) the scratch for blocks of `block` neurons that have dim weights each. */
void muon_layout(MuonWorkspace *work, int dim, int block, Arena *arena);

/* The block direction [R, of rows ld; C] to its orthogonal factor, about: after X = X / |X| three
 * rounds of X = a X + (b A + c A^2) X. A zero block stays zero. */
void muon_orthogonalise(MuonWorkspace *work, const float *direction, int ld, int R, int C);

/* Rows first .. first+count-1 of what muon_orthogonalise made of a block [R,C], int16 [count,C] in
 * units of 1 / MUON_ONE; count <= MUON_TILE. Good until the next call. */
const int16_t *muon_rows(MuonWorkspace *work, int first, int count, int R, int C);

#endif
