/* step_stats.c - counts flips, zeros and clipped activations, row by row. */
#include "train/step_stats.h"

#include "math/math_ops.h"
#include "math/packing.h"

/* Zeros among the trits of each byte. */
static void count_zeros(uint8_t zeros[BYTE_VALUES]) {
  for (int byte = 0; byte < BYTE_VALUES; byte++) {
    int count = 0;
    for (int t = 0; t < BYTE_TRITS; t++) count += trits_of_byte[byte][t] == 0;
    zeros[byte] = (uint8_t)count;
  }
}

void step_stats_layout(StepStats *s, const ModelConfig *c, Arena *arena) {
  const int F = hidden_size(c);
  const SchemeKind scheme = (SchemeKind)c->scheme;
  const size_t wide = matrix_packed_bytes(scheme, F, c->dim);
  const size_t tall = matrix_packed_bytes(scheme, c->dim, F);
  count_zeros(s->zeros_of_byte);
  s->codes = arena_take(arena, MEMORY_WORKSPACE, wide > tall ? wide : tall, 1);
  s->row = arena_take(arena, MEMORY_WORKSPACE, (size_t)F, 1);
  s->old_row = arena_take(arena, MEMORY_WORKSPACE, (size_t)F, 1);
}

void step_stats_clear(StepStats *s) {
  s->counts = (StepCounts){0, 0, 0, 0, 0};
  s->squares = 0.0f;
}

/* The trits of a row, packed before and after its step. Bytes that are equal, as most are, are not
 * unpacked; what fills the last one up is -1 in both. */
static void compare_trits(StepStats *s, const uint8_t *before, const uint8_t *after, int cols) {
  const int bytes = (int)packed_row_bytes(CODES_TRITS, cols);
  int flipped = 0, zeros = 0;
  for (int i = 0; i < bytes; i++) {
    zeros += s->zeros_of_byte[after[i]];
    if (before[i] == after[i]) continue;
    const int8_t *trits = trits_of_byte[after[i]], *were = trits_of_byte[before[i]];
    for (int t = 0; t < BYTE_TRITS; t++) flipped += trits[t] != were[t];
  }
  s->counts.flipped += flipped;
  s->counts.zeros += zeros;
}

/* The codes of a row of any kind, before and after its step. */
static void compare_codes(StepStats *s, const int8_t *before, const int8_t *after, int cols) {
  int flipped = 0, zeros = 0;
  for (int c = 0; c < cols; c++) {
    flipped += after[c] != before[c];
    zeros += after[c] == 0;
  }
  s->counts.flipped += flipped;
  s->counts.zeros += zeros;
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
  const CodeKind kind = scheme_row(w->scheme)->codes;
  uint8_t *packed = (uint8_t *)s->old_row;
  for (int r = 0; r < w->rows; r++) {
    matrix_codes(w, r, 0, w->cols, s->row);
    if (kind == CODES_TRITS) {
      pack_codes(kind, packed, s->row, w->cols);
      compare_trits(s, remembered(s, w, r), packed, w->cols);
    } else {
      unpack_codes(kind, s->old_row, remembered(s, w, r), 0, w->cols);
      compare_codes(s, s->old_row, s->row, w->cols);
    }
  }
  s->counts.weights += (int64_t)w->rows * w->cols;
}

static void count_clipped(StepStats *s, const NormActivations *a, int n) {
  const int count = n * a->width;
  int clipped = 0;
  for (int i = 0; i < count; i++) clipped += (a->q[i] == 127) | (a->q[i] == -127);
  s->counts.clipped += clipped;
  s->counts.activations += count;
}

void step_stats_activations(StepStats *s, const LayerActivations *kept, int n) {
  count_clipped(s, &kept->attention_in, n);
  count_clipped(s, &kept->attention_out, n);
  count_clipped(s, &kept->mlp_in, n);
  count_clipped(s, &kept->hidden, n);
}

void step_counts_join(StepCounts *s, const StepCounts *other) {
  s->weights += other->weights;
  s->flipped += other->flipped;
  s->zeros += other->zeros;
  s->activations += other->activations;
  s->clipped += other->clipped;
}

void step_stats_gradient(StepStats *s, float norm) {
  s->squares = s->squares + flush_tiny(norm * norm);
}

float step_stats_norm(const StepStats *s) { return float_sqrt(s->squares); }
