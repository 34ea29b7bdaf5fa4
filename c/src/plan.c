/* plan.c - prints memory plans and searches for those that fit. */
#include "plan.h"

#include <stdio.h>

#include "platform.h"

const char *format_bytes(char *text, uint64_t bytes) {
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)bytes), at = 0;
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0) text[at++] = ',';
    text[at++] = digits[i];
  }
  text[at] = 0;
  return text;
}

/* ---- what there is ---- */

/* Bytes that this process may take in all; UINT64_MAX where the system does not tell. */
static uint64_t ram_cap(const Options *options) {
  const uint64_t free_bytes = system_available_bytes();
  if (options->ram) return options->ram;
  return free_bytes ? free_bytes + process_resident_bytes() : UINT64_MAX;
}

bool check_ram(uint64_t bytes, const Options *options, Error *error) {
  const uint64_t need = bytes + process_resident_bytes(), cap = ram_cap(options);
  char need_text[32], cap_text[32];
  if (need <= cap) return true;
  return error_set(error, EXIT_USAGE,
                   "the memory plan takes %s bytes, the %s is %s: take a smaller --dim, --layers, "
                   "--context or --bigram-rows, --recompute block, a shorter text, or more RAM",
                   format_bytes(need_text, need), options->ram ? "RAM budget" : "free RAM",
                   format_bytes(cap_text, cap));
}

/* ---- the plan of one training ---- */

/* Activation bytes if every layer of every sequence at hand were kept. */
static uint64_t activations_without_recompute(const Trainer *t) {
  const MemoryMode none = {t->memory.micro_batch, 0};
  return trainer_memory(t, &t->header.model, t->header.train.batch, none).bytes[MEMORY_ACTIVATIONS];
}

static uint64_t state_bytes(const MemoryPlan *plan) {
  return plan->bytes[MEMORY_WEIGHTS] + plan->bytes[MEMORY_MOMENTUM];
}

/* Bytes of the arena, or of what learned the tokenizer before it and was given back. */
static uint64_t most_at_a_time(const Trainer *t) {
  const uint64_t arena = t->arena.plan.total;
  return t->scan_bytes > arena ? t->scan_bytes : arena;
}

static void print_json(const Trainer *t, uint64_t process, uint64_t ram) {
  const MemoryPlan *plan = &t->arena.plan;
  printf("{\"event\":\"plan\",\"items\":[");
  for (int i = 0; i < MEMORY_KINDS; i++)
    printf("%s{\"name\":\"%s\",\"bytes\":%llu}", i ? "," : "", memory_kind_name((MemoryKind)i),
           (unsigned long long)plan->bytes[i]);
  printf("],\"arena_bytes\":%llu,\"process_bytes\":%llu,\"total_bytes\":%llu,\"ram_bytes\":%llu",
         (unsigned long long)plan->total, (unsigned long long)process,
         (unsigned long long)(most_at_a_time(t) + process), (unsigned long long)ram);
  printf(",\"ternary_weights\":%lld,\"float_parameters\":%lld,\"weight_state_bytes\":%llu",
         (long long)model_matrix_parameters(&t->header.model),
         (long long)model_float_parameters(&t->header.model),
         (unsigned long long)state_bytes(plan));
  printf(",\"micro_batch\":%d,\"segment\":%d,\"activation_bytes\":%llu,"
         "\"activation_bytes_without_recompute\":%llu}\n",
         t->batch.micro_batch, t->batch.segment,
         (unsigned long long)plan->bytes[MEMORY_ACTIVATIONS],
         (unsigned long long)activations_without_recompute(t));
}

static void print_row(const char *name, uint64_t bytes) {
  char number[32];
  printf("  %-28s %15s\n", name, format_bytes(number, bytes));
}

/* Two lines: what a weight takes, and what recomputing saves. */
static void print_ratios(const Trainer *t) {
  const MemoryPlan *plan = &t->arena.plan;
  const int64_t weights = model_matrix_parameters(&t->header.model);
  const uint64_t hundredths = state_bytes(plan) * 100 / (uint64_t)weights;
  const uint64_t tenths = activations_without_recompute(t) * 10 / plan->bytes[MEMORY_ACTIVATIONS];
  char number[32];
  printf("  %s weights in matrices, %llu.%02llu bytes each; micro-batch %d of %d\n",
         format_bytes(number, (uint64_t)weights), (unsigned long long)hundredths / 100,
         (unsigned long long)hundredths % 100, t->batch.micro_batch, t->batch.batch);
  if (t->batch.segments > 1)
    printf("  activations are computed again every %d layer%s: %llu.%llu times fewer bytes\n",
           t->batch.segment, t->batch.segment > 1 ? "s" : "", (unsigned long long)tenths / 10,
           (unsigned long long)tenths % 10);
}

void print_plan(const Trainer *t, const Options *options) {
  const MemoryPlan *plan = &t->arena.plan;
  const uint64_t process = process_resident_bytes(), cap = ram_cap(options);
  if (options->json) {
    print_json(t, process, cap == UINT64_MAX ? 0 : cap);
    return;
  }
  printf("memory plan in bytes\n");
  for (int i = 0; i < MEMORY_KINDS; i++)
    if (plan->bytes[i]) print_row(memory_kind_name((MemoryKind)i), plan->bytes[i]);
  print_row("arena, one block", plan->total);
  if (t->scan_bytes > plan->total) print_row("before: learning the tokenizer", t->scan_bytes);
  print_row("program and C library", process);
  print_row("in all", most_at_a_time(t) + process);
  if (cap != UINT64_MAX) print_row(options->ram ? "RAM budget (--ram)" : "RAM that is free", cap);
  print_ratios(t);
}

/* ---- what would fit ---- */

typedef struct {
  ModelConfig model;
  MemoryMode memory;
  int batch;
  uint64_t bytes; /* of the process; 0: nothing fits */
} Proposal;

/* The training with this shape and batch, in its leanest way with all blocks computed again. */
static Proposal propose(const Trainer *t, const ModelConfig *model, int batch) {
  const MemoryMode block = {0, 1};
  Proposal p = {.model = *model, .batch = batch};
  p.memory = trainer_settle_memory(t, model, batch, block);
  p.bytes = trainer_memory(t, model, batch, p.memory).total + process_resident_bytes();
  return p;
}

/* Whether a proposal fits, also where the C library takes more of it than in this run: with a
 * shared one that differs by some pages from run to run. */
static bool fits(const Proposal *p, uint64_t cap) {
  enum { RESERVE = 256 * 1024 };
  return p->bytes + RESERVE <= cap;
}

/* The largest batch of a shape that fits. */
static Proposal largest_batch(const Trainer *t, const ModelConfig *model, uint64_t cap) {
  Proposal best = {.batch = 0};
  for (int batch = 1; batch <= 256; batch = batch < 4 ? batch + 1 : batch + batch / 4) {
    const Proposal p = propose(t, model, batch);
    if (fits(&p, cap)) best = p;
  }
  return best;
}

/* The shape with most weights that fits with a batch of at least four sequences: heads of 32, and
 * layers from D / 96 to D / 24, as deep models are built. */
static Proposal largest_model(const Trainer *t, uint64_t cap) {
  enum { SMALLEST_BATCH = 4 };
  Proposal best = {.batch = 0};
  int64_t most = 0;
  for (int dim = 32; dim <= MAX_DIM; dim += 32)
    for (int layers = dim / 96 + 1; layers <= dim / 24 + 1 && layers <= MAX_LAYERS; layers++) {
      ModelConfig model = t->header.model;
      model.dim = dim, model.heads = dim / 32, model.layers = layers;
      const int64_t weights = model_matrix_parameters(&model);
      if (weights <= most) continue;
      const Proposal p = propose(t, &model, SMALLEST_BATCH);
      if (fits(&p, cap)) best = p, most = weights;
    }
  return best.bytes ? largest_batch(t, &best.model, cap) : best;
}

static void print_proposal(const char *what, const Proposal *p, bool json) {
  char weights[32], bytes[32];
  const int64_t count = model_matrix_parameters(&p->model);
  if (p->bytes == 0) {
    if (!json) printf("  %-14s nothing fits\n", what);
    return;
  }
  if (json)
    printf("{\"event\":\"proposal\",\"what\":\"%s\",\"layers\":%d,\"heads\":%d,\"dim\":%d,"
           "\"batch\":%d,\"micro_batch\":%d,\"recompute\":\"block\",\"ternary_weights\":%lld,"
           "\"total_bytes\":%llu}\n",
           what, (int)p->model.layers, (int)p->model.heads, (int)p->model.dim, p->batch,
           (int)p->memory.micro_batch, (long long)count, (unsigned long long)p->bytes);
  else
    printf("  %-14s --layers %d --heads %d --dim %d --batch %d --micro-batch %d --recompute block\n"
           "  %-14s %s weights, %s bytes\n",
           what, (int)p->model.layers, (int)p->model.heads, (int)p->model.dim, p->batch,
           (int)p->memory.micro_batch, "", format_bytes(weights, (uint64_t)count),
           format_bytes(bytes, p->bytes));
}

static Trainer trainer; /* large, so not on the stack */

bool plan_command(const Options *options, Error *error) {
  if (!trainer_plan(&trainer, options, error)) return false;
  print_plan(&trainer, options);
  const uint64_t cap = ram_cap(options);
  if (options->ram) {
    const Proposal batch = largest_batch(&trainer, &trainer.header.model, cap);
    const Proposal model = largest_model(&trainer, cap);
    if (!options->json) printf("the largest that fits the budget\n");
    print_proposal("this shape", &batch, options->json);
    print_proposal("largest model", &model, options->json);
  }
  return check_ram(trainer.arena.plan.total, options, error);
}
