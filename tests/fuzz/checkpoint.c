/* checkpoint.c - checkpoints. One that is accepted has a shape and settings that can be, and its
 * model runs. Half of the inputs get right CRCs after they were changed, or nothing behind the
 * first check would ever be reached. */
#include "bytes.h"
#include "checkpoint.h"
#include "crc32.h"
#include "forward.h"
#include "harness.h"
#include "math_ops.h"

enum { HEADER = 160, SECTION = 32, MOST_MEMORY = 1 << 20, MOST_CONTEXT = 64 };

/* Runs two positions of the model: nothing that was accepted may overflow a kernel. */
static void run(const Model *model, Activations *a) {
  const uint16_t tokens[2] = {0, (uint16_t)(model->config.vocab - 1)};
  forward(model, a, tokens, 0, 2);
  forward_logits(model, a, 1, a->work.logits);
  softmax_cross_entropy(a->work.logits, model->config.vocab, 0);
}

static void layout(const CheckpointHeader *h, Model *model, OptimizerState *state, Activations *a,
                   Arena *arena) {
  model_layout(model, &h->model, checkpoint_store(h), arena);
  if (h->contents == CONTENTS_TRAINING)
    optimizer_layout(state, model, (OptimizerKind)h->train.optimizer, arena);
  activations_layout(a, &h->model, 2, h->model.layers, arena);
}

static void read_all(FILE *stream, const CheckpointHeader *h) {
  static Model model;
  static OptimizerState state;
  static Activations a;
  Arena arena = {0};
  Error error = {EXIT_OK, ""};
  memset(&model, 0, sizeof model);
  memset(&state, 0, sizeof state);
  memset(&a, 0, sizeof a);
  if (h->model.context > MOST_CONTEXT) return;
  layout(h, &model, &state, &a, &arena);
  if (arena.plan.total > MOST_MEMORY) return;
  MUST(arena_open(&arena, &error));
  layout(h, &model, &state, &a, &arena);
  rewind(stream);
  const bool training = h->contents == CONTENTS_TRAINING;
  if (checkpoint_read(stream, "the input", h, &model, training ? &state : NULL, &error))
    run(&model, &a);
  else
    must_be_refusal(&error);
  arena_close(&arena);
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  math_ops_init();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static CheckpointHeader h;
  Error error = {EXIT_OK, ""};
  if (size == 0) return 0;
  FILE *stream = fmemopen((void *)(uintptr_t)data, size, "rb");
  MUST(stream);
  if (checkpoint_read_header(stream, "the input", &h, &error)) {
    MUST(model_check_config(&h.model, &error) && h.model.vocab == h.tokenizer.size);
    MUST(h.step >= 0 && h.step <= h.train.steps);
    read_all(stream, &h);
  } else {
    must_be_refusal(&error);
  }
  fclose(stream);
  return 0;
}

/* Puts the right CRCs wherever the sizes say that they stand. */
static void repair(uint8_t *data, size_t size) {
  if (size < HEADER) return;
  put_u32(data + HEADER - 4, crc32(0, data, HEADER - 4));
  for (size_t at = HEADER; size - at >= SECTION;) {
    const size_t bytes = get_u32(data + at + 24);
    if (bytes > size - at - SECTION) return;
    const uint32_t crc = crc32(crc32(0, data + at, 28), data + at + SECTION, bytes);
    put_u32(data + at + 28, crc);
    at += SECTION + bytes;
  }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 4 != 0) repair(data, size);
  return size;
}
