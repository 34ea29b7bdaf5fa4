/* muon.c - Newton-Schulz iterations in 16-bit integers. S is the smaller side, so that X X^T is the
 * smaller product. Every product is ops->matmul_i16, rows by rows. */
#include "muon.h"

#include <string.h>

#include "math_ops.h"

enum { ROUNDS = 3 };

/* The quintic of Jordan et al. (3.4445, -4.7750, 2.0315): takes singular values of 0.01 to 1 near
 * to 1 in few rounds. In fixed point: */
enum {
  COEFFICIENT_A = 28217,  /* 2^13 */
  COEFFICIENT_B = -19558, /* 2^12 */
  COEFFICIENT_C = 8321    /* 2^12 */
};

void muon_layout(MuonWorkspace *work, int S, int N, Arena *arena) {
  const size_t s = (size_t)S, n = (size_t)N;
  work->x = arena_take(arena, MEMORY_WORKSPACE, s * n, sizeof(int16_t));
  work->transposed = arena_take(arena, MEMORY_WORKSPACE, s * n, sizeof(int16_t));
  work->gram = arena_take(arena, MEMORY_WORKSPACE, s * s, sizeof(int16_t));
  work->poly = arena_take(arena, MEMORY_WORKSPACE, s * s, sizeof(int16_t));
  work->sums = arena_take(arena, MEMORY_WORKSPACE, MUON_TILE * s, sizeof(int32_t));
}

static int rows_of_tile(int first, int S) { return S - first < MUON_TILE ? S - first : MUON_TILE; }

/* Mirrors row i, columns 0..i-1, of a symmetric [S,S] matrix. */
static void mirror(int16_t *matrix, int S, int i) {
  for (int j = 0; j < i; j++) matrix[j * S + i] = matrix[i * S + j];
}

/* gram = X X^T: the lower half, tile by tile. 2^14 * 2^14 = 2^28, back to 2^14. */
static void gram_matrix(MuonWorkspace *work, int S, int N) {
  for (int first = 0; first < S; first += MUON_TILE) {
    const int rows = rows_of_tile(first, S), columns = first + rows;
    ops->matmul_i16(work->sums, S, work->x + first * N, work->x, rows, columns, N);
    for (int i = first; i < columns; i++) {
      int16_t *row = work->gram + i * S;
      ops->shift_sums(row, work->sums + (i - first) * S, row, 0, 14, i + 1);
      mirror(work->gram, S, i);
    }
  }
}

/* poly = b A + c A^2; A is symmetric, so A^2 is made of products of its rows. */
static void polynomial(MuonWorkspace *work, int S) {
  for (int first = 0; first < S; first += MUON_TILE) {
    const int rows = rows_of_tile(first, S), columns = first + rows;
    ops->matmul_i16(work->sums, S, work->gram + first * S, work->gram, rows, columns, S);
    for (int i = first; i < columns; i++) {
      int16_t *row = work->poly + i * S;
      ops->shift_sums(row, work->sums + (i - first) * S, row, 0, 15, i + 1);
      ops->combine_i16(row, work->gram + i * S, COEFFICIENT_B, row, 2 * COEFFICIENT_C, 13, i + 1);
      mirror(work->poly, S, i);
    }
  }
}

/* X = a X + poly X, on the transposed matrix: each of its rows follows from itself alone. */
static void advance(MuonWorkspace *work, int S, int N) {
  for (int first = 0; first < N; first += MUON_TILE) {
    const int rows = rows_of_tile(first, N);
    int16_t *x = work->transposed + first * S;
    ops->matmul_i16(work->sums, S, x, work->poly, rows, S, S);
    ops->shift_sums(x, work->sums, x, COEFFICIENT_A, 13, rows * S);
  }
  ops->transpose_i16(work->x, work->transposed, N, S);
}

/* x = direction / norm in fixed point, the smaller side as rows, and its transpose. */
static void scale_direction(MuonWorkspace *work, const float *direction, float norm, int R, int C) {
  const float scale = (float)MUON_ONE / norm;
  const bool wide = R <= C;
  ops->quantize_i16(wide ? work->x : work->transposed, direction, scale, R * C);
  if (wide)
    ops->transpose_i16(work->transposed, work->x, R, C);
  else
    ops->transpose_i16(work->x, work->transposed, R, C);
}

void muon_orthogonalise(MuonWorkspace *work, const float *direction, int R, int C) {
  const int S = R < C ? R : C, N = R < C ? C : R;
  const float norm = float_sqrt(ops->sum_squares(direction, R * C));
  if (norm < TINY) {
    memset(work->x, 0, (size_t)S * (size_t)N * sizeof *work->x);
    memset(work->transposed, 0, (size_t)S * (size_t)N * sizeof *work->transposed);
    return;
  }
  scale_direction(work, direction, norm, R, C);
  for (int round = 0; round < ROUNDS; round++) {
    gram_matrix(work, S, N);
    polynomial(work, S);
    advance(work, S, N);
  }
}
