/* activations.c - the memory of activations and of forward's scratch. */
#include "model/activations.h"

/* trained: a backward comes */
static void head_layout(HeadActivations *a, const ModelConfig *c, int rows, bool turned,
                        bool trained, Arena *arena) {
  const size_t heads = (size_t)rows * (size_t)c->heads;
  a->turned = turned;
  a->normalised = turned && c->qk_norm == QK_NORM_RMS;
  a->q = arena_take(arena, MEMORY_ACTIVATIONS, (size_t)rows * (size_t)c->dim, 1);
  a->scale = arena_take(arena, MEMORY_ACTIVATIONS, heads, sizeof(float));
  a->inverse_rms =
      a->normalised && trained ? arena_take(arena, MEMORY_ACTIVATIONS, heads, sizeof(float)) : NULL;
}

static void cache_layout(LayerActivations *a, const ModelConfig *c, int rows, bool trained,
                         Arena *arena) {
  head_layout(&a->key, c, rows, true, trained, arena);
  head_layout(&a->value, c, rows, false, trained, arena);
}

/* cached: keys and values lie elsewhere */
static void layer_layout(LayerActivations *a, const ModelConfig *c, int rows, bool cached,
                         Arena *arena) {
  const bool centered = c->norm == NORM_LAYER;
  const int F = hidden_size(c);
  norm_layout(&a->attention_in, c->dim, centered, rows, arena);
  head_layout(&a->query, c, rows, true, !cached, arena);
  if (!cached) cache_layout(a, c, rows, true, arena);
  norm_layout(&a->attention_out, c->dim, centered, rows, arena);
  norm_layout(&a->mlp_in, c->dim, centered, rows, arena);
  norm_layout(&a->hidden, F, false, rows, arena);
  a->relu = c->activation == ACTIVATION_RELU
                ? a->hidden.q
                : arena_take(arena, MEMORY_ACTIVATIONS, (size_t)rows * (size_t)F, 1);
}

static size_t layer_bytes(const ModelConfig *config, int rows, bool cached) {
  Arena plan = {0};
  LayerActivations layer;
  layer_layout(&layer, config, rows, cached, &plan);
  return (size_t)plan.plan.total;
}

static size_t cache_bytes(const ModelConfig *config) {
  Arena plan = {0};
  LayerActivations layer;
  cache_layout(&layer, config, config->context, false, &plan);
  return (size_t)plan.plan.total;
}

/* Piece number i of those that are `bytes` long. */
static Arena piece_of(uint8_t *pieces, size_t bytes, int i) {
  return (Arena){.block = pieces + (size_t)i * bytes, .size = bytes};
}

LayerActivations activations_slot(const Activations *a, int slot) {
  LayerActivations layer;
  const bool cached = a->cache_bytes > 0;
  Arena piece = piece_of(a->kept, a->layer_bytes, cached ? 0 : slot);
  layer_layout(&layer, a->config, a->rows, cached, &piece);
  if (cached) {
    Arena cache = piece_of(a->cache, a->cache_bytes, slot);
    cache_layout(&layer, a->config, a->capacity, false, &cache);
  }
  return layer;
}

static void workspace_layout(ForwardWorkspace *w, const ModelConfig *c, int rows, int capacity,
                             Arena *arena) {
  const size_t T = (size_t)capacity, D = (size_t)c->dim, K = (size_t)head_size(c);
  linear_layout(&w->linear, c, rows, arena);
  w->score_sums = linear_product_size(c, rows) >= QUERIES_AT_ONCE * T
                      ? w->linear.product
                      : arena_take(arena, MEMORY_WORKSPACE, QUERIES_AT_ONCE * T, sizeof(int32_t));
  w->row = w->linear.row;
  w->queries = arena_take(arena, MEMORY_WORKSPACE, QUERIES_AT_ONCE * K, sizeof(int16_t));
  w->keys = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(int16_t));
  w->key_scale = arena_take(arena, MEMORY_WORKSPACE, T, sizeof(float));
  w->values = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(float));
  w->ld_scores = (capacity + 3) & ~3;
  w->scores =
      arena_take(arena, MEMORY_WORKSPACE, QUERIES_AT_ONCE * (size_t)w->ld_scores, sizeof(float));
  w->mixed = arena_take(arena, MEMORY_WORKSPACE, (size_t)rows * D, sizeof(float));
  w->centered = arena_take(arena, MEMORY_WORKSPACE, D, sizeof(float));
  w->outputs = arena_take(arena, MEMORY_WORKSPACE, LOGITS_POSITIONS * D, sizeof(int16_t));
  w->logits = arena_take(arena, MEMORY_WORKSPACE, (size_t)c->vocab, sizeof(float));
}

/* Takes (or plans) all of it; `a` knows its sizes. */
static void take_activations(Activations *a, int slots, Arena *arena) {
  const ModelConfig *c = a->config;
  const size_t D = (size_t)c->dim;
  a->first = arena_take(arena, MEMORY_WORKSPACE, (size_t)a->capacity, sizeof(int32_t));
  a->x = arena_take(arena, MEMORY_ACTIVATIONS, (size_t)a->rows * D, sizeof(float));
  a->kept = arena_take(arena, MEMORY_ACTIVATIONS, (size_t)slots, a->layer_bytes);
  if (a->cache_bytes > 0)
    a->cache = arena_take(arena, MEMORY_ACTIVATIONS, (size_t)c->layers, a->cache_bytes);
  norm_layout(&a->final, c->dim, c->norm == NORM_LAYER, a->rows, arena);
  workspace_layout(&a->work, c, a->rows, a->capacity, arena);
}

void activations_layout(Activations *a, const ModelConfig *config, int capacity, int slots,
                        Arena *arena) {
  *a = (Activations){.rows = capacity,
                     .capacity = capacity,
                     .config = config,
                     .layer_bytes = layer_bytes(config, capacity, false)};
  take_activations(a, slots, arena);
}

void activations_layout_writing(Activations *a, const ModelConfig *config, int rows, Arena *arena) {
  *a = (Activations){.rows = rows,
                     .capacity = config->context,
                     .config = config,
                     .layer_bytes = layer_bytes(config, rows, true),
                     .cache_bytes = cache_bytes(config)};
  take_activations(a, 1, arena);
}
