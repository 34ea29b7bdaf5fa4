/* kneser_ney.h - probabilities from counts: interpolated modified Kneser-Ney smoothing (Kneser and
 * Ney, 1995; Chen and Goodman, 1999).
 *
 * The probability of token w after the n-1 tokens h, of which h' are the n-2 newest:
 *
 *   p_n(w|h) = max(c(hw) - D(c(hw)), 0) / C + gamma(h) p_{n-1}(w|h')       p_0 = 1 / V
 *   C = sum_w c(hw)     gamma(h) = (D1 N1(h) + D2 N2(h) + D3 N3(h)) / C
 *
 * N1, N2 and N3 are the different tokens that followed h once, twice, and three times or more. A
 * context without children backs off wholly: p_n = p_{n-1}. The discounts of a level follow from
 * n1,
 * .. n4, how many of its n-grams have counts of 1, .. 4:
 *
 *   Y = n1 / (n1 + 2 n2)    D1 = 1 - 2 Y n2/n1    D2 = 2 - 3 Y n3/n2    D3 = 3 - 4 Y n4/n3
 *
 * D1 is moved towards 1, by min(n - 1, 5) tenths: new text is less like the counted one than its
 * parts are like each other.
 *
 * The longest n-grams have the counts of their occurrences. A shorter one has its continuation
 * count: how many different tokens stood before it, where the n-grams with these are in the table,
 * plus its occurrences for which they are not: at the beginning of a document, or where the context
 * was too rare.
 *
 * Floats are computed in one order, by rules that all builds share (math/math_ops.h); none is below
 * 2^-40.
 */
#ifndef KNESER_NEY_H
#define KNESER_NEY_H

#include "counts/table.h"

/* Makes n-grams of `order` tokens (1..shape.order) the longest in use, with the counts that they
 * have as the longest, so that a table judges as one that was built with this order would. What a
 * CountsContext knows is void afterwards. Changes the table; with shape.order all is as it was, to
 * the bit. A table that was just counted has all counts as with order 1. */
void counts_use_order(Counts *c, int order);

/* The discounts of all levels in use, which counts_use_order finds by itself. */
void counts_find_discounts(Counts *c);

/* The probability of a token, at least 2^-40. */
float counts_probability(const Counts *c, const CountsContext *context, int token);

/* Those of all tokens, p [V]: the same bits. They add up to 1 but for rounding. */
void counts_distribution(const Counts *c, const CountsContext *context, float *p);

/* What the gates go by (gates.h): a number below MAX_GATES, from what followed the longest context
 * with children. */
int counts_bucket(const Counts *c, const CountsContext *context);

#endif
