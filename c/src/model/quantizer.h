/* quantizer.h - from latents to the few values a weight can take, and back to the numbers they
 * stand for: weight[r,c] = scale[r] * code[r,c].
 *
 * Every scheme sees latents as whole units, -127..127 (float latents are rounded first), and finds
 * for each row the threshold from which on a latent counts, and the scale:
 *
 *   trits   code = (latent >= threshold) - (latent <= -threshold)
 *   signs   code = latent >= 0 ? 1 : -1
 *   2 bits  code = sign + 2 trit: -3, -1, 1, 3
 *
 * mean is that of |latent| over the matrix; u = LATENT_UNIT.
 */
#ifndef QUANTIZER_H
#define QUANTIZER_H

#include "math/packing.h"

#define LATENT_UNIT 0.0015f    /* a latent of 1 stands for this weight */
#define CONSTANT_SCALE 0.0625f /* 2^-4: of SCHEME_CONSTANT, and of weights without latents */

/* Where the weights of a matrix lie. */
typedef enum {
  STORE_INT8,   /* int8 latents */
  STORE_FLOAT,  /* float latents, in the same unit */
  STORE_PACKED, /* the codes themselves, packed row by row */
  STORE_STRIPS  /* trits, packed in strips: to write */
} WeightStore;

/* Whether there are codes alone, and no latents. */
static inline bool store_is_packed(WeightStore store) { return store >= STORE_PACKED; }

/* One matrix of weights: y[R] = scale[R] * (codes[R,C] x[C]). The codes of latents are not stored:
 * they are made row by row, as they are used. */
typedef struct {
  int rows, cols; /* R, C */
  SchemeKind scheme;
  WeightStore store;
  int8_t *latent;      /* [R,C] row-major, -127..127; STORE_INT8 */
  float *float_latent; /* [R,C] -127..127; STORE_FLOAT */
  uint8_t *packed;     /* [R, packed_row_bytes], in rows or in strips; store_is_packed */
  uint8_t *threshold;  /* [R] 1..128; null where store_is_packed */
  float *scale;        /* [R] */
  float fixed_scale;   /* of all rows, whatever the scheme says; 0: the scheme's */
} WeightMatrix;

/* One scheme, as the tables of `methods` show it. */
typedef struct {
  const char *name, *formula, *source;
  const char *bits; /* information of one weight, log2 of its values */
  CodeKind codes;
  void (*fit)(WeightMatrix *w, int8_t *row); /* sets threshold and scale; row [C] is scratch */
} SchemeRow;

/* The row of a scheme. */
const SchemeRow *scheme_row(SchemeKind kind);

/* How packed weights lie where one position at a time goes through them: trits in strips. */
WeightStore store_to_write(SchemeKind kind);

/* Bytes of a matrix in its packed form. */
size_t matrix_packed_bytes(SchemeKind kind, int rows, int cols);

/* Puts packed codes [packed_row_bytes] in the place of row r of a packed matrix. */
void matrix_put_row(WeightMatrix *w, int r, const uint8_t *row);

/* Lays packed rows of trits out in strips. scratch [matrix_packed_bytes] */
void matrix_to_strips(WeightMatrix *w, uint8_t *scratch);

/* The scale with which outputs of random inputs of a root mean square of 1 have one of about 1 too:
 * 1 / sqrt(C m), where m is the mean square of codes that are as likely as at a beginning. */
float scale_of_unit_outputs(SchemeKind kind, int cols);

/* Thresholds and scales from the latents; nothing where store_is_packed. row int8 [C] is scratch.
 */
void matrix_quantize(WeightMatrix *w, int8_t *row);

/* Codes of row r, columns first .. first+count-1. codes int8 [count] */
void matrix_codes(const WeightMatrix *w, int r, int first, int count, int8_t *codes);

/* In how many planes of trits the codes of w come apart: code = sum of its trits over the planes.
 * One, but three for 2-bit codes: the sign, and twice what makes 3 of 1. */
int matrix_planes(const WeightMatrix *w);

/* Trits of row r in one plane. trits int8 [C] */
void matrix_trits(const WeightMatrix *w, int r, int plane, int8_t *trits);

#endif
