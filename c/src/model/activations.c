/* activations.c - the memory of activations and of forward's scratch. */
#include "model/activations.h"

static void head_layout(HeadActivations *a, const ModelConfig *c, int rows, bool turned,
                        Arena *arena) {
  const size_t heads = (size_t)rows * (size_t)c->heads;
  const bool normalised = turned && c->qk_norm == QK_NORM_RMS;
  a->turned = turned;
  a->q = arena_take(arena, MEMORY_ACTIVATIONS, (size_t)rows * (size_t)c->dim, 1);
  a->scale = arena_take(arena, MEMORY_ACTIVATIONS, heads, sizeof(float));
  a->inverse_rms = normalised ? arena_take(arena, MEMORY_ACTIVATIONS, heads, sizeof(float)) : NULL;
}

static void layer_layout(LayerActivations *a, const ModelConfig *c, int rows, Arena *arena) {
  const bool centered = c->norm == NORM_LAYER;
  const int F = hidden_size(c);
  norm_layout(&a->attention_in, c->dim, centered, rows, arena);
  head_layout(&a->query, c, rows, true, arena);
  head_layout(&a->key, c, rows, true, arena);
  head_layout(&a->value, c, rows, false, arena);
  norm_layout(&a->attention_out, c->dim, centered, rows, arena);
  norm_layout(&a->mlp_in, c->dim, centered, rows, arena);
  norm_layout(&a->hidden, F, false, rows, arena);
  a->relu = c->activation == ACTIVATION_RELU
                ? a->hidden.q
                : arena_take(arena, MEMORY_ACTIVATIONS, (size_t)rows * (size_t)F, 1);
}

size_t layer_activation_bytes(const ModelConfig *config, int capacity) {
  Arena plan = {0};
  LayerActivations layer;
  layer_layout(&layer, config, capacity, &plan);
  return (size_t)plan.plan.total;
}

LayerActivations activations_slot(const Activations *a, int slot) {
  LayerActivations layer;
  Arena piece = {.block = a->kept + (size_t)slot * a->layer_bytes, .size = a->layer_bytes};
  layer_layout(&layer, a->config, a->capacity, &piece);
  return layer;
}

static void workspace_layout(ForwardWorkspace *w, const ModelConfig *c, int capacity,
                             Arena *arena) {
  const size_t T = (size_t)capacity, D = (size_t)c->dim, K = (size_t)head_size(c);
  linear_layout(&w->linear, c, capacity, arena);
  w->score_sums = w->linear.product;
  w->row = w->linear.row;
  w->queries = arena_take(arena, MEMORY_WORKSPACE, QUERIES_AT_ONCE * K, sizeof(int16_t));
  w->keys = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(int16_t));
  w->key_scale = arena_take(arena, MEMORY_WORKSPACE, T, sizeof(float));
  w->values = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(float));
  w->ld_scores = (capacity + 3) & ~3;
  w->scores =
      arena_take(arena, MEMORY_WORKSPACE, QUERIES_AT_ONCE * (size_t)w->ld_scores, sizeof(float));
  w->mixed = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  w->centered = arena_take(arena, MEMORY_WORKSPACE, D, sizeof(float));
  w->outputs = arena_take(arena, MEMORY_WORKSPACE, LOGITS_POSITIONS * D, sizeof(int16_t));
  w->logits = arena_take(arena, MEMORY_WORKSPACE, (size_t)c->vocab, sizeof(float));
}

void activations_layout(Activations *a, const ModelConfig *config, int capacity, int slots,
                        Arena *arena) {
  const size_t T = (size_t)capacity;
  a->capacity = capacity;
  a->config = config;
  a->layer_bytes = layer_activation_bytes(config, capacity);
  a->first = arena_take(arena, MEMORY_WORKSPACE, T, sizeof(int32_t));
  a->x = arena_take(arena, MEMORY_ACTIVATIONS, T * (size_t)config->dim, sizeof(float));
  a->kept = arena_take(arena, MEMORY_ACTIVATIONS, (size_t)slots, a->layer_bytes);
  norm_layout(&a->final, config->dim, config->norm == NORM_LAYER, capacity, arena);
  workspace_layout(&a->work, config, capacity, arena);
}
