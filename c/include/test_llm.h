/* test_llm.h - the program's own tests, which it carries with it: they run on the laptop too. */
#ifndef TEST_LLM_H
#define TEST_LLM_H

#include "options.h"

/* Runs all tests; an error names the first that failed. */
bool selftest_command(const Options *options, Error *error);

#endif
