/* muon.h - an update whose singular values are all near 1 (Muon; Jordan et al., 2024).
 *
 * For a direction X = U S V^T the update is about U V^T: every direction that the gradient has seen
 * is learned at the same pace. Found by Newton-Schulz iterations, matrix products only, in float
 * and in one fixed order.
 */
#ifndef MUON_H
#define MUON_H

#include "arena.h"

/* Scratch for matrices of at most [S,N], S <= N. */
typedef struct {
  float *x;    /* [S,N] the matrix, then its orthogonal factor */
  float *next; /* [S,N] */
  float *gram; /* [S,S] X X^T */
  float *poly; /* [S,S] b X X^T + c (X X^T)^2 */
} MuonWorkspace;

/* Takes (or plans) the scratch for matrices of S rows and N columns. */
void muon_layout(MuonWorkspace *work, int S, int N, Arena *arena);

/* work->x[S,N], S <= N, to near its orthogonal factor: three rounds of X = a X + (b A + c A^2) X,
 * A = X X^T, after X = X / |X|. A zero matrix stays zero. */
void muon_orthogonalise(MuonWorkspace *work, int S, int N);

#endif
