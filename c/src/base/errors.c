/* errors.c - puts a failure into words. */
#include "base/errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(Error *error, int exit_code, const char *format, ...) {
  va_list arguments;
  error->exit_code = exit_code;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  for (char *c = error->message; *c; c++)
    if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?'; /* it is one line, and no terminal's */
  return false;
}

bool error_add(Error *error, const char *words) {
  const size_t used = strlen(error->message);
  snprintf(error->message + used, sizeof error->message - used, "%s", words);
  return false;
}

bool error_copy(Error *error, const Error *other) {
  *error = *other;
  return false;
}
