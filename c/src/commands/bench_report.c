/* bench_report.c - measurements as a table for people, or as a line of JSON each. */
#include <stdio.h>

#include "base/numbers.h"
#include "commands/bench.h"
#include "math/math_ops.h"
#include "run/plan.h"

const char *bench_form_name(BenchForm form) {
  static const char *const names[BENCH_FORMS] = {"plain",   "fast-128", "fast",
                                                 "threads", "fp32",     "fp32-sse"};
  return names[form];
}

const char *bench_group_name(BenchGroup group) { return group == GROUP_PHASE ? "phase" : "kernel"; }

static bool is_baseline(BenchForm form) { return form == FORM_FP32 || form == FORM_FP32_SSE; }

static BenchSize size_of(const Bench *b, const BenchRow *row, BenchForm form) {
  BenchSize size = {.units = 1};
  row->size(b, is_baseline(form), &size);
  return size;
}

/* ---- JSON ---- */

static void print_json_time(const char *name, int64_t nanoseconds) {
  printf("\"%s\":\"%lld.%03d\",", name, (long long)(nanoseconds / 1000), (int)(nanoseconds % 1000));
}

static void print_json(const Bench *b, const BenchRow *row, BenchForm form, const BenchResult *r) {
  const BenchSize size = size_of(b, row, form);
  printf("{\"event\":\"bench\",\"group\":\"%s\",\"name\":\"%s\",\"form\":\"%s\",\"shape\":\"%s\",",
         bench_group_name(row->group), row->name, bench_form_name(form), size.shape);
  printf("\"unit\":\"%s\",\"units\":%lld,\"repeats\":%d,", row->unit, (long long)size.units,
         r->repeats);
  print_json_time("median_us", r->median);
  print_json_time("least_us", r->least);
  print_json_time("most_us", r->most);
  printf("\"macs\":%lld,\"bytes\":%lld,\"crc\":\"%08lx\"}\n", (long long)size.macs,
         (long long)size.bytes, (unsigned long)r->crc);
}

/* ---- the table ---- */

/* numerator / denominator with three digits or so. text holds at least 24 bytes */
static void format_ratio(char *text, int64_t numerator, int64_t denominator) {
  const int64_t hundredths = denominator ? (numerator * 100 + denominator / 2) / denominator : 0;
  if (hundredths < 1000)
    snprintf(text, 24, "%d.%02d", (int)(hundredths / 100), (int)(hundredths % 100));
  else
    snprintf(text, 24, "%lld.%d", (long long)(hundredths / 100), (int)(hundredths % 100 / 10));
}

/* Time of one unit: 12.3 us */
static void format_time(char *text, int64_t nanoseconds, int64_t units) {
  static const char *const names[] = {"ns", "us", "ms", "s"};
  int64_t divisor = units;
  int scale = 0;
  char number[24];
  while (scale < 3 && nanoseconds >= 1000 * divisor) scale++, divisor *= 1000;
  format_ratio(number, nanoseconds, divisor);
  snprintf(text, 24, "%.12s %s", number, names[scale]);
}

static void print_time(const Bench *b, const BenchRow *row, BenchForm form, const BenchResult *r) {
  char text[24] = "-";
  if (r->measured) format_time(text, r->median, size_of(b, row, form).units);
  printf(" %10s", text);
}

/* How many times faster `fast` is than another form. */
static void print_speedup(const BenchResult *other, const BenchResult *fast) {
  char text[24] = "-";
  if (other->measured && fast->measured) format_ratio(text, other->median, fast->median);
  printf(" %8s", text);
}

/* Percent of a step, of the same form, that repeats of this row make up. */
static void print_share(const BenchSize *size, const BenchResult *row, const BenchResult *step) {
  char text[24] = "-";
  if (size->share && row->measured && step->measured && step->median > 0)
    snprintf(text, sizeof text, "%lld%%",
             (long long)((row->median * size->share / 10 + step->median / 2) / step->median));
  printf(" %5s", text);
}

static void print_line(const Bench *b, const BenchRow *row, const BenchResult r[BENCH_FORMS],
                       const BenchResult *step) {
  const BenchForm mine = r[FORM_FAST].measured || !r[FORM_PLAIN].measured ? FORM_FAST : FORM_PLAIN;
  const BenchSize size = size_of(b, row, r[mine].measured ? mine : FORM_FP32);
  char bytes[32], macs[32];
  printf("%-18s %-14s %-6s", row->name, size.shape, row->unit);
  for (int f = 0; f < BENCH_FORMS; f++) print_time(b, row, (BenchForm)f, &r[f]);
  print_speedup(&r[FORM_PLAIN], &r[FORM_FAST]);
  print_speedup(&r[FORM_FAST_128], &r[FORM_FAST]);
  print_speedup(&r[FORM_FP32], &r[FORM_FAST]);
  print_speedup(&r[FORM_FP32_SSE], &r[FORM_FAST]);
  print_share(&size, &r[mine], &step[mine]);
  printf(" %12s %14s\n", format_bytes(bytes, (uint64_t)size.bytes),
         format_bytes(macs, (uint64_t)size.macs));
}

void bench_print_start(const Bench *b, bool json) {
  const ModelConfig *c = &b->shape;
  if (json) return;
  printf("kernels: %s; %d layers, %d heads, dim %d, context %d, batch %d; threads of the form "
         "threads: %d; median time per unit\n",
         ops->name, (int)c->layers, (int)c->heads, (int)c->dim, (int)c->context,
         (int)b->train.batch, threads_count(&b->pool));
  printf("%-18s %-14s %-6s", "", "shape", "unit");
  for (int f = 0; f < BENCH_FORMS; f++) printf(" %10s", bench_form_name((BenchForm)f));
  printf(" %8s %8s %8s %8s %5s %12s %14s\n", "x plain", "x 128", "x fp32", "x sse", "step", "bytes",
         "MACs");
  printf("(x plain: fast is so many times faster than plain; step: share of a step; bytes: of "
         "weights)\n");
}

void bench_print_row(const Bench *b, const BenchRow *row, const BenchResult result[BENCH_FORMS],
                     const BenchResult *step, bool json) {
  if (!json) {
    print_line(b, row, result, step);
    return;
  }
  for (int f = 0; f < BENCH_FORMS; f++)
    if (result[f].measured) print_json(b, row, (BenchForm)f, &result[f]);
}

void bench_print_end(const Bench *b, bool json) {
  char bytes[32];
  if (json)
    printf("{\"event\":\"bench_plan\",\"arena\":%llu}\n", (unsigned long long)b->arena.plan.total);
  else
    printf("memory: %s bytes, for the largest of these rows\n",
           format_bytes(bytes, b->arena.plan.total));
}
