/* panels.c - which columns and rows go through a kernel for panels, and the others in plain C.
 *
 * Compiled to nothing unless USE_AVX2_BUILD or USE_WASM_SIMD_BUILD is defined.
 */
#include "math/panels.h"

#if defined(USE_AVX2_BUILD) || defined(USE_WASM_SIMD_BUILD)

enum { CACHED = 16384 }; /* numbers of x that stay in the first-level cache */

static int min_int(int a, int b) { return a < b ? a : b; }

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

/* Whether no sum of int8 products over a context can reach the limit. */
static bool stays_below_limit(const ProductSum *sum) {
  const int32_t reach = 1 << 24;
  if (sum->shift < -30 || sum->shift > 6) return false;
  return (sum->shift > 0 ? reach << sum->shift : reach) <= sum->limit;
}

/* As many panels as are cached at a time, so that y, which may not be, is gone through once. */
void add_products_by_panels(const Panels *panels, int32_t *y, int32_t *tile, const int16_t *u,
                            const int16_t *laid, const ProductSum *sum) {
  const int n = sum->n, cols = sum->cols, width = panels->width, whole = cols / width * width;
  const int step = n * width < CACHED ? CACHED / (n * width) * width : width;
  const int rows = stays_below_limit(sum) ? sum->rows & ~3 : 0;
  if (n % 2 != 0) {
    add_products_by(panels->matmul, math_ops_plain.add_shifted, y, tile, u, laid, sum);
    return;
  }
  for (int c = 0; c < cols; c += step) {
    const int end = min_int(c + step, cols);
    panels->add(y, u, laid, c, min_int(end, whole), rows, sum);
    for (int p = c; p < end; p += width)
      for (int r = p < whole ? rows : 0; r < sum->rows; r++)
        row_by_columns(y + r * cols + p, u + r * n, laid + p * n, min_int(width, cols - p), sum);
  }
}
#else
typedef int panels_not_built; /* ISO C wants a translation unit to hold something */
#endif
