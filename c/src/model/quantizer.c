/* quantizer.c - the table of quantization schemes, a few lines each. All statistics are integer. */
#include "model/quantizer.h"

#include <string.h>

#include "math/math_ops.h"

/* ---- latents as whole units ---- */

/* Latents first .. first+count-1 of row r, rounded where they are floats. row int8 [count] */
static const int8_t *whole_latents(const WeightMatrix *w, int r, int first, int count,
                                   int8_t *row) {
  const size_t at = (size_t)r * (size_t)w->cols + (size_t)first;
  if (w->store == STORE_INT8) return w->latent + at;
  ops->quantize(row, w->float_latent + at, 1.0f, count);
  return row;
}

/* Sum and number of the |latents| of one row that are at least `least`. */
typedef struct {
  int32_t sum, count; /* sum <= 127 * 2^22 */
} Magnitudes;

static Magnitudes row_magnitudes(const WeightMatrix *w, int r, int least, int8_t *row) {
  const int8_t *latent = whole_latents(w, r, 0, w->cols, row);
  Magnitudes m = {0, 0};
  ops->magnitudes(latent, w->cols, least, &m.sum, &m.count);
  return m;
}

static Magnitudes magnitudes(const WeightMatrix *w, int least, int8_t *row) {
  Magnitudes all = {0, 0};
  for (int r = 0; r < w->rows; r++) {
    const Magnitudes m = row_magnitudes(w, r, least, row);
    all.sum += m.sum;
    all.count += m.count;
  }
  return all;
}

/* The smallest whole latent above numerator / denominator of the mean of m, 1..128. */
static int threshold_above(Magnitudes m, int numerator, int denominator) {
  if (m.count == 0) return 1;
  const int64_t threshold = (int64_t)m.sum * numerator / ((int64_t)m.count * denominator) + 1;
  return threshold > 128 ? 128 : (int)threshold;
}

/* The mean as a weight; never 0, so that a matrix of zeros stays a matrix of zeros. */
static float mean_weight(Magnitudes m) {
  if (m.sum == 0) return LATENT_UNIT;
  return float_of_i32(m.sum) / float_of_i32(m.count) * LATENT_UNIT;
}

static void set_rows(WeightMatrix *w, int threshold, float scale) {
  memset(w->threshold, threshold, (size_t)w->rows);
  for (int r = 0; r < w->rows; r++) w->scale[r] = scale;
}

/* ---- the schemes ---- */

/* The power of two nearest to x > 0 in the logarithm: up from sqrt(2) on. */
static float nearest_power_of_two(float x) {
  uint32_t bits = float_bits(x);
  int exponent = (int)(bits >> 23) - 127;
  if ((bits & 0x007fffffu) >= (float_bits(1.41421356f) & 0x007fffffu)) exponent++;
  return float_exp2i(exponent);
}

static void fit_absmean(WeightMatrix *w, int8_t *row) {
  const Magnitudes all = magnitudes(w, 0, row);
  set_rows(w, threshold_above(all, 1, 2), mean_weight(all));
}

static void fit_pow2(WeightMatrix *w, int8_t *row) {
  const Magnitudes all = magnitudes(w, 0, row);
  const float mean = mean_weight(all);
  set_rows(w, threshold_above(all, 1, 2), all.sum > 0 ? nearest_power_of_two(mean) : mean);
}

static void fit_twn(WeightMatrix *w, int8_t *row) {
  const int threshold = threshold_above(magnitudes(w, 0, row), 7, 10);
  set_rows(w, threshold, mean_weight(magnitudes(w, threshold, row)));
}

static void fit_row(WeightMatrix *w, int8_t *row) {
  for (int r = 0; r < w->rows; r++) {
    const Magnitudes m = row_magnitudes(w, r, 0, row);
    w->threshold[r] = (uint8_t)threshold_above(m, 1, 2);
    w->scale[r] = mean_weight(m);
  }
}

static void fit_constant(WeightMatrix *w, int8_t *row) {
  set_rows(w, threshold_above(magnitudes(w, 0, row), 1, 2), CONSTANT_SCALE);
}

static void fit_binary(WeightMatrix *w, int8_t *row) {
  set_rows(w, 1, mean_weight(magnitudes(w, 0, row)));
}

/* Max's uniform quantizer of a normal variable has steps of 0.996 of its deviation, which is 1.253
 * of the mean of its size: a step is 1.25 of that mean, and scale is half a step. */
static void fit_2bit(WeightMatrix *w, int8_t *row) {
  const Magnitudes all = magnitudes(w, 0, row);
  set_rows(w, threshold_above(all, 5, 4), 0.625f * mean_weight(all));
}

static const SchemeRow schemes[SCHEMES] = {
    [SCHEME_POW2] =
        {"pow2",
         "sign of w where |w| > mean/2, else 0; scale: the power of two nearest to the mean",
         "absmean with a shift for its scale", "1.58", CODES_TRITS, fit_pow2},
    [SCHEME_ABSMEAN] = {"absmean", "sign of w where |w| > mean/2, else 0; scale: the mean",
                        "BitNet b1.58, Ma et al., 2024", "1.58", CODES_TRITS, fit_absmean},
    [SCHEME_TWN] = {"twn", "sign of w where |w| > 0.7 mean, else 0; scale: the mean of those |w|",
                    "Ternary Weight Networks, Li et al., 2016", "1.58", CODES_TRITS, fit_twn},
    [SCHEME_ROW] = {"row", "absmean, computed for each row by itself",
                    "per-channel scales, Krishnamoorthi, 2018", "1.58", CODES_TRITS, fit_row},
    [SCHEME_CONSTANT] = {"constant",
                         "sign of w where |w| > mean/2, else 0; scale: 1/16 in every matrix",
                         "absmean without a scale", "1.58", CODES_TRITS, fit_constant},
    [SCHEME_BINARY] = {"binary", "sign of w; scale: the mean", "XNOR-Net, Rastegari et al., 2016",
                       "1", CODES_SIGNS, fit_binary},
    [SCHEME_2BIT] = {"2bit", "-3, -1, 1 or 3, in steps of 1.25 mean; scale: half a step",
                     "uniform quantizer of a normal variable, Max, 1960", "2", CODES_2BIT,
                     fit_2bit},
};

const SchemeRow *scheme_row(SchemeKind kind) { return &schemes[kind]; }

WeightStore store_to_write(SchemeKind kind) {
  return schemes[kind].codes == CODES_TRITS ? STORE_STRIPS : STORE_PACKED;
}

size_t matrix_packed_bytes(SchemeKind kind, int rows, int cols) {
  return (size_t)rows * packed_row_bytes(schemes[kind].codes, cols);
}

float scale_of_unit_outputs(SchemeKind kind, int cols) {
  static const float mean_squares[] = {
      [CODES_TRITS] = 2.0f / 3.0f, [CODES_SIGNS] = 1.0f, [CODES_2BIT] = 4.0f};
  return 1.0f / float_sqrt((float)cols * mean_squares[schemes[kind].codes]);
}

void matrix_quantize(WeightMatrix *w, int8_t *row) {
  if (store_is_packed(w->store)) return;
  schemes[w->scheme].fit(w, row);
  for (int r = 0; w->fixed_scale > 0.0f && r < w->rows; r++) w->scale[r] = w->fixed_scale;
}

/* ---- codes ---- */

static size_t row_bytes_of(const WeightMatrix *w) {
  return packed_row_bytes(schemes[w->scheme].codes, w->cols);
}

void matrix_put_row(WeightMatrix *w, int r, const uint8_t *row) {
  const size_t bytes = row_bytes_of(w);
  if (w->store == STORE_STRIPS)
    put_strips(ops->strips, w->packed, row, w->rows, (int)bytes, r);
  else
    memcpy(w->packed + (size_t)r * bytes, row, bytes);
}

void matrix_to_strips(WeightMatrix *w, uint8_t *scratch) {
  const size_t bytes = row_bytes_of(w);
  memcpy(scratch, w->packed, (size_t)w->rows * bytes);
  w->store = STORE_STRIPS;
  for (int r = 0; r < w->rows; r++) matrix_put_row(w, r, scratch + (size_t)r * bytes);
}

static void unpack_strips(const WeightMatrix *w, int r, int first, int count, int8_t *codes) {
  uint8_t row[HIDDEN_PER_DIM * MAX_DIM / BYTE_TRITS + 1];
  take_strips(ops->strips, row, w->packed, w->rows, (int)row_bytes_of(w), r);
  unpack_codes(CODES_TRITS, codes, row, first, count);
}

static void unpack_row(const WeightMatrix *w, int r, int first, int count, int8_t *codes) {
  if (w->store == STORE_STRIPS)
    unpack_strips(w, r, first, count, codes);
  else
    unpack_codes(schemes[w->scheme].codes, codes, w->packed + (size_t)r * row_bytes_of(w), first,
                 count);
}

void matrix_codes(const WeightMatrix *w, int r, int first, int count, int8_t *codes) {
  if (store_is_packed(w->store)) {
    unpack_row(w, r, first, count, codes);
    return;
  }
  const int8_t *latent = whole_latents(w, r, first, count, codes);
  const int threshold = w->threshold[r];
  switch (schemes[w->scheme].codes) {
  case CODES_TRITS:
    ops->ternarize(codes, latent, count, threshold);
    break;
  case CODES_SIGNS:
    ops->signs(codes, latent, count);
    break;
  case CODES_2BIT:
    for (int i = 0; i < count; i++) {
      const int trit = (latent[i] >= threshold) - (latent[i] <= -threshold);
      codes[i] = (int8_t)(2 * trit + (latent[i] >= 0 ? 1 : -1));
    }
    break;
  }
}

int matrix_planes(const WeightMatrix *w) { return schemes[w->scheme].codes == CODES_2BIT ? 3 : 1; }

void matrix_trits(const WeightMatrix *w, int r, int plane, int8_t *trits) {
  matrix_codes(w, r, 0, w->cols, trits);
  if (matrix_planes(w) == 1) return;
  const int least = plane == 0 ? 1 : 3;
  for (int c = 0; c < w->cols; c++) trits[c] = (int8_t)((trits[c] >= least) - (trits[c] <= -least));
}
