/* test_llm.c - the program's own tests: the frame, the small model, and the run of all tables.
 *
 * Files, builds and whole trainings are tested from outside by the driver.
 */
#include "run/heap.h"
#include "tests/test_llm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/frame.h"

/* ---- a very small test frame ---- */

static struct {
  const char *test;
  int checks, failures, passed, failed;
  char first[256]; /* the first failure */
} frame;

bool check(bool good, const char *format, ...) {
  va_list arguments;
  frame.checks++;
  if (good || frame.failures++ > 0) return good;
  int used = snprintf(frame.first, sizeof frame.first, "%s: ", frame.test);
  va_start(arguments, format);
  vsnprintf(frame.first + used, sizeof frame.first - (size_t)used, format, arguments);
  va_end(arguments);
  return false;
}

bool near(float a, float b, float tolerance) { return float_abs(a - b) <= tolerance; }

void with_all_tables(void (*test)(void)) {
  math_ops_use(KERNELS_OF_BUILD);
  test();
  math_ops_use(KERNELS_BEST);
  if (math_ops_has_avx2()) test();
}

static uint32_t random_counter;
uint32_t draw(void) { return random_u32(0x7e57u, random_counter++); }

/* Uniform in -largest..largest. */
int draw_int(int largest) { return (int)(draw() % (uint32_t)(2 * largest + 1)) - largest; }

/* Uniform in -range..range. */
float draw_float(float range) {
  return range * ((float)(int32_t)(draw() >> 8) * (1.0f / 8388608.0f) - 1.0f);
}
void draw_floats(float *x, int n, float range) {
  for (int i = 0; i < n; i++) x[i] = draw_float(range);
}
void draw_i8(int8_t *x, int n) {
  for (int i = 0; i < n; i++) x[i] = (int8_t)((int)(draw() % 255) - 127);
}

/* ---- a small model for the tests below ---- */

const ModelConfig small_shape = {.layers = 2,
                                 .heads = 2,
                                 .dim = 16,
                                 .context = 12,
                                 .vocab = 11,
                                 .bigram_rows = 32,
                                 .ngrams = 4,
                                 .ngram_rows = 8,
                                 .ngram_width = 12};

Rig rig;

static void rig_layout(const ModelConfig *config) {
  model_layout(&rig.model, config, optimizer_row(rig.optimizer_kind)->store, &rig.arena);
  optimizer_layout(&rig.optimizer, &rig.model, rig.optimizer_kind, 1, &rig.arena);
  gradients_layout(&rig.gradients, config, 1, config->layers, NULL, &rig.arena);
  activations_layout(&rig.activations, config, config->context, config->layers, &rig.arena);
  backward_layout(&rig.backward, config, config->context, &rig.arena);
  rig.dx = arena_take(&rig.arena, MEMORY_WORKSPACE, (size_t)(config->context * config->dim),
                      sizeof(float));
}

bool rig_open_with(const ModelConfig *config, OptimizerKind kind, uint32_t seed) {
  Error error;
  memset(&rig, 0, sizeof rig);
  rig.optimizer_kind = kind;
  rig_layout(config);
  if (!check(arena_open(&rig.arena, &error), "no memory for the test's model")) return false;
  rig_layout(config);
  check(rig.arena.used == rig.arena.plan.total, "the plan is not what is used");
  model_init(&rig.model, seed, TOKEN_DEVIATION);
  for (int i = 0; i < rig.model.rows.count; i++) {
    const RowTable *table = &rig.model.rows.table[i];
    for (int at = 0; at < table->rows * table->width; at++) table->value[at] = (int8_t)draw_int(2);
  }
  for (int i = 0; i < 64; i++) rig.tokens[i] = (uint16_t)(draw() % (uint32_t)config->vocab);
  return true;
}

bool rig_open(const ModelConfig *config, uint32_t seed) {
  return rig_open_with(config, OPTIMIZER_MUON, seed);
}

void rig_close(void) { arena_close(&rig.arena); }

void rig_clear_gradients(void) {
  for (int l = 0; l < rig.model.config.layers; l++)
    gradients_clear_layer(&rig.gradients, &rig.model.config, l);
  gradients_clear_floats(&rig.gradients, &rig.model.config);
}

Pass rig_pass(int start, int n) {
  return pass_make(&rig.model, &rig.activations, rig.tokens, start, n, NULL);
}

Pass rig_training_pass(int n) {
  return pass_make_training(&rig.model, &rig.activations, &rig.gradients, &rig.backward, rig.tokens,
                            n, &rig.dropout, NULL);
}

/* Loss of the rig's sequence, summed; gradients too. */
float rig_backward(void) {
  const int T = rig.model.config.context;
  const Pass pass = rig_training_pass(T);
  const uint16_t *const sequences[1] = {rig.tokens};
  rig_clear_gradients();
  gradients_find_rows(&rig.gradients, &rig.model, sequences, 1);
  forward(&pass);
  loss_backward(&pass, rig.dx, rig.losses);
  for (int l = rig.model.config.layers - 1; l >= 0; l--) {
    const LayerActivations kept = activations_slot(&rig.activations, l);
    layer_backward(&pass, l, &kept, rig.dx);
  }
  embed_backward(&pass, rig.dx);
  return ops->sum(rig.losses, T);
}

float rig_loss(void) {
  const int T = rig.model.config.context;
  float loss = 0.0f;
  const Pass pass = rig_training_pass(T);
  forward(&pass);
  for (int t = 0; t < T; t++)
    loss = loss + softmax_cross_entropy(forward_logits(&pass, t), rig.model.config.vocab,
                                        rig.tokens[t + 1]);
  return loss;
}

/* ---- all of them ---- */

static const Test *const tables[] = {
    kernel_tests,    kernel_limit_tests, quantizer_tests,  gradient_tests, training_tests,
    text_tests,      counts_tests,       baseline_tests,   sampling_tests, wire_tests,
    tokenizer_tests, word_tests,         checkpoint_tests, options_tests};

static void run_test(const Test *test) {
  frame.test = test->name;
  random_counter = 0; /* the same numbers, whatever was tested before and with which kernels */
  frame.checks = 0;
  int before = frame.failures;
  test->run();
  bool good = frame.failures == before && frame.checks > 0;
  good ? frame.passed++ : frame.failed++;
  printf("  %-32s %s %d checks\n", test->name, good ? "ok    " : "FAILED", frame.checks);
}

const Command *const *tested_commands;

bool run_tests(const Command *const commands[], Error *error) {
  tested_commands = commands;
  memset(&frame, 0, sizeof frame);
  printf("self-test, kernels: %s\n", ops->name);
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    for (const Test *test = tables[i]; test->name; test++) run_test(test);
  printf("%d passed, %d failed\n", frame.passed, frame.failed);
  if (frame.failed == 0) return true;
  return error_set(error, EXIT_FAILED, "self-test failed at %s", frame.first);
}
