/* test_quantizer.c - packing, quantization schemes, fixed point. */
#include <string.h>

#include "tests/frame.h"

/* ---- packing ---- */

static void draw_codes(CodeKind kind, int8_t *codes, int n) {
  for (int i = 0; i < n; i++) {
    const int digit = (int)(draw() % (kind == CODES_TRITS ? 3 : kind == CODES_SIGNS ? 2 : 4));
    codes[i] = (int8_t)(kind == CODES_TRITS   ? digit - 1
                        : kind == CODES_SIGNS ? 2 * digit - 1
                                              : 2 * digit - 3);
  }
}

/* Every part of a row comes out as it went in, and nothing is written behind the row. */
static void check_packing(CodeKind kind, int n) {
  int8_t codes[40], part[40];
  uint8_t packed[41];
  draw_codes(kind, codes, n);
  memset(packed, 0xa5, sizeof packed);
  pack_codes(kind, packed, codes, n);
  const size_t bytes = packed_row_bytes(kind, n);
  check(packed[bytes] == 0xa5, "kind %d: %d codes take more than they should", (int)kind, n);
  check(packed_row_sound(kind, packed, n), "kind %d: a packed row is not sound", (int)kind);
  for (int first = 0; first < n; first++)
    for (int count = 1; first + count <= n; count++) {
      unpack_codes(kind, part, packed, first, count);
      check(memcmp(part, codes + first, (size_t)count) == 0, "kind %d: codes %d to %d of %d",
            (int)kind, first, first + count - 1, n);
    }
}

static void test_packing(void) {
  for (int kind = CODES_TRITS; kind <= CODES_2BIT; kind++)
    for (int n = 1; n <= 40; n++) check_packing((CodeKind)kind, n);
  uint8_t packed[2];
  const int8_t trits[7] = {1, 0, -1, 1, 1, -1, 0}, signs[3] = {1, -1, 1}, pairs[3] = {3, -1, -3};
  pack_codes(CODES_TRITS, packed, trits, 7);
  check(packed[0] == 2 + 3 * 1 + 9 * 0 + 27 * 2 + 81 * 2 && packed[1] == 3, "the trits' drawing");
  check(!packed_row_sound(CODES_TRITS, (const uint8_t[]){243, 0}, 7), "243 is no five trits");
  check(!packed_row_sound(CODES_TRITS, (const uint8_t[]){0, 9}, 7), "a row was filled up with 1");
  pack_codes(CODES_SIGNS, packed, signs, 3);
  check(packed[0] == 5 && !packed_row_sound(CODES_SIGNS, (const uint8_t[]){8}, 3), "the signs");
  pack_codes(CODES_2BIT, packed, pairs, 3);
  check(packed[0] == (3 | 1 << 2 | 0 << 4), "the drawing of 2-bit codes");
}

/* ---- schemes ---- */

enum { R = 2, C = 8 };

/* Two rows of latents with mean sizes 40 and 80, so 60 in all. */
static const int8_t latents[R * C] = {10, -20, 30, -40, 50,  -60,  70,  -40,
                                      20, -40, 60, -80, 100, -120, 127, -93};

/* What a scheme makes of them: the codes, and the scales in latent units. */
typedef struct {
  SchemeKind scheme;
  int8_t codes[R * C];
  float units[R];
} SchemeCase;

static const SchemeCase cases[] = {
    /* mean 60: |q| > 30 counts */
    {SCHEME_ABSMEAN, {0, 0, 0, -1, 1, -1, 1, -1, 0, -1, 1, -1, 1, -1, 1, -1}, {60.0f, 60.0f}},
    /* 60 units are 0.09, between 2^-4 and 2^-3, nearer to 2^-3 in the logarithm (0.0884 is half) */
    {SCHEME_POW2,
     {0, 0, 0, -1, 1, -1, 1, -1, 0, -1, 1, -1, 1, -1, 1, -1},
     {0.125f / LATENT_UNIT, 0.125f / LATENT_UNIT}},
    /* |q| > 42: 50 60 70 60 80 100 120 127 93, mean 760 / 9 */
    {SCHEME_TWN, {0, 0, 0, 0, 1, -1, 1, 0, 0, 0, 1, -1, 1, -1, 1, -1}, {84.4444f, 84.4444f}},
    /* row means 40 and 80: above 20, above 40 */
    {SCHEME_ROW, {0, 0, 1, -1, 1, -1, 1, -1, 0, 0, 1, -1, 1, -1, 1, -1}, {40.0f, 80.0f}},
    {SCHEME_CONSTANT,
     {0, 0, 0, -1, 1, -1, 1, -1, 0, -1, 1, -1, 1, -1, 1, -1},
     {0.0625f / LATENT_UNIT, 0.0625f / LATENT_UNIT}},
    {SCHEME_BINARY, {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1}, {60.0f, 60.0f}},
    /* steps of 75: |q| > 75 is the outer value */
    {SCHEME_2BIT, {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -3, 3, -3, 3, -3}, {37.5f, 37.5f}},
};

/* A matrix around buffers of the caller. */
static WeightMatrix matrix_of(SchemeKind scheme, WeightStore store, int8_t *latent, float *floats,
                              uint8_t *threshold, float *scale) {
  return (WeightMatrix){.rows = R,
                        .cols = C,
                        .scheme = scheme,
                        .store = store,
                        .latent = latent,
                        .float_latent = floats,
                        .threshold = threshold,
                        .scale = scale};
}

static void check_scheme(const SchemeCase *expected, WeightStore store) {
  int8_t latent[R * C], row[C], codes[C];
  uint8_t threshold[R];
  float floats[R * C], scale[R];
  memcpy(latent, latents, sizeof latent);
  for (int i = 0; i < R * C; i++) floats[i] = (float)latents[i] + (i % 2 ? 0.3f : -0.3f);
  WeightMatrix w = matrix_of(expected->scheme, store, latent, floats, threshold, scale);
  const char *name = scheme_row(expected->scheme)->name;
  matrix_quantize(&w, row);
  for (int r = 0; r < R; r++) {
    matrix_codes(&w, r, 0, C, codes);
    check(memcmp(codes, expected->codes + r * C, C) == 0, "%s: codes of row %d", name, r);
    check(near(scale[r] / LATENT_UNIT, expected->units[r], 0.001f * expected->units[r]),
          "%s: scale of row %d is %d thousandths of a unit", name, r,
          (int)(scale[r] / LATENT_UNIT * 1000.0f));
    matrix_codes(&w, r, 3, 4, codes);
    check(memcmp(codes, expected->codes + r * C + 3, 4) == 0, "%s: part of row %d", name, r);
  }
}

static void test_schemes(void) {
  check(sizeof cases / sizeof *cases == SCHEMES, "a scheme has no case");
  for (int i = 0; i < SCHEMES; i++) {
    check_scheme(&cases[i], STORE_INT8);
    check_scheme(&cases[i], STORE_FLOAT);
  }
  int8_t zero[R * C] = {0}, row[C], codes[C];
  uint8_t threshold[R];
  float scale[R];
  for (int i = 0; i < SCHEMES; i++) {
    WeightMatrix w = matrix_of((SchemeKind)i, STORE_INT8, zero, NULL, threshold, scale);
    matrix_quantize(&w, row);
    matrix_codes(&w, 1, 0, C, codes);
    check(scale[1] > 0.0f && threshold[1] >= 1, "%s of zeros", scheme_row((SchemeKind)i)->name);
  }
}

/* ---- fixed point ---- */

/* Bounds of the smallest and the largest steps. */
static void test_fixed_point(void) {
  static const int sizes[][2] = {{1, 2}, {8, 64}, {12, 64}, {16, 1024}, {4096, 1024}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    const FixedPoint f = fixed_point(sizes[i][0], sizes[i][1]);
    const float positions = (float)sizes[i][0] * (float)sizes[i][1];
    check(f.unit * f.per_unit == 1.0f, "unit and its inverse");
    check(f.unit <= float_exp2i(-16) || f.unit <= positions * float_exp2i(-24),
          "the unit is too coarse for %d x %d", sizes[i][0], sizes[i][1]);
    check((int64_t)f.sequence_limit * sizes[i][0] <= INT32_MAX, "sequences overflow");
    check(f.position_limit * 2.0f * positions <= 2147483648.0f, "positions overflow");
    check(f.position_limit * f.unit >= 31.0f, "the limit of %d x %d cuts off gradients",
          sizes[i][0], sizes[i][1]);
    check(f.position_limit < 4194304.0f, "float_round's range");
  }
}

const Test quantizer_tests[] = {
    {"packing", test_packing},
    {"schemes", test_schemes},
    {"fixed point of gradients", test_fixed_point},
    {NULL, NULL},
};
