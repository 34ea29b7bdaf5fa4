/* train.c - the training loop around trainer_step, and what it leaves on the disk. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/numbers.h"
#include "base/platform.h"
#include "run/progress.h"
#include "run/ram.h"
#include "run/trace_files.h"
#include "run/train_log.h"
#include "run/trainer.h"

/* ---- the loop ---- */

typedef struct {
  const char *out;
  int first_step, last_step; /* this run goes from one to the other */
  LossSum first, last;       /* of its first step, and of its last tenth */
  TrainLog log;
  TraceFiles traces;
  Progress progress;
} Run;

/* Whether `--out none` asks for no checkpoint: where there is no disk to keep it. */
static bool keeps_nothing(const char *out) { return strcmp(out, "none") == 0; }

static bool save(Trainer *t, const Run *run, const Options *options, Error *error) {
  if (keeps_nothing(run->out)) return true;
  return checkpoint_save(run->out, options->keep - 1, &t->header, &t->model, &t->optimizer, error);
}

static void note_loss(Run *run, int step, const LossSum *loss) {
  int tenth = (run->last_step - run->first_step + 9) / 10;
  if (step == run->first_step + 1) run->first = *loss;
  if (step <= run->last_step - tenth) return;
  loss_join(&run->last, loss);
}

/* Whether something is due after a step that is done every so often (0: never). */
static bool is_due(int every, int step) { return every && step % every == 0; }

/* Whether an evaluation follows a step, and whether the log says something of it. */
static bool is_judged(const Run *run, const Options *options, int step) {
  return is_due(options->eval_every, step) || (options->eval_every && step == run->last_step);
}

static bool is_logged(const Run *run, const Options *options, int step) {
  return run->log.file && (is_due(options->log_every, step) || is_judged(run, options, step));
}

/* What follows a step: an evaluation where one is due, the log, the progress. */
static bool after_step(Trainer *t, Run *run, const Options *options, const LossSum *loss,
                       Error *error) {
  const TrainConfig *train = &t->header.train;
  const int step = t->header.step;
  const float share = schedule(train, step - 1);
  const bool judges = is_judged(run, options, step);
  Evaluation held_out;
  if (judges && !trainer_evaluate(t, options->eval_tokens, &held_out, error)) return false;
  const LogEntry entry = {.step = step,
                          .loss = *loss,
                          .matrix_rate = train->matrix_learning_rate * share,
                          .embedding_rate = train->embedding_learning_rate * share,
                          .stats = &t->stats,
                          .held_out = judges ? &held_out : NULL};
  note_loss(run, step, loss);
  progress_step(&run->progress, step, loss);
  if (judges) progress_held_out(&run->progress, step, &held_out.loss);
  return !is_logged(run, options, step) || train_log_write(&run->log, &entry, error);
}

/* Steps until the end, Ctrl-C, or what cannot be written; the model is whole in each case. */
static bool run_steps(Trainer *t, Run *run, const Options *options, Error *error) {
  bool good = true;
  progress_start(&run->progress, run->first_step, run->last_step, options->json);
  while (good && t->header.step < run->last_step) {
    LossSum loss;
    good = trainer_step(t, is_logged(run, options, t->header.step + 1), &loss, error) &&
           after_step(t, run, options, &loss, error);
    if (interrupted()) break;
    if (good && is_due(options->save_every, t->header.step) && t->header.step < run->last_step)
      good = save(t, run, options, error);
  }
  progress_end(&run->progress);
  return good;
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
  printf("trained to step %ld of %ld: ", (long)t->header.step, (long)t->header.train.steps);
  if (run->first.tokens > 0)
    printf("loss %s to %s (nats a token)\n", first, last);
  else
    printf("no step was left to do\n");
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
 * replaced by its successor. The token file is made, and removed, without being asked for. */
static bool check_paths(const Options *options, const char *token_file, Error *error) {
  const char *const read[] = {options->text, options->resume};
  const char *const written[] = {output_path(options), options->log, options->trace, options->dump,
                                 token_file};
  for (int i = 0; i < 5; i++) {
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

/* What is said where Ctrl-C ended a training early. */
static bool stopped_early(const Trainer *t, const Run *run, const Options *options, Error *error) {
  if (keeps_nothing(run->out))
    return error_set(error, EXIT_INTERRUPTED, "stopped at step %ld; nothing is kept (--out none)",
                     (long)t->header.step);
  return error_set(
      error, EXIT_INTERRUPTED,
      "stopped at step %ld; the model is saved, go on with: train --resume %s --text %s",
      (long)t->header.step, run->out, options->text);
}

/* Trains from an open trainer with an open log to a saved checkpoint. Where a step could not be
 * done or logged, what was learned is saved all the same; where nothing was, what is there stays.
 */
static bool run_training(Trainer *t, Run *run, const Options *options, Error *error) {
  Error other;
  catch_interrupts();
  const bool good = run_steps(t, run, options, error);
  release_interrupts();
  const bool learned = good || t->header.step > run->first_step;
  if (learned && !save(t, run, options, good ? error : &other)) return false;
  if (!good || !trace_files_close(&run->traces, error)) return false;
  if (interrupted() && t->header.step < run->last_step)
    return stopped_early(t, run, options, error);
  print_summary(t, run, options);
  return true;
}

/* Opens what is written along the way, first trying whether the checkpoint can be. */
static bool train_open(Trainer *t, const Options *options, Error *error) {
  Run run = {.out = output_path(options),
             .first_step = t->header.step,
             .last_step = t->header.train.steps};
  if (options->stop_after && options->stop_after < run.last_step)
    run.last_step = options->stop_after > run.first_step ? options->stop_after : run.first_step;
  if (!keeps_nothing(run.out) &&
      !checkpoint_try(run.out, &t->header, &t->model, &t->optimizer, error))
    return false;
  if (!trace_files_open(&run.traces, options->trace, options->dump, error)) return false;
  t->trace = trace_files_trace(&run.traces);
  Error closing;
  const bool good = train_log_open(&run.log, options->log, (LogFormat)options->log_format,
                                   run.first_step, error) &&
                    run_training(t, &run, options, error);
  t->trace = (legacy_llm_trace){NULL, NULL};
  trace_files_close(&run.traces, &closing); /* where it is not closed yet, something else failed */
  return train_log_close(&run.log, good ? error : &closing) && good;
}

static Trainer trainer; /* large, so not on the stack */

bool train_command(const Options *options, Error *error) {
  char token_file[512];
  const char *out = output_path(options);
  snprintf(token_file, sizeof token_file, "%.500s.tokens", keeps_nothing(out) ? "legacy_llm" : out);
  if (!check_paths(options, token_file, error) || !trainer_plan(&trainer, options, error))
    return false;
  print_plan(&trainer, options);
  fflush(stdout);
  if (!check_ram(trainer.arena.plan.total, options, error)) return false;
  bool good =
      trainer_open(&trainer, options, token_file, error) && train_open(&trainer, options, error);
  trainer_close(&trainer, !keeps_nothing(out));
  return good;
}
