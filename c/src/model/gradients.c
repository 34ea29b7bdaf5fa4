/* gradients.c - the memory of gradients, and what adds to them. */
#include "model/gradients.h"

#include <string.h>

#include "math/math_ops.h"
#include "model/activations.h"

static void rows_layout(Gradients *g, const ModelConfig *c, int batch, const Gradients *first,
                        Arena *arena) {
  const RowTables tables = row_tables_of(c);
  const int32_t positions = batch * c->context;
  g->tables = tables.count;
  for (int i = 0; i < tables.count; i++) {
    RowGradients *r = &g->rows[i];
    const int32_t rows = tables.table[i].rows;
    const size_t listed = (size_t)positions + 1, word = sizeof(int32_t);
    r->width = tables.table[i].width;
    r->capacity = rows > positions ? positions : rows;
    r->touched = NULL;
    if (rows > positions)
      r->touched =
          first ? first->rows[i].touched : arena_take(arena, MEMORY_GRADIENTS, listed, word);
    r->sums = arena_take(arena, MEMORY_GRADIENTS, (size_t)r->capacity * (size_t)r->width, word);
  }
}

int gradients_of_layer(const ModelConfig *c) {
  return (int)(model_matrix_parameters(c) / c->layers);
}

/* The matrices of layer l, from `sums` on; null while planning. */
static void matrices_layout(Gradients *g, const ModelConfig *c, int l, int32_t *sums) {
  for (int i = 0; i < LAYER_MATRICES; i++) {
    g->matrix[l][i] = sums;
    if (sums) sums += c->dim * (i < WUP ? c->dim : hidden_size(c));
  }
}

void gradients_layout(Gradients *g, const ModelConfig *c, int batch, int held,
                      const Gradients *first, Arena *arena) {
  const size_t D = (size_t)c->dim, layer = (size_t)gradients_of_layer(c), word = sizeof(int32_t);
  g->fixed = fixed_point(batch, c->context);
  g->held = held;
  for (int l = 0; l < c->layers; l++) {
    matrices_layout(g, c, l,
                    l < held ? arena_take(arena, MEMORY_GRADIENTS, layer, word)
                             : g->matrix[l - held][0]);
    g->query_gain[l] = arena_take(arena, MEMORY_GRADIENTS, (size_t)c->heads, word);
    g->output_gain[l] = arena_take(arena, MEMORY_GRADIENTS, OUTPUT_GAINS, word);
  }
  g->token_embedding = arena_take(arena, MEMORY_GRADIENTS, (size_t)c->vocab * D, word);
  rows_layout(g, c, batch, first, arena);
}

int gradients_float_blocks(const Gradients *g, const ModelConfig *c,
                           int32_t *blocks[MAX_FLOAT_BLOCKS]) {
  int count = 0;
  for (int l = 0; l < c->layers; l++) {
    blocks[count++] = g->query_gain[l];
    blocks[count++] = g->output_gain[l];
  }
  return count;
}

static void clear_sums(int32_t *x, int n) { memset(x, 0, (size_t)n * sizeof(int32_t)); }

void gradients_clear_layer(Gradients *g, const ModelConfig *c, int l) {
  clear_sums(g->matrix[l][0], gradients_of_layer(c));
}

void gradients_clear_floats(Gradients *g, const ModelConfig *c) {
  for (int l = 0; l < c->layers; l++) {
    clear_sums(g->query_gain[l], c->heads);
    clear_sums(g->output_gain[l], OUTPUT_GAINS);
  }
  clear_sums(g->token_embedding, c->vocab * c->dim);
  for (int i = 0; i < g->tables; i++)
    clear_sums(g->rows[i].sums, g->rows[i].capacity * g->rows[i].width);
}

/* ---- rows ---- */

/* Ascending; by Shell's method with the gaps of Knuth (1973). */
static void sort(int32_t *x, int n) {
  int gap = 1;
  while (gap < n / 3) gap = 3 * gap + 1;
  for (; gap > 0; gap /= 3)
    for (int i = gap; i < n; i++) {
      const int32_t moving = x[i];
      int at = i;
      for (; at >= gap && x[at - gap] > moving; at -= gap) x[at] = x[at - gap];
      x[at] = moving;
    }
}

/* The rows of all positions of one sequence, to `to` [T]. */
static void list_rows(int32_t *to, const RowTable *table, const ModelConfig *c,
                      const uint16_t *tokens) {
  for (int t = 0, first = 0; t < c->context; t++) {
    if (model_starts_document(c, tokens[t])) first = t;
    to[t] = row_of(table, c, tokens, t, first);
  }
}

void gradients_find_rows(Gradients *g, const Model *model, const uint16_t *const *sequences,
                         int batch) {
  const ModelConfig *c = &model->config;
  for (int i = 0; i < g->tables; i++) {
    if (!g->rows[i].touched) continue;
    int32_t *count = g->rows[i].touched, *rows = count + 1, all = batch * c->context;
    for (int s = 0; s < batch; s++)
      list_rows(rows + s * c->context, &model->rows.table[i], c, sequences[s]);
    sort(rows, all);
    *count = 0;
    for (int at = 0; at < all; at++)
      if (at == 0 || rows[at] != rows[at - 1]) rows[(*count)++] = rows[at];
  }
}

int gradients_rows(const RowGradients *g) { return g->touched ? g->touched[0] : g->capacity; }

int gradients_row(const RowGradients *g, int i) { return g->touched ? g->touched[1 + i] : i; }

int32_t *gradients_of_row(const RowGradients *g, int row) {
  int low = 0, high = gradients_rows(g); /* it is among low .. high-1 */
  if (!g->touched) return g->sums + row * g->width;
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    if (gradients_row(g, middle) <= row)
      low = middle;
    else
      high = middle;
  }
  return g->sums + low * g->width;
}

/* ---- adding ---- */

void gradients_add(const Gradients *g, int32_t *gradient, float a, const float *x, int n) {
  ops->add_rounded(gradient, x, a * g->fixed.per_unit, g->fixed.position_limit, n);
}

void gradients_join(int32_t *sums, int32_t *other, int n) {
  for (int i = 0; i < n; i++) sums[i] += other[i];
  clear_sums(other, n);
}

static void attention_layout(BackwardWorkspace *b, size_t T, size_t D, size_t K, Arena *arena) {
  b->dmixed = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->dquery = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->dkey = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->dvalue = arena_take(arena, MEMORY_WORKSPACE, T * D, sizeof(float));
  b->queries = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(float));
  b->keys = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(float));
  b->dkeys = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(float));
  b->dvalues = arena_take(arena, MEMORY_WORKSPACE, T * K, sizeof(float));
  b->dscores =
      arena_take(arena, MEMORY_WORKSPACE, QUERIES_AT_ONCE * ((T + 3) & ~(size_t)3), sizeof(float));
}

void backward_layout(BackwardWorkspace *b, const ModelConfig *c, int capacity, Arena *arena) {
  const size_t T = (size_t)capacity, D = (size_t)c->dim, F = (size_t)hidden_size(c);
  const size_t group = T < LOGITS_POSITIONS ? T : LOGITS_POSITIONS;
  b->dnorm = arena_take(arena, MEMORY_WORKSPACE, T * F, sizeof(float));
  linear_backward_layout(&b->linear, c, capacity, arena);
  ArenaGroups groups = arena_groups(arena);
  b->logits = arena_take(arena, MEMORY_WORKSPACE, group * (size_t)c->vocab, sizeof(float));
  b->output = arena_take(arena, MEMORY_WORKSPACE, D, sizeof(int16_t));
  b->doutput = arena_take(arena, MEMORY_WORKSPACE, D, sizeof(int32_t));
  arena_next_group(arena, &groups);
  b->dproduct = arena_take(arena, MEMORY_WORKSPACE, T * F, sizeof(float));
  arena_next_group(arena, &groups);
  attention_layout(b, T, D, (size_t)head_size(c), arena);
  arena_end_groups(arena, &groups);
}
