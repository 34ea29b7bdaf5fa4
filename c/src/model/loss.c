/* loss.c - adds losses, divides by integers. */
#include "model/loss.h"

#include <stdio.h>

#include "base/numbers.h"
#include "math/math_ops.h"

#define MOST_NATS 127.0f /* float_round is for less than 2^22 units */

void loss_add(LossSum *loss, float nats, int bytes) {
  loss->sum += float_round((nats < MOST_NATS ? nats : MOST_NATS) * (float)LOSS_UNITS);
  loss->tokens++;
  loss->bytes += bytes;
}

void loss_join(LossSum *loss, const LossSum *other) {
  loss->sum += other->sum;
  loss->tokens += other->tokens;
  loss->bytes += other->bytes;
}

/* sum * factor / count, rounded, for counts below 2^31 * LOSS_UNITS: in two parts, as the product
 * may be larger than 64 bits. */
static int64_t scaled_mean(int64_t sum, int64_t factor, int64_t count) {
  if (count == 0) return 0;
  return sum / count * factor + (sum % count * factor + count / 2) / count;
}

/* sum * factor / count as ten thousandths. */
static void format_mean(char text[LOSS_TEXT], int64_t sum, int64_t factor, int64_t count) {
  const int64_t value = scaled_mean(sum, factor, count);
  snprintf(text, LOSS_TEXT, "%ld.%04ld", (long)(value / 10000), (long)(value % 10000));
}

void ratio_format(char text[LOSS_TEXT], int64_t part, int64_t all) {
  format_mean(text, part, 10000, all);
}

float loss_mean(const LossSum *loss) {
  return float_of_i32((int32_t)scaled_mean(loss->sum, 1, loss->tokens)) / (float)LOSS_UNITS;
}

void loss_format(char text[LOSS_TEXT], const LossSum *loss) {
  ratio_format(text, loss->sum, loss->tokens * LOSS_UNITS);
}

void loss_format_bits(char text[LOSS_TEXT], const LossSum *loss) {
  enum { TEN_THOUSANDTHS_OF_BITS = 14427 }; /* of a nat: 10000 / ln 2 */
  format_mean(text, loss->sum, TEN_THOUSANDTHS_OF_BITS, loss->bytes * LOSS_UNITS);
}

void perplexity_format(char text[LOSS_TEXT], const LossSum *loss) {
  const float mean = loss_mean(loss), most = 13.8f; /* of a million, about */
  format_decimal(text, float_exp(mean < most ? mean : most), 2);
}
