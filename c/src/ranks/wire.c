/* wire.c - packs blocks of numbers, a bit after the other. */
#include "ranks/wire.h"

enum { BLOCK = 64, WHOLE = 32 /* bits of a number as it is */, BYTE_BITS = 8 };

size_t wire_most_bytes(size_t n) { return n * sizeof(int32_t) + (n + BLOCK - 1) / BLOCK; }

static uint32_t folded(int32_t v) { return v < 0 ? ~((uint32_t)v << 1) : (uint32_t)v << 1; }

static int32_t unfolded(uint32_t z) {
  const uint32_t v = z & 1 ? ~(z >> 1) : z >> 1;
  return v <= INT32_MAX ? (int32_t)v : -(int32_t)(UINT32_MAX - v) - 1;
}

static int in_block(size_t n, size_t first) { return n - first < BLOCK ? (int)(n - first) : BLOCK; }

/* ---- writing ---- */

typedef struct {
  uint8_t *to;
  uint64_t held; /* `fill` bits, fewer than 8 between two calls */
  int fill;
} BitWriter;

/* Puts at most 32 bits. */
static void put_bits(BitWriter *w, uint32_t bits, int count) {
  w->held |= (uint64_t)bits << w->fill;
  for (w->fill += count; w->fill >= BYTE_BITS; w->fill -= BYTE_BITS, w->held >>= BYTE_BITS)
    *w->to++ = (uint8_t)w->held;
}

/* Puts so many bits 1, and a bit 0. */
static void put_unary(BitWriter *w, uint32_t ones) {
  for (; ones >= WHOLE; ones -= WHOLE) put_bits(w, UINT32_MAX, WHOLE);
  put_bits(w, ((uint32_t)1 << ones) - 1, (int)ones + 1);
}

/* Bits of a block with some k. */
static uint64_t bits_with(const int32_t *values, int count, int k) {
  uint64_t bits = (uint64_t)(k + 1) * (uint64_t)count;
  for (int i = 0; i < count; i++) bits += folded(values[i]) >> k;
  return bits;
}

/* The k of the fewest bits: near the logarithm of the mean, where it is looked for. */
static int best_k(const int32_t *values, int count) {
  uint64_t sum = 0, fewest = (uint64_t)WHOLE * (uint64_t)count;
  int k = 0, best = WHOLE;
  for (int i = 0; i < count; i++) sum += folded(values[i]);
  while (k < WHOLE - 1 && sum >> (k + 1) >= (uint64_t)count) k++;
  for (int near = k > 0 ? k - 1 : 0; near <= k + 1 && near < WHOLE; near++) {
    const uint64_t bits = bits_with(values, count, near);
    if (bits < fewest) fewest = bits, best = near;
  }
  return best;
}

size_t wire_pack(uint8_t *bytes, const int32_t *values, size_t n) {
  BitWriter w = {bytes, 0, 0};
  for (size_t first = 0; first < n; first += BLOCK) {
    const int count = in_block(n, first), k = best_k(values + first, count);
    put_bits(&w, (uint32_t)k, BYTE_BITS);
    for (int i = 0; i < count; i++) {
      const uint32_t z = folded(values[first + (size_t)i]);
      if (k < WHOLE) put_unary(&w, z >> k);
      put_bits(&w, k < WHOLE ? z & (((uint32_t)1 << k) - 1) : z, k);
    }
    if (w.fill > 0) put_bits(&w, 0, BYTE_BITS - w.fill);
  }
  return (size_t)(w.to - bytes);
}

/* ---- reading ---- */

typedef struct {
  const uint8_t *from, *end;
  uint64_t held; /* `fill` bits, fewer than 40 */
  int fill;
} BitReader;

/* Whether there are `count` bits, at most 32, which are then held. */
static bool hold_bits(BitReader *r, int count) {
  for (; r->fill < count; r->fill += BYTE_BITS) {
    if (r->from == r->end) return false;
    r->held |= (uint64_t)*r->from++ << r->fill;
  }
  return true;
}

static uint32_t take_bits(BitReader *r, int count) {
  const uint32_t bits = (uint32_t)(r->held & (((uint64_t)1 << count) - 1));
  r->held >>= count;
  r->fill -= count;
  return bits;
}

/* Bits 1 up to a bit 0, at most 32 for each number of a block. */
static bool take_unary(BitReader *r, uint32_t *ones) {
  for (*ones = 0; *ones < WHOLE * BLOCK; ++*ones) {
    if (!hold_bits(r, 1)) return false;
    if (take_bits(r, 1) == 0) return true;
  }
  return false;
}

static bool take_number(BitReader *r, int k, int32_t *v) {
  uint32_t high = 0;
  if (k < WHOLE && !take_unary(r, &high)) return false;
  if (!hold_bits(r, k)) return false;
  const uint32_t low = take_bits(r, k);
  *v = unfolded(k < WHOLE ? high << k | low : low);
  return true;
}

/* The next block: its numbers, plus what was there where keep is 1, and not where it is 0. */
static bool take_block(BitReader *r, int32_t *values, int count, int32_t keep) {
  int32_t v;
  if (!hold_bits(r, BYTE_BITS)) return false;
  const int k = (int)take_bits(r, BYTE_BITS);
  if (k > WHOLE) return false;
  for (int i = 0; i < count; i++) {
    if (!take_number(r, k, &v)) return false;
    values[i] = keep * values[i] + v;
  }
  take_bits(r, r->fill % BYTE_BITS);
  return true;
}

static bool unpack(int32_t *values, const uint8_t *bytes, size_t size, size_t n, int32_t keep) {
  BitReader r = {bytes, bytes + size, 0, 0};
  for (size_t first = 0; first < n; first += BLOCK)
    if (!take_block(&r, values + first, in_block(n, first), keep)) return false;
  return r.from == r.end && r.fill == 0;
}

bool wire_unpack(int32_t *values, const uint8_t *bytes, size_t size, size_t n) {
  return unpack(values, bytes, size, n, 0);
}

bool wire_add(int32_t *values, const uint8_t *bytes, size_t size, size_t n) {
  return unpack(values, bytes, size, n, 1);
}
