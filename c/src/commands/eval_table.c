/* eval_table.c - several texts, each judged by itself, in one table. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/eval.h"
#include "run/evaluation_text.h"
#include "run/json_text.h"

enum { MOST_PATH = 4096 };

/* ---- the list ---- */

typedef struct {
  FILE *file;
  const char *name; /* as messages call it */
  long number;      /* of the line at hand */
  char line[MOST_PATH];
} List;

static bool open_list(List *list, const char *path, Error *error) {
  const bool piped = strcmp(path, standard_input(0)) == 0;
  list->number = 0;
  list->name = piped ? "standard input" : path;
  list->file = piped ? stdin : fopen(path, "r");
  return list->file ||
         error_set(error, EXIT_USAGE, "cannot read the list %s: %s; give another --list",
                   list->name, strerror(errno));
}

typedef enum { LINE_READ, LIST_ENDED, LIST_FAILED } LineStatus;

/* The next path, without the end of its line; empty lines are passed over. Where one is too long,
 * or nothing can be read, with an error. */
static LineStatus next_path(List *list, Error *error) {
  while (fgets(list->line, sizeof list->line, list->file)) {
    const size_t length = strcspn(list->line, "\r\n");
    list->number++;
    if (length + 1 == sizeof list->line) {
      error_set(error, EXIT_USAGE, "%s, line %ld: a path of more than %d bytes", list->name,
                list->number, MOST_PATH - 2);
      return LIST_FAILED;
    }
    list->line[length] = 0;
    if (length > 0) return LINE_READ;
  }
  if (!ferror(list->file)) return LIST_ENDED;
  error_set(error, EXIT_FAILED, "cannot read the list %s: %s", list->name, strerror(errno));
  return LIST_FAILED;
}

static void close_list(List *list) {
  if (list->file && list->file != stdin) fclose(list->file);
}

/* ---- rows ---- */

static void print_head(const EvalSettings *s) {
  if (s->json) return;
  printf("%s of each text, by %s\n", s->whole ? "the whole" : "the held-out part, the last tenth,",
         s->model);
  printf("  %10s %11s %14s %13s %10s\n", "tokens", "bytes", "nats per token", "bits per byte",
         "perplexity");
}

static void print_json_row(const char *text, const legacy_llm_evaluation *e) {
  const EvaluationText t = evaluation_text(e);
  printf("{\"event\":\"eval\",\"text\":%s", text ? "\"" : "null");
  if (text) json_text(text);
  if (text) printf("\"");
  printf(",\"loss\":\"%s\",\"perplexity\":\"%s\",\"bits_per_byte\":\"%s\",\"tokens\":%lld,"
         "\"bytes\":%lld}\n",
         t.loss, t.perplexity, t.bits, (long long)e->loss.tokens, (long long)e->loss.bytes);
}

/* text null: all of them together. */
static void print_row(const EvalSettings *s, const char *text, const legacy_llm_evaluation *e) {
  const EvaluationText t = evaluation_text(e);
  if (s->json)
    print_json_row(text, e);
  else
    printf("  %10lld %11lld %14s %13s %10s  %s\n", (long long)e->loss.tokens,
           (long long)e->loss.bytes, t.loss, t.bits, t.perplexity, text ? text : "all together");
  fflush(stdout);
}

static bool judge_row(const EvalSettings *settings, const char *text, legacy_llm_evaluation *all,
                      Error *error) {
  EvalSettings s = *settings;
  legacy_llm_evaluation one;
  Judging j;
  s.text = text;
  const bool good = judging_run(&j, &s, &one, NULL, error);
  if (good) print_row(settings, text, &one);
  if (good) legacy_llm_loss_join(&all->loss, &one.loss);
  judging_close(&j);
  return good;
}

/* Each text of an open list. */
static bool judge_list(List *list, const EvalSettings *settings, legacy_llm_evaluation *all,
                       Error *error) {
  LineStatus status;
  print_head(settings);
  while ((status = next_path(list, error)) == LINE_READ)
    if (!judge_row(settings, list->line, all, error)) return false;
  if (status == LIST_FAILED || all->loss.tokens > 0) return status == LIST_ENDED;
  return error_set(error, EXIT_USAGE, "the list %s names no text", list->name);
}

bool eval_table(const EvalSettings *settings, Error *error) {
  legacy_llm_evaluation all = {.top1 = 0};
  List list;
  const bool good =
      open_list(&list, settings->list, error) && judge_list(&list, settings, &all, error);
  if (good) print_row(settings, NULL, &all);
  close_list(&list);
  return good;
}
