/* muon.c - Newton-Schulz iterations in 16-bit integers. S is the smaller side of the block, so
 * that X X^T is the smaller product.
 *
 * X = (a + b A + c A^2) X with A = X X^T, three times over, is one polynomial of the first A times
 * X. Its factors are symmetric and commute, so only the lower half of each product is computed, and
 * X itself, which may be four times as long, takes part in the first product and in the last:
 *
 *   P = a + b A + c A^2,   Q = P Q,   A = P A P,   and in the end X = Q X
 *
 * Units: X 2^-14, A 2^-15 at first (at most 1), then 2^-14 (at most 1.5), P 2^-13 (at most 3.45),
 * Q 2^-13, 2^-11, 2^-9 (at most 3.45, 11.9, 41). Every product is ops->matmul_i16, rows by rows;
 * rows of these norms keep its sums within int32.
 */
#include "train/muon.h"

#include <string.h>

#include "math/math_ops.h"

enum { ROUNDS = 3 };

/* The quintic of Jordan et al. (3.4445, -4.7750, 2.0315): takes singular values of 0.01 to 1 near
 * to 1 in few rounds. In fixed point: */
enum {
  COEFFICIENT_A = 28217,  /* 2^13 */
  COEFFICIENT_B = -19558, /* 2^12 */
  COEFFICIENT_C = 8321    /* 2^12 */
};

int muon_block(int dim, int tokens) {
  enum { TOKENS = 6, NARROW = 128 }; /* docs/speed.md: what blocks cost and save */
  if (tokens / TOKENS >= dim) return 4 * dim;
  return dim < NARROW ? 16 : 32;
}

void muon_layout(MuonWorkspace *work, int dim, int block, Arena *arena) {
  const size_t s = (size_t)(block < dim ? block : dim), n = (size_t)(block < dim ? dim : block);
  work->block = block;
  work->x = arena_take(arena, MEMORY_WORKSPACE, s * n, sizeof(int16_t));
  work->gram = arena_take(arena, MEMORY_WORKSPACE, s * s, sizeof(int16_t));
  for (int i = 0; i < MUON_FACTORS; i++)
    work->factor[i] = arena_take(arena, MEMORY_WORKSPACE, s * s, sizeof(int16_t));
  work->tile = arena_take(arena, MEMORY_WORKSPACE, MUON_TILE * s, sizeof(int16_t));
  work->sums = arena_take(arena, MEMORY_WORKSPACE, MUON_TILE * s, sizeof(int32_t));
}

/* Rows of a tile that begins at `first`. */
static int rows_of_tile(int tile, int first, int count) {
  return count - first < tile ? count - first : tile;
}

/* product [S,S] = u v^T / 2^bits, which must be symmetric: a tile of rows up to its end on the
 * diagonal, and its mirror. u, v [S,cols] */
static void symmetric_product(MuonWorkspace *work, int16_t *product, const int16_t *u,
                              const int16_t *v, int S, int cols, int bits) {
  enum { TILE = 8 }; /* half of what is computed of the last 8 columns is not needed */
  for (int first = 0; first < S; first += TILE) {
    const int rows = rows_of_tile(TILE, first, S), columns = first + rows;
    int16_t *tile = product + first * S;
    ops->matmul_i16(work->sums, columns, u + first * cols, v, rows, columns, cols);
    for (int i = 0; i < rows; i++) {
      ops->shift_sums(tile + i * S, work->sums + i * columns, bits, columns);
      for (int j = 0; j < i; j++) tile[j * S + first + i] = tile[i * S + first + j];
    }
    ops->transpose_i16(product + first, S, tile, S, rows, first);
  }
}

/* p = a + b A + c A^2, A = work->gram in units of 2^-bits, 14 or 15. A^2 has units of 2^-13 or
 * 2^-15, so that it fits. */
static void polynomial(MuonWorkspace *work, int16_t *p, int S, int bits) {
  const int c = bits == 15 ? COEFFICIENT_C : 2 * COEFFICIENT_C;
  symmetric_product(work, p, work->gram, work->gram, S, S, 15);
  ops->combine_i16(p, work->gram, COEFFICIENT_B, p, c, bits - 1, S * S);
  for (int i = 0; i < S; i++) {
    const int32_t diagonal = p[i * S + i] + COEFFICIENT_A;
    p[i * S + i] = (int16_t)(diagonal > 32767 ? 32767 : diagonal);
  }
}

/* The whole polynomial of A, from work->gram, which is lost. */
static const int16_t *all_rounds(MuonWorkspace *work, int S) {
  int16_t *p = work->factor[0], *q = work->factor[1], *other = work->factor[2];
  polynomial(work, q, S, 15);
  for (int round = 1; round < ROUNDS; round++) {
    const int16_t *before = round == 1 ? q : p;
    symmetric_product(work, other, before, work->gram, S, S, round == 1 ? 14 : 13); /* P A */
    symmetric_product(work, work->gram, other, before, S, S, 13);                   /* P A P */
    polynomial(work, p, S, 14);
    symmetric_product(work, other, p, q, S, S, 15);
    int16_t *swap = q;
    q = other, other = swap;
  }
  return q;
}

/* X = q X, a few columns at a time. */
static void apply(MuonWorkspace *work, const int16_t *q, int S, int N) {
  for (int first = 0; first < N; first += MUON_TILE) {
    const int columns = rows_of_tile(MUON_TILE, first, N);
    ops->transpose_i16(work->tile, S, work->x + first, N, S, columns);
    ops->matmul_i16(work->sums, S, work->tile, q, columns, S, S);
    ops->shift_sums(work->tile, work->sums, 9, columns * S);
    ops->transpose_i16(work->x + first, N, work->tile, S, columns, S);
  }
}

/* Sum of squares of a block [R,C] whose rows are ld apart. */
static float block_squares(const float *direction, int ld, int R, int C) {
  if (ld == C) return ops->sum_squares(direction, R * C);
  float squares = 0.0f;
  for (int r = 0; r < R; r++) squares = squares + ops->sum_squares(direction + r * ld, C);
  return squares;
}

/* q = direction * scale.  q int16 [R,C], direction [R, of rows ld; C] */
static void quantize_block(int16_t *q, const float *direction, int ld, float scale, int R, int C) {
  if (ld == C)
    ops->quantize_i16(q, direction, scale, R * C);
  else
    for (int r = 0; r < R; r++) ops->quantize_i16(q + r * C, direction + r * ld, scale, C);
}

/* x = direction * scale, the smaller side as rows. */
static void load_block(MuonWorkspace *work, const float *direction, int ld, float scale, int R,
                       int C) {
  if (R <= C) {
    quantize_block(work->x, direction, ld, scale, R, C);
    return;
  }
  for (int first = 0; first < R; first += MUON_TILE) {
    const int rows = rows_of_tile(MUON_TILE, first, R);
    quantize_block(work->tile, direction + first * ld, ld, scale, rows, C);
    ops->transpose_i16(work->x + first, R, work->tile, C, rows, C);
  }
}

void muon_orthogonalise(MuonWorkspace *work, const float *direction, int ld, int R, int C) {
  const int S = R < C ? R : C, N = R < C ? C : R;
  const float norm = float_sqrt(block_squares(direction, ld, R, C));
  if (norm < TINY) {
    memset(work->x, 0, (size_t)S * (size_t)N * sizeof *work->x);
    return;
  }
  load_block(work, direction, ld, (float)MUON_ONE / norm, R, C);
  symmetric_product(work, work->gram, work->x, work->x, S, N, 13);
  apply(work, all_rounds(work, S), S, N);
}

const int16_t *muon_rows(MuonWorkspace *work, int first, int count, int R, int C) {
  if (R <= C) return work->x + first * C;
  ops->transpose_i16(work->tile, C, work->x + first, R, C, count);
  return work->tile;
}
