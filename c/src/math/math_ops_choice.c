/* math_ops_choice.c - the table that this build computes with, and how its threads round.
 *
 * It stands apart from the plain kernels, as those of the fast files are built on them.
 */
#include "math/math_ops.h"

#if defined(USE_AVX2_BUILD)
#include <cpuid.h>

#include "math/math_ops_avx2.h"
#endif

#if !defined(USE_MMX_BUILD) && !defined(USE_SSE_BUILD) && !defined(USE_WASM_SIMD_BUILD)
void math_ops_take_fast(MathOps *table) { (void)table; }
#endif

/* ---- AVX2, which only the machine can tell of ---- */

#if defined(USE_AVX2_BUILD)
/* Whether the system saves the upper halves of the registers when it turns to another process. */
static bool system_saves_avx(void) {
  enum { SSE_AND_AVX = 6 };
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & SSE_AND_AVX) == SSE_AND_AVX;
}

bool math_ops_has_avx2(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !system_saves_avx()) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2);
}

static void take_avx2(MathOps *table) {
  table->name = "AVX2";
  math_ops_take_avx2_products(table);
  math_ops_take_avx2_integers(table);
  math_ops_take_avx2_floats(table);
}
#else
bool math_ops_has_avx2(void) { return false; }
static void take_avx2(MathOps *table) { (void)table; }
#endif

/* ---- the choice ---- */

static MathOps selected;
const MathOps *const ops = &selected;

void math_ops_init(void) { math_ops_use(KERNELS_BEST); }

void math_ops_use(Kernels kernels) {
  selected = math_ops_plain;
  if (kernels >= KERNELS_OF_BUILD) math_ops_take_fast(&selected);
  if (kernels >= KERNELS_BEST && math_ops_has_avx2()) take_avx2(&selected);
}

void math_ops_thread_init(void) {
#if USES_X87 && !defined(KEEP_X87_PRECISION)
  unsigned short control = 0x007f; /* precision 24 bits, round to nearest, all exceptions masked */
  __asm__ volatile("fldcw %0" : : "m"(control));
#endif
}
