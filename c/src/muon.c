/* muon.c - Newton-Schulz iterations. S is the smaller side, so that X X^T is the smaller product.
 */
#include "muon.h"

#include <string.h>

#include "math_ops.h"

enum { ROUNDS = 3 };

/* The quintic of Jordan et al.: takes singular values of 0.01 to 1 near to 1 in few rounds. */
#define COEFFICIENT_A 3.4445f
#define COEFFICIENT_B (-4.7750f)
#define COEFFICIENT_C 2.0315f

void muon_layout(MuonWorkspace *work, int S, int N, Arena *arena) {
  const size_t s = (size_t)S, n = (size_t)N;
  work->x = arena_take(arena, MEMORY_WORKSPACE, s * n, sizeof(float));
  work->next = arena_take(arena, MEMORY_WORKSPACE, s * n, sizeof(float));
  work->gram = arena_take(arena, MEMORY_WORKSPACE, s * s, sizeof(float));
  work->poly = arena_take(arena, MEMORY_WORKSPACE, s * s, sizeof(float));
}

/* gram[S,S] = X X^T. Tiny values are flushed, since they are multiplied again. */
static void gram_matrix(float *gram, const float *x, int S, int N) {
  for (int i = 0; i < S; i++)
    for (int j = 0; j <= i; j++)
      gram[i * S + j] = gram[j * S + i] = flush_tiny(ops->dot(x + i * N, x + j * N, N));
}

/* poly[S,S] = b A + c A^2; A is symmetric, so A^2 is made of products of its rows. */
static void polynomial(float *poly, const float *gram, int S) {
  for (int i = 0; i < S; i++)
    for (int j = 0; j <= i; j++) {
      float square = ops->dot(gram + i * S, gram + j * S, S);
      float value = COEFFICIENT_B * gram[i * S + j] + COEFFICIENT_C * flush_tiny(square);
      poly[i * S + j] = poly[j * S + i] = flush_tiny(value);
    }
}

/* next[S,N] = a X + poly X, row by row. */
static void advance(float *next, const float *poly, const float *x, int S, int N) {
  for (int i = 0; i < S; i++) {
    float *row = next + i * N;
    memset(row, 0, (size_t)N * sizeof(float));
    ops->axpy(row, COEFFICIENT_A, x + i * N, N);
    for (int k = 0; k < S; k++) ops->axpy(row, poly[i * S + k], x + k * N, N);
    ops->scale_flush(row, 1.0f, N);
  }
}

void muon_orthogonalise(MuonWorkspace *work, int S, int N) {
  float norm = float_sqrt(ops->sum_squares(work->x, S * N));
  if (norm < TINY) {
    memset(work->x, 0, (size_t)S * (size_t)N * sizeof(float));
    return;
  }
  ops->scale_flush(work->x, 1.0f / norm, S * N);
  for (int round = 0; round < ROUNDS; round++) {
    gram_matrix(work->gram, work->x, S, N);
    polynomial(work->poly, work->gram, S);
    advance(work->next, work->poly, work->x, S, N);
    float *swap = work->x;
    work->x = work->next;
    work->next = swap;
  }
}
