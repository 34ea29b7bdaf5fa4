/* train.c - the training loop around trainer_step, and what it leaves on the disk. */
#include "train.h"

#include <stdio.h>
#include <string.h>

#include "plan.h"
#include "platform.h"
#include "progress.h"
#include "trace.h"
#include "trainer.h"

/* ---- the log: one line a step, the same bytes in every build ---- */

static bool log_open(SafeFile *log, const char *path, Error *error) {
  return !path || safe_file_open(log, path, error);
}

static void log_step(FILE *log, int step, const LossSum *loss) {
  char mean[24];
  loss_format(mean, loss);
  fprintf(log, "{\"step\":%d,\"loss\":\"%s\",\"sum\":%lld,\"tokens\":%lld}\n", step, mean,
          (long long)loss->sum, (long long)loss->tokens);
}

/* ---- the loop ---- */

typedef struct {
  const char *out;
  int first_step, last_step; /* this run goes from one to the other */
  LossSum first, last;       /* of its first step, and of its last tenth */
} Run;

/* Whether `--out none` asks for no checkpoint: where there is no disk to keep it. */
static bool keeps_nothing(const char *out) { return strcmp(out, "none") == 0; }

static bool save(Trainer *t, const Run *run, Error *error) {
  if (keeps_nothing(run->out)) return true;
  return checkpoint_save(run->out, &t->header, &t->model, &t->optimizer, error);
}

static void note_loss(Run *run, int step, const LossSum *loss) {
  int tenth = (run->last_step - run->first_step + 9) / 10;
  if (step == run->first_step + 1) run->first = *loss;
  if (step <= run->last_step - tenth) return;
  loss_join(&run->last, loss);
}

static bool run_steps(Trainer *t, Run *run, const Options *options, FILE *log, Error *error) {
  Progress progress;
  progress_start(&progress, run->first_step, run->last_step, options->json);
  while (t->header.step < run->last_step) {
    LossSum loss;
    if (!trainer_step(t, &loss, error)) return false;
    note_loss(run, t->header.step, &loss);
    if (log) log_step(log, t->header.step, &loss);
    progress_step(&progress, t->header.step, &loss);
    if (interrupted()) break;
    bool due = options->save_every && t->header.step % options->save_every == 0;
    if (due && t->header.step < run->last_step && !save(t, run, error)) return false;
  }
  progress_end(&progress);
  return true;
}

/* The inside of a JSON string. */
static void print_json_string(const char *text) {
  for (; *text; text++) {
    const unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      printf("\\%c", c);
    else if (c < 0x20)
      printf("\\u%04x", c);
    else
      putchar(c);
  }
}

static void print_summary(const Trainer *t, const Run *run, const Options *options) {
  const int64_t tokens =
      (int64_t)(t->header.step - run->first_step) * t->header.train.batch * t->header.model.context;
  const uint64_t planned = t->arena.plan.total;
  const unsigned long crc = checkpoint_crc(&t->header, &t->model, &t->optimizer);
  char first[24], last[24], peak[32], plan[32];
  loss_format(first, &run->first);
  loss_format(last, &run->last);
  if (options->json) {
    printf("{\"event\":\"end\",\"steps\":%ld,\"tokens\":%lld,\"loss_first\":\"%s\","
           "\"loss_last\":\"%s\",\"peak_bytes\":%llu,\"plan_bytes\":%llu,\"checkpoint\":\"",
           (long)t->header.step, (long long)tokens, first, last,
           (unsigned long long)process_peak_bytes(), (unsigned long long)planned);
    print_json_string(run->out);
    printf("\",\"sections_crc\":\"%08lx\"}\n", crc);
    return;
  }
  printf("trained to step %ld of %ld: loss %s to %s (nats a token)\n", (long)t->header.step,
         (long)t->header.train.steps, first, last);
  printf("arena %s bytes as planned, peak resident %s bytes\n", format_bytes(plan, planned),
         format_bytes(peak, process_peak_bytes()));
  if (keeps_nothing(run->out))
    printf("no checkpoint was asked for; its sections have CRC-32 %08lx\n", crc);
  else
    printf("checkpoint: %s\n", run->out);
}

static const char *output_path(const Options *options) {
  return options->out ? options->out : options->resume ? options->resume : "legacy_llm.ckpt";
}

/* Refuses to write over what is read, or two things into one file; only a resumed checkpoint may be
 * replaced by its successor. */
static bool check_paths(const Options *options, Error *error) {
  const char *const read[] = {options->text, options->resume};
  const char *const written[] = {output_path(options), options->log, options->trace, options->dump};
  for (int i = 0; i < 4; i++) {
    bool clash = same_file(written[i], read[0]) || (i > 0 && same_file(written[i], read[1]));
    for (int j = 0; j < i; j++) clash = clash || same_file(written[i], written[j]);
    if (clash)
      return error_set(error, EXIT_USAGE,
                       "%s would be written over something else of this training; give --text, "
                       "--out, --log, --trace and --dump a file each",
                       written[i]);
  }
  return true;
}

/* Trains from an open trainer to a saved checkpoint. */
static bool run_training(Trainer *t, const Options *options, SafeFile *log, Error *error) {
  Run run = {.out = output_path(options),
             .first_step = t->header.step,
             .last_step = t->header.train.steps};
  if (options->stop_after && options->stop_after < run.last_step)
    run.last_step = options->stop_after > run.first_step ? options->stop_after : run.first_step;
  if (!keeps_nothing(run.out) &&
      !checkpoint_try(run.out, &t->header, &t->model, &t->optimizer, error))
    return false;
  catch_interrupts();
  bool good = run_steps(t, &run, options, options->log ? log->stream : NULL, error);
  release_interrupts();
  if (!good || !save(t, &run, error) || !trace_close(error)) return false;
  if (interrupted() && t->header.step < run.last_step) {
    if (keeps_nothing(run.out))
      return error_set(error, EXIT_INTERRUPTED, "stopped at step %ld; nothing is kept (--out none)",
                       (long)t->header.step);
    return error_set(
        error, EXIT_INTERRUPTED,
        "stopped at step %ld; the model is saved, go on with: train --resume %s --text %s",
        (long)t->header.step, run.out, options->text);
  }
  print_summary(t, &run, options);
  return true;
}

/* With the log file around it. */
static bool train_logged(Trainer *t, const Options *options, Error *error) {
  SafeFile log;
  if (!log_open(&log, options->log, error)) return false;
  bool good =
      trace_open(options->trace, options->dump, error) && run_training(t, options, &log, error);
  if (!options->log) return good;
  if (good || error->exit_code == EXIT_INTERRUPTED) {
    Error log_error;
    if (safe_file_commit(&log, &log_error)) return good;
    *error = log_error;
    return false;
  }
  safe_file_discard(&log);
  return false;
}

static Trainer trainer; /* large, so not on the stack */

bool train_command(const Options *options, Error *error) {
  if (!check_paths(options, error) || !trainer_plan(&trainer, options, error)) return false;
  print_plan(&trainer, options);
  fflush(stdout);
  if (!check_ram(trainer.arena.plan.total, options, error)) return false;
  char token_file[512];
  const char *out = output_path(options);
  snprintf(token_file, sizeof token_file, "%.500s.tokens", keeps_nothing(out) ? "legacy_llm" : out);
  bool good =
      trainer_open(&trainer, options, token_file, error) && train_logged(&trainer, options, error);
  trainer_close(&trainer);
  return good;
}
