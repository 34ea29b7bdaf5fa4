/* numbers.c - reads and writes numbers with integers only, so that every build does it alike. */
#include "base/numbers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/floats.h"

/* ---- from text ---- */

bool parse_decimal(const char *s, float *value) {
  static const float power_of_ten[] = {1.0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f,
                                       1e6f, 1e7f, 1e8f, 1e9f, 1e10f};
  int32_t mantissa = 0, decimals = 0, digits = 0;
  bool point = false;
  for (; *s; s++) {
    if (*s == '.' && !point) {
      point = true;
      continue;
    }
    if (*s < '0' || *s > '9' || mantissa > 1000000) return false;
    mantissa = mantissa * 10 + (*s - '0');
    digits++;
    if (point && ++decimals > 10) return false;
  }
  if (digits == 0) return false;
  *value = (float)mantissa / power_of_ten[decimals]; /* both exact: one rounding */
  return true;
}

bool parse_size(const char *s, uint64_t *bytes) {
  static const struct {
    const char *suffix;
    uint64_t factor;
  } units[] = {{"", 1},         {"B", 1},       {"KB", 1024},       {"K", 1024},
               {"MB", 1048576}, {"M", 1048576}, {"GB", 1073741824}, {"G", 1073741824}};
  char *end;
  if (*s < '0' || *s > '9') return false;
  errno = 0;
  unsigned long number = strtoul(s, &end, 10);
  if (errno == ERANGE || number == 0) return false;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (strcmp(end, units[i].suffix) == 0) {
      *bytes = (uint64_t)number * units[i].factor;
      return *bytes / units[i].factor == number;
    }
  return false;
}

bool parse_int(const char *s, long low, long high, long *value) {
  char *end;
  errno = 0;
  *value = strtol(s, &end, 10);
  return *s && !*end && errno == 0 && *value >= low && *value <= high;
}

bool parse_seed(const char *s, uint32_t *seed) {
  char *end;
  if (*s < '0' || *s > '9') return false;
  errno = 0;
  unsigned long number = strtoul(s, &end, 10);
  *seed = (uint32_t)number;
  return !*end && errno == 0 && number <= 0xfffffffful;
}

/* ---- to text ---- */

void format_decimal(char *text, float x, int decimals) {
  int32_t power = 1;
  for (int i = 0; i < decimals; i++) power *= 10;
  float magnitude = float_abs(x);
  int32_t whole = magnitude < 2097152.0f ? (int32_t)magnitude : 2097152;
  int32_t fraction = float_round((magnitude - (float)whole) * (float)power);
  if (fraction < 0 || fraction > power) fraction = 0; /* beyond what this prints */
  if (fraction == power) whole++, fraction = 0;
  const char *sign = x < 0.0f ? "-" : "";
  if (decimals == 0)
    snprintf(text, 24, "%s%ld", sign, (long)whole);
  else
    snprintf(text, 24, "%s%ld.%0*ld", sign, (long)whole, decimals, (long)fraction);
}

const char *format_bytes(char *text, uint64_t bytes) {
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)bytes), at = 0;
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0) text[at++] = ',';
    text[at++] = digits[i];
  }
  text[at] = 0;
  return text;
}
