/* test_text.c - windows, vocabulary, entropies, numbers as text. */
#include <string.h>

#include "data_utils.h"
#include "frame.h"
#include "options.h"

/* ---- data ---- */

static void test_windows(void) {
  enum { T = 8, WINDOWS = 53 };
  Text text = {.count = 500, .train_count = T * (WINDOWS + 1) + 3};
  for (uint32_t epoch = 0; epoch < 3; epoch++) {
    bool seen[WINDOWS + 1] = {false};
    int32_t offset = training_window(&text, T, 9, epoch * WINDOWS) % T;
    for (uint32_t i = 0; i < WINDOWS; i++) {
      int32_t start = training_window(&text, T, 9, epoch * WINDOWS + i);
      check(start >= 0 && start + T < text.train_count, "window outside of the training part");
      check(start % T == offset, "windows of one epoch overlap");
      check(!seen[start / T], "a window came twice in an epoch");
      seen[start / T] = true;
    }
  }
}

static void test_vocabulary(void) {
  const Vocabulary v = {.size = 4, .character = {'a', 0xe9, 0x20ac, 0x1f600}};
  uint16_t tokens[8];
  Error error;
  char utf8[5] = {0};
  const char *text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  check(vocabulary_encode(&v, text, tokens, 8, &error) == 4, "encode of 1 to 4 byte characters");
  for (int i = 0, at = 0; i < 4; i++) {
    int length = vocabulary_decode(&v, i, utf8);
    check(tokens[i] == i && memcmp(utf8, text + at, (size_t)length) == 0, "decode of token %d", i);
    at += length;
  }
  check(vocabulary_encode(&v, "ab", tokens, 8, &error) == -1, "an unknown character passed");
  check(vocabulary_encode(&v, "\xc0\xaf", tokens, 8, &error) == -1, "an overlong form passed");
  check(vocabulary_encode(&v, "aaa", tokens, 2, &error) == -1, "a long prompt overflowed");
}

static void test_entropies(void) {
  const uint16_t tokens[9] = {0, 1, 0, 1, 0, 1, 0, 1, 0};
  uint32_t scratch[16];
  LossSum unigram, bigram;
  text_entropies(tokens, 9, 2, scratch, &unigram, &bigram);
  float mean = (float)unigram.sum / (float)LOSS_UNITS / 9.0f;
  check(unigram.tokens == 9 && near(mean, 0.68696f, 1e-4f), "unigram entropy of 5 and 4 of 9");
  check(bigram.tokens == 8 && bigram.sum == 0, "bigram entropy of a strict alternation");
}

static void test_numbers(void) {
  float x;
  uint64_t bytes;
  char text[32];
  check(parse_decimal("0.0008", &x) && x == 0.0008f, "0.0008");
  check(parse_decimal("12", &x) && x == 12.0f && parse_decimal(".5", &x) && x == 0.5f, "12, .5");
  check(!parse_decimal("", &x) && !parse_decimal("1e3", &x) && !parse_decimal("-1", &x) &&
            !parse_decimal("1.2.3", &x),
        "a bad decimal passed");
  check(parse_size("64MB", &bytes) && bytes == 67108864, "64MB");
  check(parse_size("12", &bytes) && bytes == 12 && !parse_size("12X", &bytes) &&
            !parse_size("0", &bytes) && !parse_size("-5", &bytes),
        "sizes");
  format_decimal(text, -1.25f, 2);
  check(strcmp(text, "-1.25") == 0, "-1.25 became %s", text);
  format_decimal(text, 0.99996f, 4);
  check(strcmp(text, "1.0000") == 0, "0.99996 became %s", text);
  LossSum loss = {0, 0};
  loss_add(&loss, 1.5f);
  loss_add(&loss, 2.0f);
  loss_format(text, &loss);
  check(strcmp(text, "1.7500") == 0, "mean of 1.5 and 2 became %s", text);
}

const Test text_tests[] = {
    {"training windows", test_windows},
    {"vocabulary", test_vocabulary},
    {"entropies", test_entropies},
    {"numbers as text", test_numbers},
    {NULL, NULL},
};
