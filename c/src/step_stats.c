/* step_stats.c - counts flips, zeros and clipped activations, row by row. */
#include "step_stats.h"

#include "math_ops.h"
#include "packing.h"

void step_stats_layout(StepStats *s, const ModelConfig *c, Arena *arena) {
  const int F = hidden_size(c);
  const SchemeKind scheme = (SchemeKind)c->scheme;
  const size_t wide = matrix_packed_bytes(scheme, F, c->dim);
  const size_t tall = matrix_packed_bytes(scheme, c->dim, F);
  s->codes = arena_take(arena, MEMORY_WORKSPACE, wide > tall ? wide : tall, 1);
  s->row = arena_take(arena, MEMORY_WORKSPACE, (size_t)F, 1);
  s->old_row = arena_take(arena, MEMORY_WORKSPACE, (size_t)F, 1);
}

void step_stats_clear(StepStats *s) {
  s->weights = s->flipped = s->zeros = s->activations = s->clipped = 0;
  s->squares = 0.0f;
}

/* The codes of row r as they were. */
static uint8_t *remembered(const StepStats *s, const WeightMatrix *w, int r) {
  return s->codes + (size_t)r * packed_row_bytes(scheme_row(w->scheme)->codes, w->cols);
}

void step_stats_before(StepStats *s, const WeightMatrix *w) {
  for (int r = 0; r < w->rows; r++) {
    matrix_codes(w, r, 0, w->cols, s->row);
    pack_codes(scheme_row(w->scheme)->codes, remembered(s, w, r), s->row, w->cols);
  }
}

void step_stats_after(StepStats *s, const WeightMatrix *w) {
  for (int r = 0; r < w->rows; r++) {
    matrix_codes(w, r, 0, w->cols, s->row);
    unpack_codes(scheme_row(w->scheme)->codes, s->old_row, remembered(s, w, r), 0, w->cols);
    for (int c = 0; c < w->cols; c++) {
      s->flipped += s->row[c] != s->old_row[c];
      s->zeros += s->row[c] == 0;
    }
  }
  s->weights += (int64_t)w->rows * w->cols;
}

static void count_clipped(StepStats *s, const NormActivations *a, int n) {
  const int count = n * a->width;
  for (int i = 0; i < count; i++) s->clipped += a->q[i] == 127 || a->q[i] == -127;
  s->activations += count;
}

void step_stats_activations(StepStats *s, const LayerActivations *kept, int n) {
  count_clipped(s, &kept->attention_in, n);
  count_clipped(s, &kept->attention_out, n);
  count_clipped(s, &kept->mlp_in, n);
  count_clipped(s, &kept->hidden, n);
}

void step_stats_gradient(StepStats *s, float norm) {
  s->squares = s->squares + flush_tiny(norm * norm);
}

float step_stats_norm(const StepStats *s) { return float_sqrt(s->squares); }
