/* math_ops_x87.c - the float kernels of a Pentium II, which has no SSE.
 *
 * The x87 unit computes what the plain kernels compute, operation by operation
 * (math_ops_thread_init sets its precision to that of a float). These kernels ask less of it:
 *   - sums stay on its stack of eight registers: a sum in memory takes a load and a store each
 * time;
 *   - floats are compared by their bits, in the integer units;
 *   - fistp rounds to nearest, ties to even, as adding ROUND_MAGIC does;
 *   - small integers go to it as int32: it takes int16 no faster, and an emulator takes them
 * slower. Integers are in math_ops_mmx.c; MMX shares its registers with x87, and no kernel uses
 * both. Compiled to nothing but for USE_MMX_BUILD where floats are computed in the x87 unit.
 */
#include "math/math_ops_x87.h"

#include <string.h>

#if defined(USE_MMX_BUILD) && USES_X87

enum { SIZE_BITS = 0x7fffffff /* a float without its sign */ };

static inline uint32_t size_bits(float x) { return float_bits(x) & SIZE_BITS; }

/* x to the nearest integer, ties to even; INT32_MIN where |x| is 2^31 or more. */
static inline int32_t round_x87(float x) {
  int32_t rounded;
  __asm__("fistpl %0" : "=m"(rounded) : "t"(x) : "st");
  return rounded;
}

/* x as a float, |x| <= 2^24; gcc would go by way of int16 where x was one. */
static inline float float_x87(int32_t x) {
  float result;
  __asm__("fildl %1" : "=t"(result) : "m"(x));
  return result;
}

/* ---- comparisons ---- */

static float x87_absmax(const float *x, int n) {
  uint32_t largest = 0;
  for (int i = 0; i < n; i++) {
    const uint32_t size = size_bits(x[i]);
    largest = size > largest ? size : largest;
  }
  return float_from_bits(largest);
}

/* A number that orders as x does; -0 and 0 have the same. */
static inline int32_t order_of(float x) {
  const int32_t size = (int32_t)size_bits(x);
  return float_bits(x) >> 31 ? -size : size;
}

static float x87_max(const float *x, int n) {
  int largest = 0;
  for (int i = 1; i < n; i++) largest = order_of(x[i]) > order_of(x[largest]) ? i : largest;
  return x[largest];
}

static void x87_relu(float *x, int n) {
  for (int i = 0; i < n; i++)
    if (float_bits(x[i]) >> 31) x[i] = 0.0f;
}

/* ---- between integers and floats ---- */

static void x87_quantize(int8_t *q, const float *x, float k, int n) {
  for (int i = 0; i < n; i++) {
    const float scaled = x[i] * k;
    q[i] = (int8_t)round_x87(scaled);
  }
}

static void x87_quantize_i16(int16_t *q, const float *x, float k, int n) {
  for (int i = 0; i < n; i++) {
    const float scaled = k * x[i];
    q[i] = (int16_t)(size_bits(x[i]) < TINY_BITS ? 0 : round_x87(scaled));
  }
}

static void x87_quantize_scaled(int16_t *q, const float *x, const float *s, float k, int n) {
  for (int i = 0; i < n; i++) {
    const float product = x[i] * s[i], scaled = product * k;
    q[i] = (int16_t)round_x87(scaled);
  }
}

static void x87_dequantize(float *y, const int8_t *q, float a, int n) {
  for (int i = 0; i < n; i++) y[i] = a * float_x87(q[i]);
}

static void x87_dequantize_i16(float *y, const int16_t *q, float a, int n) {
  for (int i = 0; i < n; i++) y[i] = a * float_x87(q[i]);
}

static void x87_multiply_i8(float *y, const int8_t *q, int n) {
  for (int i = 0; i < n; i++) y[i] = y[i] * float_x87(q[i]);
}

/* What is rounded first and cut off then is the same, with a limit that is rounded, too. */
static void x87_add_rounded(int32_t *y, const float *x, float k, float limit, int n) {
  const int32_t most = float_round(limit);
  const uint32_t sign = float_bits(k);
  for (int i = 0; i < n; i++) {
    const float scaled = x[i] * k;
    int32_t d = round_x87(scaled);
    if (d > most || d < -most) d = (float_bits(x[i]) ^ sign) >> 31 ? -most : most;
    y[i] += d;
  }
}

static void x87_scale_flush(float *x, float a, int n) {
  for (int i = 0; i < n; i++) {
    const float product = a * x[i];
    const uint32_t bits = size_bits(product) < TINY_BITS ? 0 : float_bits(product);
    memcpy(x + i, &bits, sizeof bits);
  }
}

/* ---- sums ---- */

static float x87_sum(const float *x, int n) {
  float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 = s0 + x[i];
    s1 = s1 + x[i + 1];
    s2 = s2 + x[i + 2];
    s3 = s3 + x[i + 3];
  }
  if (i < n) s0 = s0 + x[i];
  if (i + 1 < n) s1 = s1 + x[i + 1];
  if (i + 2 < n) s2 = s2 + x[i + 2];
  return (s0 + s1) + (s2 + s3);
}

static float x87_dot(const float *x, const float *y, int n) {
  float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 = s0 + x[i] * y[i];
    s1 = s1 + x[i + 1] * y[i + 1];
    s2 = s2 + x[i + 2] * y[i + 2];
    s3 = s3 + x[i + 3] * y[i + 3];
  }
  if (i < n) s0 = s0 + x[i] * y[i];
  if (i + 1 < n) s1 = s1 + x[i + 1] * y[i + 1];
  if (i + 2 < n) s2 = s2 + x[i + 2] * y[i + 2];
  return (s0 + s1) + (s2 + s3);
}

static void x87_dots(float *y, const float *x, const float *rows, int count, int n) {
  for (int j = 0; j < count; j++) y[j] = x87_dot(x, rows + j * n, n);
}

/* Four rows at a time: y is loaded and stored once for them, and their factors stay. */
static void x87_mix(float *y, const float *a, const float *rows, int count, int n) {
  int j = 0;
  for (; j + 4 <= count; j += 4, rows += 4 * n) {
    const float a0 = a[j], a1 = a[j + 1], a2 = a[j + 2], a3 = a[j + 3];
    const float *row1 = rows + n, *row2 = row1 + n, *row3 = row2 + n;
    for (int i = 0; i < n; i++) {
      float sum = y[i];
      sum = sum + a0 * rows[i];
      sum = sum + a1 * row1[i];
      sum = sum + a2 * row2[i];
      y[i] = sum + a3 * row3[i];
    }
  }
  for (; j < count; j++, rows += n) math_ops_plain.axpy(y, a[j], rows, n);
}

static void x87_outer_pair(float *y, int ld_y, const float *a, const float *x, const float *b,
                           const float *z, int count, int n) {
  for (int j = 0; j < count; j++, y += ld_y) {
    const float aj = a[j], bj = b[j];
    for (int i = 0; i < n; i++) {
      const float sum = y[i] + aj * x[i];
      y[i] = sum + bj * z[i];
    }
  }
}

void math_ops_take_x87(MathOps *table) {
  table->name = "MMX and x87";
  table->absmax = x87_absmax;
  table->max = x87_max;
  table->relu = x87_relu;
  table->quantize = x87_quantize;
  table->quantize_i16 = x87_quantize_i16;
  table->quantize_scaled = x87_quantize_scaled;
  table->dequantize = x87_dequantize;
  table->dequantize_i16 = x87_dequantize_i16;
  table->multiply_i8 = x87_multiply_i8;
  table->add_rounded = x87_add_rounded;
  table->scale_flush = x87_scale_flush;
  table->sum = x87_sum;
  table->dot = x87_dot;
  table->dots = x87_dots;
  table->mix = x87_mix;
  table->outer_pair = x87_outer_pair;
}

#else
void math_ops_take_x87(MathOps *table) { (void)table; }
#endif
