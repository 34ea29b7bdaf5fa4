/* compiler.h - what a compiler is told so that a loop uses registers and memory as a P6 core wants
 * it.
 *
 * None of it changes a value. Elsewhere than for 32-bit x86 most of it says nothing.
 */
#ifndef COMPILER_H
#define COMPILER_H

/* Has the compiler step a pointer, or keep it, instead of keeping several that start at other
 * places: a 32-bit x86 has seven registers. */
#if defined(__i386__) && defined(__GNUC__)
#define HOLD_POINTER(p) __asm__("" : "+r"(p))
#else
#define HOLD_POINTER(p) (void)(p)
#endif

/* Keeps a word in a register whose two low bytes have names (al, ah), which a shift by 16 filled:
 * gcc would join the shifts and copy the register instead. */
#if defined(__i386__) && defined(__GNUC__)
#define HOLD_WORD(x) __asm__("" : "+Q"(x))
#else
#define HOLD_WORD(x) (void)(x)
#endif

/* x >>= 16 once `after` is known, so that x needs no copy for what was read of it before. */
#if defined(__i386__) && defined(__GNUC__)
#define SHIFT_WORD_AFTER(x, after) __asm__("shrl $16, %0" : "+Q"(x), "+r"(after) : : "cc")
#else
#define SHIFT_WORD_AFTER(x, after) (void)(after), (x) >>= 16
#endif

/* Asks for the memory a little behind `at`, which a loop will come to. It may lie behind an array.
 */
enum { BYTES_AHEAD = 256 };
#if defined(__GNUC__)
#define FETCH_AHEAD(at) __builtin_prefetch((const char *)(at) + BYTES_AHEAD, 0, 0)
#else
#define FETCH_AHEAD(at) (void)(at)
#endif

#endif
