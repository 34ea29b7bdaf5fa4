/* arithmetic.h - whether this build rounds as the contract in math_ops.h says.
 *
 * Some flags show in a macro, and config.h refuses them. Others do not, and neither does a
 * processor that keeps more digits than it is asked for. So a few operations are done, whose
 * results are known, on numbers that no compiler sees.
 */
#ifndef ARITHMETIC_H
#define ARITHMETIC_H

/* Null, or what this build does otherwise, as the end of a sentence. For a thread whose rounding is
 * set (math_ops_thread_init). */
const char *arithmetic_fault(void);

#endif
