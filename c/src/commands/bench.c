/* bench.c - the command: which rows and forms, the memory they need, and the measurements. */
#include "commands/bench.h"
#include "run/heap.h"

#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "math/math_ops.h"
#include "run/ram.h"
#include "run/trainer.h"

enum {
  BENCH_VOCAB = 62, /* as the bundled stories have */
  MOST_REPEATS = 1000,
  LEAST_REPEATS = 3,
  LEAST_NANOSECONDS = 200000000
};

static const BenchRow *row_at(int i) {
  return i < BENCH_PHASES ? &bench_phases[i] : &bench_kernels[i - BENCH_PHASES];
}

/* ---- what was asked for ---- */

typedef struct {
  bool row[BENCH_ROWS], form[BENCH_FORMS];
} Selection;

/* Whether the item of `length` bytes at the start of list is name. */
static bool item_is(const char *list, size_t length, const char *name) {
  return strlen(name) == length && strncmp(list, name, length) == 0;
}

/* Appends a name to a list with commas. text holds at least 400 bytes */
static void append(char *text, const char *name) {
  const size_t used = strlen(text);
  snprintf(text + used, 400 - used, "%s%s", used ? ", " : "", name);
}

static bool select_row(const char *item, size_t length, Selection *selection) {
  bool found = false;
  for (int i = 0; i < BENCH_ROWS; i++) {
    const BenchRow *row = row_at(i);
    if (!item_is(item, length, row->name) && !item_is(item, length, bench_group_name(row->group)))
      continue;
    selection->row[i] = found = true;
  }
  return found;
}

static bool select_form(const char *item, size_t length, Selection *selection) {
  for (int i = 0; i < BENCH_FORMS; i++)
    if (item_is(item, length, bench_form_name((BenchForm)i))) return selection->form[i] = true;
  return false;
}

static void list_rows(char *text) {
  append(text, bench_group_name(GROUP_PHASE));
  append(text, bench_group_name(GROUP_KERNEL));
  for (int i = 0; i < BENCH_ROWS; i++) append(text, row_at(i)->name);
}

static void list_forms(char *text) {
  for (int i = 0; i < BENCH_FORMS; i++) append(text, bench_form_name((BenchForm)i));
}

/* Each item of the option's list, or an error that tells what there is. */
static bool select_items(const char *option, const char *items,
                         bool (*select)(const char *, size_t, Selection *), void (*list)(char *),
                         Selection *selection, Error *error) {
  char all[400] = "";
  for (const char *at = items; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
    const size_t length = strcspn(at, ",");
    if (select(at, length, selection)) continue;
    list(all);
    return error_set(error, EXIT_USAGE, "--%s %.*s: give some of %s", option,
                     (int)(length < 40 ? length : 40), at, all);
  }
  return true;
}

static bool make_selection(const Options *options, Selection *selection, Error *error) {
  memset(selection, 0, sizeof *selection);
  for (int i = 0; !options->only && i < BENCH_ROWS; i++) selection->row[i] = true;
  for (int i = 0; !options->form && i < BENCH_FORMS; i++) selection->form[i] = true;
  return select_items("only", options->only, select_row, list_rows, selection, error) &&
         select_items("form", options->form, select_form, list_forms, selection, error);
}

/* The side of a row that a form takes; null where the row has no such form. */
static const BenchSide *side_of(const BenchRow *row, BenchForm form) {
  if (form == FORM_PLAIN || form == FORM_FAST) return &row->ours;
  if (!row->baseline.run) return NULL;
  if (form == FORM_FP32) return &row->baseline;
  return row->products && baseline_products_sse ? &row->baseline : NULL;
}

/* Shape and settings, as a training with these options would have them. */
static bool settle(Bench *b, const Options *options, Error *error) {
  static Trainer like; /* large, so not on the stack */
  CheckpointHeader *h = &like.header;
  memset(&like, 0, sizeof like);
  h->model = options->shape;
  h->model.vocab = BENCH_VOCAB;
  h->train = options->train;
  if (h->train.matrix_learning_rate < 0.0f)
    h->train.matrix_learning_rate = optimizer_row((OptimizerKind)h->train.optimizer)->default_rate;
  if (!shape_check(&h->model, error) || !training_check(h, error)) return false;
  if (options->memory.micro_batch > h->train.batch)
    return error_set(error, EXIT_USAGE, "--micro-batch %ld is more than the batch of %ld sequences",
                     (long)options->memory.micro_batch, (long)h->train.batch);
  b->shape = b->one_layer = h->model;
  b->one_layer.layers = 1;
  b->train = h->train;
  b->memory = trainer_settle_memory(&like, &h->model, h->train.batch, options->memory);
  return true;
}

/* ---- memory: rows have it one after the other, so the plan is that of the largest ---- */

static void plan_memory(Bench *b, const Selection *selection) {
  MemoryPlan largest = {.total = 0};
  for (int i = 0; i < BENCH_ROWS; i++)
    for (int f = 0; f < BENCH_FORMS; f++) {
      const BenchSide *side = side_of(row_at(i), (BenchForm)f);
      if (!selection->row[i] || !selection->form[f] || !side) continue;
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
  math_ops_use(form != FORM_PLAIN);
  b->products = form == FORM_FP32_SSE ? baseline_products_sse : &baseline_products_plain;
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
  math_ops_use(true);
}

static void show_progress(const BenchRow *row, BenchForm form, const Options *options) {
  if (options->json || !is_terminal(stderr)) return;
  fprintf(stderr, "\r%-40s\r", "");
  if (row) fprintf(stderr, "measuring %s, %s", row->name, bench_form_name(form));
  fflush(stderr);
}

static bool measure_row(Bench *b, const BenchRow *row, const Selection *selection,
                        const Options *options, BenchResult result[BENCH_FORMS], Error *error) {
  for (int f = 0; f < BENCH_FORMS; f++) {
    const BenchSide *side = side_of(row, (BenchForm)f);
    if (!selection->form[f] || !side) continue;
    show_progress(row, (BenchForm)f, options);
    measure(b, side, (BenchForm)f, options->repeat, &result[f]);
  }
  show_progress(NULL, FORM_PLAIN, options);
  const BenchResult *plain = &result[FORM_PLAIN], *fast = &result[FORM_FAST];
  if (!plain->measured || !fast->measured || plain->crc == fast->crc) return true;
  return error_set(error, EXIT_FAILED,
                   "bench: %s differs: plain C gives CRC-32 %08lx, the kernels of this build (%s) "
                   "give %08lx; legacy_llm selftest may name the kernel",
                   row->name, (unsigned long)plain->crc, ops->name, (unsigned long)fast->crc);
}

static bool measure_all(Bench *b, const Selection *selection, const Options *options,
                        Error *error) {
  static BenchResult results[BENCH_ROWS][BENCH_FORMS];
  memset(results, 0, sizeof results);
  bench_print_start(b, options->json);
  for (int i = 0; i < BENCH_ROWS; i++) {
    if (!selection->row[i]) continue;
    const bool good = measure_row(b, row_at(i), selection, options, results[i], error);
    bench_print_row(b, row_at(i), results[i], results[0], options->json);
    fflush(stdout);
    if (!good) return false;
  }
  bench_print_end(b, options->json);
  return true;
}

bool bench_command(const Options *options, Error *error) {
  static Bench bench; /* large, so not on the stack */
  Selection selection;
  memset(&bench, 0, sizeof bench);
  if (!make_selection(options, &selection, error) || !settle(&bench, options, error)) return false;
  plan_memory(&bench, &selection);
  if (!check_ram(bench.arena.plan.total, options, error) || !arena_open(&bench.arena, error))
    return false;
  const bool good = measure_all(&bench, &selection, options, error);
  arena_close(&bench.arena);
  return good;
}
