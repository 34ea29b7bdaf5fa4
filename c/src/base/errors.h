/* errors.h - how the core reports failure: a message and an exit code, carried to main.
 *
 * A function that can fail takes an Error and returns false after it has described what failed,
 * where, and what to do next. Nothing below main prints an error or ends the program.
 */
#ifndef ERRORS_H
#define ERRORS_H

#include "base/config.h"

enum {
  EXIT_OK = 0,
  EXIT_FAILED = LEGACY_LLM_FAILED, /* something went wrong while running: disk, memory, a test */
  EXIT_USAGE = LEGACY_LLM_REFUSED, /* what was asked for cannot be done: options, input files, a
                                      plan over RAM */
  EXIT_PROCESSOR = 3,              /* this processor cannot run this build */
  /* 128 and the number of a signal: it ended the program early, see run/interrupts.h */
};

typedef legacy_llm_error Error;

/* Describes a failure (printf style) and returns false, so that callers can return its result.
 * Control characters, which come from arguments and names of files, are shown as "?". */
bool error_set(Error *error, int exit_code, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* Adds words at the end of what an error says; returns false. */
bool error_add(Error *error, const char *words);

/* Passes another error on; returns false. */
bool error_copy(Error *error, const Error *other);

#endif
