/* gguf.c - GGUF files. One that is accepted has a shape that can be, and its model runs, and is
 * written as a file that is accepted in turn and has the same bytes when it is written again. */
#include "base/stream.h"
#include "gguf/bitnet.h"
#include "gguf/bitnet_parser.h"
#include "kernels.h"
#include "model/forward.h"
#include "run/heap.h"

enum { MOST_MEMORY = 1 << 22, MOST_BYTES = 1 << 22 };

typedef struct {
  CheckpointHeader header;
  Model model;
  Activations activations;
  Arena arena;
} Read;

static void layout(Read *r) {
  model_layout(&r->model, &r->header.model, checkpoint_store(&r->header), &r->arena);
  activations_layout(&r->activations, &r->header.model, 2, r->header.model.layers, &r->arena);
}

/* Two positions of the model: nothing that was accepted may overflow a kernel. */
static void use(Read *r) {
  const int vocab = r->header.model.vocab;
  const uint16_t tokens[2] = {0, (uint16_t)(vocab - 1)};
  const Pass pass = pass_make(&r->model, &r->activations, tokens, 0, 2, NULL);
  forward(&pass);
  softmax_cross_entropy(forward_logits(&pass, 1), vocab, 0);
}

/* Whether bytes [size] are a file whose model fits; r is then to be closed. */
static bool read_all(Read *r, const uint8_t *data, size_t size) {
  Error error = {EXIT_OK, ""};
  Memory input = {data, size, 0}, again = {data, size, 0};
  const Source source = memory_source(&input, "the input");
  const Source whole = memory_source(&again, "the input");
  memset(&r->model, 0, sizeof r->model);
  memset(&r->arena, 0, sizeof r->arena);
  if (!bitnet_read_header(&source, &r->header, &error)) {
    must_be_refusal(&error);
    return false;
  }
  MUST(shape_check(&r->header.model, &error));
  layout(r);
  if (r->arena.plan.total > MOST_MEMORY) return false;
  MUST(arena_open(&r->arena, &error));
  layout(r);
  MUST(arena_whole(&r->arena, &error));
  if (bitnet_read(&whole, &r->header, &r->model, &error)) return true;
  must_be_refusal(&error);
  arena_close(&r->arena);
  return false;
}

/* The model as a file of floats; returns its size, or 0 where it has no room. */
static size_t write_all(const Read *r, uint8_t *bytes) {
  Buffer buffer = {bytes, MOST_BYTES, 0};
  const Sink to = buffer_sink(&buffer);
  return bitnet_write(&r->header, &r->model, "m", LEGACY_LLM_GGUF_F32, &to) ? buffer.size : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static Read first, second;
  static uint8_t bytes[MOST_BYTES], again[MOST_BYTES];
  if (!read_all(&first, data, size)) return 0;
  use(&first);
  const size_t written = write_all(&first, bytes);
  if (written > 0) {
    MUST(read_all(&second, bytes, written));
    MUST(write_all(&second, again) == written && memcmp(bytes, again, written) == 0);
    arena_close(&second.arena);
  }
  arena_close(&first.arena);
  return 0;
}
