/* train.c - the training loop around forward, backward and optimizer. */
#include "train.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "math_ops.h"
#include "platform.h"
#include "progress.h"
#include "trace.h"

/* ---- memory plan ---- */

const char *format_bytes(char *text, uint64_t bytes) {
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)bytes), at = 0;
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0) text[at++] = ',';
    text[at++] = digits[i];
  }
  text[at] = 0;
  return text;
}

static void print_plan_json(const MemoryPlan *plan, uint64_t process, uint64_t ram) {
  printf("{\"event\":\"plan\",\"items\":[");
  for (int i = 0; i < MEMORY_KINDS; i++)
    printf("%s{\"name\":\"%s\",\"bytes\":%llu}", i ? "," : "", memory_kind_name((MemoryKind)i),
           (unsigned long long)plan->bytes[i]);
  printf("],\"arena_bytes\":%llu,\"process_bytes\":%llu,\"total_bytes\":%llu,\"ram_bytes\":%llu}\n",
         (unsigned long long)plan->total, (unsigned long long)process,
         (unsigned long long)(plan->total + process), (unsigned long long)ram);
}

static void print_plan_row(const char *name, uint64_t bytes) {
  char number[32];
  printf("  %-28s %15s\n", name, format_bytes(number, bytes));
}

void print_plan(const MemoryPlan *plan, const Options *options) {
  const uint64_t process = process_resident_bytes();
  const uint64_t ram = options->ram ? options->ram : process + system_available_bytes();
  if (options->json) {
    print_plan_json(plan, process, ram);
    return;
  }
  printf("memory plan in bytes\n");
  for (int i = 0; i < MEMORY_KINDS; i++)
    if (plan->bytes[i]) print_plan_row(memory_kind_name((MemoryKind)i), plan->bytes[i]);
  print_plan_row("arena, one block", plan->total);
  print_plan_row("program and C library", process);
  print_plan_row("in all", plan->total + process);
  if (ram > process) print_plan_row(options->ram ? "RAM budget (--ram)" : "RAM that is free", ram);
}

bool check_ram(const MemoryPlan *plan, const Options *options, Error *error) {
  const uint64_t process = process_resident_bytes(), need = plan->total + process;
  const uint64_t free_bytes = system_available_bytes();
  const uint64_t cap = options->ram ? options->ram : free_bytes ? free_bytes + process : UINT64_MAX;
  char need_text[32], cap_text[32];
  if (need <= cap) return true;
  return error_set(error, EXIT_USAGE,
                   "the memory plan takes %s bytes, the %s is %s: take a smaller --dim, --layers, "
                   "--context or --bigram-rows, a shorter text, or more RAM",
                   format_bytes(need_text, need), options->ram ? "RAM budget" : "free RAM",
                   format_bytes(cap_text, cap));
}

/* ---- the trainer ---- */

static void trainer_layout(Trainer *t) {
  const ModelConfig *c = &t->header.model;
  model_layout(&t->model, c, &t->arena);
  optimizer_layout(&t->optimizer, &t->model, (OptimizerKind)t->header.train.optimizer, &t->arena);
  gradients_layout(&t->gradients, c, &t->arena);
  activations_layout(&t->activations, c, c->context, &t->arena);
  backward_layout(&t->backward, c, c->context, &t->arena);
  t->losses = arena_take(&t->arena, MEMORY_WORKSPACE, (size_t)c->context, sizeof(float));
  text_layout(&t->text, &t->arena);
}

/* A new training: shape and settings from the options, vocabulary from the text. */
static bool plan_new(Trainer *t, const Options *options, Error *error) {
  CheckpointHeader *h = &t->header;
  if (!text_scan(options->text, &t->text, &h->vocabulary, error)) return false;
  h->model = options->shape;
  h->model.vocab = h->vocabulary.size;
  h->train = options->train;
  if (h->train.matrix_learning_rate < 0.0f)
    h->train.matrix_learning_rate = optimizer_default_rate((OptimizerKind)h->train.optimizer);
  h->step = 0;
  h->text_characters = t->text.count;
  h->text_crc = t->text.crc;
  return model_check_config(&h->model, error);
}

/* A resumed one: all of that from the checkpoint; the text must be the same. */
static bool plan_resumed(Trainer *t, const Options *options, Error *error) {
  if (!checkpoint_load_header(options->resume, &t->header, error)) return false;
  if (!text_scan(options->text, &t->text, NULL, error)) return false;
  if (t->text.crc == t->header.text_crc && t->text.count == t->header.text_characters) return true;
  return error_set(error, EXIT_USAGE,
                   "%s was trained on another text than %s; name that one with --text",
                   options->resume, options->text);
}

bool trainer_plan(Trainer *t, const Options *options, Error *error) {
  memset(t, 0, sizeof *t);
  if (!(options->resume ? plan_resumed : plan_new)(t, options, error)) return false;
  if (!text_check_length(&t->text, t->header.model.context, options->text, error)) return false;
  trainer_layout(t);
  return true;
}

bool trainer_open(Trainer *t, const Options *options, Error *error) {
  if (!arena_open(&t->arena, error)) return false;
  trainer_layout(t);
  if (!text_read(options->text, &t->text, &t->header.vocabulary, error)) return false;
  if (options->resume)
    return checkpoint_load(options->resume, &t->header, &t->model, &t->optimizer, error);
  model_init(&t->model, t->header.train.seed);
  return true;
}

void trainer_close(Trainer *t) { arena_close(&t->arena); }

LossSum trainer_step(Trainer *t) {
  const int T = t->header.model.context, step = t->header.step;
  const TrainConfig *train = &t->header.train;
  LossSum loss = {0, 0};
  trace_step(step + 1);
  gradients_clear(&t->gradients, &t->header.model);
  for (int i = 0; i < train->batch; i++) {
    uint32_t sequence = (uint32_t)step * (uint32_t)train->batch + (uint32_t)i;
    const uint16_t *tokens = t->text.tokens + training_window(&t->text, T, train->seed, sequence);
    forward(&t->model, &t->activations, tokens, 0, T);
    backward(&t->model, &t->activations, &t->backward, &t->gradients, tokens, tokens + 1, T,
             t->losses);
    for (int k = 0; k < T; k++) loss_add(&loss, t->losses[k]);
  }
  optimizer_step(&t->model, &t->optimizer, &t->gradients, train, step, train->batch * T);
  t->header.step++;
  return loss;
}

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

static bool save(Trainer *t, const Run *run, Error *error) {
  return checkpoint_save(run->out, &t->header, &t->model, &t->optimizer, error);
}

static void note_loss(Run *run, int step, const LossSum *loss) {
  int tenth = (run->last_step - run->first_step + 9) / 10;
  if (step == run->first_step + 1) run->first = *loss;
  if (step <= run->last_step - tenth) return;
  run->last.sum += loss->sum;
  run->last.tokens += loss->tokens;
}

static bool run_steps(Trainer *t, Run *run, const Options *options, FILE *log, Error *error) {
  Progress progress;
  progress_start(&progress, run->first_step, run->last_step, options->json);
  while (t->header.step < run->last_step) {
    LossSum loss = trainer_step(t);
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
  char first[24], last[24], peak[32], plan[32];
  loss_format(first, &run->first);
  loss_format(last, &run->last);
  if (options->json) {
    printf("{\"event\":\"end\",\"steps\":%ld,\"tokens\":%lld,\"loss_first\":\"%s\","
           "\"loss_last\":\"%s\",\"peak_bytes\":%llu,\"plan_bytes\":%llu,\"checkpoint\":\"",
           (long)t->header.step, (long long)tokens, first, last,
           (unsigned long long)process_peak_bytes(), (unsigned long long)planned);
    print_json_string(run->out);
    printf("\"}\n");
    return;
  }
  printf("trained to step %ld of %ld: loss %s to %s (nats a character)\n", (long)t->header.step,
         (long)t->header.train.steps, first, last);
  printf("arena %s bytes as planned, peak resident %s bytes\n", format_bytes(plan, planned),
         format_bytes(peak, process_peak_bytes()));
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
  if (!checkpoint_try(run.out, &t->header, &t->model, &t->optimizer, error)) return false;
  catch_interrupts();
  bool good = run_steps(t, &run, options, options->log ? log->stream : NULL, error);
  release_interrupts();
  if (!good || !save(t, &run, error) || !trace_close(error)) return false;
  if (interrupted() && t->header.step < run.last_step)
    return error_set(
        error, EXIT_INTERRUPTED,
        "stopped at step %ld; the model is saved, go on with: train --resume %s --text %s",
        (long)t->header.step, run.out, options->text);
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
  print_plan(&trainer.arena.plan, options);
  fflush(stdout);
  if (!check_ram(&trainer.arena.plan, options, error)) return false;
  bool good = trainer_open(&trainer, options, error) && train_logged(&trainer, options, error);
  trainer_close(&trainer);
  return good;
}

bool plan_command(const Options *options, Error *error) {
  if (!trainer_plan(&trainer, options, error)) return false;
  print_plan(&trainer.arena.plan, options);
  return check_ram(&trainer.arena.plan, options, error);
}
