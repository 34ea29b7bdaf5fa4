/* bench_kernels.c - the rows of single kernels, at the sizes they have in one layer.
 *
 * Shapes: of a product n x C x R, positions x inputs x outputs, which is WUP: the largest matrix
 * (with WDOWN), three quarters of whose work the other four have together; of a loop over rows
 * n x width; of a matrix rows x columns. The inputs are what one forward pass leaves, or random.
 */
#include <stdio.h>
#include <string.h>

#include "base/crc32.h"
#include "commands/bench.h"
#include "math/math_ops.h"

#define ADAM_RATE 0.001f

/* ---- memory and inputs of all kernels ---- */

static int largest_of(int a, int b) { return a > b ? a : b; }

/* Floats of each of a, b, c and d: whatever the widest kernel needs. */
static int buffer_size(const ModelConfig *c) {
  const int F = hidden_size(c), rows = largest_of(c->context, c->dim);
  return rows * F + largest_of(c->context, c->dim) * c->vocab;
}

static void buffers_layout(Bench *b) {
  const size_t n = (size_t)buffer_size(&b->one_layer);
  float **const buffers[] = {&b->a, &b->b, &b->c, &b->d};
  for (int i = 0; i < 4; i++)
    *buffers[i] = arena_take(&b->arena, MEMORY_WORKSPACE, n, sizeof(float));
}

static void kernel_layout(Bench *b) {
  const ModelConfig *c = &b->one_layer;
  const size_t F = (size_t)hidden_size(c), D = (size_t)c->dim;
  bench_sequence_layout(b, c, optimizer_row((OptimizerKind)b->train.optimizer)->store);
  bench_backward_layout(b, c);
  buffers_layout(b);
  b->codes = arena_take(&b->arena, MEMORY_WORKSPACE, F * D, 1);
  b->packed = arena_take(&b->arena, MEMORY_WORKSPACE, F * D, 1);
}

static void fill_buffers(Bench *b) {
  const int n = buffer_size(&b->one_layer);
  bench_fill(b->a, n, 0.01f, bench_key(b, 10));
  bench_fill(b->b, n, 0.02f, bench_key(b, 11));
}

static void kernel_setup(Bench *b) {
  bench_fill_text(b);
  fill_buffers(b);
  model_init(&b->model, b->train.seed, TOKEN_DEVIATION);
  const Pass pass = bench_pass(b, 0, b->one_layer.context);
  forward(&pass);
}

static void baseline_kernel_layout(Bench *b) {
  bench_baseline_layout(b, &b->one_layer, true);
  buffers_layout(b);
}

static void baseline_kernel_setup(Bench *b) {
  bench_fill_text(b);
  fill_buffers(b);
  baseline_init(&b->baseline, b->products, b->train.seed);
  baseline_forward(&b->baseline, b->tokens, 0, b->one_layer.context);
}

/* ---- short names ---- */

static int T_of(const Bench *b) { return b->shape.context; }
static int D_of(const Bench *b) { return b->shape.dim; }
static int F_of(const Bench *b) { return hidden_size(&b->shape); }
static const WeightMatrix *up_of(const Bench *b) { return &b->model.layer[0].matrix[WUP]; }
static float *baseline_up(const Bench *b) { return b->baseline.weights.matrix[0][WUP]; }
static LayerActivations kept_of(const Bench *b) { return activations_slot(&b->activations, 0); }

static uint32_t crc_of(const void *x, int n, size_t size) { return crc32(0, x, (size_t)n * size); }

static void clear(float *x, int n) { memset(x, 0, (size_t)n * sizeof(float)); }

/* ---- the three products ---- */

static void product_of(const Bench *b, int n, BenchSize *s) {
  snprintf(s->shape, sizeof s->shape, "%dx%dx%d", n, D_of(b), F_of(b));
  s->units = n;
  s->macs = (int64_t)n * D_of(b) * F_of(b);
}

static void product_size(const Bench *b, bool baseline, BenchSize *s) {
  const int64_t word = sizeof(float), weights = (int64_t)F_of(b) * D_of(b);
  const WeightStore store = optimizer_row((OptimizerKind)b->train.optimizer)->store;
  product_of(b, T_of(b), s);
  s->bytes = baseline || store == STORE_FLOAT ? weights * word : weights;
  if (!baseline && store == STORE_PACKED)
    s->bytes = (int64_t)matrix_packed_bytes((SchemeKind)b->shape.scheme, F_of(b), D_of(b));
  s->share = 3000 * (int64_t)b->shape.layers * b->train.batch;
}

static void product_run(Bench *b) {
  linear_forward(up_of(b), 1, &b->activations.work.linear, kept_of(b).mlp_in.q, T_of(b));
}

static uint32_t product_crc(const Bench *b) {
  return crc_of(b->activations.work.linear.product, T_of(b) * F_of(b), sizeof(int32_t));
}

static void baseline_product_run(Bench *b) {
  b->products->forward(b->a, baseline_up(b), b->baseline.layer[0].mlp_in.y, T_of(b), F_of(b),
                       D_of(b));
}

static uint32_t a_crc(const Bench *b) { return crc_of(b->a, T_of(b) * F_of(b), sizeof(float)); }

static void product_one_size(const Bench *b, bool baseline, BenchSize *s) {
  const int64_t packed =
      (int64_t)matrix_packed_bytes((SchemeKind)b->shape.scheme, F_of(b), D_of(b));
  product_of(b, 1, s);
  s->bytes = baseline ? (int64_t)F_of(b) * D_of(b) * (int64_t)sizeof(float) : packed;
}

static void product_one_layout(Bench *b) {
  bench_sequence_layout(b, &b->one_layer, store_to_write((SchemeKind)b->shape.scheme));
  buffers_layout(b);
}

static void product_one_run(Bench *b) {
  linear_forward(up_of(b), 1, &b->activations.work.linear, kept_of(b).mlp_in.q, 1);
}

static uint32_t product_one_crc(const Bench *b) {
  return crc_of(b->activations.work.linear.product, F_of(b), sizeof(int32_t));
}

static void baseline_product_one_run(Bench *b) {
  b->products->forward(b->a, baseline_up(b), b->baseline.layer[0].mlp_in.y, 1, F_of(b), D_of(b));
}

static uint32_t a_one_crc(const Bench *b) { return crc_of(b->a, F_of(b), sizeof(float)); }

static void input_gradient_reset(Bench *b) { clear(b->b, T_of(b) * D_of(b)); }

static void input_gradient_run(Bench *b) {
  linear_measure(&b->backward.linear, b->a, T_of(b), F_of(b));
  linear_backward_input(up_of(b), &b->activations.work.linear, &b->backward.linear, b->a, b->b,
                        T_of(b), true);
}

static void baseline_input_gradient_run(Bench *b) {
  b->products->input_gradient(b->b, baseline_up(b), b->a, T_of(b), F_of(b), D_of(b));
}

static uint32_t b_crc(const Bench *b) { return crc_of(b->b, T_of(b) * D_of(b), sizeof(float)); }

static void weight_gradient_size(const Bench *b, bool baseline, BenchSize *s) {
  product_size(b, baseline, s);
  s->bytes = 0; /* of gradients, not of weights */
}

static void gradients_reset(Bench *b) {
  gradients_clear_layer(&b->gradients, &b->one_layer, 0);
  gradients_clear_floats(&b->gradients, &b->one_layer);
}

static void weight_gradient_run(Bench *b) {
  const LayerActivations kept = kept_of(b);
  linear_measure(&b->backward.linear, b->a, T_of(b), F_of(b));
  linear_backward_weights(up_of(b), &b->activations.work.linear, &b->backward.linear, b->a,
                          &kept.mlp_in, 1.0f, b->gradients.matrix[0][WUP], &b->gradients.fixed,
                          T_of(b));
}

static uint32_t weight_gradient_crc(const Bench *b) {
  return crc_of(b->gradients.matrix[0][WUP], F_of(b) * D_of(b), sizeof(int32_t));
}

static void baseline_reset(Bench *b) { baseline_clear_gradients(&b->baseline); }

static void baseline_weight_gradient_run(Bench *b) {
  b->products->weight_gradient(b->baseline.gradients.matrix[0][WUP], b->a,
                               b->baseline.layer[0].mlp_in.y, T_of(b), F_of(b), D_of(b));
}

static uint32_t baseline_weight_gradient_crc(const Bench *b) {
  return crc_of(b->baseline.gradients.matrix[0][WUP], F_of(b) * D_of(b), sizeof(float));
}

/* ---- attention ---- */

static void attention_size(const Bench *b, bool baseline, BenchSize *s) {
  const ModelConfig *c = &b->shape;
  (void)baseline;
  snprintf(s->shape, sizeof s->shape, "%dx%dx%d", T_of(b), (int)c->heads, head_size(c));
  s->units = T_of(b);
  s->macs = bench_attention_macs(c);
  s->share = 1000 * (int64_t)c->layers * b->train.batch;
}

/* Four products; ours computes the scores again. */
static void attention_backward_size(const Bench *b, bool baseline, BenchSize *s) {
  attention_size(b, baseline, s);
  s->macs = (baseline ? 4 : 5) * s->macs / 2;
}

static void attention_run(Bench *b) {
  const LayerActivations kept = kept_of(b);
  const Pass pass = bench_pass(b, 0, T_of(b));
  attention_heads_forward(&pass, 0, &kept);
}

static uint32_t attention_crc(const Bench *b) {
  return crc_of(b->activations.work.mixed, T_of(b) * D_of(b), sizeof(float));
}

static void baseline_attention_run(Bench *b) {
  baseline_attention(&b->baseline, 0, b->b, 0, T_of(b));
}

static void attention_backward_setup(Bench *b) {
  kernel_setup(b);
  memcpy(b->backward.dmixed, b->a, (size_t)(T_of(b) * D_of(b)) * sizeof(float));
}

static void attention_backward_run(Bench *b) {
  const LayerActivations kept = kept_of(b);
  const Pass pass = bench_training_pass(b);
  attention_heads_backward(&pass, 0, &kept);
}

static uint32_t head_gradients_crc(const float *q, const float *k, const float *v, int n) {
  const size_t bytes = (size_t)n * sizeof(float);
  return crc32(crc32(crc32(0, q, bytes), k, bytes), v, bytes);
}

static uint32_t attention_backward_crc(const Bench *b) {
  const BackwardWorkspace *w = &b->backward;
  return head_gradients_crc(w->dquery, w->dkey, w->dvalue, T_of(b) * D_of(b));
}

static void baseline_attention_backward_run(Bench *b) {
  baseline_attention_backward(&b->baseline, 0, b->a, T_of(b));
}

static uint32_t baseline_attention_backward_crc(const Bench *b) {
  const Baseline *f = &b->baseline;
  return head_gradients_crc(f->dquery, f->dkey, f->dvalue, T_of(b) * D_of(b));
}

/* ---- loops over rows of D ---- */

static void rows_size(const Bench *b, bool baseline, BenchSize *s) {
  (void)baseline;
  snprintf(s->shape, sizeof s->shape, "%dx%d", T_of(b), D_of(b));
  s->units = T_of(b);
}

/* Three norms a layer and the last one; ours has another for the hidden layer. */
static void norm_size(const Bench *b, bool baseline, BenchSize *s) {
  rows_size(b, baseline, s);
  s->share = 1000 * (int64_t)(3 * b->shape.layers + 1) * b->train.batch;
}

/* The hidden layer's is as wide as four. */
static void norm_backward_size(const Bench *b, bool baseline, BenchSize *s) {
  rows_size(b, baseline, s);
  s->share = 1000 * (int64_t)(7 * b->shape.layers + 1) * b->train.batch;
}

/* Queries and keys, forward and back. */
static void rope_size(const Bench *b, bool baseline, BenchSize *s) {
  rows_size(b, baseline, s);
  s->share = 4000 * (int64_t)b->shape.layers * b->train.batch;
}

static void loops_size(const Bench *b, bool baseline, BenchSize *s) {
  rows_size(b, baseline, s);
  s->macs = (int64_t)T_of(b) * D_of(b);
}

static void norm_run(Bench *b) {
  const Pass pass = bench_pass(b, 0, T_of(b));
  final_forward(&pass);
}

static uint32_t norm_crc(const Bench *b) {
  const NormActivations *f = &b->activations.final;
  return crc32(crc_of(f->q, T_of(b) * D_of(b), 1), f->scale, (size_t)T_of(b) * sizeof(float));
}

static void baseline_norm_run(Bench *b) {
  baseline_norm(&b->baseline.final, 0, b->baseline.x, T_of(b), D_of(b));
}

static uint32_t baseline_norm_crc(const Bench *b) {
  return crc_of(b->baseline.final.y, T_of(b) * D_of(b), sizeof(float));
}

static void norm_backward_run(Bench *b) {
  norm_backward(&b->activations.final, b->a, b->b, T_of(b), b->activations.work.row);
}

static void baseline_norm_backward_run(Bench *b) {
  baseline_norm_backward(&b->baseline.final, b->a, b->b, T_of(b), D_of(b));
}

static void rope_run(Bench *b) {
  const int D = D_of(b), K = head_size(&b->shape);
  for (int t = 0; t < T_of(b); t++)
    for (int h = 0; h < b->shape.heads; h++) {
      const int turn = t * (K / 2);
      ops->rope(b->b + t * D + h * K, b->model.rope_cos + turn, b->model.rope_sin + turn, K, false);
    }
}

static void baseline_rope_run(Bench *b) {
  for (int t = 0; t < T_of(b); t++) baseline_rope(&b->baseline, b->b + t * D_of(b), t, false);
}

static void dot_run(Bench *b) {
  const int D = D_of(b);
  for (int t = 0; t < T_of(b); t++) b->c[t] = ops->dot(b->a + t * D, b->b + t * D, D);
}

static void baseline_dot_run(Bench *b) {
  const int D = D_of(b);
  for (int t = 0; t < T_of(b); t++) b->c[t] = baseline_dot(b->a + t * D, b->b + t * D, D);
}

static uint32_t c_crc(const Bench *b) { return crc_of(b->c, T_of(b), sizeof(float)); }

static void axpy_run(Bench *b) {
  const int D = D_of(b);
  for (int t = 0; t < T_of(b); t++) ops->axpy(b->b + t * D, 0.5f, b->a + t * D, D);
}

static void baseline_axpy_run(Bench *b) {
  const int D = D_of(b);
  for (int t = 0; t < T_of(b); t++) baseline_axpy(b->b + t * D, 0.5f, b->a + t * D, D);
}

/* ---- softmax and cross-entropy ---- */

static void softmax_size(const Bench *b, bool baseline, BenchSize *s) {
  (void)baseline;
  snprintf(s->shape, sizeof s->shape, "%dx%d", T_of(b), (int)b->shape.vocab);
  s->units = T_of(b);
  s->share = 1000 * (int64_t)b->train.batch;
}

/* Logits of deviation 1, which a run overwrites. */
static void softmax_reset(Bench *b) {
  const int n = T_of(b) * b->shape.vocab;
  for (int i = 0; i < n; i++) b->d[i] = b->a[i] * 100.0f;
}

static void softmax_run(Bench *b) {
  const int V = b->shape.vocab;
  for (int t = 0; t < T_of(b); t++) b->c[t] = softmax_cross_entropy(b->d + t * V, V, b->tokens[t]);
}

static void baseline_softmax_run(Bench *b) {
  const int V = b->shape.vocab;
  for (int t = 0; t < T_of(b); t++) b->c[t] = baseline_softmax(b->d + t * V, V, b->tokens[t]);
}

/* ---- weights: quantization, packing, optimizers ---- */

static void matrix_size(const Bench *b, bool baseline, BenchSize *s) {
  const int64_t n = (int64_t)F_of(b) * D_of(b);
  const WeightStore store = optimizer_row((OptimizerKind)b->train.optimizer)->store;
  (void)baseline;
  snprintf(s->shape, sizeof s->shape, "%dx%d", F_of(b), D_of(b));
  s->units = n;
  s->bytes = store == STORE_FLOAT ? n * (int64_t)sizeof(float) : n;
}

static void scales_size(const Bench *b, bool baseline, BenchSize *s) {
  matrix_size(b, baseline, s);
  s->share = 3000 * (int64_t)b->shape.layers;
}

static void scales_run(Bench *b) { matrix_quantize(&b->model.layer[0].matrix[WUP], b->model.row); }

static uint32_t scales_crc(const Bench *b) {
  return crc_of(up_of(b)->scale, F_of(b), sizeof(float));
}

static void codes_run(Bench *b) {
  for (int r = 0; r < F_of(b); r++) matrix_codes(up_of(b), r, 0, D_of(b), b->codes + r * D_of(b));
}

static uint32_t codes_crc(const Bench *b) { return crc_of(b->codes, F_of(b) * D_of(b), 1); }

static CodeKind code_kind(const Bench *b) { return scheme_row((SchemeKind)b->shape.scheme)->codes; }

static size_t row_bytes(const Bench *b) { return packed_row_bytes(code_kind(b), D_of(b)); }

static void codes_setup(Bench *b) {
  kernel_setup(b);
  codes_run(b);
}

static void pack_run(Bench *b) {
  for (int r = 0; r < F_of(b); r++)
    pack_codes(code_kind(b), b->packed + (size_t)r * row_bytes(b), b->codes + r * D_of(b), D_of(b));
}

static uint32_t packed_crc(const Bench *b) {
  return crc32(0, b->packed, (size_t)F_of(b) * row_bytes(b));
}

static void unpack_size(const Bench *b, bool baseline, BenchSize *s) {
  matrix_size(b, baseline, s);
  s->bytes = (int64_t)F_of(b) * (int64_t)row_bytes(b);
}

static void unpack_setup(Bench *b) {
  codes_setup(b);
  pack_run(b);
}

static void unpack_run(Bench *b) {
  for (int r = 0; r < F_of(b); r++)
    unpack_codes(code_kind(b), b->codes + r * D_of(b), b->packed + (size_t)r * row_bytes(b), 0,
                 D_of(b));
}

/* Adam on as many values as the token embedding has: in a step it is for gains only. */
static void adam_size(const Bench *b, bool baseline, BenchSize *s) {
  const int V = b->shape.vocab;
  (void)baseline;
  snprintf(s->shape, sizeof s->shape, "%dx%d", V, D_of(b));
  s->units = (int64_t)V * D_of(b);
  s->bytes = s->units * (int64_t)sizeof(float);
  s->share = 0;
}

static void adam_run(Bench *b) {
  const AdamStep step = {
      .learning_rate = ADAM_RATE, .gradient_scale = 1.0f, .c1 = 10.0f, .c2 = 100.0f};
  for (int v = 0; v < b->shape.vocab; v++) {
    const int at = v * D_of(b);
    ops->adam(b->b + at, b->a + at, b->c + at, b->d + at, D_of(b), &step);
  }
}

static void baseline_adam_run(Bench *b) {
  const size_t n = (size_t)(b->shape.vocab * D_of(b));
  baseline_adamw(b->b, b->a, b->c, b->d, n, ADAM_RATE, 10.0f, 20.0f);
}

static uint32_t adam_crc(const Bench *b) {
  return crc_of(b->b, b->shape.vocab * D_of(b), sizeof(float));
}

/* Newton-Schulz on all of WUP; of the six matrices of a layer four are square. */
static void muon_size(const Bench *b, bool baseline, BenchSize *s) {
  const int64_t D = D_of(b), block = bench_muon_block(b), square = bench_muon_macs(D, D, block);
  matrix_size(b, baseline, s);
  s->bytes = 0;
  s->macs = bench_muon_macs(F_of(b), D, block);
  if (optimizer_row((OptimizerKind)b->train.optimizer)->orthogonalises)
    s->share = b->shape.layers * (2000 + 4000 * square / s->macs);
}

static void muon_kernel_layout(Bench *b) {
  buffers_layout(b);
  muon_layout(&b->optimizer.scratch.muon, D_of(b), bench_muon_block(b), &b->arena);
}

static void muon_run(Bench *b) {
  const int D = D_of(b), F = F_of(b), block = bench_muon_block(b);
  for (int first = 0; first < F; first += block) {
    const int rows = F - first < block ? F - first : block;
    muon_orthogonalise(&b->optimizer.scratch.muon, b->a + first * D, D, rows, D);
  }
}

/* Of the last block, which may be smaller than the others. */
static uint32_t muon_crc(const Bench *b) {
  const int block = bench_muon_block(b), rest = F_of(b) % block, rows = rest ? rest : block;
  return crc_of(b->optimizer.scratch.muon.x, rows * D_of(b), sizeof(int16_t));
}

/* ---- the table ---- */

#define KERNEL kernel_layout, kernel_setup
#define BASELINE baseline_kernel_layout, baseline_kernel_setup
#define NONE                                                                                       \
  { NULL, NULL, NULL, NULL, NULL }

const BenchRow bench_kernels[BENCH_KERNELS] = {
    {GROUP_KERNEL,
     "product",
     "token",
     "the MLP matrix WUP times all positions",
     product_size,
     {KERNEL, NULL, product_run, product_crc},
     {BASELINE, NULL, baseline_product_run, a_crc},
     true,
     false},
    {GROUP_KERNEL,
     "product-one",
     "token",
     "WUP, packed, times one position",
     product_one_size,
     {product_one_layout, kernel_setup, NULL, product_one_run, product_one_crc},
     {BASELINE, NULL, baseline_product_one_run, a_one_crc},
     true,
     false},
    {GROUP_KERNEL,
     "input-gradient",
     "token",
     "transposed WUP times the gradient of its outputs",
     product_size,
     {KERNEL, input_gradient_reset, input_gradient_run, b_crc},
     {BASELINE, input_gradient_reset, baseline_input_gradient_run, b_crc},
     true,
     false},
    {GROUP_KERNEL,
     "weight-gradient",
     "token",
     "gradient of WUP: outer products of all positions",
     weight_gradient_size,
     {KERNEL, gradients_reset, weight_gradient_run, weight_gradient_crc},
     {BASELINE, baseline_reset, baseline_weight_gradient_run, baseline_weight_gradient_crc},
     true,
     false},
    {GROUP_KERNEL,
     "attention",
     "token",
     "all heads: scores, softmax, sums of values",
     attention_size,
     {KERNEL, NULL, attention_run, attention_crc},
     {BASELINE, NULL, baseline_attention_run, b_crc},
     false,
     false},
    {GROUP_KERNEL,
     "attention-backward",
     "token",
     "gradients of queries, keys and values",
     attention_backward_size,
     {kernel_layout, attention_backward_setup, gradients_reset, attention_backward_run,
      attention_backward_crc},
     {BASELINE, baseline_reset, baseline_attention_backward_run, baseline_attention_backward_crc},
     false,
     false},
    {GROUP_KERNEL,
     "norm",
     "token",
     "RMSNorm; this model's output is int8",
     norm_size,
     {KERNEL, NULL, norm_run, norm_crc},
     {BASELINE, NULL, baseline_norm_run, baseline_norm_crc},
     false,
     false},
    {GROUP_KERNEL,
     "norm-backward",
     "token",
     "gradient of the norm's input",
     norm_backward_size,
     {KERNEL, input_gradient_reset, norm_backward_run, b_crc},
     {BASELINE, input_gradient_reset, baseline_norm_backward_run, b_crc},
     false,
     false},
    {GROUP_KERNEL,
     "rope",
     "token",
     "rotates all heads of one vector, for each position",
     rope_size,
     {KERNEL, NULL, rope_run, b_crc},
     {BASELINE, NULL, baseline_rope_run, b_crc},
     false,
     false},
    {GROUP_KERNEL,
     "softmax",
     "token",
     "softmax over the vocabulary and cross-entropy",
     softmax_size,
     {KERNEL, softmax_reset, softmax_run, c_crc},
     {BASELINE, softmax_reset, baseline_softmax_run, c_crc},
     false,
     false},
    {GROUP_KERNEL,
     "dot",
     "call",
     "dot product of two float vectors",
     loops_size,
     {KERNEL, NULL, dot_run, c_crc},
     {BASELINE, NULL, baseline_dot_run, c_crc},
     false,
     false},
    {GROUP_KERNEL,
     "axpy",
     "call",
     "y += a x, float vectors",
     loops_size,
     {KERNEL, input_gradient_reset, axpy_run, b_crc},
     {BASELINE, input_gradient_reset, baseline_axpy_run, b_crc},
     false,
     false},
    {GROUP_KERNEL,
     "scales",
     "weight",
     "threshold and scale from the latents of WUP",
     scales_size,
     {KERNEL, NULL, scales_run, scales_crc},
     NONE,
     false,
     false},
    {GROUP_KERNEL,
     "codes",
     "weight",
     "codes from the latents of WUP",
     matrix_size,
     {KERNEL, NULL, codes_run, codes_crc},
     NONE,
     false,
     false},
    {GROUP_KERNEL,
     "pack",
     "weight",
     "codes of WUP to bytes, five trits each",
     matrix_size,
     {kernel_layout, codes_setup, NULL, pack_run, packed_crc},
     NONE,
     false,
     false},
    {GROUP_KERNEL,
     "unpack",
     "weight",
     "bytes to codes of WUP",
     unpack_size,
     {kernel_layout, unpack_setup, NULL, unpack_run, codes_crc},
     NONE,
     false,
     false},
    {GROUP_KERNEL,
     "adam",
     "weight",
     "Adam on as many values as the token embedding has; fp32: AdamW",
     adam_size,
     {KERNEL, NULL, adam_run, adam_crc},
     {BASELINE, NULL, baseline_adam_run, adam_crc},
     false,
     false},
    {GROUP_KERNEL,
     "newton-schulz",
     "weight",
     "orthogonalises a matrix of the shape of WUP",
     muon_size,
     {muon_kernel_layout, fill_buffers, NULL, muon_run, muon_crc},
     NONE,
     false,
     false},
};
