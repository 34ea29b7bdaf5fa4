/* ints.h - small functions of whole numbers. */
#ifndef INTS_H
#define INTS_H

/* The smaller of two, for the last part of a loop that goes in blocks. */
static inline int min_int(int a, int b) { return a < b ? a : b; }

#endif
