/* arithmetic.c - a few operations whose results are known. */
#include "math/arithmetic.h"

#include "base/config.h"
#include "base/floats.h"

#if defined(FAST_MATH_IS_MEANT) /* for a build that is wrong on purpose */

const char *arithmetic_fault(void) { return 0; }

#else

/* Read anew at each use, so that nothing is computed by the compiler. */
static const volatile float one = 1.0f, three = 3.0f, five = 5.0f, minus_zero = -0.0f;
static const volatile float third = 0.333333343f, above_one = 1.00024414f; /* 1 + 2^-12 */
static const volatile float half_ulp = 5.96046448e-8f;                     /* 2^-24 */

static bool is(float x, uint32_t bits) { return float_bits(x) == bits; }

const char *arithmetic_fault(void) {
  if (!is(one, 0x3f800000u)) return "its floats are not those of IEEE 754";
  if (!is(one + half_ulp - one, 0)) return "it keeps more than the 24 bits of a float";
  if (!is(above_one * above_one - (one + 2.0f * (above_one - one)), 0))
    return "it joins a product and a sum (-ffp-contract=fast)";
  if (!is(third + ROUND_MAGIC - ROUND_MAGIC, 0)) return "it reorders sums (-fassociative-math)";
  if (!is(five / 3.0f, 0x3fd55555u) || !is(five / three, 0x3fd55555u))
    return "it multiplies where it should divide (-freciprocal-math)";
  return is(minus_zero + 0.0f, 0) ? 0 : "it takes -0 for 0 (-fno-signed-zeros)";
}

#endif
