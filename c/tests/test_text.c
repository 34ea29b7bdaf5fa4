/* test_text.c - windows, sums of losses, numbers as text. */
#include <stdio.h>
#include <string.h>

#include "model/loss.h"
#include "tests/frame.h"
#include "text/data_utils.h"
#include "train/checkpoint_header.h"
#include "train/evaluate.h"

/* ---- data ---- */

static void test_windows(void) {
  enum { T = 8, WINDOWS = 53 };
  const int32_t train_count = T * (WINDOWS + 1) + 3;
  for (uint32_t epoch = 0; epoch < 3; epoch++) {
    bool seen[WINDOWS + 1] = {false};
    int32_t offset = training_window(train_count, T, 9, epoch * WINDOWS) % T;
    for (uint32_t i = 0; i < WINDOWS; i++) {
      int32_t start = training_window(train_count, T, 9, epoch * WINDOWS + i);
      check(start >= 0 && start + T < train_count, "window outside of the training part");
      check(start % T == offset, "windows of one epoch overlap");
      check(!seen[start / T], "a window came twice in an epoch");
      seen[start / T] = true;
    }
  }
}

/* The shortest text for a context is as long as the refusal of a shorter one says. */
static void test_shortest(void) {
  Error error;
  char says[32];
  for (int context = 2; context <= 64; context++) {
    const int32_t least = 10 * context + 1;
    TextFacts text = {.tokens = least};
    check(text_check_length(&text, context, "x", &error), "%ld tokens refused", (long)least);
    text.tokens = least - 1;
    snprintf(says, sizeof says, "which needs %ld;", (long)least);
    check(!text_check_length(&text, context, "x", &error) && strstr(error.message, says),
          "%ld tokens: %s", (long)text.tokens, error.message);
  }
}

/* What is too few for one window would be a loss of nothing, 0.0000. */
static void test_eval_tokens(void) {
  Error error;
  check(evaluate_check(0, 64, &error) && evaluate_check(65, 64, &error), "all, or one window");
  check(!evaluate_check(1, 64, &error) && !evaluate_check(64, 64, &error), "no window passed");
}

/* A checkpoint may say any number; none of them may overflow (UBSan looks). */
static void test_hostile_vocabulary(void) {
  static const int32_t sizes[] = {INT32_MIN, -1, 0, 1, MAX_VOCAB + 1, INT32_MAX};
  Error error;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    ModelConfig config = small_shape;
    config.vocab = sizes[i];
    check(!shape_check(&config, &error), "a vocabulary of %ld passed", (long)sizes[i]);
  }
}

static void test_losses(void) {
  char text[LOSS_TEXT];
  LossSum loss = {0, 0, 0}, large = {0, 0, 0};
  loss_add(&loss, 1.5f, 1);
  loss_add(&loss, 2.0f, 4);
  loss_format(text, &loss);
  check(strcmp(text, "1.7500") == 0, "mean of 1.5 and 2 became %s", text);
  loss_format_bits(text, &loss); /* 3.5 nats / ln 2 / 5 bytes = 1.00988 */
  check(strcmp(text, "1.0099") == 0, "bits a byte of 3.5 nats in 5 bytes became %s", text);
  check(near(loss_mean(&loss), 1.75f, 1e-4f), "mean as a number");
  for (int i = 0; i < 30; i++) loss_join(&large, i ? &large : &loss); /* doubles each time */
  loss_format_bits(text, &large);
  check(strcmp(text, "1.0099") == 0, "bits a byte of a very long text became %s", text);
  loss = (LossSum){0, 0, 0};
  loss_format(text, &loss);
  check(strcmp(text, "0.0000") == 0, "the mean of nothing became %s", text);
}

const Test text_tests[] = {
    {"training windows", test_windows},
    {"the shortest text", test_shortest},
    {"hostile vocabularies", test_hostile_vocabulary},
    {"tokens to judge by", test_eval_tokens},
    {"sums of losses", test_losses},
    {NULL, NULL},
};
