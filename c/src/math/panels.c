/* panels.c - which columns and rows go through a kernel for panels, and the others in plain C.
 *
 * Compiled to nothing unless USE_AVX2_BUILD or USE_WASM_SIMD_BUILD is defined.
 */
#include "math/panels.h"

#include <string.h>

#if defined(USE_AVX2_BUILD) || defined(USE_WASM_SIMD_BUILD)

enum { CACHED = 16384 }; /* numbers of x that stay in the first-level cache */

void lay_last_columns(int16_t *laid, const int8_t *x, int n, int cols, int first) {
  for (int i = 0; i < n; i += 2)
    for (int c = first; c < cols; c++, laid += 2)
      laid[0] = x[i * cols + c], laid[1] = x[(i + 1) * cols + c];
}

/* One row of u [n] by columns [count] that lie in pairs. */
static void row_by_columns(int32_t *y, const int16_t *u, const int16_t *pairs, int count,
                           const ProductSum *sum) {
  for (int c = 0; c < count; c++) {
    int32_t total = 0;
    for (int i = 0; i < sum->n; i += 2)
      total += u[i] * pairs[i * count + 2 * c] + u[i + 1] * pairs[i * count + 2 * c + 1];
    math_ops_plain.add_shifted(y + c, &total, sum->shift, sum->limit, 1);
  }
}

/* Whether no sum of int8 products can reach the limit; none is larger than 128 * 128 * n. */
static bool stays_below_limit(const ProductSum *sum) {
  const int32_t reach = sum->n << 14;
  if (sum->shift < 0) return (reach + (1 << (-sum->shift - 1))) >> -sum->shift <= sum->limit;
  return sum->shift <= 30 && reach <= sum->limit >> sum->shift;
}

/* Sums that stay below the limit. As many panels as are cached at a time, so that y, which may not
 * be, is gone through once. */
static void add_unlimited(const Panels *panels, int32_t *y, const int16_t *u, const int16_t *laid,
                          const ProductSum *sum) {
  const int n = sum->n, cols = sum->cols, width = panels->width, whole = cols / width * width;
  const int step = n * width < CACHED ? CACHED / (n * width) * width : width;
  const int fours = sum->rows & ~3;
  for (int c = 0; c < cols; c += step) {
    const int end = min_int(c + step, cols);
    panels->add(y, u, laid, c, min_int(end, whole), fours, sum);
    for (int p = c; p < end; p += width)
      for (int r = p < whole ? fours : 0; r < sum->rows; r++)
        row_by_columns(y + r * cols + p, u + r * n, laid + p * n, min_int(width, cols - p), sum);
  }
}

void add_products_by_panels(const Panels *panels, int32_t *y, int32_t *tile, const int16_t *u,
                            const int16_t *laid, const ProductSum *sum) {
  const int n = sum->n, cols = sum->cols;
  if (sum->shift < -30) return; /* nothing is left of any sum */
  if (n % 2 != 0) {
    add_products_by(panels->matmul, math_ops_plain.add_shifted, y, tile, u, laid, sum);
    return;
  }
  if (stays_below_limit(sum)) {
    add_unlimited(panels, y, u, laid, sum);
    return;
  }
  for (int r = 0; r < sum->rows; r += PRODUCT_TILE) {
    const ProductSum part = {min_int(PRODUCT_TILE, sum->rows - r), cols, n, 0, INT32_MAX};
    memset(tile, 0, (size_t)(part.rows * cols) * sizeof *tile);
    add_unlimited(panels, tile, u + r * n, laid, &part);
    math_ops_plain.add_shifted(y + r * cols, tile, sum->shift, sum->limit, part.rows * cols);
  }
}
#else
typedef int panels_not_built; /* ISO C wants a translation unit to hold something */
#endif
