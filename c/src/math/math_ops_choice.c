/* math_ops_choice.c - the table that this build computes with, and how its threads round.
 *
 * It stands apart from the plain kernels, as those of the fast files are built on them.
 */
#include "math/math_ops.h"

#if !defined(USE_MMX_BUILD) && !defined(USE_SSE_BUILD) && !defined(USE_WASM_SIMD_BUILD)
void math_ops_take_fast(MathOps *table) { (void)table; }
#endif

static MathOps selected;
const MathOps *const ops = &selected;

void math_ops_init(void) { math_ops_use(true); }

void math_ops_thread_init(void) {
#if USES_X87 && !defined(KEEP_X87_PRECISION)
  unsigned short control = 0x007f; /* precision 24 bits, round to nearest, all exceptions masked */
  __asm__ volatile("fldcw %0" : : "m"(control));
#endif
}

void math_ops_use(bool fast) {
  selected = math_ops_plain;
  if (fast) math_ops_take_fast(&selected);
}
