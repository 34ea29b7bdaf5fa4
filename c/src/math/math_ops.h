/* math_ops.h - every loop over numbers that is worth a fast version, behind one table.
 *
 * math_ops_plain is the specification: portable C99. math_ops_mmx.c (integers, Pentium II and III),
 * math_ops_sse.c (floats, Pentium III), math_ops_wasm_*.c (128-bit SIMD) and math_ops_avx2_*.c
 * mirror it bit for bit; test_kernels.c compares them.
 *
 * The arithmetic contract, which makes all builds agree:
 *   - products of big matrices are integer with exact int32 sums, so their order is free;
 *   - all else is IEEE binary32, one rounding per operation, to nearest, in one fixed order;
 *   - a sum over a vector uses four strided partial sums: element i goes to s[i mod 4], joined as
 *     (s0 + s1) + (s2 + s3);
 *   - max is a > b ? a : b; int to float only for |i| <= 2^24;
 *   - no multiply may give a denormal: tiny values are flushed to zero (flush_tiny) at the places
 *     marked in forward.c and backward.c. A Pentium II's x87 would round those twice.
 */
#ifndef MATH_OPS_H
#define MATH_OPS_H

#include "base/compiler.h"
#include "base/config.h"
#include "base/floats.h"
#include "base/ints.h"
#include "math/packing.h"

/* Trits as the products with many positions read them. A group is four trits of consecutive inputs
 * as one number, a block is 16 inputs of all outputs:
 *
 *   group = (t0+1) + 3 (t1+1) + 9 (t2+1) + 27 (t3+1), 0..80; inputs past the end count as trit 0
 *           (the digits of a byte of packing.h without the fifth, so trits_of_byte unpacks both)
 *
 *                 output 0          output 1                    next block, of inputs 16..31
 *               +----+----+----+----+----+----+----+----+-----+----
 *   groups      | g0 | g1 | g2 | g3 | g0 | g1 | g2 | g3 | ... |       a byte each
 *               +----+----+----+----+----+----+----+----+-----+----
 *        inputs  0..3 4..7 ..11 ..15
 */
enum { GROUP_INPUTS = 4, GROUP_VALUES = 81, BLOCK_INPUTS = 16, GROUPS_OF_BLOCK = 4 };

/* Bytes of the groups of a matrix. */
static inline size_t group_bytes(int outputs, int inputs) {
  const int blocks = (inputs + BLOCK_INPUTS - 1) / BLOCK_INPUTS;
  return (size_t)blocks * (size_t)outputs * GROUPS_OF_BLOCK;
}

enum { TRIT_TABLE = 248 }; /* 3^5, and what a kernel may write beyond */

/* What add_products adds: sums over n of products of a row of u and a column of x, times 2^shift,
 * each at most `limit` in size. */
typedef struct {
  int rows, cols, n; /* y [rows,cols] */
  int shift;
  int32_t limit;
} ProductSum;

/* A probability in units, and in whole shares of 2^log units each. */
enum { UNITS_LOG = 21, UNITS_OF_ONE = 1 << UNITS_LOG, MOST_SHARES = 512 };

/* What take_shares finds, and room for one more. */
enum { MOST_WITH_SHARES = MOST_SHARES + 1 };
typedef struct {
  int count;
  uint16_t index[MOST_WITH_SHARES + 1];
  int16_t shares[MOST_WITH_SHARES + 1]; /* 1, 2, .. */
} ShareList;

enum { PRODUCT_TILE = 16 }; /* rows of a ProductSum that are computed at a time */

/* Constants of one Adam step; c1, c2 are the bias corrections 1 / (1 - b^t). */
typedef struct {
  float learning_rate, gradient_scale, c1, c2;
} AdamStep;

/* Constants of one momentum step: b1 for the direction, b2 for the average that is kept. */
typedef struct {
  float gradient_scale, beta_direction, beta_momentum;
} MomentumStep;

/* move_latents: the binary places that are kept, and the largest step. */
#define LATENT_ONE 65536
#define LARGEST_MOVE 50.0f

#define ADAM_BETA1 0.9f
#define ADAM_BETA2 0.99f
#define ADAM_EPSILON 1e-8f

typedef struct {
  const char *name;

  /* ---- integers: exact ---- */

  /* y[i] = x[i].  x int8 [n], y int16 [n] */
  void (*widen_i8)(int16_t *y, const int8_t *x, int n);

  /* Ternary weights of int8 latents: y[i] = +1 if x[i] >= threshold, -1 if x[i] <= -threshold,
   * else 0.  x, y int8 [n], threshold 1..128 */
  void (*ternarize)(int8_t *y, const int8_t *x, int n, int threshold);

  /* y[i] = x[i] >= 0 ? 1 : -1.  x, y int8 [n] */
  void (*signs)(int8_t *y, const int8_t *x, int n);

  /* Trits of one output, [inputs], to its groups: groups points at its first ones. */
  void (*group_row)(uint8_t *groups, const int8_t *trits, int inputs, int outputs);

  /* Trits [inputs,outputs] of one block, inputs 1..16, to the groups of all outputs. */
  void (*group_block)(uint8_t *groups, const int8_t *trits, int inputs, int outputs);

  /* y[i,o] = sum_c trit[o,c] * x[i,c], added to y where `add`.  x int16 [n,inputs] of |x| <= 127,
   * groups as drawn above, y int32 [n,outputs], inputs <= 4 MAX_DIM */
  void (*group_product)(int32_t *y, const int16_t *x, const uint8_t *groups, int n, int outputs,
                        int inputs, bool add);

  /* All sums of x [count] with trits: table[(t0+1) + 3 (t1+1) + 9 (t2+1) + ..] = sum_k t_k x[k].
   * x int8 [count] of |x| <= 127, count 0..5, table int16 [3^count], and for count 5 room for
   * TRIT_TABLE, where what is behind 3^5 has no meaning */
  void (*trit_table)(int16_t *table, const int8_t *x, int count);

  /* How the rows of packed trits lie that packed_product reads. */
  StripShape strips;

  /* y[k,r] = sum_c trit[k,r,c] * x[c] for matrices k = 0 .. count-1, each [rows,cols] in strips.
   * x int8 [cols] of |x| <= 127, y int32 [count,rows], cols <= 4 MAX_DIM */
  void (*packed_product)(int32_t *y, const uint8_t *const *strips, int count, const int8_t *x,
                         int rows, int cols);

  /* y[c * ld_y + r] = x[r,c].  x int8 [rows,cols], y int16 [cols, of rows ld_y] */
  void (*transpose_i8)(int16_t *y, int ld_y, const int8_t *x, int rows, int cols);

  /* y[c,r] = x[r,c].  x int16 [rows, of cols ld_x], y int16 [cols, of rows ld_y] */
  void (*transpose_i16)(int16_t *y, int ld_y, const int16_t *x, int ld_x, int rows, int cols);

  /* y[i,r] = sum_c x[i,c] * w[r,c].  x int16 [n,cols], w int16 [rows,cols], y int32 [n, of rows
   * ld_y]. No sum of any of the products of one output may leave int32: so it is for int8 values
   * and cols <= 132,000, and for the bounded rows of muon.c. */
  void (*matmul_i16)(int32_t *y, int ld_y, const int16_t *x, const int16_t *w, int n, int rows,
                     int cols);

  /* x int8 [n,cols] in int16, in whatever order add_products of the same table reads it.
   * laid int16 [n * cols] */
  void (*lay_columns)(int16_t *laid, const int8_t *x, int n, int cols);

  /* y[r,c] += (sum_i u[r,i] * x[i,c]) * 2^shift as add_shifted does, x laid by lay_columns.
   * u int16 [rows,n] of int8 values, y int32 [rows,cols], tile int32 [PRODUCT_TILE,cols] scratch,
   * n <= MAX_CONTEXT */
  void (*add_products)(int32_t *y, int32_t *tile, const int16_t *u, const int16_t *laid,
                       const ProductSum *sum);

  /* y[i] += (a * x[i]) / 2^shift to nearest (halves up).  x int16 [n], |a| <= MOST_SHARES, shift
   * 0..15, y int32 [n]; no sum may leave int32 */
  void (*add_multiple)(int32_t *y, const int16_t *x, int a, int shift, int n);

  /* y[i] = sum_j a[j] * rows[index[j],i].  a int16 [count], rows int16 [any,n], y int32 [n]; no sum
   * of any of the products may leave int32 */
  void (*mix_i16)(int32_t *y, const int16_t *a, const uint16_t *index, const int16_t *rows,
                  int count, int n);

  /* y[i] = sums[i] / 2^bits to nearest (halves up), within +-32767.  bits 1..16; sums int32 [n],
   * y int16 [n]; no sum may come within 2^15 of the ends of int32 */
  void (*shift_sums)(int16_t *y, const int32_t *sums, int bits, int n);

  /* y[i] = (a * x[i] + b * z[i]) / 2^bits to nearest (halves up), within +-32767.  a, b of 16 bits,
   * bits 1..16; x, y, z int16 [n]; no sum may leave int32 */
  void (*combine_i16)(int16_t *y, const int16_t *x, int a, const int16_t *z, int b, int bits,
                      int n);

  /* Takes steps [n], in latent units, from latents [n], rounded up or down at random: 16 binary
   * places are kept, and random_half(key, first + i) decides. A step counts for at most 50, a
   * latent stays within +-127. */
  void (*move_latents)(int8_t *latents, const float *steps, int n, uint32_t key, uint32_t first);

  /* y[i] = x[i]^2 / 127 to nearest.  x int8 [n] of 0..127, y int8 [n] */
  void (*relu_square)(int8_t *y, const int8_t *x, int n);

  /* Adds to *sum and *count those |x[i]| that are at least `least`, and their number.
   * x int8 [n] of -127..127, least 0..128 */
  void (*magnitudes)(const int8_t *x, int n, int least, int32_t *sum, int32_t *count);

  /* sum_i x[i]^2.  x int8 [n], n <= 132,000 */
  int32_t (*sum_squares_i8)(const int8_t *x, int n);

  /* y[i] += x[i] * 2^shift, to the nearest integer (halves up), at most limit in size.
   * x int32 [n] with |x| <= 2^24, y int32 [n], limit >= 0; no sum y may leave int32 */
  void (*add_shifted)(int32_t *y, const int32_t *x, int shift, int32_t limit, int n);

  /* ---- between integers and floats ---- */

  /* q[i] = x[i] * k rounded to nearest (ties to even).  x float [n] with |x*k| < 127.5, q int8 [n]
   */
  void (*quantize)(int8_t *q, const float *x, float k, int n);

  /* y[i] = a * q[i].  q int8 [n], y float [n] */
  void (*dequantize)(float *y, const int8_t *q, float a, int n);

  /* q[i] = flush_tiny(x[i]) * k rounded to nearest (ties to even).  x float [n] with |x*k| < 2^15,
   * q int16 [n] */
  void (*quantize_i16)(int16_t *q, const float *x, float k, int n);

  /* q[i] = (x[i] * s[i]) * k rounded to nearest (ties to even).  x, s float [n] with
   * |x*s*k| < 2^15, q int16 [n] */
  void (*quantize_scaled)(int16_t *q, const float *x, const float *s, float k, int n);

  /* y[i] = a * q[i].  q int16 [n], y float [n] */
  void (*dequantize_i16)(float *y, const int16_t *q, float a, int n);

  /* y[i] = (a * s[i]) * x[i].  x int32 [n] with |x| <= 2^24, s, y float [n] */
  void (*scale_rows)(float *y, const int32_t *x, const float *s, float a, int n);

  /* y[i] += a * x[i].  x int32 [n] with |x| <= 2^24, y float [n] */
  void (*add_scaled_i32)(float *y, const int32_t *x, float a, int n);

  /* y[i] += x[i] * k rounded to nearest (ties to even), at most limit in size.
   * x float [n], 0 <= limit < 2^22, y int32 [n]; no sum y may leave int32 */
  void (*add_rounded)(int32_t *y, const float *x, float k, float limit, int n);

  /* Deals whole shares of 2^log units out to n numbers that have UNITS_OF_ONE together, so that
   * each gets what is due to it, rounded down or up, and on average over all `at` exactly that
   * (systematic sampling; Madow and Madow, 1944): with c(i) = at + sum of round(x[j] * k), j <= i,
   * the shares of i are how many multiples of 2^log lie above c(i-1) and not above c(i). Those that
   * have any go to the list, in order.  x float [n] of the sum UNITS_OF_ONE / k, x >= 0;
   * log 12..20, 0 <= at < 2^log */
  void (*take_shares)(ShareList *list, const float *x, float k, int32_t at, int log, int n);

  /* y[i] = a * x[i], with x[i] rounded to a float first.  x int32 [n], any; y float [n] */
  void (*scale_fixed)(float *y, const int32_t *x, float a, int n);

  /* ---- floats: one fixed order ---- */

  /* max_i |x[i]|, 0 for n = 0.  x float [n] */
  float (*absmax)(const float *x, int n);

  /* max_i x[i].  x float [n], n >= 1 */
  float (*max)(const float *x, int n);

  /* sum_i x[i], four strided partial sums.  x float [n] */
  float (*sum)(const float *x, int n);

  /* sum_i x[i] * y[i], four strided partial sums.  x, y float [n] */
  float (*dot)(const float *x, const float *y, int n);

  /* sum_i flush_tiny(x[i])^2, four strided partial sums.  x float [n] */
  float (*sum_squares)(const float *x, int n);

  /* y[i] += a * x[i].  x, y float [n] */
  void (*axpy)(float *y, float a, const float *x, int n);

  /* y[j] = sum_i x[i] * rows[j,i], each as dot.  x float [n], rows float [count,n], y [count] */
  void (*dots)(float *y, const float *x, const float *rows, int count, int n);

  /* y[i] += a[j] * rows[j,i], j = 0, 1, .. count-1.  a float [count], rows [count,n], y [n] */
  void (*mix)(float *y, const float *a, const float *rows, int count, int n);

  /* y[j,i] += a[j] * x[i].  a float [count], x float [n], y float [count of rows ld_y] */
  void (*outer)(float *y, int ld_y, const float *a, const float *x, int count, int n);

  /* outer with a and x, then with b and z: y[j,i] = (y[j,i] + a[j] * x[i]) + b[j] * z[i].
   * a, b float [count], x, z float [n], y float [count of rows ld_y] */
  void (*outer_pair)(float *y, int ld_y, const float *a, const float *x, const float *b,
                     const float *z, int count, int n);

  /* y[i] = a * x[i].  x, y float [n], which may be the same */
  void (*scale)(float *y, const float *x, float a, int n);

  /* x[i] = x[i] > 0 ? x[i] : 0.  x float [n] */
  void (*relu)(float *x, int n);

  /* y[i] = y[i] * q[i].  q int8 [n], y float [n] */
  void (*multiply_i8)(float *y, const int8_t *q, int n);

  /* Turns x [size] by the angles of one position (inverse: by minus the angles), pairs (i,
   * i+size/2). x float [size], cosine, sine float [size/2] */
  void (*rope)(float *x, const float *cosine, const float *sine, int size, bool inverse);

  /* Gradient of softmax: dp[j] = flush_tiny(p[j] * flush_tiny(dp[j] - mean)).  p, dp float [n] */
  void (*softmax_backward)(float *dp, const float *p, float mean, int n);

  /* y[i] = x[i] * s[i].  x, s, y float [n] */
  void (*multiply)(float *y, const float *x, const float *s, int n);

  /* x[i] = a * x[i], tiny results flushed to zero.  x float [n] */
  void (*scale_flush)(float *x, float a, int n);

  /* x[i] = exp(x[i] - shift); arguments below -80 count as -80.  x float [n], x[i] <= shift */
  void (*exp_shifted)(float *x, float shift, int n);

  /* Backward of RMS normalisation from its int8 output q and the gradient dh of the output:
   * dx[i] += flush_tiny(inv * (dh[i] - mean * q[i])).  q (as floats), dh, dx float [n] */
  void (*norm_backward)(float *dx, const float *dh, const float *q, float inv, float mean, int n);

  /* Adam (Kingma and Ba, 2014) for float parameters, in place.  w, g, m, v float [n];
   * m = b1 m + (1-b1) gs g;  v = b2 v + (1-b2) (gs g)^2;  w -= lr * (m c1) / (sqrt(v c2) + eps) */
  void (*adam)(float *w, const float *g, float *m, float *v, int n, const AdamStep *step);

  /* A gradient and its moving average, mixed twice (with g scaled by step->gradient_scale):
   * direction[i] = b1 m[i] + (1-b1) g[i];  m[i] = flush_tiny(b2 m[i] + (1-b2) g[i]).
   * m (dequantized momentum), g, direction float [n] */
  void (*momentum)(float *direction, float *m, const float *g, int n, const MomentumStep *step);
} MathOps;

/* The specification. */
extern const MathOps math_ops_plain;

/* What this build computes with: the specification, where the build has nothing faster. */
extern const MathOps *const ops;

/* Fills *ops with the fast kernels of this build. Called once, before anything is computed and
 * before a second thread begins. The table is the only thing in the core that is not the caller's.
 */
void math_ops_init(void);

/* Whether floats are computed in the x87 unit: on 32-bit x86 unless SSE is asked for, on 64-bit x86
 * where -mfpmath=387 is. */
#if defined(__GNUC__) && (defined(__i386__) || defined(__x86_64__)) && !defined(__SSE_MATH__)
#define USES_X87 1
#else
#define USES_X87 0
#endif

/* Makes the calling thread round as the contract says. Called once in every thread that computes.
 * Only the x87 unit needs it, whose control word each thread has for itself: 24-bit
 * precision, round to nearest, nothing trapped. Not where KEEP_X87_PRECISION is defined, for a
 * build that rounds at each store instead (-ffloat-store) and so is a second witness: where a
 * denormal leaks, the two differ. */
void math_ops_thread_init(void);

/* Which kernels a table holds, each on top of those before. */
typedef enum {
  KERNELS_PLAIN,    /* math_ops_plain */
  KERNELS_OF_BUILD, /* those that the build always has: MMX, SSE, WebAssembly SIMD */
  KERNELS_BEST      /* and those that this processor has, too: AVX2 */
} Kernels;

/* Fills *ops with these kernels; KERNELS_BEST is as after math_ops_init. For `bench` and the tests,
 * which compare them, and for nothing that has a second thread. */
void math_ops_use(Kernels kernels);

/* Whether this build has AVX2 kernels, and this machine runs them. */
bool math_ops_has_avx2(void);

/* The shape of matmul_i16. */
typedef void MatmulI16(int32_t *y, int ld_y, const int16_t *x, const int16_t *w, int n, int rows,
                       int cols);

/* group_product by a product of int16 rows: the trits of four outputs at a time are widened. */
void group_product_by(MatmulI16 *matmul, int32_t *y, const int16_t *x, const uint8_t *groups, int n,
                      int outputs, int inputs, bool add);

/* Inputs first .. first+15 of positions x [n,inputs] to block [lanes,BLOCK_INPUTS], n <= lanes;
 * what is missing counts as 0. */
void pad_block(int16_t *block, int lanes, const int16_t *x, int n, int first, int inputs);

/* The shape of add_shifted. */
typedef void AddShifted(int32_t *y, const int32_t *x, int shift, int32_t limit, int n);

/* add_products by a product of int16 rows, for an x that transpose_i8 laid. */
void add_products_by(MatmulI16 *matmul, AddShifted *add, int32_t *y, int32_t *tile,
                     const int16_t *u, const int16_t *laid, const ProductSum *sum);

/* take_shares for x[first] to x[end-1], where c(first-1) is `at`; or for units [n] = round(x * k).
 */
void share_list_from(ShareList *list, const float *x, float k, int32_t at, int log, int first,
                     int end);
void share_list_add(ShareList *list, const int32_t *units, int32_t at, int log, int first, int n);

/* mix_i16 for columns first .. n-1, in plain C. */
void mix_i16_from(int32_t *y, const int16_t *a, const uint16_t *index, const int16_t *rows,
                  int count, int first, int n);

/* The shape of trit_table. */
typedef void TritTable(int16_t *table, const int8_t *x, int count);

/* packed_product by tables of all sums of five inputs, for the strips of math_ops_plain. */
void packed_product_by(TritTable *make, int32_t *y, const uint8_t *const *strips, int count,
                       const int8_t *x, int rows, int cols);

/* group_block for outputs first .. outputs-1, in plain C. */
void group_block_from(uint8_t *groups, const int8_t *trits, int inputs, int outputs, int first);

/* (x + RELU_SQUARE_ADD) * RELU_SQUARE_FACTOR >> 16 is (x + 63) / 127 for x = 0, 1, 4, .. 127^2. */
enum { RELU_SQUARE_ADD = 64, RELU_SQUARE_FACTOR = 516 };

/* Puts the fast kernels of this build over the plain ones in table (math_ops_mmx.c, math_ops_sse.c,
 * math_ops_wasm_floats.c). */
void math_ops_take_fast(MathOps *table);

/* ---- scalar mathematics, plain C in every build ---- */

/* Whether the processor takes roots by itself. Elsewhere a compiler would call sqrtf of libm, which
 * nothing here is linked with. */
#if defined(__GNUC__) && (defined(__i386__) || defined(__x86_64__) || defined(__aarch64__) ||      \
                          defined(__s390x__) || defined(__wasm__) || defined(__riscv_fsqrt) ||     \
                          defined(_ARCH_PPCSQ) || (defined(__ARM_FP) && (__ARM_FP & 4)))
#define HAS_ROOT 1

/* That instruction, in place. */
static inline float root_instruction(float x) {
#if USES_X87
  float root;
  __asm__("fsqrt" : "=t"(root) : "0"(x));
  return root;
#else
  return __builtin_sqrtf(x);
#endif
}
#endif

/* Correctly rounded square root, x >= 0. */
float float_sqrt(float x);

/* The same by integers alone: what float_sqrt is where the processor takes no roots. */
float float_sqrt_by_integers(float x);

/* e^x for x <= 88; below -80 it is e^-80. Error below 2e-7 relative. */
float float_exp(float x);

/* Natural logarithm of a normal x > 0. Error below 1e-6 absolute for x in 2^-40..2^40. */
float float_log(float x);

/* Sine and cosine for 0 <= x <= 2048. Error below 1e-6 absolute. */
void float_sincos(float x, float *sine, float *cosine);

/* b^n, n >= 0, by repeated squaring. */
float float_power(float b, uint32_t n);

/* Exact or once-rounded float of any int32: the high part times 4096 is exact. */
float float_of_i32(int32_t i);

#endif
