/* bench_inputs.c - the memory, the random inputs and the sums that phases and kernels share. */
#include "commands/bench.h"
#include "math/random.h"

/* ---- memory ---- */

void bench_text_layout(Bench *b) {
  b->text_tokens = 2 * b->shape.context * (b->train.batch + 1);
  b->tokens = arena_take(&b->arena, MEMORY_TEXT, (size_t)b->text_tokens, sizeof(uint16_t));
}

void bench_sequence_layout(Bench *b, const ModelConfig *config, WeightStore store) {
  bench_text_layout(b);
  model_layout(&b->model, config, store, &b->arena);
  activations_layout(&b->activations, &b->model.config, config->context, config->layers, &b->arena);
}

void bench_backward_layout(Bench *b, const ModelConfig *config) {
  const size_t T = (size_t)config->context;
  gradients_layout(&b->gradients, config, b->train.batch, 1, NULL, &b->arena);
  backward_layout(&b->backward, config, config->context, &b->arena);
  b->dx = arena_take(&b->arena, MEMORY_WORKSPACE, T * (size_t)config->dim, sizeof(float));
  b->losses = arena_take(&b->arena, MEMORY_WORKSPACE, T, sizeof(float));
}

void bench_baseline_layout(Bench *b, const ModelConfig *config, bool training) {
  bench_text_layout(b);
  baseline_layout(&b->baseline, config, training, &b->arena);
}

/* ---- passes ---- */

Pass bench_pass(Bench *b, int start, int n) {
  return pass_make(&b->model, &b->activations, b->tokens, start, n, NULL);
}

Pass bench_training_pass(Bench *b) {
  return pass_make_training(&b->model, &b->activations, &b->gradients, &b->backward, b->tokens,
                            b->shape.context, NULL, NULL);
}

/* ---- random inputs ---- */

uint32_t bench_key(const Bench *b, uint32_t purpose) {
  return random_key(b->train.seed, STREAM_BENCH, purpose);
}

/* A sum of four uniform values, near a normal one: mean 0, deviation 2^20 / 1.73. */
static int32_t normal_sum(uint32_t key, int i) {
  int32_t sum = -(2 << 20);
  for (uint32_t part = 0; part < 4; part++)
    sum += (int32_t)(random_u32(key, (uint32_t)i * 4 + part) >> 12);
  return sum;
}

void bench_fill(float *x, int n, float deviation, uint32_t key) {
  const float unit = deviation * 1.7320508f / (float)(1 << 20);
  for (int i = 0; i < n; i++) x[i] = unit * (float)normal_sum(key, i);
}

void bench_fill_sums(int32_t *x, int n, uint32_t key) {
  for (int i = 0; i < n; i++) x[i] = normal_sum(key, i) / 64;
}

void bench_fill_text(Bench *b) {
  const uint32_t key = bench_key(b, 1), V = (uint32_t)b->shape.vocab;
  for (int32_t i = 0; i < b->text_tokens; i++) {
    const uint32_t random = random_u32(key, (uint32_t)i);
    const uint32_t place = (random & 0xffffu) * (random >> 16) >> 16; /* small ones are likelier */
    b->tokens[i] = (uint16_t)(place * V >> 16);
  }
}

/* ---- multiply-accumulates ---- */

int64_t bench_matrix_macs(const ModelConfig *c, int64_t n) {
  return n * model_matrix_parameters(c);
}

int64_t bench_attention_macs(const ModelConfig *c) {
  return (int64_t)c->context * (c->context + 1) * c->dim;
}

int bench_muon_block(const Bench *b) {
  return muon_block(b->shape.dim, b->train.batch * b->shape.context);
}

int64_t bench_muon_macs(int64_t neurons, int64_t width, int64_t block) {
  int64_t macs = 0;
  for (int64_t first = 0; first < neurons; first += block) {
    const int64_t count = neurons - first < block ? neurons - first : block;
    const int64_t S = count < width ? count : width, N = count < width ? width : count;
    const int64_t symmetric = S * (S + 1) / 2; /* outputs: X X^T, three A^2, two P A, P A P, P Q */
    macs += symmetric * (N + 9 * S) + S * S * N;
  }
  return macs;
}
