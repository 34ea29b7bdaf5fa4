/* test_llm.h - the program's own tests, which it carries with it: they run on the laptop too. */
#ifndef TEST_LLM_H
#define TEST_LLM_H

#include "run/options.h"

/* Runs all tests and prints a line for each; an error names the first that failed. commands: those
 * of the program, until null. */
bool run_tests(const Command *const commands[], Error *error);

#endif
