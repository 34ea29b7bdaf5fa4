/* checkpoint.c - checkpoints. One that is accepted has a shape and settings that can be, all of its
 * sections are what would be written of it, and its model runs. Shapes of any size are tried: their
 * memory is only reserved, and used as far as the input goes. Half of the inputs get right CRCs
 * after they were changed, or nothing behind the first check would ever be reached. */
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "counts/kneser_ney.h"
#include "harness.h"
#include "math/math_ops.h"
#include "model/forward.h"
#include "train/checkpoint.h"

enum {
  HEADER = 192,
  SECTION = 32,
  SMALL = 1 << 18 /* bytes that are cleared rather than unmapped */
};

#define RESERVED ((size_t)1 << 35) /* more than any shape takes */

static uint8_t *memory;

/* Runs two positions of the model: nothing that was accepted may overflow a kernel. */
static void run(const Model *model, Activations *a) {
  const uint16_t tokens[2] = {0, (uint16_t)(model->config.vocab - 1)};
  const Pass pass = pass_make(model, a, tokens, 0, 2, NULL);
  forward(&pass);
  softmax_cross_entropy(forward_logits(&pass, 1), model->config.vocab, 0);
}

/* What is read: a table of n-grams only where there is one. */
typedef struct {
  Model model;
  OptimizerState state;
  Activations activations;
  Counts counts;
} Read;

static void layout(CheckpointHeader *h, Read *r, Arena *arena) {
  const CountsShape counts = checkpoint_counts(h);
  model_layout(&r->model, &h->model, checkpoint_store(h), arena);
  if (h->contents == CONTENTS_TRAINING)
    optimizer_layout(&r->state, &r->model, (OptimizerKind)h->train.optimizer, h->train.batch,
                     arena);
  activations_layout(&r->activations, &h->model, 2, h->model.layers, arena);
  if (counts.bytes > 0)
    counts_clear(&r->counts, &counts, arena_take(arena, MEMORY_COUNTS, counts.bytes, 1));
  if (h->words_bytes > 0) h->words = arena_take(arena, MEMORY_TEXT, (size_t)h->words_bytes, 1);
}

/* The sum that the sections have in the input, those behind the tokenizer's. */
static uint32_t sum_of(const uint8_t *data, size_t size) {
  uint32_t crc = 0;
  for (size_t at = HEADER; at < size; at += SECTION + get_u32(data + at + 24))
    if (at > HEADER) crc = crc32(crc, data + at, SECTION);
  return crc;
}

/* Zeroed memory, as arena_open gives it. */
static void open_memory(Arena *arena) {
  MUST(arena->plan.total <= RESERVED);
  arena->block = memory;
  arena->size = (size_t)arena->plan.total;
}

static void close_memory(Arena *arena) {
  ASAN_UNPOISON_MEMORY_REGION(memory, arena->size);
  if (arena->size <= SMALL)
    memset(memory, 0, arena->size);
  else
    MUST(madvise(memory, arena->size, MADV_DONTNEED) == 0);
}

/* Goes on with n-grams from nothing: whatever was accepted has probabilities. */
static void run_counts(const Counts *c) {
  CountsContext context;
  counts_restart(&context);
  for (int token = 0; token < c->shape.vocab && token < 40; token++) {
    const float p = counts_probability(c, &context, token);
    MUST(p > 0.0f && p < 1.001f);
    MUST(counts_bucket(c, &context) < MAX_GATES);
    counts_push(c, &context, token);
  }
}

/* Lets every beginning of a list of words be looked up: nothing of it is found beyond its end. */
static void run_words(const CheckpointHeader *h) {
  const WordList list = checkpoint_words(h);
  WordsRead read = {.strange_bytes = 0};
  for (uint32_t i = 0; i < list.bytes && i < 200; i++) {
    MUST(words_take(&list, &read, list.text + i, 1));
    words_read(&list, &read, list.text + i, 1);
  }
  MUST(read.strange_bytes == 0);
}

static void read_all(CheckpointHeader *h, const uint8_t *data, size_t size) {
  static Read r;
  Arena arena = {0};
  Error error = {EXIT_OK, ""};
  memset(&r, 0, sizeof r);
  layout(h, &r, &arena);
  open_memory(&arena);
  layout(h, &r, &arena);
  OptimizerState *state = h->contents == CONTENTS_TRAINING ? &r.state : NULL;
  Counts *counts = h->counts_bytes > 0 ? &r.counts : NULL;
  Memory input = {data, size, 0};
  const Source source = memory_source(&input, "the input");
  if (checkpoint_read(&source, h, &r.model, state, counts, &error)) {
    MUST(checkpoint_crc(h, &r.model, state, counts) == sum_of(data, size));
    run(&r.model, &r.activations);
    if (counts) run_counts(counts);
    run_words(h);
  } else {
    must_be_refusal(&error);
  }
  close_memory(&arena);
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  math_ops_init();
  math_ops_thread_init();
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  memory = mmap(NULL, RESERVED, PROT_READ | PROT_WRITE, flags, -1, 0);
  MUST(memory != MAP_FAILED);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static CheckpointHeader h;
  Error error = {EXIT_OK, ""};
  Memory input = {data, size, 0};
  const Source source = memory_source(&input, "the input");
  if (checkpoint_read_header(&source, &h, &error)) {
    MUST(shape_check(&h.model, &error) && h.model.vocab == h.tokenizer.size);
    MUST(h.step >= 0 && h.step <= h.train.steps);
    read_all(&h, data, size);
  } else {
    must_be_refusal(&error);
  }
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
