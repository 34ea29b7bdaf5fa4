/* test_tokenizer.c - UTF-8, units, encoding and decoding, what is refused, learning of merges.
 *
 * Tokenizers as files need a disk: they are tested from outside. All but a few small arrays lies in
 * one arena, a bench, which each test opens for itself.
 */
#include <string.h>

#include "base/quote.h"
#include "base/utf8.h"
#include "run/heap.h"
#include "tests/frame.h"
#include "text/bpe.h"
#include "text/tokenizer.h"
#include "text/tokenizer_file.h"

/* ---- a bench ---- */

enum { MOST_TEXT = 1 << 15, NAIVE_TOKENS = 320 };

static struct {
  Arena arena;
  Tokenizer *t, *other;
  Encoder encoder;
  BpeLearner learner;
  uint8_t *text;    /* [MOST_TEXT] */
  uint16_t *tokens; /* [MOST_TEXT] */
  uint16_t *naive;  /* [MOST_TEXT] */
  uint32_t *counts; /* [NAIVE_TOKENS,NAIVE_TOKENS] */
  Error error;
} bench;

static void bench_layout(int64_t learner_bytes) {
  static const Tokenizer largest = {.kind = TOKENIZER_BPE, .size = MAX_VOCAB};
  Arena *arena = &bench.arena;
  bench.t = arena_take(arena, MEMORY_WORKSPACE, 1, sizeof *bench.t);
  bench.other = arena_take(arena, MEMORY_WORKSPACE, 1, sizeof *bench.other);
  bench.text = arena_take(arena, MEMORY_WORKSPACE, MOST_TEXT, sizeof *bench.text);
  bench.tokens = arena_take(arena, MEMORY_WORKSPACE, MOST_TEXT, sizeof *bench.tokens);
  bench.naive = arena_take(arena, MEMORY_WORKSPACE, MOST_TEXT, sizeof *bench.naive);
  bench.counts = arena_take(arena, MEMORY_WORKSPACE, (size_t)NAIVE_TOKENS * NAIVE_TOKENS,
                            sizeof *bench.counts);
  encoder_layout(&bench.encoder, &largest, arena);
  bpe_layout(&bench.learner, learner_bytes, arena);
}

static bool bench_open(int64_t learner_bytes) {
  memset(&bench, 0, sizeof bench);
  bench_layout(learner_bytes);
  if (!check(arena_open(&bench.arena, &bench.error), "no memory for the bench")) return false;
  bench_layout(learner_bytes);
  return check(bench.arena.used == bench.arena.plan.total, "the plan is not what is used");
}

static void bench_restart(int64_t learner_bytes) {
  arena_restart(&bench.arena);
  bench_layout(learner_bytes);
}

static void bench_close(void) { arena_close(&bench.arena); }

static void shape(Tokenizer *t, TokenizerKind kind, int size, const char *separator) {
  t->kind = (int32_t)kind;
  t->size = size;
  t->separator_bytes = (int32_t)strlen(separator);
  memcpy(t->separator, separator, strlen(separator));
}

static void start_encoder(void) {
  bench.encoder.tokenizer = bench.t;
  bench.encoder.lookups = 0;
  encoder_start(&bench.encoder);
}

/* Counts the words of the bench's text [count], as the program does. */
static void count_words(const Tokenizer *t, size_t count) {
  for (size_t at = 0; at < count;) {
    const uint8_t *bytes = bench.text + at;
    const bool separator = separator_at(t, bytes, count - at);
    const int length = separator ? t->separator_bytes : word_length(t, bytes, count - at);
    if (!separator) bpe_count(&bench.learner, bytes, length);
    at += (size_t)length;
  }
}

/* Makes a tokenizer of the bench's text [count]. */
static void learn(int size, const char *separator, size_t count) {
  shape(bench.t, TOKENIZER_BPE, size, separator);
  count_words(bench.t, count);
  bpe_learn(&bench.learner, bench.t);
  start_encoder();
}

/* Encodes the bench's text [count] into the bench's tokens. */
static int encode(size_t count) {
  return encode_string(&bench.encoder, bench.text, count, bench.tokens, MOST_TEXT, &bench.error);
}

/* Encodes and decodes the bench's text [count]; returns the tokens, or -1 if it is another text. */
static int round_trip(size_t count) {
  uint8_t piece[MAX_WORD];
  size_t at = 0;
  const int n = encode(count);
  for (int i = 0; i < n; i++) {
    const int length = legacy_llm_decode(bench.t, bench.tokens[i], piece);
    if (length != bench.t->bytes[bench.tokens[i]] || (size_t)length > count - at) return -1;
    if (memcmp(piece, bench.text + at, (size_t)length) != 0) return -1;
    at += (size_t)length;
  }
  return at == count ? n : -1;
}

static size_t put_text(const char *text) {
  memcpy(bench.text, text, strlen(text));
  return strlen(text);
}

/* Text of a few letters, so that pairs and separators are frequent; all bytes if letters is null */
static void draw_text(size_t count, const char *letters) {
  for (size_t i = 0; i < count; i++)
    bench.text[i] = letters ? (uint8_t)letters[draw() % strlen(letters)] : (uint8_t)(draw() >> 9);
}

/* ---- UTF-8 ---- */

static bool is_surrogate(uint32_t c) { return c >= 0xd800 && c < 0xe000; }

static void test_utf8(void) {
  static const char *const bad[] = {"\x80",
                                    "\xbf",
                                    "\xc0\xaf",
                                    "\xc1\xbf",
                                    "\xc2",
                                    "\xc2\x20",
                                    "\xe0\x9f\xbf",
                                    "\xed\xa0\x80",
                                    "\xed\xbf\xbf",
                                    "\xe2\x82",
                                    "\xf0\x8f\xbf\xbf",
                                    "\xf4\x90\x80\x80",
                                    "\xf5\x80\x80\x80",
                                    "\xf0\x9f\x98",
                                    "\xf9\x80\x80\x80",
                                    "\xfc\x90\x80\x80",
                                    "\xff"};
  uint8_t bytes[UTF8_LONGEST];
  uint32_t read = 0, good = 0, total = 0;
  for (uint32_t c = 0; c <= 0x10ffff; c++) {
    if (is_surrogate(c)) continue;
    const int length = utf8_write(c, bytes);
    total += (uint32_t)length;
    good += utf8_read(bytes, (size_t)length, &read) == length && read == c &&
            (length == 1 || utf8_read(bytes, (size_t)length - 1, &read) == 0);
  }
  check(good == 0x110000 - 0x800, "%u code points come back", (unsigned)good);
  check(total == 128 + 2 * 1920 + 3 * 61440 + 4 * 1048576, "%u bytes in all", (unsigned)total);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    check(utf8_read((const uint8_t *)bad[i], strlen(bad[i]), &read) == 0, "%u: passed",
          (unsigned)i);
}

/* ---- words ---- */

/* Whether a text is cut where `cut` has bars. */
static bool cuts_as(const char *cut, const char *separator) {
  char got[160];
  size_t count = 0, used = 0;
  for (const char *c = cut; *c; c++)
    if (*c != '|') bench.text[count++] = (uint8_t)*c;
  shape(bench.t, TOKENIZER_BPE, MAX_VOCAB, separator);
  for (size_t at = 0; at < count && used < 80;) {
    const uint8_t *bytes = bench.text + at;
    const bool stands = separator_at(bench.t, bytes, count - at);
    const int n = stands ? (int)strlen(separator) : word_length(bench.t, bytes, count - at);
    if (at > 0) got[used++] = '|';
    memcpy(got + used, bytes, (size_t)n);
    used += (size_t)n;
    at += (size_t)n;
  }
  got[used] = 0;
  return check(strcmp(got, cut) == 0, "cut into %s", got);
}

static void test_words(void) {
  if (!bench_open(2)) return;
  cuts_as("It| was| 12|.|5|%| (|ca|.)", "");
  cuts_as("don't| '|tis| dogs|'| it's|'", "");
  cuts_as("a|  | b|\n\n|c|\t| d| ", "");
  cuts_as("  | x|   ", "");
  cuts_as("\xc3\xa9t\xc3\xa9| \xe2\x82\xac|1|\xf0\x9f\x98\x80", "");
  cuts_as("a|\n\n|b| |\n\n|\n", "\n\n");
  cuts_as("x|aa|aa|a| |aa", "aa");
  cuts_as("a|  |<end>| | b", "<end>");
  cuts_as("he|<end>|<|<end>|x", "<end>");
  memset(bench.text, 'a', 256);
  check(word_length(bench.t, bench.text, 256) == MAX_WORD, "a word of 256 bytes");
  memset(bench.text, ' ', 256);
  check(word_length(bench.t, bench.text, 256) == MAX_WORD, "256 spaces");
  check(word_length(bench.t, bench.text, 9) == 9, "9 spaces");
  bench_close();
}

/* ---- encoding ---- */

/* The worked example of byte-pair encoding: aa, ab, and then both. */
static void test_example(void) {
  static const uint16_t expected[] = {258, 100, 258, 97, 99};
  if (!bench_open(11)) return;
  const size_t count = put_text("aaabdaaabac");
  learn(BYTE_TOKENS + 3, "", count);
  check(bench.t->size == BYTE_TOKENS + 3, "V became %d", (int)bench.t->size);
  check(bench.t->entry[0] == ('a' | 'a' << 16) && bench.t->entry[1] == ('a' | 'b' << 16) &&
            bench.t->entry[2] == (256 | 257 << 16),
        "other merges");
  check(encode(count) == 5 && memcmp(bench.tokens, expected, sizeof expected) == 0, "other tokens");
  check(round_trip(count) == 5, "round trip");
  bench_close();
}

static const char *const separators[] = {"", "\n\n", "aa", "aba", " a", "\xff\x80", "a"};
enum { SEPARATORS = sizeof separators / sizeof *separators };

static void test_round_trips(void) {
  static const char *const alphabets[] = {NULL, "a", "ab", "ab \n", "a1. '\xc3\xa9", "aB 7,\r\n"};
  enum { COUNT = 2000 };
  if (!bench_open(COUNT)) return;
  for (int s = 0; s < SEPARATORS; s++)
    for (size_t a = 0; a < sizeof alphabets / sizeof *alphabets; a++) {
      const int special = separators[s][0] ? 1 : 0;
      bench_restart(COUNT);
      draw_text(COUNT, alphabets[a]);
      learn(BYTE_TOKENS + 40 + special, separators[s], COUNT);
      const int n = round_trip(COUNT);
      check(n > 0 && (a == 0 || n < COUNT || strlen(separators[s]) == 1),
            "bpe, separator %d, alphabet %d: %d", s, (int)a, n);
      check(!tokenizer_settle(bench.t), "what was learned is not sound");
      shape(bench.t, TOKENIZER_BYTES, BYTE_TOKENS + special, separators[s]);
      check(!tokenizer_settle(bench.t), "bytes are refused");
      start_encoder();
      const int bytes = round_trip(COUNT);
      check(bytes > 0 && (special || bytes == COUNT), "bytes, separator %d: %d", s, bytes);
    }
  bench_close();
}

/* A separator that overlaps itself stands from the left. */
static void test_separators(void) {
  if (!bench_open(2)) return;
  memset(bench.text, 'a', 7);
  for (TokenizerKind kind = TOKENIZER_CHARS; kind < TOKENIZERS; kind++) {
    bench.t->entry[0] = 'a';
    shape(bench.t, kind, kind == TOKENIZER_CHARS ? 2 : BYTE_TOKENS + 1, "aa");
    check(!tokenizer_settle(bench.t), "a sound tokenizer is refused");
    start_encoder();
    const uint16_t last = (uint16_t)(bench.t->size - 1);
    check(tokenizer_separator(bench.t) == last && bench.t->bytes[last] == 2, "its token");
    check(round_trip(7) == 4 && bench.tokens[0] == last && bench.tokens[2] == last &&
              bench.tokens[3] == (kind == TOKENIZER_CHARS ? 0 : 'a'),
          "7 letters and a separator of 2, kind %d", (int)kind);
  }
  bench_close();
}

/* Encodes the bench's text [count] from a window that moves; whether the tokens are the same. */
static bool same_in_pieces(size_t count) {
  uint16_t unit[MAX_WORD];
  int n, taken, used = 0;
  const int whole = encode(count);
  for (size_t at = 0; at < count; at += (size_t)taken) {
    uint8_t window[UNIT_LOOKAHEAD];
    const size_t seen = count - at < UNIT_LOOKAHEAD ? count - at : UNIT_LOOKAHEAD;
    memcpy(window, bench.text + at, seen);
    if (encode_unit(&bench.encoder, window, seen, unit, &n, &taken) != ENCODE_OK) return false;
    if (n < 1 || n > taken || used + n > whole) return false;
    if (memcmp(bench.tokens + used, unit, (size_t)n * sizeof *unit) != 0) return false;
    used += n;
  }
  return used == whole && used > 0;
}

static void test_pieces(void) {
  static const char *const alphabets[] = {"a", "ab", "aaaaaaab'", "      a", "   \na", "a\xff\x80"};
  static const char longest[] = "abababababababababababababababab"; /* MAX_SEPARATOR */
  enum { COUNT = 3000 };
  if (!bench_open(COUNT)) return;
  for (size_t a = 0; a < sizeof alphabets / sizeof *alphabets; a++)
    for (int s = 0; s <= SEPARATORS; s++) {
      const char *separator = s < SEPARATORS ? separators[s] : longest;
      bench_restart(COUNT);
      draw_text(COUNT, alphabets[a]);
      for (size_t at = 60; s == SEPARATORS && at + MAX_SEPARATOR < COUNT; at += 61)
        memcpy(bench.text + at, longest, MAX_SEPARATOR);
      learn(BYTE_TOKENS + 30, separator, COUNT);
      check(same_in_pieces(COUNT), "alphabet %d, separator %d", (int)a, s);
      check(round_trip(COUNT) > 0, "round trip, alphabet %d, separator %d", (int)a, s);
    }
  bench_close();
}

/* ---- all of Unicode ---- */

/* Puts code points from *c on into the bench's text and, to be a vocabulary, into t, up to
 * MAX_VOCAB; returns the bytes. */
static size_t put_code_points(uint32_t *c, int *points) {
  size_t count = 0;
  for (*points = 0; *c <= 0x10ffff && *points < MAX_VOCAB; (*c)++) {
    if (is_surrogate(*c)) continue;
    bench.t->entry[(*points)++] = *c;
    count += (size_t)utf8_write(*c, bench.text + count);
  }
  return count;
}

static void test_unicode(void) {
  int points, total = 0;
  if (!bench_open(MOST_TEXT)) return;
  for (uint32_t c = 1; c <= 0x10ffff;) {
    const size_t count = put_code_points(&c, &points);
    total += points;
    shape(bench.t, TOKENIZER_CHARS, points, "");
    check(!tokenizer_settle(bench.t), "the characters before U+%04x are refused", (unsigned)c);
    start_encoder();
    check(round_trip(count) == points && bench.tokens[points - 1] == points - 1,
          "chars before U+%04x", (unsigned)c);
    shape(bench.t, TOKENIZER_BYTES, BYTE_TOKENS, "");
    check(!tokenizer_settle(bench.t), "bytes are refused");
    start_encoder();
    check(round_trip(count) == (int)count, "bytes before U+%04x", (unsigned)c);
  }
  check(total == 0x110000 - 0x800 - 1, "%d code points were tried", total);
  bench_close();
}

/* The same with merges of Latin, Greek and more, and of one plane's lead bytes. */
static void test_unicode_bpe(void) {
  int points, total = 0, merged = 0;
  if (!bench_open(MOST_TEXT)) return;
  uint32_t c = 1;
  learn(BYTE_TOKENS + 64, "", put_code_points(&c, &points));
  *bench.other = *bench.t;
  for (c = 1; c <= 0x10ffff;) {
    const size_t count = put_code_points(&c, &points);
    *bench.t = *bench.other;
    start_encoder();
    const int n = round_trip(count);
    check(n > 0, "bpe before U+%04x", (unsigned)c);
    merged += n < (int)count;
    total += points;
  }
  check(total == 0x110000 - 0x800 - 1 && merged > 0, "%d code points were tried", total);
  bench_close();
}

/* ---- what is refused ---- */

static const char *settle_chars(uint32_t a, uint32_t b) {
  memset(bench.t, 0, sizeof *bench.t);
  shape(bench.t, TOKENIZER_CHARS, 2, "");
  bench.t->entry[0] = a;
  bench.t->entry[1] = b;
  return tokenizer_settle(bench.t);
}

static const char *settle_merges(const char *separator, int merges, uint32_t a, uint32_t b) {
  memset(bench.t, 0, sizeof *bench.t);
  shape(bench.t, TOKENIZER_BPE, BYTE_TOKENS + merges + (separator[0] ? 1 : 0), separator);
  bench.t->entry[0] = a;
  bench.t->entry[1] = b;
  return tokenizer_settle(bench.t);
}

static void test_hostile_shapes(void) {
  static const int32_t sizes[] = {INT32_MIN, -1, 0, 1, 255, MAX_VOCAB + 1, INT32_MAX};
  static const int32_t others[] = {INT32_MIN, -1, MAX_SEPARATOR + 1, INT32_MAX};
  if (!bench_open(2)) return;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int32_t kind = 0; kind < TOKENIZERS; kind++) {
      if (kind == TOKENIZER_CHARS && sizes[i] == 255) continue;
      *bench.t = (Tokenizer){.kind = kind, .size = sizes[i]};
      check(tokenizer_settle(bench.t) != NULL, "kind %d of %ld", (int)kind, (long)sizes[i]);
    }
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    *bench.t = (Tokenizer){.kind = TOKENIZER_BYTES, .size = 257, .separator_bytes = others[i]};
    check(tokenizer_settle(bench.t) != NULL, "a separator of %ld", (long)others[i]);
    if (i == 2) continue; /* 33 is no kind, too */
    *bench.t = (Tokenizer){.kind = others[i], .size = 257};
    check(tokenizer_settle(bench.t) != NULL, "kind %ld", (long)others[i]);
  }
  *bench.t = (Tokenizer){.kind = TOKENIZER_BYTES, .size = 256, .separator_bytes = 1};
  check(tokenizer_settle(bench.t) != NULL, "256 bytes and a separator of 256");
  *bench.t = (Tokenizer){.kind = TOKENIZER_BPE, .size = 256, .separator_bytes = 1};
  check(tokenizer_settle(bench.t) != NULL, "bpe without a place for its separator");
  *bench.t = (Tokenizer){.kind = TOKENIZER_BPE, .size = 256};
  check(!tokenizer_settle(bench.t), "bpe without merges is refused");
  bench_close();
}

static void test_hostile_entries(void) {
  if (!bench_open(2)) return;
  check(!settle_chars('a', 'b') && !settle_chars(1, 0x10ffff) && !settle_chars(0xd7ff, 0xe000),
        "sound characters are refused");
  check(settle_chars(0, 'b') && settle_chars('b', 'a') && settle_chars('a', 'a') &&
            settle_chars('a', 0xd800) && settle_chars('a', 0xdfff) && settle_chars('a', 0x110000) &&
            settle_chars('a', UINT32_MAX),
        "what is no vocabulary passed");
  settle_chars('a', 'b');
  shape(bench.t, TOKENIZER_CHARS, 3, "\xc3");
  bench.t->entry[1] = 'b';
  check(tokenizer_settle(bench.t) != NULL, "half a character as a separator passed");
  check(!settle_merges("", 2, 0, 256 | 256 << 16), "sound merges are refused");
  check(settle_merges("", 2, 256, 1) && settle_merges("", 2, 256 << 16, 1) &&
            settle_merges("", 2, 1, 257) && settle_merges("", 2, 1, UINT32_MAX) &&
            settle_merges("", 2, 7 | 8 << 16, 7 | 8 << 16),
        "merges of what comes later, or twice the same, passed");
  check(!settle_merges("x", 2, 0, 1) && settle_merges("x", 2, 0, 258) &&
            settle_merges("x", 1, 257 << 16, 0),
        "a merge with the separator passed");
  memset(bench.t, 0, sizeof *bench.t);
  shape(bench.t, TOKENIZER_BPE, BYTE_TOKENS + 7, "");
  for (uint32_t i = 0; i < 7; i++)
    bench.t->entry[i] = i ? (BYTE_TOKENS + i - 1) * 0x10001u : 'a' * 0x10001u;
  check(tokenizer_settle(bench.t) != NULL, "a token of 128 bytes passed");
  bench.t->size--;
  check(!tokenizer_settle(bench.t) && bench.t->bytes[BYTE_TOKENS + 5] == MAX_WORD,
        "a token of 64 bytes is refused");
  bench_close();
}

static void test_refused_text(void) {
  if (!bench_open(2)) return;
  uint16_t unit[MAX_WORD];
  int n, taken;
  settle_chars('a', 0x20ac);
  start_encoder();
  check(encode(put_text("a\xe2\x82\xac"
                        "a")) == 3 &&
            bench.tokens[1] == 1,
        "a known text");
  check(encode(put_text("ab")) == -1 && strstr(bench.error.message, "byte 2"), "an unknown one");
  check(encode(put_text("aa\xc0\xaf")) == -1 && strstr(bench.error.message, "byte 3 of"),
        "an overlong form passed");
  check(encode_unit(&bench.encoder, (const uint8_t *)"\xc3\xa9", 2, unit, &n, &taken) ==
                ENCODE_UNKNOWN &&
            taken == 2,
        "an unknown character of 2 bytes");
  put_text("aaa");
  check(encode_string(&bench.encoder, bench.text, 3, bench.tokens, 2, &bench.error) == -1 &&
            strstr(bench.error.message, "2 tokens"),
        "a long text overflowed");
  check(encode_string(&bench.encoder, bench.text, 3, bench.tokens, 3, &bench.error) == 3,
        "a text that just fits");
  check(encode(0) == 0, "no text");
  bench_close();
}

static void test_sums(void) {
  if (!bench_open(2)) return;
  settle_merges("ab", 2, 1, 2);
  const uint32_t sum = tokenizer_crc(bench.t);
  *bench.other = *bench.t;
  memset(bench.other->bytes, 77, sizeof bench.other->bytes);
  bench.other->separator[9] = 'x';
  bench.other->entry[2] = 5;
  check(tokenizer_crc(bench.other) == sum, "what does not count changes the sum");
  bench.other->separator[1] = 'x';
  check(tokenizer_crc(bench.other) != sum, "another separator has the same sum");
  settle_merges("ab", 2, 1, 3);
  check(tokenizer_crc(bench.t) != sum, "another entry has the same sum");
  settle_merges("ab", 1, 1, 2);
  check(tokenizer_crc(bench.t) != sum, "another size has the same sum");
  bench_close();
}

/* ---- time ---- */

static void test_linear(void) {
  enum { COUNT = 4096 };
  uint64_t lookups[2] = {0, 0};
  if (!bench_open(4 * COUNT)) return;
  for (int i = 0; i < 2; i++) {
    bench_restart(4 * COUNT);
    const size_t count = i ? 4 * COUNT : COUNT;
    memset(bench.text, 'a', count);
    learn(BYTE_TOKENS + 6, "", count);
    check(bench.t->size == BYTE_TOKENS + 6, "V became %d", (int)bench.t->size);
    check(round_trip(count) == (int)count / MAX_WORD, "words of 64 bytes are not one token");
    lookups[i] = bench.encoder.lookups;
  }
  check(lookups[0] >= COUNT / 2 && lookups[0] <= 3 * COUNT, "%ld lookups", (long)lookups[0]);
  check(10 * lookups[1] <= 42 * lookups[0], "%ld lookups for a text of 4 times the length, %ld",
        (long)lookups[1], (long)lookups[0]);
  bench_close();
}

/* ---- learning ---- */

/* Replaces left, right by token in tokens [n], words being apart by a token of NO_TOKEN. */
enum { NO_TOKEN = UINT16_MAX };

static int naive_merge(uint16_t *tokens, int n, uint32_t entry, uint16_t token) {
  int kept = 0;
  for (int i = 0; i < n; kept++) {
    const bool here =
        i + 1 < n && tokens[i] == (entry & 0xffff) && tokens[i + 1] == (uint16_t)(entry >> 16);
    tokens[kept] = here ? token : tokens[i];
    i += here ? 2 : 1;
  }
  return kept;
}

/* The pair of tokens [n] to merge next, counted anew; 0 if none is there twice. */
static uint32_t naive_best(const uint16_t *tokens, int n) {
  uint32_t most = 1, best = 0;
  memset(bench.counts, 0, (size_t)NAIVE_TOKENS * NAIVE_TOKENS * sizeof *bench.counts);
  for (int i = 0; i + 1 < n; i++)
    if (tokens[i] != NO_TOKEN && tokens[i + 1] != NO_TOKEN)
      bench.counts[tokens[i] * NAIVE_TOKENS + tokens[i + 1]]++;
  for (uint32_t left = 0; left < NAIVE_TOKENS; left++)
    for (uint32_t right = 0; right < NAIVE_TOKENS; right++)
      if (bench.counts[left * NAIVE_TOKENS + right] > most) {
        most = bench.counts[left * NAIVE_TOKENS + right];
        best = left | right << 16;
      }
  return best;
}

/* The bench's text [count] as words with NO_TOKEN between them. */
static int naive_words(size_t count) {
  int n = 0;
  for (size_t at = 0; at < count;) {
    const int length = word_length(bench.t, bench.text + at, count - at);
    for (int i = 0; i < length; i++) bench.naive[n++] = bench.text[at++];
    bench.naive[n++] = NO_TOKEN;
  }
  return n;
}

/* Learns from the bench's text [count] and checks it against the definition, done slowly. */
static void check_definition(size_t count, const char *name) {
  learn(NAIVE_TOKENS, "", count);
  const int merges = tokenizer_entries(bench.t), encoded = encode(count);
  int n = naive_words(count), same = 0, at = 0;
  for (int i = 0; i < merges; i++) {
    same += naive_best(bench.naive, n) == bench.t->entry[i];
    n = naive_merge(bench.naive, n, bench.t->entry[i], (uint16_t)(BYTE_TOKENS + i));
  }
  check(merges >= 6 && same == merges, "%s: %d merges of %d", name, same, merges);
  check(merges == NAIVE_TOKENS - BYTE_TOKENS || naive_best(bench.naive, n) == 0,
        "%s: ended too early", name);
  for (int i = 0; i < n; i++)
    if (bench.naive[i] != NO_TOKEN) at += bench.naive[i] == bench.tokens[at];
  check(at == encoded && encoded < (int)count, "%s: %d tokens of %d", name, at, encoded);
}

static void test_definition(void) {
  static const char *const alphabets[] = {"a", "ab", "abc ", "aab  \n.7"};
  enum { COUNT = 1500 };
  if (!bench_open(COUNT)) return;
  for (size_t a = 0; a < sizeof alphabets / sizeof *alphabets; a++) {
    bench_restart(COUNT);
    draw_text(COUNT, alphabets[a]);
    check_definition(COUNT, alphabets[a]);
  }
  bench_close();
}

/* Place for the pairs of one word only: those that are no more must make room. */
static void test_narrow(void) {
  enum { WORD = 60, COUNT = 20 * WORD };
  if (!bench_open(WORD)) return;
  for (int i = 0; i < WORD; i++) bench.text[i] = (uint8_t)(i ? 0x80 + 37 * i % WORD : ' ');
  for (int i = WORD; i < COUNT; i++) bench.text[i] = bench.text[i - WORD];
  check_definition(COUNT, "one word");
  check(tokenizer_entries(bench.t) == WORD - 1, "it did not become one token");
  check(bench.learner.words == 1 && bench.learner.used == WORD, "it is not full");
  check(bench.learner.pairs < bench.learner.most_pairs, "its pairs overflowed");
  bench_close();
}

static void test_ties(void) {
  if (!bench_open(64)) return;
  learn(BYTE_TOKENS + 3, "", put_text("zy.zy.bd.bd.bc.bc.az"));
  check(bench.t->size == BYTE_TOKENS + 3 && bench.t->entry[0] == ('b' | 'c' << 16) &&
            bench.t->entry[1] == ('b' | 'd' << 16) && bench.t->entry[2] == ('z' | 'y' << 16),
        "ties do not go to the smaller left token, then the smaller right one");
  bench_restart(64);
  learn(BYTE_TOKENS + 100, "", put_text("xy xy q r"));
  check(bench.t->size == BYTE_TOKENS + 1 && bench.t->entry[0] == ('x' | 'y' << 16),
        "what is there once was merged: V %d", (int)bench.t->size);
  bench_restart(64);
  learn(BYTE_TOKENS + 100, "xy", put_text("xyxyxyxyabxyab"));
  check(bench.t->size == BYTE_TOKENS + 2 && bench.t->entry[0] == ('a' | 'b' << 16) &&
            bench.t->bytes[BYTE_TOKENS] == 2 && bench.t->bytes[BYTE_TOKENS + 1] == 2,
        "a separator was learned");
  bench_close();
}

/* Words beyond the capacity are counted if they are known; nothing else comes in. */
static void test_full(void) {
  static const char *const words[] = {"abcd", "efgh", "mn", "xyzw", "op", "xy", "abcd", "ij"};
  if (!bench_open(10)) return;
  for (int again = 0; again < 5; again++)
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
      bpe_count(&bench.learner, (const uint8_t *)words[i], (int)strlen(words[i]));
  check(bench.learner.words == 3 && bench.learner.used == 10, "%d words", bench.learner.words);
  check(bench.learner.word[0].count == 10 && bench.learner.word[1].count == 5, "their counts");
  shape(bench.t, TOKENIZER_BPE, MAX_VOCAB, "");
  bpe_learn(&bench.learner, bench.t);
  check(bench.t->size == BYTE_TOKENS + 7, "V became %d", (int)bench.t->size);
  check(bench.t->entry[0] == ('a' | 'b' << 16) && bench.t->bytes[BYTE_TOKENS + 2] == 4,
        "the most frequent word is not merged first");
  bench_close();
}

/* The same text gives the same merges, another one others; V is reached where there are as many. */
static void test_again(void) {
  enum { COUNT = 9000 };
  uint32_t sum[3];
  if (!bench_open(COUNT)) return;
  for (int i = 0; i < 3; i++) {
    bench_restart(COUNT);
    for (uint32_t at = 0; at < COUNT; at++)
      bench.text[at] = (uint8_t) "etaoinshrdlu    "[random_u32(i == 1 ? 5 : 6, at) % 16];
    learn(600, "\n", COUNT);
    check(bench.t->size == 600 && round_trip(COUNT) > 0, "V became %d", (int)bench.t->size);
    sum[i] = tokenizer_crc(bench.t);
  }
  check(sum[0] == sum[2], "the same text gives others");
  check(sum[0] != sum[1], "another text gives the same");
  bench_close();
}

/* ---- quotes ---- */

/* Words of a shell: as they are, or in quotes. */
static void test_words_of_a_shell(void) {
#ifdef _WIN32
  static const char *const words[][2] = {
      {"C:\\my-2.ckpt", "C:\\my-2.ckpt"},   {"a b", "\"a b\""}, {"", "\"\""},
      {"it's \"x\"", "\"it's \\\"x\\\"\""}, {"é/ü", "é/ü"},     {"%", "\"%\""}};
#else
  static const char *const words[][2] = {
      {"my-2.ckpt", "my-2.ckpt"},   {"a b", "'a b'"}, {"", "''"},
      {"it's $x", "'it'\\''s $x'"}, {"é/ü", "é/ü"},   {"~", "'~'"}};
#endif
  char quoted[32];
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    check(strcmp(quote_word(quoted, sizeof quoted, words[i][0]), words[i][1]) == 0, "%s became %s",
          words[i][0], quoted);
  check(strlen(quote_word(quoted, 8, "a 'long word'")) < 8, "cut: %s", quoted);
}

static void test_quotes(void) {
  char quoted[4 * 256 + 3];
  uint8_t all[256], back[256];
  for (int i = 0; i < 256; i++) all[i] = (uint8_t)i;
  quote_bytes(quoted, sizeof quoted, all, 256);
  const size_t length = strlen(quoted);
  check(length > 500 && quoted[0] == '"' && quoted[length - 1] == '"', "quotes of all bytes");
  check(unquote_bytes(back, 256, quoted + 1, length - 2) == 256 && memcmp(all, back, 256) == 0,
        "all bytes do not come back");
  check(unquote_bytes(back, 255, quoted + 1, length - 2) == -1, "too many bytes passed");
  check(strcmp(quote_bytes(quoted, 64, (const uint8_t *)"a\n\"\\\xff", 5),
               "\"a\\n\\\"\\\\\\xff\"") == 0,
        "became %s", quoted);
  check(strcmp(quote_bytes(quoted, 8, (const uint8_t *)"abc\xff", 4), "\"abc\"") == 0, "cut: %s",
        quoted);
  static const char *const bad[] = {"\\", "a\\q", "\\x", "\\x1", "\\xg1", "\\x1g", "\\0"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    check(unquote_bytes(back, 256, bad[i], strlen(bad[i])) == -1, "%s passed", bad[i]);
}

const Test tokenizer_tests[] = {
    {"UTF-8", test_utf8},
    {"words", test_words},
    {"byte-pair example", test_example},
    {"round trips", test_round_trips},
    {"separators", test_separators},
    {"units one by one", test_pieces},
    {"all of Unicode", test_unicode},
    {"all of Unicode in pairs", test_unicode_bpe},
    {"hostile shapes", test_hostile_shapes},
    {"hostile entries", test_hostile_entries},
    {"text that is refused", test_refused_text},
    {"sums of tokenizers", test_sums},
    {"encoding is linear", test_linear},
    {"learning by the definition", test_definition},
    {"learning in a narrow place", test_narrow},
    {"ties", test_ties},
    {"a full learner", test_full},
    {"learning again", test_again},
    {"quotes", test_quotes},
    {"words of a shell", test_words_of_a_shell},
    {NULL, NULL},
};
