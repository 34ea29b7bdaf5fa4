/* processor.c - what the compiler was allowed to use, against what CPUID says. */
#include "base/processor.h"

#include <stddef.h>

#if (defined(__i386__) || defined(__x86_64__)) && defined(__GNUC__)
#include <cpuid.h>

/* Words of CPUID that have a bit for each extension: ECX and EDX of leaf 1, EBX of leaf 7. */
enum { LEAF1_ECX, LEAF1_EDX, LEAF7_EBX, WORDS };

/* An extension that this build is made of. */
typedef struct {
  int word, bit;
  const char *refusal;
} Need;

#define REFUSAL(name, advice)                                                                      \
  "this build needs " name ", which this processor does not have; " advice
#define MAKE_HERE "compile it on this machine with `make`"

/* The macros are those that the compiler sets for what it may use anywhere. A kernel that is only
 * called where the processor has what it needs is none of these. */
static const Need needs[] = {
#if defined(__i686__) && !defined(__x86_64__)
    {LEAF1_EDX, 15, REFUSAL("CMOV", "it is for a Pentium II or later: " MAKE_HERE)},
#endif
#if defined(__MMX__) || defined(USE_MMX_BUILD)
    {LEAF1_EDX, 23, REFUSAL("MMX", "it is for a Pentium II or later: " MAKE_HERE)},
#endif
#if defined(__SSE__) || defined(USE_SSE_BUILD)
    {LEAF1_EDX, 25, REFUSAL("SSE", "use the p2 build, which gives the same bits")},
#endif
#if defined(__SSE2__)
    {LEAF1_EDX, 26, REFUSAL("SSE2", "use the p3 build, which gives the same bits")},
#endif
#if defined(__SSE3__)
    {LEAF1_ECX, 0, REFUSAL("SSE3", MAKE_HERE)},
#endif
#if defined(__SSSE3__)
    {LEAF1_ECX, 9, REFUSAL("SSSE3", MAKE_HERE)},
#endif
#if defined(__FMA__)
    {LEAF1_ECX, 12, REFUSAL("FMA", MAKE_HERE)},
#endif
#if defined(__SSE4_1__)
    {LEAF1_ECX, 19, REFUSAL("SSE4.1", MAKE_HERE)},
#endif
#if defined(__SSE4_2__)
    {LEAF1_ECX, 20, REFUSAL("SSE4.2", MAKE_HERE)},
#endif
#if defined(__POPCNT__)
    {LEAF1_ECX, 23, REFUSAL("POPCNT", MAKE_HERE)},
#endif
#if defined(__AVX__)
    {LEAF1_ECX, 28, REFUSAL("AVX", MAKE_HERE)},
#endif
#if defined(__BMI__)
    {LEAF7_EBX, 3, REFUSAL("BMI", MAKE_HERE)},
#endif
#if defined(__AVX2__)
    {LEAF7_EBX, 5, REFUSAL("AVX2", MAKE_HERE)},
#endif
#if defined(__BMI2__)
    {LEAF7_EBX, 8, REFUSAL("BMI2", MAKE_HERE)},
#endif
#if defined(__AVX512F__)
    {LEAF7_EBX, 16, REFUSAL("AVX-512", MAKE_HERE)},
#endif
    {0, 0, NULL}};

const char *processor_refusal(void) {
  unsigned word[WORDS] = {0, 0, 0}, a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d)) word[LEAF1_ECX] = c, word[LEAF1_EDX] = d;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) word[LEAF7_EBX] = b;
  for (const Need *need = needs; need->refusal; need++)
    if (!(word[need->word] >> need->bit & 1)) return need->refusal;
  return NULL;
}

#else
const char *processor_refusal(void) { return NULL; }
#endif
