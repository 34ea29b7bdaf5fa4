/* numbers.c - reads and writes numbers with integers only, so that every build does it alike. */
#include "base/numbers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/floats.h"

/* ---- from text ---- */

enum {
  MOST_MANTISSA = 9999999, /* seven digits: below 2^24, so that a float holds it exactly */
  MOST_POWER = 10,         /* 10^10 = 2^10 * 5^10 and 5^10 is below 2^24: exact, 10^11 is not */
  MOST_EXPONENT = 1000     /* beyond which no number is read, long before an int overflows */
};

/* Digits and at most one point, as mantissa * 10^power; zeros at either end do not count as digits.
 * Returns what follows them, or null where there is no digit or there are too many. */
static const char *read_mantissa(const char *s, int32_t *mantissa, int *power) {
  int pending = 0; /* zeros after the last digit that counts */
  bool point = false, any = false;
  *mantissa = *power = 0;
  for (;; s++) {
    if (*s == '.' && !point) {
      point = true;
      continue;
    }
    if (*s < '0' || *s > '9') break;
    any = true;
    *power -= point;
    if (++pending > MOST_EXPONENT) return NULL;
    if (*s == '0') continue;
    for (; pending > 0; pending--) {
      if (*mantissa > MOST_MANTISSA / 10) return NULL;
      *mantissa *= 10;
    }
    *mantissa += *s - '0';
  }
  *power += pending;
  return any ? s : NULL;
}

/* "e3", "E-4", "e+1" or nothing at all, added to power. */
static bool read_exponent(const char *s, int *power) {
  int exponent = 0;
  if (!*s) return true;
  if (*s != 'e' && *s != 'E') return false;
  const bool negative = *++s == '-';
  if (*s == '-' || *s == '+') s++;
  if (!*s) return false;
  for (; *s; s++) {
    if (*s < '0' || *s > '9') return false;
    exponent = exponent * 10 + (*s - '0');
    if (exponent > MOST_EXPONENT) return false;
  }
  *power += negative ? -exponent : exponent;
  return true;
}

bool parse_decimal(const char *s, float *value) {
  static const float power_of_ten[MOST_POWER + 1] = {1.0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f,
                                                     1e6f, 1e7f, 1e8f, 1e9f, 1e10f};
  int32_t mantissa;
  int power;
  s = read_mantissa(s, &mantissa, &power);
  if (!s || !read_exponent(s, &power)) return false;
  if (mantissa == 0) {
    *value = 0.0f;
    return true;
  }
  if (power < -MOST_POWER || power > MOST_POWER) return false;
  /* Both operands are exact, so there is one rounding. */
  *value =
      power < 0 ? (float)mantissa / power_of_ten[-power] : (float)mantissa * power_of_ten[power];
  return true;
}

/* Digits, at most 19, as a number, and how many they are; returns what follows them. */
static const char *read_digits(const char *s, uint64_t *number, int *count) {
  for (*number = 0, *count = 0; *s >= '0' && *s <= '9' && *count < 19; s++, ++*count)
    *number = *number * 10 + (uint64_t)(*s - '0');
  return s;
}

/* The power of 1024 that a unit stands for: "" and "b" 0, "k", "kb", "KiB" 1, ...; -1: it is none.
 */
static int read_unit(const char *s) {
  static const char letters[] = "kmg";
  while (*s == ' ') s++;
  const char *letter = *s ? strchr(letters, *s | 0x20) : NULL;
  if (letter) s++;
  if (letter && (*s | 0x20) == 'i' && (s[1] | 0x20) == 'b') s++;
  if ((*s | 0x20) == 'b') s++;
  return *s ? -1 : letter ? (int)(letter - letters) + 1 : 0;
}

bool parse_size(const char *s, uint64_t *bytes) {
  uint64_t whole, fraction = 0, parts = 1;
  int digits;
  s = read_digits(s, &whole, &digits);
  if (digits == 0) return false;
  if (*s == '.') {
    s = read_digits(s + 1, &fraction, &digits);
    if (digits < 1 || digits > 9) return false;
    while (digits-- > 0) parts *= 10;
  }
  const int power = read_unit(s);
  if (power < 0 || whole > (uint64_t)INT64_MAX >> 10 * power) return false;
  *bytes = (whole << 10 * power) + (fraction << 10 * power) / parts;
  return *bytes > 0 && *bytes <= INT64_MAX;
}

bool parse_int(const char *s, long low, long high, long *value) {
  char *end;
  const char *digits = *s == '-' ? s + 1 : s;
  if (*digits < '0' || *digits > '9') return false;
  errno = 0;
  *value = strtol(s, &end, 10);
  return !*end && errno == 0 && *value >= low && *value <= high;
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

void format_shortest(char *text, float x) {
  format_decimal(text, x, 6);
  char *end = text + strlen(text);
  while (end[-1] == '0') *--end = 0;
  if (end[-1] == '.') end[-1] = 0;
}

const char *format_size(char *text, uint64_t bytes) {
  static const char *const suffixes[] = {"", "KB", "MB", "GB"};
  int unit = 0;
  for (; unit < 3 && bytes > 0 && bytes % 1024 == 0; unit++) bytes /= 1024;
  snprintf(text, 32, "%llu%s", (unsigned long long)bytes, suffixes[unit]);
  return text;
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
