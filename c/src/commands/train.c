/* train.c - the training loop around trainer_step, and what it leaves on the disk. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/numbers.h"
#include "base/platform.h"
#include "base/trace.h"
#include "run/interrupts.h"
#include "run/progress.h"
#include "run/ram.h"
#include "run/train_log.h"
#include "run/trainer.h"
#include "commands/print_plan.h"

/* ---- options ---- */

#define DEFAULT_OUT "legacy_llm.ckpt"

typedef struct {
  TrainingSettings training;
  const char *out, *trace, *dump; /* null: none */
  int32_t log_format;             /* a LogFormat */
  int32_t log_every;              /* steps between those that are logged */
  int32_t stop_after;             /* step after which to stop early, 0: none */
  int32_t save_every;             /* steps between checkpoints, 0: only at the end */
  int32_t keep;                   /* checkpoints that are kept, the newest among them */
  int32_t eval_every;             /* steps between evaluations, 0: none */
  bool json;
} TrainSettings;

#define AT(member) .offset = offsetof(TrainSettings, member)
static const OptionRow text_rows[] = {
    {.name = "text",
     .argument = "FILE",
     .help = "UTF-8 text to train on; its last tenth is held out to evaluate",
     .kind = OPTION_FILE,
     AT(training.text)},
    {.name = "resume",
     .argument = "FILE",
     .help =
         "go on with the training of this checkpoint to the end of its steps; its settings count, "
         "and those that are given must agree with them",
     .kind = OPTION_FILE,
     AT(training.resume)},
};

static const OptionRow output_rows[] = {
    {.name = "out",
     .argument = "FILE",
     .help = "the checkpoint to write, or `none` to write none; without it the file of --resume, "
             "or " DEFAULT_OUT,
     .kind = OPTION_FILE,
     AT(out)},
    {.name = "save-every",
     .argument = "N",
     .help = "also write the checkpoint every N steps, not only at the end",
     .kind = OPTION_INT,
     AT(save_every),
     .low = 1,
     .high = MAX_STEPS},
    {.name = "keep",
     .argument = "N",
     .help =
         "checkpoints to keep: the newest is --out, the one before has .1 after its name, and so "
         "on",
     .kind = OPTION_INT,
     AT(keep),
     .low = 1,
     .high = 100},
    {.name = "stop-after",
     .argument = "N",
     .help = "stop after step N of the training, to go on later with --resume",
     .kind = OPTION_INT,
     AT(stop_after),
     .low = 1,
     .high = MAX_STEPS},
    {.name = "log",
     .argument = "FILE",
     .help = "write a line per step: loss, learning rates, gradient norm, changed weights",
     .kind = OPTION_FILE,
     AT(training.log)},
    {.name = "log-format",
     .help = "the format of --log",
     .kind = OPTION_CHOICE,
     AT(log_format),
     .names = log_format_names},
    {.name = "log-every",
     .argument = "N",
     .help = "log every Nth step only, and the steps with an evaluation",
     .kind = OPTION_INT,
     AT(log_every),
     .low = 1,
     .high = MAX_STEPS},
    {.name = "eval-every",
     .argument = "N",
     .help = "evaluate the model on the held-out text every N steps, and at the end",
     .kind = OPTION_INT,
     AT(eval_every),
     .low = 1,
     .high = MAX_STEPS},
    {.name = "eval-tokens",
     .argument = "N",
     .help = "evaluate on the first N held-out tokens only; without it on all",
     .kind = OPTION_INT,
     AT(training.eval_tokens),
     .low = 1,
     .high = INT32_MAX},
    {.name = "trace",
     .argument = "FILE",
     .help = "write a checksum of every tensor of every step, to compare two builds",
     .kind = OPTION_FILE,
     AT(trace)},
    {.name = "dump",
     .argument = "FILE",
     .help = "write every tensor of every step itself; the file gets large",
     .kind = OPTION_FILE,
     AT(dump)},
};

static const OptionGroup text_group = OPTION_GROUP("Text", text_rows);
static const OptionGroup output_group = OPTION_GROUP("Output", output_rows);

static const CommandGroup groups[] = {
    {&text_group, 0},
    {&tokenizer_group, offsetof(TrainSettings, training.tokenizer)},
    {&shape_group, offsetof(TrainSettings, training.model)},
    {&learning_group, offsetof(TrainSettings, training.model)},
    {&output_group, 0},
    {&json_group, offsetof(TrainSettings, json)},
    {&memory_group, offsetof(TrainSettings, training.model)},
    {&text_ram_group, offsetof(TrainSettings, training.text_ram)},
    {&ram_group, offsetof(TrainSettings, training.ram)},
    {NULL, 0}};
#undef AT

static void train_defaults(void *settings) {
  TrainSettings *s = settings;
  training_default(&s->training);
  s->keep = s->log_every = 1;
}

static bool train_settle(void *settings, Error *error) {
  return training_settle(&((TrainSettings *)settings)->training, error);
}

/* ---- the loop ---- */

typedef struct {
  const char *out;
  int first_step, last_step; /* this run goes from one to the other */
  LossSum first, last;       /* of its first step, and of its last tenth */
  TrainLog log;
  Progress progress;
} Run;

/* Whether `--out none` asks for no checkpoint: where there is no disk to keep it. */
static bool keeps_nothing(const char *out) { return strcmp(out, "none") == 0; }

static bool save(Trainer *t, const Run *run, const TrainSettings *s, Error *error) {
  if (keeps_nothing(run->out)) return true;
  return checkpoint_save(run->out, s->keep - 1, &t->header, &t->model, &t->optimizer, error);
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
static bool is_judged(const Run *run, const TrainSettings *s, int step) {
  return is_due(s->eval_every, step) || (s->eval_every && step == run->last_step);
}

static bool is_logged(const Run *run, const TrainSettings *s, int step) {
  return run->log.file && (is_due(s->log_every, step) || is_judged(run, s, step));
}

/* What follows a step: an evaluation where one is due, the log, the progress. */
static bool after_step(Trainer *t, Run *run, const TrainSettings *s, const LossSum *loss,
                       Error *error) {
  const TrainConfig *train = &t->header.train;
  const int step = t->header.step;
  const float share = schedule(train, step - 1);
  const bool judges = is_judged(run, s, step);
  Evaluation held_out;
  if (judges && !trainer_evaluate(t, s->training.eval_tokens, &held_out, error)) return false;
  const LogEntry entry = {.step = step,
                          .loss = *loss,
                          .matrix_rate = train->matrix_learning_rate * share,
                          .embedding_rate = train->embedding_learning_rate * share,
                          .stats = &t->stats,
                          .held_out = judges ? &held_out : NULL};
  note_loss(run, step, loss);
  progress_step(&run->progress, step, loss);
  if (judges) progress_held_out(&run->progress, step, &held_out.loss);
  return !is_logged(run, s, step) || train_log_write(&run->log, &entry, error);
}

/* Steps until the end, Ctrl-C, or what cannot be written; the model is whole in each case. */
static bool run_steps(Trainer *t, Run *run, const TrainSettings *s, Error *error) {
  bool good = true;
  progress_start(&run->progress, run->first_step, run->last_step, s->json);
  while (good && t->header.step < run->last_step) {
    LossSum loss;
    good = trainer_step(t, is_logged(run, s, t->header.step + 1), &loss, error) &&
           after_step(t, run, s, &loss, error);
    if (interrupted()) break;
    if (good && is_due(s->save_every, t->header.step) && t->header.step < run->last_step)
      good = save(t, run, s, error);
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

static void print_summary(const Trainer *t, const Run *run, const TrainSettings *s) {
  const int64_t tokens =
      (int64_t)(t->header.step - run->first_step) * t->header.train.batch * t->header.model.context;
  const uint64_t planned = t->arena.plan.total;
  const unsigned long crc = checkpoint_crc(&t->header, &t->model, &t->optimizer);
  char first[24], last[24], peak[32], plan[32];
  loss_format(first, &run->first);
  loss_format(last, &run->last);
  if (s->json) {
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
    printf("loss %s to %s (nats per token)\n", first, last);
  else
    printf("no step was left to do\n");
  printf("memory: %s bytes as planned, and at most %s bytes with program and C library\n",
         format_bytes(plan, planned), format_bytes(peak, process_peak_bytes()));
  if (keeps_nothing(run->out))
    printf("no checkpoint was written (--out none); its sections would have the CRC-32 %08lx\n",
           crc);
  else
    printf("checkpoint: %s\n", run->out);
}

static const char *output_path(const TrainSettings *s) {
  return s->out ? s->out : s->training.resume ? s->training.resume : DEFAULT_OUT;
}

/* Refuses to write over what is read, or two things into one file; only a resumed checkpoint may be
 * replaced by its successor. The token file is made, and removed, without being asked for. */
static bool check_paths(const TrainSettings *s, const char *token_file, Error *error) {
  const char *const read[] = {s->training.text, s->training.resume};
  const char *const written[] = {output_path(s), s->training.log, s->trace, s->dump, token_file};
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
static bool stopped_early(const Trainer *t, const Run *run, const TrainSettings *s, Error *error) {
  if (keeps_nothing(run->out))
    return error_set(error, EXIT_INTERRUPTED,
                     "stopped at step %ld; no checkpoint was written (--out none)",
                     (long)t->header.step);
  return error_set(
      error, EXIT_INTERRUPTED,
      "stopped at step %ld; the model is saved, go on with: legacy_llm train --resume %s --text %s",
      (long)t->header.step, run->out, s->training.text);
}

/* Trains from an open trainer with an open log to a saved checkpoint. Where a step could not be
 * done or logged, what was learned is saved all the same; where nothing was, what is there stays.
 */
static bool run_training(Trainer *t, Run *run, const TrainSettings *s, Error *error) {
  Error other;
  catch_interrupts();
  const bool good = run_steps(t, run, s, error);
  release_interrupts();
  const bool learned = good || t->header.step > run->first_step;
  if (learned && !save(t, run, s, good ? error : &other)) return false;
  if (!good || !trace_close(error)) return false;
  if (interrupted() && t->header.step < run->last_step) return stopped_early(t, run, s, error);
  print_summary(t, run, s);
  return true;
}

/* Opens what is written along the way, first trying whether the checkpoint can be. */
static bool train_open(Trainer *t, const TrainSettings *s, Error *error) {
  Run run = {
      .out = output_path(s), .first_step = t->header.step, .last_step = t->header.train.steps};
  if (s->stop_after && s->stop_after < run.last_step)
    run.last_step = s->stop_after > run.first_step ? s->stop_after : run.first_step;
  if (!keeps_nothing(run.out) &&
      !checkpoint_try(run.out, &t->header, &t->model, &t->optimizer, error))
    return false;
  if (!trace_open(s->trace, s->dump, error) ||
      !train_log_open(&run.log, s->training.log, (LogFormat)s->log_format, run.first_step, error))
    return false;
  Error closing;
  const bool good = run_training(t, &run, s, error);
  if (train_log_close(&run.log, good ? error : &closing)) return good;
  return false;
}

static Trainer trainer; /* large, so not on the stack */

static bool train_run(const void *settings, Error *error) {
  const TrainSettings *s = settings;
  char token_file[512];
  const char *out = output_path(s);
  snprintf(token_file, sizeof token_file, "%.500s.tokens", keeps_nothing(out) ? "legacy_llm" : out);
  if (!check_paths(s, token_file, error) || !trainer_plan(&trainer, &s->training, error))
    return false;
  print_plan(&trainer, s->training.ram, s->json);
  fflush(stdout);
  if (!check_ram(trainer.arena.plan.total, (RamLimit){s->training.ram, s}, error)) return false;
  bool good =
      trainer_open(&trainer, &s->training, token_file, error) && train_open(&trainer, s, error);
  trainer_close(&trainer, !keeps_nothing(out));
  return good;
}

static const char *const examples[] = {"--text my.txt --preset base --out my.ckpt",
                                       "--text my.txt --resume my.ckpt", NULL};

const Command train_command = {
    .name = "train",
    .summary = "trains a model on a text and writes it as a checkpoint",
    .about =
        "Prints a memory plan, then trains. Ctrl-C writes the checkpoint and stops; --resume goes "
        "on from there and ends in the same bits as a training that was never stopped.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(TrainSettings),
    .defaults = train_defaults,
    .settle = train_settle,
    .run = train_run};
