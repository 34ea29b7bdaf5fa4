/* random.c - keys of random streams. */
#include "math/random.h"

uint32_t random_key(uint32_t seed, uint32_t stream, uint32_t step) {
  return random_u32(random_u32(random_u32(0x6c656761u, seed), stream), step);
}
