/* test_wire.c - numbers on their way between ranks. */
#include <string.h>

#include "base/ranks.h"
#include "ranks/wire.h"
#include "tests/frame.h"

enum { MOST = 100 };

/* Numbers of so many bits at most, with both ends among them. */
static void draw_numbers(int32_t *values, int n, int bits) {
  const int shift = bits ? 32 - bits : 31;
  for (int i = 0; i < n; i++) values[i] = bits ? (int32_t)draw() >> shift : 0;
  if (bits && n > 1) values[0] = INT32_MIN >> shift, values[1] = INT32_MAX >> shift;
}

/* Numbers of every size and count come back, also on top of others, in as many bytes as is said. */
static void test_round_trips(void) {
  static int32_t values[MOST], back[MOST];
  static uint8_t bytes[MOST * 5];
  for (int n = 0; n <= MOST; n++)
    for (int bits = 0; bits <= 32; bits++) {
      draw_numbers(values, n, bits);
      const size_t size = wire_pack(bytes, values, (size_t)n),
                   bytes_of_values = sizeof(int32_t) * (size_t)n;
      if (!check(size <= wire_most_bytes((size_t)n), "%d numbers take %d bytes", n, (int)size))
        return;
      check((int)size * 8 <= n * (bits + 2) + 15 * (n / 64 + 1), "%d bits", bits);
      check(wire_unpack(back, bytes, size, (size_t)n) && memcmp(back, values, bytes_of_values) == 0,
            "%d numbers of %d bits", n, bits);
      for (int i = 0; i < n; i++) back[i] = values[i] < 0 ? 1 : -1;
      check(wire_add(back, bytes, size, (size_t)n), "they are not added");
      for (int i = 0; i < n; i++)
        if (!check(back[i] == values[i] + (values[i] < 0 ? 1 : -1), "number %d", i)) return;
    }
}

/* Bytes that are not these numbers are refused, and none behind them is read. */
static void test_damage(void) {
  static int32_t values[MOST];
  static uint8_t bytes[MOST * 5];
  draw_numbers(values, MOST, 20);
  const size_t size = wire_pack(bytes, values, MOST);
  for (size_t less = 0; less < size; less++)
    check(!wire_unpack(values, bytes, less, MOST), "%d of %d bytes", (int)less, (int)size);
  check(!wire_unpack(values, bytes, size + 1, MOST), "a byte too many");
  bytes[0] = 33;
  check(!wire_add(values, bytes, size, MOST), "numbers of 33 bits");
}

/* ---- sums of larger numbers ---- */

enum { COUNT = 3 };

/* What two other ranks have, who are not here. */
static void add_twice(void *context, int32_t *values, size_t n) {
  const int32_t *others = context;
  for (size_t i = 0; i < n; i++) values[i] += 2 * others[i % 4];
}

static bool is_done(void *context) {
  (void)context;
  return true;
}

static void test_numbers(void) {
  int32_t others[4] = {0xfedc, 0xba98, 0x7654, 0x0003}; /* 0x37654ba98fedc */
  const Ranks ranks = {.count = COUNT, .context = others, .begin = add_twice, .finish = is_done};
  int64_t numbers[] = {0, 1, -5, 0x7fffffffff, -0x1234567890};
  int64_t before[5];
  memcpy(before, numbers, sizeof numbers);
  check(ranks_add_numbers(&ranks, numbers, 5), "they are not added");
  for (int i = 0; i < 5; i++)
    check(numbers[i] == before[i] + 2 * INT64_C(0x37654ba98fedc), "sum %d", i);
}

/* Every sequence is one rank's, in their order, and none has more than its share. */
static void test_shares(void) {
  for (int batch = 1; batch < 40; batch++)
    for (int count = 1; count <= batch; count++) {
      const Ranks ranks = {.count = count};
      check(ranks_first(&ranks, batch, 0) == 0 && ranks_first(&ranks, batch, count) == batch,
            "the ends of %d sequences", batch);
      for (int r = 0; r < count; r++) {
        const int share = ranks_first(&ranks, batch, r + 1) - ranks_first(&ranks, batch, r);
        check(share >= 1 && share <= ranks_share(&ranks, batch), "%d sequences of rank %d of %d",
              share, r, count);
      }
    }
}

const Test wire_tests[] = {
    {"numbers between ranks", test_round_trips},
    {"damaged numbers between ranks", test_damage},
    {"sums over ranks", test_numbers},
    {"shares of ranks", test_shares},
    {NULL, NULL},
};
