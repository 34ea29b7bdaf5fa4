/* math_ops_x87.h - hands the x87 kernels to the table. */
#ifndef MATH_OPS_X87_H
#define MATH_OPS_X87_H

#include "math/math_ops.h"

/* Puts the x87 kernels over the plain ones in table, where this build has them. */
void math_ops_take_x87(MathOps *table);

#endif
