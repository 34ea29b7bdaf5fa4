/* kernels.h - the beginning of a fuzzer that computes: the kernels of this processor are chosen. */
#ifndef KERNELS_H
#define KERNELS_H

#include "harness.h"
#include "math/math_ops.h"

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  math_ops_init();
  math_ops_thread_init();
  return 0;
}

#endif
