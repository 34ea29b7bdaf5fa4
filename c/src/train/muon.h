/* muon.h - an update whose singular values are all near 1 (Muon; Jordan et al., 2024).
 *
 * For a direction X = U S V^T the update is about U V^T: every direction that the gradient has seen
 * is learned at the same pace. It is found by Newton-Schulz iterations, which are matrix products
 * only, and here these are integer: 16-bit fixed point, exact sums in 32 bits, which hold all norms
 * that muon.c lists.
 *
 * Where all entries of a large matrix have about one size (a single direction, nothing else), they
 * are rounded alike, and the errors add up with S instead of its root: the one singular value then
 * comes out between about 0.4 and 1.2 at S = 384, and anywhere from -0.2 to 1.8 at S = 1000. A
 * tenth of noise beside it is enough to bring it back.
 */
#ifndef MUON_H
#define MUON_H

#include "base/arena.h"

enum { MUON_ONE = 1 << 14 }; /* what stands for 1 in x */

enum { MUON_TILE = 16, MUON_FACTORS = 3 };

/* Scratch for matrices of at most [S,N], S <= N. */
typedef struct {
  int16_t *x;                    /* [S,N] the matrix, in units of 1 / MUON_ONE */
  int16_t *gram;                 /* [S,S] A = X X^T, see muon.c */
  int16_t *factor[MUON_FACTORS]; /* [S,S] polynomials of A */
  int16_t *tile;                 /* [MUON_TILE,S] */
  int32_t *sums;                 /* [MUON_TILE,S] */
} MuonWorkspace;

/* Takes (or plans) the scratch for matrices of S rows and N columns. */
void muon_layout(MuonWorkspace *work, int S, int N, Arena *arena);

/* direction [R,C] to its orthogonal factor, about: after X = X / |X| three rounds of
 * X = a X + (b A + c A^2) X. A zero matrix stays zero. */
void muon_orthogonalise(MuonWorkspace *work, const float *direction, int R, int C);

/* Rows first .. first+count-1 of what muon_orthogonalise made of a matrix [R,C], int16 [count,C] in
 * units of 1 / MUON_ONE; count <= MUON_TILE. Good until the next call. */
const int16_t *muon_rows(MuonWorkspace *work, int first, int count, int R, int C);

#endif
