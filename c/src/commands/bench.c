/* bench.c - the command: which rows and forms, the memory they need, and the measurements. */
#include "commands/bench.h"
#include "run/heap.h"

#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "commands/commands.h"
#include "math/math_ops.h"
#include "run/option_groups.h"
#include "run/ram.h"
#include "run/trainer.h"
#include "threads/pool.h"

enum {
  BENCH_VOCAB = 62, /* as the bundled stories have */
  LEAST_VOCAB = 2,
  MOST_REPEATS = 1000,
  LEAST_REPEATS = 3,
  LEAST_NANOSECONDS = 200000000
};

static const BenchRow *row_at(int i) {
  return i < BENCH_PHASES ? &bench_phases[i] : &bench_kernels[i - BENCH_PHASES];
}

/* ---- options ---- */

typedef struct {
  SettingsHead head;
  ModelSettings model;
  const char *only, *form; /* names with commas between; null: all */
  int32_t repeat;          /* measurements of each, 0: by time */
  int32_t vocab;           /* distinct tokens of the random text */
  int32_t threads;
  uint64_t ram;
  bool json;
} BenchSettings;

/* What --only takes: the groups, then the rows. */
static const char *only_names(int place) {
  if (place < BENCH_GROUPS) return bench_group_name((BenchGroup)place);
  return place < BENCH_GROUPS + BENCH_ROWS ? row_at(place - BENCH_GROUPS)->name : NULL;
}

static const char *form_names(int place) {
  return place < BENCH_FORMS ? bench_form_name((BenchForm)place) : NULL;
}

#define AT(member) .offset = offsetof(BenchSettings, member)
static const OptionRow measure_rows[] = {
    {.name = "only",
     .argument = "NAME,...",
     .help = "measure only these groups or rows",
     .kind = OPTION_LIST,
     AT(only),
     .names = only_names},
    {.name = "form",
     .argument = "NAME,...",
     .help =
         "measure only these forms: this model in plain C, with the kernels of this build without "
         "AVX2 and as it computes here, and by --threads; and a float32 model in plain C and with "
         "SSE",
     .kind = OPTION_LIST,
     AT(form),
     .names = form_names},
    {.name = "repeat",
     .argument = "N",
     .help = "measure each N times; 0: at least 3 times and for 0.2 seconds",
     .kind = OPTION_INT,
     AT(repeat),
     .low = 0,
     .high = MOST_REPEATS},
    {.name = "vocab",
     .argument = "N",
     .help = "distinct tokens of the random text: 62 as the bundled stories have, or as many as a "
             "vocabulary of byte pairs",
     .kind = OPTION_INT,
     AT(vocab),
     .low = LEAST_VOCAB,
     .high = MAX_VOCAB},
};
#undef AT
#define AT(member) .offset = offsetof(ModelSettings, member)
static const OptionRow step_rows[] = {
    {.name = "batch",
     .argument = "N",
     .help = "sequences of a training step",
     .kind = OPTION_INT,
     AT(train.batch),
     .low = 1,
     .high = MAX_BATCH,
     .saving = "smaller"},
    {.name = "optimizer",
     .help = "how the matrices learn in a training step; `legacy_llm methods` explains them",
     .kind = OPTION_CHOICE,
     AT(train.optimizer),
     .names = optimizer_names},
    {.name = "seed",
     .letter = 's',
     .argument = "N",
     .help = "seed of the random inputs; equal seeds give equal checksums",
     .kind = OPTION_SEED,
     AT(train.seed)},
};
#undef AT
static const OptionGroup measure_group = OPTION_GROUP("What is measured", measure_rows);
static const OptionGroup step_group = OPTION_GROUP("Training step", step_rows);

static const CommandGroup groups[] = {{&measure_group, 0},
                                      {&shape_group, offsetof(BenchSettings, model)},
                                      {&form_group, offsetof(BenchSettings, model)},
                                      {&step_group, offsetof(BenchSettings, model)},
                                      {&json_group, offsetof(BenchSettings, json)},
                                      {&threads_group, offsetof(BenchSettings, threads)},
                                      {&memory_group, offsetof(BenchSettings, model)},
                                      {&ram_group, offsetof(BenchSettings, ram)},
                                      {NULL, 0}};

static void bench_defaults(void *settings) {
  BenchSettings *s = settings;
  model_settings_default(&s->model);
  s->vocab = BENCH_VOCAB;
  s->threads = 1;
}

static bool bench_settle(void *settings, Error *error) {
  return model_settle(settings, &((BenchSettings *)settings)->model, error);
}

/* ---- what was asked for ---- */

typedef struct {
  bool row[BENCH_ROWS], form[BENCH_FORMS];
} Selection;

/* Whether a list with commas, null for all, has a name. */
static bool list_has(const char *list, const char *name) {
  if (!list) return true;
  for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
    const size_t length = strcspn(at, ",");
    if (strlen(name) == length && strncmp(at, name, length) == 0) return true;
  }
  return false;
}

static Selection make_selection(const BenchSettings *s) {
  Selection selection;
  for (int i = 0; i < BENCH_ROWS; i++)
    selection.row[i] =
        list_has(s->only, row_at(i)->name) || list_has(s->only, bench_group_name(row_at(i)->group));
  for (int i = 0; i < BENCH_FORMS; i++) selection.form[i] = list_has(s->form, form_names(i));
  return selection;
}

/* The side of a row that a form takes; null where the row has no such form. */
static const BenchSide *side_of(const Bench *b, const BenchRow *row, BenchForm form) {
  switch (form) {
  case FORM_PLAIN:
  case FORM_FAST:
    return &row->ours;
  case FORM_FAST_128:
    return math_ops_has_avx2() ? &row->ours : NULL;
  case FORM_THREADS:
    return row->threads && b->pool.count > 1 ? &row->ours : NULL;
  case FORM_FP32:
    return row->baseline.run ? &row->baseline : NULL;
  default:
    return row->products && baseline_products_sse ? &row->baseline : NULL;
  }
}

static Kernels kernels_of(BenchForm form) {
  return form == FORM_PLAIN      ? KERNELS_PLAIN
         : form == FORM_FAST_128 ? KERNELS_OF_BUILD
                                 : KERNELS_BEST;
}

/* What the form decides, before the row is laid out. */
static void take_form(Bench *b, BenchForm form) {
  const Threads none = {0, NULL, NULL};
  math_ops_use(kernels_of(form));
  b->threads = form == FORM_THREADS ? b->pool : none;
  b->products = form == FORM_FP32_SSE ? baseline_products_sse : &baseline_products_plain;
}

/* Shape and settings, as a training with these options would have them. */
static bool prepare(Bench *b, const ModelSettings *settings, int32_t vocab, Error *error) {
  CheckpointHeader h; /* 41 KB */
  memset(&h, 0, sizeof h);
  h.model = settings->shape;
  h.model.vocab = vocab;
  h.train = settings->train;
  if (h.train.matrix_learning_rate < 0.0f)
    h.train.matrix_learning_rate = optimizer_row((OptimizerKind)h.train.optimizer)->default_rate;
  if (!shape_check(&h.model, error) || !training_check(&h, error)) return false;
  if (settings->memory.micro_batch > h.train.batch)
    return error_set(error, EXIT_USAGE, "--micro-batch %ld is more than the batch of %ld sequences",
                     (long)settings->memory.micro_batch, (long)h.train.batch);
  const TrainerSettings training = {.shape = h.model,
                                    .training = h.train,
                                    .memory = settings->memory,
                                    .tokenizer = &h.tokenizer,
                                    .threads = b->pool};
  b->shape = b->one_layer = h.model;
  b->one_layer.layers = 1;
  b->train = h.train;
  b->memory = trainer_settle_memory(&training);
  return true;
}

/* ---- memory: rows have it one after the other, so the plan is that of the largest ---- */

static void plan_memory(Bench *b, const Selection *selection) {
  MemoryPlan largest = {.total = 0};
  for (int i = 0; i < BENCH_ROWS; i++)
    for (int f = 0; f < BENCH_FORMS; f++) {
      const BenchSide *side = side_of(b, row_at(i), (BenchForm)f);
      if (!selection->row[i] || !selection->form[f] || !side) continue;
      take_form(b, (BenchForm)f);
      memset(&b->arena, 0, sizeof b->arena);
      side->layout(b);
      if (b->arena.plan.total > largest.total) largest = b->arena.plan;
    }
  memset(&b->arena, 0, sizeof b->arena);
  b->arena.plan = largest;
}

/* ---- measuring ---- */

/* Ascending, by insertion: qsort of a C library may allocate. */
static void sort_times(int64_t *times, int n) {
  for (int i = 1; i < n; i++) {
    const int64_t moved = times[i];
    int at = i;
    for (; at > 0 && times[at - 1] > moved; at--) times[at] = times[at - 1];
    times[at] = moved;
  }
}

static void measure(Bench *b, const BenchSide *side, BenchForm form, int repeat,
                    BenchResult *result) {
  static int64_t times[MOST_REPEATS];
  int64_t total = 0;
  int n = 0;
  take_form(b, form);
  arena_restart(&b->arena);
  side->layout(b);
  side->setup(b);
  while (repeat ? n < repeat
                : n < LEAST_REPEATS || (total < LEAST_NANOSECONDS && n < MOST_REPEATS)) {
    if (side->reset) side->reset(b);
    const int64_t start = clock_nanoseconds();
    side->run(b);
    times[n] = clock_nanoseconds() - start;
    total += times[n];
    if (n++ == 0) result->crc = side->crc(b);
  }
  sort_times(times, n);
  *result = (BenchResult){.measured = true,
                          .repeats = n,
                          .median = times[n / 2],
                          .least = times[0],
                          .most = times[n - 1],
                          .crc = result->crc};
  math_ops_use(KERNELS_BEST);
}

static void show_progress(const BenchRow *row, BenchForm form, const BenchSettings *s) {
  if (s->json || !is_terminal(stderr)) return;
  fprintf(stderr, "\r%-40s\r", "");
  if (row) fprintf(stderr, "measuring %s, %s", row->name, bench_form_name(form));
  fflush(stderr);
}

/* Whether this model has the same bits in all its forms. */
static bool forms_agree(const BenchRow *row, const BenchResult result[BENCH_FORMS], Error *error) {
  const BenchResult *plain = &result[FORM_PLAIN];
  for (int f = FORM_PLAIN; f <= FORM_THREADS; f++)
    if (plain->measured && result[f].measured && plain->crc != result[f].crc)
      return error_set(error, EXIT_FAILED,
                       "bench: %s differs: plain C gives CRC-32 %08lx, the form %s (kernels: %s) "
                       "gives %08lx; legacy_llm selftest may name the kernel",
                       row->name, (unsigned long)plain->crc, bench_form_name((BenchForm)f),
                       ops->name, (unsigned long)result[f].crc);
  return true;
}

static bool measure_row(Bench *b, const BenchRow *row, const Selection *selection,
                        const BenchSettings *s, BenchResult result[BENCH_FORMS], Error *error) {
  for (int f = 0; f < BENCH_FORMS; f++) {
    const BenchSide *side = side_of(b, row, (BenchForm)f);
    if (!selection->form[f] || !side) continue;
    show_progress(row, (BenchForm)f, s);
    measure(b, side, (BenchForm)f, s->repeat, &result[f]);
  }
  show_progress(NULL, FORM_PLAIN, s);
  return forms_agree(row, result, error);
}

static bool measure_all(Bench *b, const Selection *selection, const BenchSettings *s,
                        Error *error) {
  static BenchResult results[BENCH_ROWS][BENCH_FORMS];
  memset(results, 0, sizeof results);
  bench_print_start(b, s->json);
  for (int i = 0; i < BENCH_ROWS; i++) {
    if (!selection->row[i]) continue;
    const bool good = measure_row(b, row_at(i), selection, s, results[i], error);
    bench_print_row(b, row_at(i), results[i], results[0], s->json);
    fflush(stdout);
    if (!good) return false;
  }
  bench_print_end(b, s->json);
  return true;
}

static bool bench_rows(Bench *b, const BenchSettings *s, Error *error) {
  const Selection selection = make_selection(s);
  plan_memory(b, &selection);
  if (!check_ram(b->arena.plan.total, (RamLimit){s->ram, s}, error) ||
      !arena_open(&b->arena, error))
    return false;
  const bool good = measure_all(b, &selection, s, error);
  arena_close(&b->arena);
  return good;
}

static bool bench_run(const void *settings, Error *error) {
  static Bench bench; /* large, so not on the stack */
  const BenchSettings *s = settings;
  ThreadPool pool;
  memset(&bench, 0, sizeof bench);
  if (!pool_open(&pool, s->threads, error)) return false;
  bench.pool = pool.threads;
  const bool good = prepare(&bench, &s->model, s->vocab, error) && bench_rows(&bench, s, error);
  pool_close(&pool);
  return good;
}

static const char *const examples[] = {"--only step,generate --preset base --threads 2",
                                       "--only product --json", NULL};

const Command bench_command = {
    .name = "bench",
    .summary = "measures each kernel and phase, and compares with plain C and a float32 model",
    .about = "Fails if the kernels of this build give other bits than plain C.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(BenchSettings),
    .defaults = bench_defaults,
    .settle = bench_settle,
    .run = bench_run};
