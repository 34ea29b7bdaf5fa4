/* gradients.c - the memory of gradients, and what adds to them. */
#include "model/gradients.h"

#include <string.h>

#include "math/math_ops.h"

void gradients_layout(Gradients *g, const ModelConfig *c, int batch, bool by_layer, Arena *arena) {
  const size_t D = (size_t)c->dim, F = (size_t)hidden_size(c), word = sizeof(int32_t);
  g->fixed = fixed_point(batch, c->context);
  g->by_layer = by_layer;
  for (int l = 0; l < c->layers; l++) {
    for (int i = 0; i < LAYER_MATRICES; i++)
      g->matrix[l][i] = by_layer && l > 0
                            ? g->matrix[0][i]
                            : arena_take(arena, MEMORY_GRADIENTS, D * (i < WUP ? D : F), word);
    g->query_gain[l] = arena_take(arena, MEMORY_GRADIENTS, (size_t)c->heads, word);
    g->output_gain[l] = arena_take(arena, MEMORY_GRADIENTS, OUTPUT_GAINS, word);
  }
  g->token_embedding = arena_take(arena, MEMORY_GRADIENTS, (size_t)c->vocab * D, word);
  g->bigram_embedding = arena_take(arena, MEMORY_GRADIENTS, (size_t)c->bigram_rows * D, word);
}

int gradients_float_blocks(const Gradients *g, const ModelConfig *c,
                           int32_t *blocks[MAX_FLOAT_BLOCKS]) {
  int count = 0;
  blocks[count++] = g->token_embedding;
  if (c->bigram_rows > 0) blocks[count++] = g->bigram_embedding;
  for (int l = 0; l < c->layers; l++) {
    blocks[count++] = g->query_gain[l];
    blocks[count++] = g->output_gain[l];
  }
  return count;
}

static void clear_sums(int32_t *x, int n) { memset(x, 0, (size_t)n * sizeof(int32_t)); }

void gradients_clear_layer(Gradients *g, const ModelConfig *c, int l) {
  for (int i = 0; i < LAYER_MATRICES; i++)
    clear_sums(g->matrix[l][i], c->dim * (i < WUP ? c->dim : hidden_size(c)));
}

void gradients_clear_floats(Gradients *g, const ModelConfig *c) {
  for (int l = 0; l < c->layers; l++) {
    clear_sums(g->query_gain[l], c->heads);
    clear_sums(g->output_gain[l], OUTPUT_GAINS);
  }
  clear_sums(g->token_embedding, c->vocab * c->dim);
  clear_sums(g->bigram_embedding, c->bigram_rows * c->dim);
}

void gradients_add(const Gradients *g, int32_t *gradient, float a, const float *x, int n) {
  ops->add_rounded(gradient, x, a * g->fixed.per_unit, g->fixed.position_limit, n);
}

void gradients_join(int32_t *sums, int32_t *other, int n) {
  for (int i = 0; i < n; i++) sums[i] += other[i];
  clear_sums(other, n);
}

void backward_layout(BackwardWorkspace *b, const ModelConfig *c, int capacity, Arena *arena) {
  const size_t T = (size_t)capacity, D = (size_t)c->dim, F = (size_t)hidden_size(c);
  const size_t K = (size_t)head_size(c), group = T < LOSS_POSITIONS ? T : LOSS_POSITIONS;
  b->outputs = arena_take(arena, MEMORY_WORKSPACE, group * D, sizeof(float));
  b->dlogits = arena_take(arena, MEMORY_WORKSPACE, group * (size_t)c->vocab, sizeof(float));
  b->dnorm = arena_take(arena, MEMORY_WORKSPACE, T * F, sizeof(float));
  b->dproduct = arena_take(arena, MEMORY_WORKSPACE, T * F, sizeof(float));
  b->dmixed = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->dquery = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->dkey = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->dvalue = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->queries = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(float));
  b->keys = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(float));
  b->scores = arena_take(arena, MEMORY_WORKSPACE, T, sizeof(float));
  for (int i = 0; i < 2; i++) b->dscores[i] = arena_take(arena, MEMORY_WORKSPACE, T, sizeof(float));
  linear_backward_layout(&b->linear, c, capacity, arena);
}
