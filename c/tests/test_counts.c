/* test_counts.c - the counts beside the model, against slow and obvious counting in a text. */
#include <string.h>

#include "base/floats.h"
#include "base/stream.h"
#include "counts/build.h"
#include "counts/gates.h"
#include "counts/kneser_ney.h"
#include "counts/pack.h"
#include "counts/suffix_array.h"
#include "tests/frame.h"

enum { MOST_TEXT = 500, BLOCK = 1 << 17, PACKED = 1 << 15, MOST_TRIED = 300 /* V */ };

static uint32_t block_a[BLOCK / 4], block_b[BLOCK / 4];
static uint8_t packed[PACKED];

/* ---- texts ---- */

static uint16_t tokens[MOST_TEXT];

/* A text in which what follows depends a little on what was before. */
static void draw_text(int n, int vocab) {
  for (int i = 0; i < n; i++) {
    const uint32_t r = draw();
    tokens[i] = (uint16_t)(r >> 8) % (uint16_t)vocab;
    if (i > 8 && r % 3) tokens[i] = tokens[i - 1 - (int)(r >> 4 & 7)];
  }
}

static int32_t longest_read;

static bool read_drawn(void *context, int32_t first, int count, uint16_t *to, Error *error) {
  (void)context, (void)error;
  if (first + count > longest_read) return false;
  memcpy(to, tokens + first, (size_t)count * sizeof *to);
  return true;
}

static Text drawn_text(int n, int vocab) {
  const Text text = {.count = n, .vocab = vocab, .reader = {NULL, read_drawn}};
  longest_read = n;
  return text;
}

/* The same in memory, in one byte or two. */
static Text kept_text(int n, int vocab) {
  static uint8_t kept[2 * MOST_TEXT];
  const int width = vocab > 256 || draw() % 4 == 0 ? 2 : 1;
  for (int i = 0; i < n; i++) put_token(kept, width, (size_t)i, tokens[i]);
  return (Text){.count = n, .kept = n, .vocab = vocab, .width = width, .tokens = kept};
}

typedef struct {
  int vocab, separator, order;
  int from, n; /* the part that is counted: tokens from..n-1 */
} Case;

static Case draw_case(void) {
  static const int sizes[] = {2, 3, 5, 20, 62, 256, 257, MOST_TRIED};
  Case t = {.vocab = sizes[draw() % 8], .order = 1 + (int)(draw() % MAX_COUNTS_ORDER)};
  t.n = 1 + (int)(draw() % MOST_TEXT);
  if (draw() % 2) t.separator = t.vocab - 1;
  if (draw() % 4 == 0) t.from = (int)(draw() % (uint32_t)t.n);
  draw_text(t.n, t.vocab);
  return t;
}

static LentMemory lent; /* to all that is counted; mostly nothing */

static bool count_text(Counts *c, const Case *t, const Text *text, void *block, uint32_t bytes) {
  const CountsShape shape = {t->vocab, t->separator, t->order, bytes};
  const CountedPart part = {text, t->from, t->n};
  Error error;
  counts_clear(c, &shape, block);
  return check(counts_shape_fault(&shape) == NULL, "%s", counts_shape_fault(&shape)) &&
         check(counts_build(c, &part, lent, &error), "counting failed: %s", error.message);
}

static bool count_case(Counts *c, const Case *t, void *block, uint32_t bytes) {
  const Text text = drawn_text(t->n, t->vocab);
  return count_text(c, t, &text, block, bytes);
}

/* ---- slow counting ---- */

/* Whether an n-gram of the text ends before `end`. */
static bool is_ngram(const Case *t, int end, int n) {
  if (end > t->n || end - n < t->from) return false;
  for (int i = end - n + 1; i < end - 1 && t->separator; i++)
    if (tokens[i] == t->separator) return false;
  return true;
}

static bool ends_with(int end, const uint16_t *gram, int n) {
  return memcmp(tokens + end - n, gram, (size_t)n * sizeof *gram) == 0;
}

static int slow_count(const Case *t, const uint16_t *gram, int n) {
  int count = 0;
  for (int end = n; end <= t->n; end++) count += is_ngram(t, end, n) && ends_with(end, gram, n);
  return count;
}

/* Different tokens before an n-gram, and how often there was none. */
static int slow_continuations(const Case *t, const uint16_t *gram, int n) {
  bool seen[MOST_TRIED] = {false};
  int count = 0;
  for (int end = n; end <= t->n; end++) {
    if (!is_ngram(t, end, n) || !ends_with(end, gram, n)) continue;
    const bool begins = !is_ngram(t, end, n + 1);
    count += begins || !seen[tokens[end - n - 1]];
    if (!begins) seen[tokens[end - n - 1]] = true;
  }
  return count;
}

static int slow_value(const Case *t, int order, const uint16_t *gram, int n) {
  return n < order ? slow_continuations(t, gram, n) : slow_count(t, gram, n);
}

/* Discounts of n-grams of n tokens, each counted where it first stands. */
static void slow_discounts(const Case *t, int order, int n, float *d) {
  float of[5] = {0}; /* n-grams by their count */
  for (int end = n; end <= t->n; end++) {
    bool first = is_ngram(t, end, n);
    for (int i = n; i < end && first; i++)
      first = !is_ngram(t, i, n) || !ends_with(i, tokens + end - n, n);
    const int value = first ? slow_value(t, order, tokens + end - n, n) : 0;
    if (value >= 1 && value <= 4) of[value] += 1.0f;
  }
  for (int k = 1; k <= 3; k++) {
    const float y = of[1] / (of[1] + 2.0f * of[2]);
    d[k] = of[k] > 0.0f && of[k + 1] > 0.0f
               ? (float)k - (float)(k + 1) * (of[1] > 0.0f ? y : 1.0f) * of[k + 1] / of[k]
               : 0.5f + 0.25f * (float)k;
    if (d[k] < 0.125f) d[k] = 0.125f;
    if (d[k] > (float)k - 0.125f) d[k] = (float)k - 0.125f;
  }
  d[1] += (1.0f - d[1]) * (n < 6 ? (float)(n - 1) / 10.0f : 0.5f);
}

/* p [V] after the newest `known` tokens before `end`. */
static void slow_distribution(const Case *t, int order, int end, float *p) {
  for (int w = 0; w < t->vocab; w++) p[w] = 1.0f / (float)t->vocab;
  for (int n = 1; n <= order && (n == 1 || is_ngram(t, end, n - 1)); n++) {
    uint16_t gram[MAX_COUNTS_ORDER + 1];
    float d[4] = {0}, value[MOST_TRIED], all = 0.0f, left = 0.0f;
    if (n > 2 && t->separator && tokens[end - 1] == t->separator) break;
    memcpy(gram, tokens + end - (n - 1), (size_t)(n - 1) * sizeof *gram);
    slow_discounts(t, order, n, d);
    for (int w = 0; w < t->vocab; w++) {
      gram[n - 1] = (uint16_t)w;
      const int count = slow_value(t, order, gram, n);
      const float off = count ? d[count < 3 ? count : 3] : 0.0f;
      value[w] = (float)count - off;
      all += (float)count;
      left += off;
    }
    for (int w = 0; w < t->vocab && all > 0.0f; w++) p[w] = (value[w] + left * p[w]) / all;
  }
}

/* The bucket there: of the longest context after which anything was counted. */
static int slow_bucket(const Case *t, int order, int end) {
  int bucket = 0;
  for (int n = 1; n <= order && (n == 1 || is_ngram(t, end, n - 1)); n++) {
    uint16_t gram[MAX_COUNTS_ORDER + 1];
    int all = 0, likeliest = 0;
    if (n > 2 && t->separator && tokens[end - 1] == t->separator) break;
    memcpy(gram, tokens + end - (n - 1), (size_t)(n - 1) * sizeof *gram);
    for (int w = 0; w < t->vocab; w++) {
      gram[n - 1] = (uint16_t)w;
      const int count = slow_value(t, order, gram, n);
      all += count;
      likeliest = count > likeliest ? count : likeliest;
    }
    const float share = (float)likeliest / (float)all;
    const int s = (share >= 1.0f / 3.0f) + (share >= 0.6f) + (share >= 0.9f);
    if (all > 0) bucket = 4 * (all > 3 ? 2 : all > 1) + s;
  }
  return bucket;
}

/* Where a text stands after its first tokens. */
static CountsContext context_at(const Counts *c, const Case *t, int end) {
  CountsContext context;
  counts_restart(&context);
  for (int i = t->from; i < end; i++) counts_push(c, &context, tokens[i]);
  return context;
}

static void compare_at(const Counts *c, const Case *t, int order, int end) {
  static float fast[MOST_TRIED], slow[MOST_TRIED];
  const CountsContext context = context_at(c, t, end);
  float sum = 0.0f;
  counts_distribution(c, &context, fast);
  slow_distribution(t, order, end, slow);
  for (int w = 0; w < t->vocab; w++) {
    const float one = counts_probability(c, &context, w);
    check(float_bits(one) == float_bits(fast[w]), "token %d alone has other bits", w);
    check(near(fast[w], slow[w], 2e-6f), "V %d order %d: p(%d) at %d is %g, slowly %g", t->vocab,
          order, w, end, (double)fast[w], (double)slow[w]);
    sum += fast[w];
  }
  check(near(sum, 1.0f, 1e-4f), "probabilities add up to %g", (double)sum);
  check(counts_bucket(c, &context) == slow_bucket(t, order, end), "V %d order %d: bucket %d at %d",
        t->vocab, order, counts_bucket(c, &context), end);
}

static int draw_place(const Case *t) {
  return t->from + (int)(draw() % (uint32_t)(t->n - t->from + 1));
}

static void test_probabilities(void) {
  Counts c;
  for (int round = 0; round < 40; round++) {
    const Case t = draw_case();
    if (!count_case(&c, &t, block_a, BLOCK)) return;
    compare_at(&c, &t, t.order, draw_place(&t));
    memcpy(block_b, block_a, BLOCK);
    const int order = 1 + (int)(draw() % (uint32_t)t.order);
    counts_use_order(&c, order);
    compare_at(&c, &t, order, draw_place(&t));
    counts_use_order(&c, t.order);
    check(memcmp(block_a, block_b, c.used) == 0, "order %d and back changed the table", order);
  }
}

/* ---- blocks that are too small ---- */

/* The n-gram of a node, by going through all of its level. */
static void check_level(const Counts *c, const Case *t, int n) {
  uint32_t expected = 0;
  for (int end = n; end <= t->n; end++) {
    const uint16_t *gram = tokens + end - n;
    bool first = is_ngram(t, end, n);
    for (int i = n; i < end && first; i++) first = !is_ngram(t, i, n) || !ends_with(i, gram, n);
    if (!first) continue;
    uint32_t node = 0;
    bool here = true;
    for (int k = 0; k < n && here; k++) {
      here = k == 0 || slow_count(t, gram, k) >= (int)c->level[k + 1].threshold;
      if (!here) break;
      node = counts_child(c, k, node, gram[k]);
      if (!check(node != NO_NODE, "an n-gram of %d is missing", k + 1)) return;
    }
    if (!here) continue;
    expected++;
    check((int)counts_count(c, n, node) == slow_count(t, gram, n), "count of an n-gram of %d", n);
  }
  check(c->level[n].nodes == expected, "level %d has %ld n-grams of %ld", n,
        (long)c->level[n].nodes, (long)expected);
}

/* Whatever the block, the table is what its thresholds say; they rise with the length, and a larger
 * block has lower ones. */
static void test_small_blocks(void) {
  Counts c;
  int raised = 0;
  for (int round = 0; round < 60; round++) {
    const Case t = draw_case();
    const uint32_t bytes = counts_least_bytes(t.vocab) + draw() % 2048 / 16 * 16;
    if (!count_case(&c, &t, block_a, bytes)) return;
    counts_use_order(&c, 1); /* so all counts are occurrences */
    for (int n = 1; n <= t.order; n++) {
      check_level(&c, &t, n);
      check(n == 1 || c.level[n].threshold >= c.level[n - 1].threshold, "a threshold fell");
    }
    check(c.level[1].threshold == 1, "a token is missing");
    raised += c.level[t.order].threshold > 1;
  }
  check(raised > 5, "only %d blocks were too small", raised);
}

/* The way to a table leaves no trace in it: a block that is hardly large enough, in which contexts
 * are taken in ranges, gives what a large one gives. */
static void test_same_table(void) {
  Counts large, small;
  int tried = 0;
  for (int round = 0; round < 40; round++) {
    const Case t = draw_case();
    uint32_t bytes = counts_least_bytes(t.vocab);
    if (!count_case(&large, &t, block_a, BLOCK)) return;
    do {
      bytes += 256;
      if (!count_case(&small, &t, block_b, bytes)) return;
    } while (small.level[t.order].threshold > 1);
    tried += bytes > counts_least_bytes(t.vocab) + 256;
    check(small.used == large.used && memcmp(block_a, block_b, large.used) == 0,
          "a block of %ld gives another table", (long)bytes);
  }
  check(tried > 5, "only %d blocks were small", tried);
}

static void compare_tables(const Counts *a, const Counts *b) {
  check(a->used == b->used && a->order == b->order && a->tokens == b->tokens &&
            memcmp(a->block, b->block, a->used) == 0,
        "V %ld order %d, %ld bytes: other tables", (long)a->shape.vocab, a->order,
        (long)a->shape.bytes);
  for (int n = 1; n <= a->shape.order; n++)
    check(a->level[n].nodes == b->level[n].nodes && a->level[n].threshold == b->level[n].threshold,
          "%ld and %ld n-grams of %d from %ld and %ld on", (long)a->level[n].nodes,
          (long)b->level[n].nodes, n, (long)a->level[n].threshold, (long)b->level[n].threshold);
}

/* Whether some level was placed beside the places of a text and a later one was not: until the
 * second, each place but the last few is needed. */
static bool places_were_covered(const Counts *c, const Case *t) {
  const long places = (long)c->shape.bytes - 4 * (t->n - t->from);
  bool covered = false;
  for (int n = 2; n <= t->order && !t->separator && c->level[n - 1].threshold == 1; n++)
    covered = covered || c->level[n].node - c->block > places + 4 * n;
  return covered && c->level[1].node - c->block + 4 * (long)c->level[1].nodes < places;
}

/* Both ways with lent memory, of a size that is too small for anything or large enough for all
 * places: the same table. */
static void compare_with_lent(const Counts *expected, const Case *t, const Text *text) {
  static uint32_t memory[MOST_TEXT + 1];
  Counts c;
  lent = (LentMemory){(uint8_t *)memory, sizeof memory - draw() % sizeof memory / 4 * 4};
  if (count_text(&c, t, text, block_b, expected->shape.bytes)) compare_tables(expected, &c);
  if (count_case(&c, t, block_b, expected->shape.bytes)) compare_tables(expected, &c);
  lent = NOTHING_LENT;
}

/* A text in memory, whose places are sorted in the block, gives what reading it gives: where the
 * places fit beside the whole table, where they do for some levels only, where they do not, and
 * where a block is too small for the table. */
static void test_text_in_memory(void) {
  static const uint32_t more[] = {256, 2048, 8192, BLOCK / 2};
  Counts in_memory, by_reading;
  int beside = 0, covered = 0, raised = 0, without = 0;
  for (int round = 0; round < 480; round++) {
    const Case t = draw_case();
    const Text text = kept_text(t.n, t.vocab);
    const uint32_t bytes = counts_least_bytes(t.vocab) + draw() % more[round % 4];
    if (!count_text(&in_memory, &t, &text, block_a, bytes)) return;
    if (!count_case(&by_reading, &t, block_b, bytes)) return;
    compare_tables(&in_memory, &by_reading);
    compare_with_lent(&in_memory, &t, &text);
    beside += in_memory.used + 4 * (uint32_t)(t.n - t.from) < bytes;
    covered += places_were_covered(&in_memory, &t);
    raised += in_memory.level[t.order].threshold > 1;
    without += 4 * (uint32_t)(t.n - t.from) > bytes;
  }
  check(beside > 20 && covered > 20 && raised > 20 && without > 5, "%d, %d, %d and %d texts",
        beside, covered, raised, without);
}

static void test_unreadable_text(void) {
  Counts c;
  Error error;
  Case t = {.vocab = 5, .order = 4, .n = MOST_TEXT};
  CountsContext context;
  draw_text(t.n, t.vocab);
  if (!count_case(&c, &t, block_a, BLOCK)) return;
  const Text text = drawn_text(t.n, t.vocab);
  longest_read = t.n - 1;
  const CountedPart part = {&text, 0, t.n};
  check(!counts_build(&c, &part, lent, &error) && c.tokens == 0, "a text that ends was counted");
  counts_restart(&context);
  counts_push(&c, &context, 3);
  check(near(counts_probability(&c, &context, 1), 0.2f, 0.0f), "an empty table knows something");
}

/* A count that is cut off keeps its continuations, and comes back: in a block that has room for the
 * places of the text, and in one that has not. */
static void count_many(bool with_places) {
  enum { MANY = MOST_COUNTED + 2000 };
  static uint8_t many[MANY];
  static uint32_t block[BLOCK / 4 + MANY];
  const Text text = {.count = MANY, .vocab = 3, .width = 1, .tokens = many};
  const CountsShape shape = {3, 0, 3, with_places ? sizeof block : BLOCK};
  const CountedPart part = {&text, 0, MANY};
  Counts c;
  Error error;
  for (int i = 0; i < MANY; i++) many[i] = i % 1000 == 999;
  counts_clear(&c, &shape, block);
  check(counts_build(&c, &part, lent, &error), "counting much: %s", error.message);
  check(counts_count(&c, 1, 0) == 2, "token 0 followed %ld, not 0 and 1",
        (long)counts_count(&c, 1, 0));
  memcpy(block_b, block, c.used);
  counts_use_order(&c, 1);
  check(counts_count(&c, 1, 0) == MOST_COUNTED, "%ld is not what is counted at most",
        (long)counts_count(&c, 1, 0));
  counts_use_order(&c, 3);
  check(memcmp(block, block_b, c.used) == 0, "what was cut off changed the table");
}

static void test_many(void) {
  count_many(false);
  count_many(true);
}

/* ---- sorted places ---- */

/* A place, and which of the groups before it was in. */
typedef struct {
  int place, group;
} SlowPlace;

static SlowPlace slow[MOST_TEXT];
static int slow_places;

static bool keep_some(const void *pattern, uint32_t group) {
  return *(const uint32_t *)pattern >> group % 32 & 1;
}

static int compare_places(int a, int b, int depth) {
  for (int i = 0; i < depth; i++)
    if (tokens[a + i] != tokens[b + i]) return tokens[a + i] < tokens[b + i] ? -1 : 1;
  return 0;
}

/* Numbers the groups of a depth; how many there are. */
static int slow_groups(int depth) {
  int groups = 0;
  for (int i = 0; i < slow_places; i++) {
    groups += i == 0 || compare_places(slow[i - 1].place, slow[i].place, depth) != 0;
    slow[i].group = groups - 1;
  }
  return groups;
}

/* Keeps places of some groups, before which `depth` tokens of the text are left. */
static void slow_keep(uint32_t pattern, int n, int depth) {
  int left = 0;
  for (int i = 0; i < slow_places; i++)
    if (keep_some(&pattern, (uint32_t)slow[i].group) && slow[i].place + depth <= n)
      slow[left++] = slow[i];
  slow_places = left;
}

static void slow_sort(int depth) {
  for (int i = 1; i < slow_places; i++)
    for (int k = i; k > 0 && compare_places(slow[k].place, slow[k - 1].place, depth) < 0; k--) {
      const SlowPlace moved = slow[k];
      slow[k] = slow[k - 1];
      slow[k - 1] = moved;
    }
}

/* The same groups in the same order, and each place once. */
static void compare_array(const SuffixArray *s, const uint32_t *made, int depth) {
  bool seen[MOST_TEXT] = {false};
  int made_of[MOST_TEXT] = {0};
  if (!check(s->places == (uint32_t)slow_places, "depth %d: %ld places, not %d", depth,
             (long)s->places, slow_places))
    return;
  for (int i = 0; i < slow_places; i++) {
    const uint32_t place = s->place[i] & ~LAST_OF_GROUP;
    const bool last =
        i + 1 == slow_places || compare_places(slow[i].place, slow[i + 1].place, depth) != 0;
    check(compare_places((int)place, slow[i].place, depth) == 0 && !seen[place],
          "depth %d: place %ld is the %dth", depth, (long)place, i);
    check(last == (s->place[i] > place), "depth %d: a group ends elsewhere", depth);
    check(suffix_array_token(s, (uint32_t)i) == tokens[slow[i].place + depth - 1], "its token");
    seen[place] = true;
    made_of[slow[i].group] += last;
  }
  for (int g = 0; g < MOST_TEXT; g++)
    check(made[g] == (uint32_t)made_of[g], "depth %d: group %d became %ld", depth, g,
          (long)made[g]);
}

static void test_sorted_places(void) {
  static uint32_t memory[MOST_TEXT + 1];
  for (int round = 0; round < 60; round++) {
    const Case t = draw_case();
    const Text text = kept_text(t.n, t.vocab);
    SuffixArray s;
    memory[MOST_TEXT] = 12345;
    suffix_array_open(&s, text.tokens, text.width, t.n, memory + MOST_TEXT);
    for (int i = 0; i < t.n; i++) slow[i].place = i;
    slow_places = t.n;
    for (int depth = 1; depth <= t.order; depth++) {
      uint32_t made[MOST_TEXT] = {0};
      const int groups = slow_groups(depth - 1);
      const uint32_t all = round % 2 || depth == 1 ? UINT32_MAX : draw() | draw() | draw();
      const uint32_t fewer = round % 2 ? UINT32_MAX : draw() | draw() | draw();
      suffix_array_deepen(&s, keep_some, &all, made, (uint32_t)groups);
      slow_keep(all, t.n, depth);
      slow_sort(depth);
      compare_array(&s, made, depth);
      suffix_array_drop(&s, keep_some, &fewer, made, (uint32_t)groups);
      slow_keep(fewer, t.n, depth);
      compare_array(&s, made, depth);
      check(s.place + s.places == memory + MOST_TEXT, "the end of the places moved");
    }
    check(memory[MOST_TEXT] == 12345, "something was written behind the places");
  }
}

/* ---- packed ---- */

static bool unpack(Counts *c, const CountsShape *shape, const uint8_t *bytes, size_t size,
                   Error *error) {
  Memory memory = {bytes, size, 0};
  const Source source = memory_source(&memory, "x");
  counts_clear(c, shape, block_b);
  return counts_read(c, &source, size, error);
}

/* Packs a table and reads it into a block that is just large enough. */
static size_t pack_and_read(Counts *c) {
  Buffer buffer = {packed, PACKED, 0};
  const Sink sink = buffer_sink(&buffer);
  CountsShape shape = c->shape;
  Counts again;
  Error error;
  shape.bytes = counts_table_bytes(c);
  check(counts_write(c, &sink) && buffer.size == counts_packed_bytes(c), "packed bytes");
  if (!check(unpack(&again, &shape, packed, buffer.size, &error), "%s", error.message)) return 0;
  check(again.used == c->used && memcmp(block_a, block_b, c->used) == 0, "unpacked otherwise");
  check(memcmp(again.gate, c->gate, sizeof c->gate) == 0 && again.tokens == c->tokens, "facts");
  for (int n = 1; n <= shape.order; n++)
    check(again.level[n].threshold == c->level[n].threshold &&
              memcmp(again.level[n].discount, c->level[n].discount, sizeof c->level->discount) == 0,
          "level %d", n);
  return buffer.size;
}

/* What is damaged is refused, or else a table: what it says can be asked. */
static void damage(const Case *t, size_t size) {
  static uint8_t damaged[PACKED];
  const CountsShape shape = {t->vocab, t->separator, t->order, BLOCK};
  static float p[MOST_TRIED];
  Counts c;
  Error error;
  memcpy(damaged, packed, size);
  damaged[draw() % size] ^= (uint8_t)(1 << draw() % 8);
  if (unpack(&c, &shape, damaged, size, &error)) {
    counts_use_order(&c, 1);
    counts_use_order(&c, t->order);
    const CountsContext context = context_at(&c, t, t->n);
    counts_distribution(&c, &context, p);
    for (int w = 0; w < t->vocab; w++) check(p[w] > 0.0f && p[w] < 1.1f, "a probability");
  }
  const size_t less = draw() % size;
  check(!unpack(&c, &shape, packed, less, &error) && c.tokens == 0 &&
            strstr(error.message, "the counts in x are damaged"),
        "%ld bytes of %ld passed", (long)less, (long)size);
}

static void test_packed(void) {
  Counts c;
  for (int round = 0; round < 40; round++) {
    Case t = draw_case();
    const uint32_t least = counts_least_bytes(t.vocab);
    if (!count_case(&c, &t, block_a, round % 2 ? BLOCK : least + 512)) return;
    for (int i = 0; i < MAX_GATES; i++) c.gate[i] = (float)(draw() % 1000) / 1000.0f;
    const size_t size = pack_and_read(&c);
    for (int i = 0; i < 20 && size; i++) damage(&t, size);
  }
}

/* What each fault is called. */
static void refuse(const Counts *c, const char *what, size_t at, uint8_t value, size_t size) {
  const uint8_t before = packed[at];
  Counts again;
  Error error = {EXIT_OK, ""};
  packed[at] = value;
  check(!unpack(&again, &c->shape, packed, size, &error) && strstr(error.message, what), "%s: %s",
        what, error.message);
  packed[at] = before;
}

static void test_refused(void) {
  enum { FRONT = 16 + 8 * 2, BODY = FRONT + 4 * MAX_GATES };
  const Case t = {.vocab = 5, .order = 2, .n = 6};
  Counts c;
  static const uint16_t text[6] = {1, 2, 1, 3, 1, 2}; /* 12 13 21 31 */
  memcpy(tokens, text, sizeof text);
  if (!count_case(&c, &t, block_a, BLOCK)) return;
  const size_t size = pack_and_read(&c);
  refuse(&c, "another vocabulary", 0, 6, size);
  refuse(&c, "another vocabulary", 2, 3, size);
  refuse(&c, "more tokens than", 16, 6, size);
  refuse(&c, "do not fit", 23, 1, size);
  refuse(&c, "a gate is not", FRONT + 3, 0xff, size);
  refuse(&c, "more n-grams than children", 20, 5, size);
  refuse(&c, "more children than", 20, 3, size);
  refuse(&c, "something follows", size, 0, size + 1);
  refuse(&c, "end is another", size - 1, (uint8_t)(packed[size - 1] ^ 1), size);
  refuse(&c, "end too early", size - 1, 0, size - 1);
  memset(packed + BODY, 0, 64); /* all bits are ones */
  refuse(&c, "a number is too long", BODY, 0, BODY + 64);
  memset(packed + BODY, 0xff,
         64); /* all bits are zeros: nothing passed, counts of 1, no children */
  refuse(&c, "more n-grams than children", BODY, 0xff, BODY + 64);
}

/* ---- gates ---- */

static void test_gates(void) {
  enum { PAIRS = 4000 };
  static uint32_t pairs[PAIRS];
  float gate[MAX_GATES], turned[MAX_GATES];
  for (int i = 0; i < PAIRS; i++) /* bucket 3: counts are right three times in four */
    pairs[i] = i % 2 ? gate_pair(i % 8 == 1 ? 0.05f : 6.0f, i % 8 == 1 ? 1e-6f : 0.9f, 3)
                     : gate_pair(0.1f, 1e-9f, MAX_GATES - 1);
  pairs[0] = gate_pair(100.0f, 1.0f, 5);
  gates_fit(gate, pairs, PAIRS);
  check(near(gate[3], 0.25f, 0.01f), "the model's share of bucket 3 is %g", (double)gate[3]);
  check(gate[MAX_GATES - 1] > 0.99f, "the model is right in the last bucket: %g",
        (double)gate[MAX_GATES - 1]);
  check(near(gate[5], DEFAULT_GATE * 8 / 9, 0.001f), "one token moved a gate to %g",
        (double)gate[5]);
  check(near(gate[0], DEFAULT_GATE, 1e-6f), "a gate without tokens moved");
  for (int i = 0; i < PAIRS / 2; i++) {
    const uint32_t pair = pairs[i];
    pairs[i] = pairs[PAIRS - 1 - i];
    pairs[PAIRS - 1 - i] = pair;
  }
  gates_fit(turned, pairs, PAIRS);
  check(memcmp(gate, turned, sizeof gate) == 0 && gates_sound(gate), "the order of pairs counts");
  gate[7] = float_from_bits(0x7fc00000u);
  check(!gates_sound(gate), "a gate that is no number passed");
}

/* A whole distribution says of each token what its loss says. */
static void test_mixture(void) {
  enum { V = 37 };
  float logits[V], mixed[V], p[V], sum = 0.0f, top, all = 0.0f;
  draw_floats(logits, V, 12.0f);
  draw_floats(p, V, 1.0f);
  for (int w = 0; w < V; w++) sum += p[w] = float_abs(p[w]) + 1e-6f;
  for (int w = 0; w < V; w++) p[w] /= sum;
  memcpy(mixed, logits, sizeof logits);
  gate_logits(0.7f, mixed, p, V);
  top = ops->max(logits, V);
  for (int w = 0; w < V; w++) all += float_exp(logits[w] - top);
  sum = 0.0f;
  for (int w = 0; w < V; w++) {
    const float loss = float_log(all) - (logits[w] - top);
    check(near(gate_loss(0.7f, loss, p[w]), 0.0f - mixed[w], 2e-5f), "token %d: loss %g, %g", w,
          (double)gate_loss(0.7f, loss, p[w]), (double)mixed[w]);
    sum += float_exp(mixed[w]);
  }
  check(near(sum, 1.0f, 1e-5f), "the mixture adds up to %g", (double)sum);
  check(near(gate_loss(1.0f, 90.0f, 0.0f), 27.725887f, 1e-4f), "the largest loss");
}

const Test counts_tests[] = {
    {"probabilities of counted n-grams", test_probabilities},
    {"counts in small blocks", test_small_blocks},
    {"the same table on every way", test_same_table},
    {"counts of a text in memory", test_text_in_memory},
    {"sorted places of a text", test_sorted_places},
    {"counts of a text that cannot be read", test_unreadable_text},
    {"counts that are cut off", test_many},
    {"packed counts", test_packed},
    {"damaged counts", test_refused},
    {"gates", test_gates},
    {"the mixture", test_mixture},
    {NULL, NULL},
};
