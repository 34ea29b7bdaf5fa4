/* arithmetic.c - a few operations whose results are known. */
#include "math/arithmetic.h"

#include "base/config.h"
#include "base/floats.h"

#if defined(OTHER_BITS_ARE_MEANT) /* for builds that are wrong on purpose, or run by valgrind */

const char *arithmetic_fault(void) { return 0; }

#else

/* x, as a number that the compiler does not know. */
static float unknown(float x) {
  volatile float seen = x;
  return seen;
}

static bool is(float x, uint32_t bits) { return float_bits(x) == bits; }

const char *arithmetic_fault(void) {
  const float one = unknown(1.0f), half_ulp = unknown(5.96046448e-8f); /* 2^-24 */
  const float above_one = unknown(1.00024414f);                        /* 1 + 2^-12 */
  if (!is(one, 0x3f800000u)) return "its floats are not those of IEEE 754";
  if (!is(one + half_ulp - unknown(1.0f), 0)) return "it keeps more than the 24 bits of a float";
  if (!is(above_one * above_one - (one + 2.0f * (above_one - one)), 0))
    return "it joins a product and a sum (-ffp-contract=fast)";
  if (!is(unknown(0.3f) + ROUND_MAGIC - ROUND_MAGIC, 0))
    return "it reorders sums (-fassociative-math)";
  if (!is(unknown(5.0f) / 3.0f, 0x3fd55555u))
    return "it multiplies where it should divide (-freciprocal-math)";
  return is(unknown(-0.0f) + 0.0f, 0) ? 0 : "it takes -0 for 0 (-fno-signed-zeros)";
}

#endif
