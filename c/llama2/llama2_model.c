/* llama2_model.c - where a Llama 2 lies in memory, and its angles. */
#include "llama2/llama2_model.h"

#include "math/math_ops.h"

Llama2Extent llama2_extent(const Llama2Shape *s, Llama2Tensor tensor) {
  const int32_t L = s->layers, D = s->dim, F = s->hidden, V = s->vocab, J = llama2_kv_size(s);
  const Llama2Extent extents[LLAMA2_TENSORS] = {
      [LLAMA2_EMBEDDING] = {1, V, D},  [LLAMA2_ATTENTION_GAIN] = {L, 1, D},
      [LLAMA2_WQ] = {L, D, D},         [LLAMA2_WK] = {L, J, D},
      [LLAMA2_WV] = {L, J, D},         [LLAMA2_WO] = {L, D, D},
      [LLAMA2_MLP_GAIN] = {L, 1, D},   [LLAMA2_W1] = {L, F, D},
      [LLAMA2_W2] = {L, D, F},         [LLAMA2_W3] = {L, F, D},
      [LLAMA2_FINAL_GAIN] = {1, 1, D}, [LLAMA2_CLASSIFIER] = {s->own_classifier ? 1 : 0, V, D},
  };
  return extents[tensor];
}

/* ---- memory ---- */

/* So many times `size` floats, which may be more bytes than a size_t counts: the plan says so. */
static float *floats(Arena *arena, MemoryKind kind, int count, int size) {
  return arena_take(arena, kind, (size_t)count, (size_t)size * sizeof(float));
}

static void weights_layout(Llama2 *m, Arena *arena) {
  for (int i = 0; i < LLAMA2_TENSORS; i++) {
    const Llama2Extent e = llama2_extent(&m->shape, (Llama2Tensor)i);
    m->weights[i] = floats(arena, MEMORY_WEIGHTS, e.matrices, e.rows * e.cols);
  }
  if (!m->shape.own_classifier) m->weights[LLAMA2_CLASSIFIER] = m->weights[LLAMA2_EMBEDDING];
}

void llama2_layout(Llama2 *m, const Llama2Shape *shape, int room, Arena *arena) {
  const int D = shape->dim, F = shape->hidden, V = shape->vocab, kv = llama2_kv_size(shape);
  const int half = llama2_head_size(shape) / 2;
  m->shape = *shape;
  m->room = room;
  m->count = 0;
  weights_layout(m, arena);
  m->key = floats(arena, MEMORY_ACTIVATIONS, shape->layers, room * kv);
  m->value = floats(arena, MEMORY_ACTIVATIONS, shape->layers, room * kv);
  m->rope_cos = floats(arena, MEMORY_WORKSPACE, room, half);
  m->rope_sin = floats(arena, MEMORY_WORKSPACE, room, half);
  m->x = floats(arena, MEMORY_ACTIVATIONS, 1, D);
  m->normed = floats(arena, MEMORY_WORKSPACE, 1, D);
  m->query = floats(arena, MEMORY_WORKSPACE, 1, D);
  m->mixed = floats(arena, MEMORY_WORKSPACE, 1, D);
  m->new_key = floats(arena, MEMORY_WORKSPACE, 1, kv);
  m->new_value = floats(arena, MEMORY_WORKSPACE, 1, kv);
  m->scores = floats(arena, MEMORY_WORKSPACE, 1, room);
  m->gate = floats(arena, MEMORY_WORKSPACE, 1, F);
  m->up = floats(arena, MEMORY_WORKSPACE, 1, F);
  m->sigmoid = floats(arena, MEMORY_WORKSPACE, 1, F);
  m->logits = floats(arena, MEMORY_WORKSPACE, 1, V);
  m->candidates = arena_take(arena, MEMORY_WORKSPACE, (size_t)V, sizeof(Candidate));
}

/* ---- angles ---- */

static const uint64_t log2_base = 57070290109; /* log2 of 10000, times 2^32 */
#define LN2_BY_2_24 4.13147915e-8f

/* 10000^(-i/half) as a power of two: its exponent in fixed point, whose whole part costs nothing
 * and whose rest is small. As one logarithm in float the result would be off by several bits more,
 * and the angles of late positions with it. */
static float frequency(int i, int half) {
  const uint64_t exponent = (uint64_t)i * log2_base / (uint64_t)half;
  const int32_t rest = (int32_t)(exponent >> 8 & 0xffffff);
  return float_exp(-(float)rest * LN2_BY_2_24) * float_exp2i(-(int)(exponent >> 32));
}

void llama2_init(Llama2 *m) {
  const int half = llama2_head_size(&m->shape) / 2;
  for (int i = 0; i < half; i++) {
    const float angle = frequency(i, half);
    for (int t = 0; t < m->room; t++) {
      float *sine = &m->rope_sin[t * half + i], *cosine = &m->rope_cos[t * half + i];
      float_sincos((float)t * angle, sine, cosine);
      *sine = flush_tiny(*sine);
      *cosine = flush_tiny(*cosine);
    }
  }
}
