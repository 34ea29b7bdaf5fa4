/* progress.c - how long it will take, then step, loss, tokens per second, time left, memory. */
#include "run/progress.h"

#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "run/evaluation_text.h"

enum { REDRAW_MILLISECONDS = 200, PIPE_LINES = 20 };

void progress_start(Progress *p, int first_step, int last_step, bool json) {
  memset(p, 0, sizeof *p);
  p->first_step = p->shown_step = first_step;
  p->last_step = last_step;
  p->json = json;
  p->terminal = is_terminal(stdout);
  p->started = clock_milliseconds();
}

static void print_json(const Progress *p, int step, const char *loss, int64_t elapsed) {
  printf("{\"event\":\"step\",\"step\":%d,\"steps\":%d,\"loss\":\"%s\",\"tokens\":%lld,"
         "\"seconds\":%ld.%03ld}\n",
         step, p->last_step, loss, (long long)p->tokens, (long)(elapsed / 1000),
         (long)(elapsed % 1000));
}

/* How fast it goes is told from when the clock can tell it. */
static void print_line(const Progress *p, int step, const char *loss, int64_t elapsed) {
  const int64_t left = elapsed * (p->last_step - step) / (step - p->first_step);
  printf("%sstep %d/%d  loss %s", p->terminal ? "\r" : "", step, p->last_step, loss);
  if (elapsed >= REDRAW_MILLISECONDS)
    printf("  %lld tokens/s  %lld s left", (long long)(p->tokens * 1000 / elapsed),
           (long long)((left + 999) / 1000));
  if (process_peak_bytes()) printf("  peak %lu kB", (unsigned long)(process_peak_bytes() / 1024));
  printf("%s", p->terminal ? "   " : "\n");
}

/* ---- how long it will take ---- */

/* When the first steps tell how long all will take, in milliseconds; what is too short to be told.
 */
enum { TELLS_AFTER = 3000, TELLS_AFTER_ONE = 10000, LONG = 60000 };

/* Whether the same source, on this kind of processor, could have been built with faster kernels. */
static bool is_slow_build(void) {
#if defined(__i386__) || defined(__x86_64__)
  return strcmp(legacy_llm_kernels(), "plain C") == 0;
#else
  return false;
#endif
}

/* "3 minutes": a time as people say it, rounded. */
static void format_time(char text[32], int64_t milliseconds) {
  static const struct {
    const char *name;
    int64_t seconds, least; /* of the unit, and of what is told in it */
  } units[] = {{"days", 86400, 2 * 86400}, {"hours", 3600, 3 * 3600}, {"minutes", 60, 90}};
  const int64_t seconds = milliseconds / 1000;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (seconds >= units[i].least) {
      const int64_t count = (seconds + units[i].seconds / 2) / units[i].seconds;
      snprintf(text, 32, "%lld %s", (long long)count, units[i].name);
      return;
    }
  snprintf(text, 32, "%lld seconds", (long long)seconds);
}

/* Tells it once, as soon as it can be told, and only of what takes long. */
static void tell_time(Progress *p, int step, int64_t elapsed) {
  const int done = step - p->first_step;
  const int64_t all = elapsed * (p->last_step - p->first_step) / done;
  char time[32];
  if (p->told || p->json || elapsed < (done > 1 ? TELLS_AFTER : TELLS_AFTER_ONE)) return;
  p->told = true;
  if (all < LONG) return;
  format_time(time, all);
  printf("%sthe %d steps will take about %s on this machine (host)%s\n", p->terminal ? "\r" : "",
         p->last_step - p->first_step, time, p->terminal ? "                " : "");
  if (is_slow_build())
    printf("this is the plain C build; one of `make USE_SSE_BUILD=1` is faster, gives the same "
           "bits, and can go on with this training\n");
  fflush(stdout);
}

/* ---- steps ---- */

void progress_step(Progress *p, int step, const legacy_llm_loss *loss) {
  const int64_t now = clock_milliseconds();
  const bool ends = step == p->first_step + 1 || step == p->last_step;
  const int stride = (p->last_step - p->first_step + PIPE_LINES - 1) / PIPE_LINES;
  bool due = p->json || p->terminal ? now - p->shown >= REDRAW_MILLISECONDS
                                    : step - p->shown_step >= stride;
  char mean[LEGACY_LLM_NUMBER_TEXT];
  p->tokens += loss->tokens;
  tell_time(p, step, now - p->started);
  if (!due && !ends) return;
  p->shown = now;
  p->shown_step = step;
  legacy_llm_format_nats(mean, loss);
  (p->json ? print_json : print_line)(p, step, mean, now - p->started);
  fflush(stdout);
}

/* "transformer 1.5796, counts 1.5680": what each would do alone. */
static void print_parts(const EvaluationText *e, bool json) {
  printf(json ? ",\"transformer\":\"%s\",\"counts\":\"%s\"" : " (transformer %s, counts %s)",
         e->transformer, e->counts);
}

void progress_held_out(Progress *p, int step, const legacy_llm_evaluation *held_out) {
  const EvaluationText e = evaluation_text(held_out);
  const bool parts = held_out->counts.tokens > 0;
  if (p->json)
    printf("{\"event\":\"held_out\",\"step\":%d,\"loss\":\"%s\",\"bits_per_byte\":\"%s\"", step,
           e.loss, e.bits);
  else
    printf("%sstep %d: held-out loss %s nats per token", p->terminal ? "\r" : "", step, e.loss);
  if (parts) print_parts(&e, p->json);
  if (p->json)
    printf("}\n");
  else
    printf(", %s bits per byte%s\n", e.bits, p->terminal ? "                " : "");
  fflush(stdout);
}

void progress_end(Progress *p) {
  if (p->terminal && !p->json) printf("\n");
}
