/* progress.c - step, loss, tokens per second, time left, memory. */
#include "run/progress.h"

#include <stdio.h>
#include <string.h>

#include "base/platform.h"

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

static void print_line(const Progress *p, int step, const char *loss, int64_t elapsed) {
  const int64_t left = elapsed * (p->last_step - step) / (step - p->first_step);
  const int64_t rate = elapsed ? p->tokens * 1000 / elapsed : 0;
  printf("%sstep %d/%d  loss %s  %lld tokens/s  %lld s left", p->terminal ? "\r" : "", step,
         p->last_step, loss, (long long)rate, (long long)((left + 999) / 1000));
  if (process_peak_bytes()) printf("  peak %lu kB", (unsigned long)(process_peak_bytes() / 1024));
  printf("%s", p->terminal ? "   " : "\n");
}

void progress_step(Progress *p, int step, const legacy_llm_loss *loss) {
  const int64_t now = clock_milliseconds();
  const bool ends = step == p->first_step + 1 || step == p->last_step;
  const int stride = (p->last_step - p->first_step + PIPE_LINES - 1) / PIPE_LINES;
  bool due = p->json || p->terminal ? now - p->shown >= REDRAW_MILLISECONDS
                                    : step - p->shown_step >= stride;
  char mean[LEGACY_LLM_NUMBER_TEXT];
  p->tokens += loss->tokens;
  if (!due && !ends) return;
  p->shown = now;
  p->shown_step = step;
  legacy_llm_format_nats(mean, loss);
  (p->json ? print_json : print_line)(p, step, mean, now - p->started);
  fflush(stdout);
}

void progress_held_out(Progress *p, int step, const legacy_llm_loss *loss) {
  char mean[LEGACY_LLM_NUMBER_TEXT], bits[LEGACY_LLM_NUMBER_TEXT];
  legacy_llm_format_nats(mean, loss);
  legacy_llm_format_bits(bits, loss);
  if (p->json)
    printf("{\"event\":\"held_out\",\"step\":%d,\"loss\":\"%s\",\"bits_per_byte\":\"%s\"}\n", step,
           mean, bits);
  else
    printf("%sstep %d: held-out loss %s nats per token, %s bits per byte%s\n",
           p->terminal ? "\r" : "", step, mean, bits, p->terminal ? "                " : "");
  fflush(stdout);
}

void progress_end(Progress *p) {
  if (p->terminal && !p->json) printf("\n");
}
