/* muon.h - an update whose singular values are all near 1 (Muon; Jordan et al., 2024).
 *
 * For a direction X = U S V^T the update is about U V^T: every direction that the gradient has seen
 * is learned at the same pace. It is found by Newton-Schulz iterations, which are matrix products
 * only, and here these are integer: 16-bit fixed point, exact sums in 32 bits. Nothing overflows,
 * since after the first scaling no row is longer than about 1.2.
 */
#ifndef MUON_H
#define MUON_H

#include "arena.h"

enum { MUON_ONE = 1 << 14 }; /* what stands for 1 in x */

/* Scratch for matrices of at most [S,N], S <= N. */
typedef struct {
  int16_t *x;          /* [S,N] out, in units of 1 / MUON_ONE */
  int16_t *transposed; /* [N,S] the same */
  int16_t *gram;       /* [S,S] A = X X^T, in units of 1 / 2^14 */
  int16_t *poly;       /* [S,S] b A + c A^2, in units of 1 / 2^13 */
  int32_t *sums;       /* [MUON_TILE,S] */
} MuonWorkspace;

enum { MUON_TILE = 16 };

/* Takes (or plans) the scratch for matrices of S rows and N columns. */
void muon_layout(MuonWorkspace *work, int S, int N, Arena *arena);

/* direction [R,C] to its orthogonal factor, about, in work->x: after X = X / |X| three rounds of
 * X = a X + (b A + c A^2) X. A zero matrix stays zero. work->x has the smaller side as its rows, so
 * it is [R,C] where R <= C and [C,R], transposed, where not. */
void muon_orthogonalise(MuonWorkspace *work, const float *direction, int R, int C);

#endif
