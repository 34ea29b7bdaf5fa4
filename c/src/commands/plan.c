/* plan.c - the command that shows a memory plan, and what would fit. */
#include "run/plan.h"

#include <stdio.h>

#include "base/numbers.h"
#include "base/platform.h"
#include "commands/commands.h"
#include "commands/print_plan.h"
#include "run/ram.h"
#include "run/text_advice.h"

/* ---- options ---- */

typedef struct {
  TrainingSettings training;
  int32_t ranks; /* that it is shared among, 0 or 1: only the one */
  bool json;
} PlanSettings;

#define AT(member) .offset = offsetof(PlanSettings, member)
static const OptionRow text_rows[] = {
    {.name = "text",
     .argument = "FILE",
     .help = "UTF-8 text that would be trained on",
     .kind = OPTION_FILE,
     .bare = model_file_is_not,
     AT(training.text),
     .names = standard_input,
     .use = FILE_READ},
    {.name = "resume",
     .argument = "FILE",
     .help = "plan the rest of the training of this checkpoint",
     .kind = OPTION_FILE,
     .bare = model_file_is,
     AT(training.resume),
     .use = FILE_READ},
    {.name = "log",
     .argument = "FILE",
     .help = "plan a training that writes a log, which takes a little memory; no file is written",
     .kind = OPTION_FILE,
     AT(training.log),
     .use = FILE_NONE},
};
static const OptionRow ranks_rows[] = {
    {.name = "ranks",
     .argument = "N",
     .help = "plan what each of N processes takes that train together, as mpirun -n N starts them",
     .kind = OPTION_INT,
     AT(ranks),
     .low = 1,
     .high = LEGACY_LLM_MAX_RANKS},
};
#undef AT
static const OptionGroup ranks_group = OPTION_GROUP("Ranks", ranks_rows);
static const OptionGroup text_group = OPTION_GROUP("Text and files", text_rows);

static const CommandGroup groups[] = {
    {&text_group, 0},
    {&tokenizer_group, offsetof(PlanSettings, training.tokenizer)},
    {&shape_group, offsetof(PlanSettings, training.model)},
    {&form_group, offsetof(PlanSettings, training.model)},
    {&learning_group, offsetof(PlanSettings, training.model)},
    {&counts_group, offsetof(PlanSettings, training.model)},
    {&json_group, offsetof(PlanSettings, json)},
    {&threads_group, offsetof(PlanSettings, training.threads)},
    {&ranks_group, 0},
    {&memory_group, offsetof(PlanSettings, training.model)},
    {&text_ram_group, offsetof(PlanSettings, training.text_ram)},
    {&ram_group, offsetof(PlanSettings, training.ram)},
    {NULL, 0}};

static void plan_defaults(void *settings) {
  training_default(&((PlanSettings *)settings)->training);
}

static bool plan_settle(void *settings, Error *error) {
  return training_settle(&((PlanSettings *)settings)->training, error);
}

/* ---- the plan of one training ---- */

/* Activation bytes if every layer of every sequence at hand were kept. */
static uint64_t activations_without_recompute(const TrainingRun *t) {
  legacy_llm_trainer_settings settings = t->settings;
  legacy_llm_memory_plan plan;
  Error error;
  settings.memory.segment = 0;
  legacy_llm_trainer_plan(&settings, &plan, &error); /* which was possible before */
  return plan.bytes[LEGACY_LLM_MEMORY_ACTIVATIONS];
}

static uint64_t state_bytes(const legacy_llm_memory_plan *plan) {
  return plan->bytes[LEGACY_LLM_MEMORY_WEIGHTS] + plan->bytes[LEGACY_LLM_MEMORY_MOMENTUM];
}

/* Bytes of the training, or of what learned the tokenizer before it and was given back. */
static uint64_t most_at_a_time(const TrainingRun *t) {
  return t->scan_bytes > t->plan.total ? t->scan_bytes : t->plan.total;
}

/* Bytes of all else: the program, the C library, and the tables of pointers of a training. */
static uint64_t process_bytes(const TrainingRun *t) {
  process_touch_code();
  return process_resident_bytes() + t->plan.block - t->plan.total;
}

/* Layers whose activations are kept at a time. */
static int segment_of(const TrainingRun *t) {
  const int segment = t->settings.memory.segment, layers = t->settings.shape.layers;
  return segment > 0 && segment < layers ? segment : layers;
}

static void print_json(const TrainingRun *t, uint64_t process, uint64_t ram) {
  const legacy_llm_memory_plan *plan = &t->plan;
  printf("{\"event\":\"plan\",\"items\":[");
  for (int i = 0; i < LEGACY_LLM_MEMORY_KINDS; i++)
    printf("%s{\"name\":\"%s\",\"bytes\":%llu}", i ? "," : "",
           legacy_llm_memory_name((legacy_llm_memory_kind)i), (unsigned long long)plan->bytes[i]);
  printf("],\"arena_bytes\":%llu,\"process_bytes\":%llu,\"total_bytes\":%llu,\"ram_bytes\":%llu",
         (unsigned long long)plan->total, (unsigned long long)process,
         (unsigned long long)(most_at_a_time(t) + process), (unsigned long long)ram);
  printf(",\"ternary_weights\":%lld,\"token_values\":%lld,\"float_parameters\":%lld"
         ",\"row_values\":%lld,\"weight_state_bytes\":%llu",
         (long long)legacy_llm_matrix_weights(&t->settings.shape),
         (long long)legacy_llm_token_values(&t->settings.shape),
         (long long)legacy_llm_float_parameters(&t->settings.shape),
         (long long)legacy_llm_row_values(&t->settings.shape),
         (unsigned long long)state_bytes(plan));
  printf(",\"micro_batch\":%d,\"segment\":%d,\"activation_bytes\":%llu,"
         "\"activation_bytes_without_recompute\":%llu",
         (int)t->settings.memory.micro_batch, segment_of(t),
         (unsigned long long)plan->bytes[LEGACY_LLM_MEMORY_ACTIVATIONS],
         (unsigned long long)activations_without_recompute(t));
  printf(",\"vocab\":%d,\"context\":%d,\"batch\":%d,\"steps\":%d,\"file_bytes\":%lld}\n",
         (int)t->settings.shape.vocab, (int)t->settings.shape.context,
         (int)t->settings.training.batch, (int)t->settings.training.steps,
         (long long)legacy_llm_packed_bytes(&t->settings.shape));
}

static void print_row(const char *name, uint64_t bytes) {
  char number[32];
  printf("  %-28s %15s\n", name, format_bytes(number, bytes));
}

/* Two lines: what a weight takes, and what recomputing saves. */
static void print_ratios(const TrainingRun *t) {
  const legacy_llm_memory_plan *plan = &t->plan;
  const int64_t weights = legacy_llm_matrix_weights(&t->settings.shape);
  const uint64_t hundredths = state_bytes(plan) * 100 / (uint64_t)weights;
  const uint64_t tenths =
      activations_without_recompute(t) * 10 / plan->bytes[LEGACY_LLM_MEMORY_ACTIVATIONS];
  const int segment = segment_of(t);
  char number[32];
  printf("  %s weights in matrices, %llu.%02llu bytes per weight; %d of the %d sequences of a step "
         "are computed together\n",
         format_bytes(number, (uint64_t)weights), (unsigned long long)hundredths / 100,
         (unsigned long long)hundredths % 100, (int)t->settings.memory.micro_batch,
         (int)t->settings.training.batch);
  if (t->settings.ranks.count > 1)
    printf("  this is what each of %d ranks takes, which share the sequences of a step\n",
           (int)t->settings.ranks.count);
  if (segment < t->settings.shape.layers)
    printf("  activations are recomputed %d layer%s at a time, which takes %llu.%llu times fewer "
           "bytes for them\n",
           segment, segment > 1 ? "s" : "", (unsigned long long)tenths / 10,
           (unsigned long long)tenths % 10);
}

void print_plan(const TrainingRun *t, uint64_t ram, bool json) {
  const legacy_llm_memory_plan *plan = &t->plan;
  const uint64_t process = process_bytes(t), cap = ram_cap(ram);
  if (json) {
    print_json(t, process, cap == UINT64_MAX ? 0 : cap);
    return;
  }
  printf("memory plan in bytes\n");
  for (int i = 0; i < LEGACY_LLM_MEMORY_KINDS; i++)
    if (plan->bytes[i])
      print_row(legacy_llm_memory_name((legacy_llm_memory_kind)i), plan->bytes[i]);
  print_row("training, in one block", plan->total);
  if (t->scan_bytes > plan->total) print_row("before that, the tokenizer", t->scan_bytes);
  print_row("program and C library", process);
  print_row("total", most_at_a_time(t) + process);
  if (cap != UINT64_MAX) print_row(ram ? "RAM budget (--ram)" : "RAM that is free", cap);
  print_ratios(t);
}

/* " --counts 512KB", where it is another than that of the training. */
static void print_counts(const TrainingRun *t, const Proposal *p) {
  char size[32];
  if (p->counts == t->settings.training.counts) return;
  printf(" --counts %s", p->counts ? format_size(size, (uint64_t)p->counts) : "none");
}

static void print_proposal(const char *what, const Proposal *p, const TrainingRun *t, bool json) {
  char weights[32], bytes[32];
  const int64_t count = legacy_llm_matrix_weights(&p->model);
  if (p->bytes == 0) {
    if (!json) printf("  %-14s nothing fits\n", what);
    return;
  }
  if (json) {
    printf("{\"event\":\"proposal\",\"what\":\"%s\",\"layers\":%d,\"heads\":%d,\"dim\":%d,"
           "\"batch\":%d,\"micro_batch\":%d,\"recompute\":\"block\",\"counts\":%ld,"
           "\"ternary_weights\":%lld,\"total_bytes\":%llu}\n",
           what, (int)p->model.layers, (int)p->model.heads, (int)p->model.dim, p->batch,
           (int)p->memory.micro_batch, (long)p->counts, (long long)count,
           (unsigned long long)p->bytes);
    return;
  }
  printf("  %-14s --layers %d --heads %d --dim %d --batch %d --micro-batch %d --recompute block",
         what, (int)p->model.layers, (int)p->model.heads, (int)p->model.dim, p->batch,
         (int)p->memory.micro_batch);
  print_counts(t, p);
  printf("\n  %-14s %s weights, %s bytes\n", "", format_bytes(weights, (uint64_t)count),
         format_bytes(bytes, p->bytes));
}

static void print_proposals(const TrainingRun *t, uint64_t cap, bool json) {
  const Proposal batch = largest_batch(&t->settings, &t->settings.shape, cap);
  const Proposal model = largest_model(&t->settings, cap);
  if (!json) printf("the largest trainings that fit into --ram\n");
  print_proposal("this shape", &batch, t, json);
  print_proposal("largest model", &model, t, json);
}

/* Threads that are only planned with, so that every build can plan for any. */
static void run_nothing(void *context, void (*work)(void *argument, int i), void *argument) {
  (void)context, (void)work, (void)argument;
}

static bool plan_run(const void *settings, Error *error) {
  const PlanSettings *s = settings;
  const uint64_t ram = s->training.ram;
  const legacy_llm_threads threads = {s->training.threads, NULL, run_nothing};
  const legacy_llm_ranks ranks = {.count = s->ranks};
  TextFile text;
  TrainingRun training;
  if (!text_file_open(&text, s->training.text, "text", error)) return false;
  bool good = training_plan(&training, &s->training, &text, &threads, &ranks, error);
  if (good) {
    text_tell(&text);
    print_plan(&training, ram, s->json);
    if (ram) print_proposals(&training, ram_cap(ram), s->json);
    good = check_ram(training.plan.block, (RamLimit){ram, s}, error);
  }
  training_close(&training, true);
  text_file_close(&text);
  return good;
}

static const char *const examples[] = {"--preset base --ram 32MB", "--text my.txt --resume my.ckpt",
                                       NULL};

const Command plan_command = {
    .name = "plan",
    .summary = "shows the memory that a training would take, and what would fit",
    .about = "Takes the options of `legacy_llm train` that say what is trained, checks them, and "
             "trains nothing. With --ram it also searches for the largest batch and the largest "
             "model that fit.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(PlanSettings),
    .defaults = plan_defaults,
    .settle = plan_settle,
    .run = plan_run};
