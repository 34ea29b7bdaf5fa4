/* math_ops_wasm.h - small helpers of WebAssembly's 128-bit registers, shared by the
 * math_ops_wasm_*.c files; not for anyone else.
 *
 * Only what every engine rounds alike is used: nothing of "relaxed SIMD".
 */
#ifndef MATH_OPS_WASM_H
#define MATH_OPS_WASM_H

#include <string.h>
#include <wasm_simd128.h>

#include "math/math_ops.h"

/* The numbers of two registers in turn: those of the lower and of the upper halves. Engines know
 * these shuffles as one instruction each. */
static inline v128_t weave_low_8(v128_t a, v128_t b) {
  return wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
static inline v128_t weave_high_8(v128_t a, v128_t b) {
  return wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
static inline v128_t weave_low_16(v128_t a, v128_t b) {
  return wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
static inline v128_t weave_high_16(v128_t a, v128_t b) {
  return wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
static inline v128_t weave_low_32(v128_t a, v128_t b) {
  return wasm_i32x4_shuffle(a, b, 0, 4, 1, 5);
}
static inline v128_t weave_high_32(v128_t a, v128_t b) {
  return wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
}
static inline v128_t weave_low_64(v128_t a, v128_t b) { return wasm_i64x2_shuffle(a, b, 0, 2); }
static inline v128_t weave_high_64(v128_t a, v128_t b) { return wasm_i64x2_shuffle(a, b, 1, 3); }

/* (a, b, c, d), each the sum of its four int32. */
static inline v128_t join_four(v128_t a, v128_t b, v128_t c, v128_t d) {
  const v128_t ab = wasm_i32x4_add(weave_low_32(a, b), weave_high_32(a, b));
  const v128_t cd = wasm_i32x4_add(weave_low_32(c, d), weave_high_32(c, d));
  return wasm_i32x4_add(weave_low_64(ab, cd), weave_high_64(ab, cd));
}

/* The sum of four int32. */
static inline int32_t join_i32(v128_t s) {
  return wasm_i32x4_extract_lane(s, 0) + wasm_i32x4_extract_lane(s, 1) +
         wasm_i32x4_extract_lane(s, 2) + wasm_i32x4_extract_lane(s, 3);
}

/* Columns of eight rows of eight int16. */
static inline void transpose_8x8(v128_t v[8]) {
  v128_t pair[8], four[8];
  for (int k = 0; k < 4; k++) {
    pair[k] = weave_low_16(v[2 * k], v[2 * k + 1]);
    pair[k + 4] = weave_high_16(v[2 * k], v[2 * k + 1]);
  }
  for (int k = 0; k < 8; k += 2) {
    four[k] = weave_low_32(pair[k], pair[k + 1]);
    four[k + 1] = weave_high_32(pair[k], pair[k + 1]);
  }
  for (int k = 0; k < 2; k++) {
    v[4 * k] = weave_low_64(four[4 * k], four[4 * k + 2]);
    v[4 * k + 1] = weave_high_64(four[4 * k], four[4 * k + 2]);
    v[4 * k + 2] = weave_low_64(four[4 * k + 1], four[4 * k + 3]);
    v[4 * k + 3] = weave_high_64(four[4 * k + 1], four[4 * k + 3]);
  }
}

/* Each file puts its kernels over those in table. */
void math_ops_take_wasm_products(MathOps *table);
void math_ops_take_wasm_integers(MathOps *table);
void math_ops_take_wasm_floats(MathOps *table);

#endif
