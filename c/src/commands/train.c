/* train.c - the command that trains: the loop of steps, and what it leaves on the disk. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/numbers.h"
#include "base/platform.h"
#include "base/quote.h"
#include "base/safe_file.h"
#include "commands/print_plan.h"
#include "ranks/world.h"
#include "run/interrupts.h"
#include "run/json_text.h"
#include "run/leftovers.h"
#include "run/output.h"
#include "run/progress.h"
#include "run/text_advice.h"
#include "run/trace_files.h"
#include "run/train_log.h"
#include "run/training_run.h"
#include "threads/pool.h"

/* ---- options ---- */

#define DEFAULT_OUT "legacy_llm.ckpt"

typedef struct {
  TrainingSettings training;
  const char *out, *trace, *dump; /* null: none */
  int32_t log_format;             /* a LogFormat */
  int32_t log_every;              /* steps between those that are logged */
  int32_t stop_after;             /* step after which to stop early, 0: none */
  int32_t save_every;             /* steps between checkpoints, 0: only at the end */
  int32_t save_minutes;           /* between checkpoints at most, 0: any */
  int32_t keep;                   /* checkpoints that are kept, the newest among them */
  int32_t eval_every;             /* steps between evaluations, 0: none */
  bool force, json;
  const char *peers; /* addresses of all ranks, null: there are none, or mpirun knows them */
  int32_t rank;      /* which of them this is, -1: it is alone */
} TrainSettings;

/* What --out calls no file: for where there is no disk to keep one. */
static const char *nothing(int place) { return place == 0 ? "none" : NULL; }

/* Whether no checkpoint is kept. */
static bool keeps_nothing(const char *out) { return strcmp(out, nothing(0)) == 0; }

/* Whether it is a model that a training could go on with. */
static bool is_checkpoint_there(const char *path) {
  return path_kind(path) != PATH_ABSENT && model_file_is(path);
}

#define AT(member) .offset = offsetof(TrainSettings, member)
static const OptionRow text_rows[] = {
    {.name = "text",
     .argument = "FILE",
     .help = "UTF-8 text to train on; its last tenth is held out to evaluate",
     .kind = OPTION_FILE,
     .bare = model_file_is_not,
     AT(training.text),
     .names = standard_input,
     .use = FILE_READ},
    {.name = "resume",
     .argument = "FILE",
     .help =
         "go on with the training of this checkpoint to the end of its steps; its settings count, "
         "and those that are given must agree with them",
     .kind = OPTION_FILE,
     .once = true,
     .bare = is_checkpoint_there,
     AT(training.resume),
     .use = FILE_CONTINUED},
};

static const OptionRow output_rows[] = {
    {.name = "out",
     .letter = 'o',
     .argument = "FILE",
     .help = "the checkpoint to write, or `none` to write none; without it the file of --resume, "
             "or " DEFAULT_OUT,
     .kind = OPTION_FILE,
     .once = true,
     .bare = model_file_is,
     AT(out),
     .names = nothing,
     .use = FILE_SAVED,
     .writes = STANDS_CHECKPOINT},
    {.name = "save-every",
     .argument = "N",
     .help = "also write the checkpoint every N steps, not only at the end",
     .kind = OPTION_INT,
     AT(save_every),
     .low = 1,
     .high = MAX_STEPS},
    {.name = "save-minutes",
     .argument = "N",
     .help =
         "also write the checkpoint when N minutes have passed since it was last written, and no "
         "bit changes by that; 0: never",
     .kind = OPTION_INT,
     AT(save_minutes),
     .low = 0,
     .high = 10000},
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
     .once = true,
     AT(stop_after),
     .low = 1,
     .high = MAX_STEPS},
    {.name = "log",
     .argument = "FILE",
     .help = "write a line per step: loss, learning rates, gradient norm, changed weights",
     .kind = OPTION_FILE,
     AT(training.log),
     .use = FILE_GROWN,
     .writes = STANDS_LOG},
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
     .once = true,
     AT(trace),
     .use = FILE_GROWN},
    {.name = "dump",
     .argument = "FILE",
     .help = "write every tensor of every step itself; the file gets large",
     .kind = OPTION_FILE,
     .once = true,
     AT(dump),
     .use = FILE_GROWN},
};

static const OptionRow rank_rows[] = {
    {.name = "peers",
     .argument = "ADDRESS,...",
     .help = "train together with other computers, the same options on each: the addresses of all, "
             "as in 10.0.0.1:7000,10.0.0.2:7000; the first one writes",
     .kind = OPTION_FILE,
     .once = true,
     AT(peers),
     .use = FILE_NONE},
    {.name = "rank",
     .argument = "N",
     .help = "which of --peers this computer is: 0, 1, ...",
     .kind = OPTION_INT,
     .once = true,
     AT(rank),
     .low = 0,
     .high = LEGACY_LLM_MAX_RANKS - 1},
};

static const OptionGroup rank_group = OPTION_GROUP("Ranks", rank_rows);
static const OptionGroup text_group = OPTION_GROUP("Text", text_rows);
static const OptionGroup output_group = OPTION_GROUP("Output", output_rows);

static const CommandGroup groups[] = {
    {&text_group, 0},
    {&tokenizer_group, offsetof(TrainSettings, training.tokenizer)},
    {&shape_group, offsetof(TrainSettings, training.model)},
    {&form_group, offsetof(TrainSettings, training.model)},
    {&learning_group, offsetof(TrainSettings, training.model)},
    {&counts_group, offsetof(TrainSettings, training.model)},
    {&output_group, 0},
    {&force_group, offsetof(TrainSettings, force)},
    {&json_group, offsetof(TrainSettings, json)},
    {&threads_group, offsetof(TrainSettings, training.threads)},
    {&rank_group, 0},
    {&memory_group, offsetof(TrainSettings, training.model)},
    {&text_ram_group, offsetof(TrainSettings, training.text_ram)},
    {&ram_group, offsetof(TrainSettings, training.ram)},
    {NULL, 0}};
#undef AT

static void train_defaults(void *settings) {
  TrainSettings *s = settings;
  training_default(&s->training);
  s->keep = s->log_every = 1;
  s->save_minutes = 5;
  s->rank = -1;
}

/* Of several ranks one writes; the others only compute. */
static bool settle_ranks(TrainSettings *s, Error *error) {
  const bool launched = world_ranks()->count > 1;
  if ((s->peers || launched) && (s->trace || s->dump))
    return error_set(error, EXIT_USAGE,
                     "%s shows what one process computes; leave it out, or train on one rank",
                     s->trace ? "--trace" : "--dump");
  if (options_given(s, "rank") != (s->peers != NULL))
    return error_set(error, EXIT_USAGE, "--rank says which of --peers this is; give both");
  if (s->peers && launched)
    return error_set(error, EXIT_USAGE, "--peers is for ranks that mpirun did not start");
  if (world_leads() && s->rank <= 0) return true;
  s->out = nothing(0);
  s->training.counts_steps = s->training.log != NULL; /* which the first one writes */
  s->training.log = NULL;
  return world_is_seen() || freopen(NULL_DEVICE, "w", stdout) != NULL ||
         error_set(error, EXIT_FAILED, "%s cannot be opened", NULL_DEVICE);
}

/* Refuses an option that says how to do what is not asked for. */
static bool check_asked(const TrainSettings *s, const char *option, bool asked, const char *why,
                        Error *error) {
  return asked || !options_given(s, option) ||
         error_set(error, EXIT_USAGE, "--%s does nothing %s; leave it out", option, why);
}

static bool check_all_asked(const TrainSettings *s, Error *error) {
  static const char *const saving[] = {"keep", "save-every", "save-minutes"};
  static const char *const logging[] = {"log-every", "log-format"};
  const bool saves = !s->out || !keeps_nothing(s->out);
  bool good = check_asked(s, "eval-tokens", s->eval_every > 0, "without --eval-every", error);
  for (int i = 0; good && i < 3; i++)
    good = check_asked(s, saving[i], saves, "with --out none", error);
  for (int i = 0; good && i < 2; i++)
    good = check_asked(s, logging[i], s->training.log != NULL, "without --log", error);
  return good;
}

static bool train_settle(void *settings, Error *error) {
  TrainSettings *s = settings;
  if (!check_all_asked(s, error) || !settle_ranks(s, error)) return false;
  if (!s->out) s->out = s->training.resume ? s->training.resume : DEFAULT_OUT;
  return training_settle(&s->training, error);
}

/* The name of the token file: beside the checkpoint, or of this process alone. */
static void name_token_file(const char *out, char *path, size_t size) {
  char resolved[PATH_BYTES];
  if (keeps_nothing(out))
    snprintf(path, size, "legacy_llm.tokens-%ld", process_id());
  else
    snprintf(path, size, "%s.tokens", path_resolve(out, resolved) ? resolved : out);
}

/* The token file, then the checkpoints that are kept. */
static FileUse train_beside(const void *settings, int i, char *path, size_t size) {
  const TrainSettings *s = settings;
  if (keeps_nothing(s->out) || i >= s->keep) return FILE_NONE;
  if (i == 0)
    name_token_file(s->out, path, size);
  else
    safe_file_older(s->out, i, path, size);
  return i == 0 ? FILE_REMADE : FILE_SAVED;
}

/* ---- the loop ---- */

typedef struct {
  const TrainSettings *settings;
  int first_step, last_step;   /* this run goes from one to the other */
  legacy_llm_loss first, last; /* of its first step, and of its last tenth */
  int32_t standing; /* of a whole checkpoint of this training that is there and further, 0: none */
  int64_t saved;    /* when the checkpoint was last written, or the first step begun, in ms */
  TrainLog log;
  TraceFiles traces;
  Progress progress;
  TextFile text;
  ThreadPool pool;
  TrainingRun training;
} Run;

static int steps_done(const Run *run) {
  return legacy_llm_trainer_steps_done(run->training.trainer);
}

/* Whether there is a checkpoint to write. */
static bool saves(const Run *run) { return !keeps_nothing(run->settings->out); }

static bool write_checkpoint(const void *object, const Sink *to) {
  const Run *run = object;
  return legacy_llm_trainer_save(run->training.trainer, to);
}

/* Whether what stands at --out stays, as it is this training and further: a finished training that
 * is begun anew by mistake is not lost. */
static bool out_stays(const Run *run) { return steps_done(run) < run->standing; }

/* Saves the checkpoint, and before it the log, which a resumed training takes to be as far. Where
 * the log fails, the checkpoint is saved all the same. */
static bool save(Run *run, Error *error) {
  Error other;
  run->saved = clock_milliseconds();
  if (!saves(run) || out_stays(run)) return true;
  const bool logged = train_log_sync(&run->log, error);
  return output_save(run->settings->out, run->settings->keep - 1, write_checkpoint, run,
                     logged ? error : &other) &&
         logged;
}

static void note_loss(Run *run, int step, const legacy_llm_loss *loss) {
  int tenth = (run->last_step - run->first_step + 9) / 10;
  if (step == run->first_step + 1) run->first = *loss;
  if (step > run->last_step - tenth) legacy_llm_loss_join(&run->last, loss);
}

/* Whether something is due after a step that is done every so often (0: never). */
static bool is_due(int every, int step) { return every && step % every == 0; }

/* Whether an evaluation follows a step, and whether the log says something of it. */
static bool is_judged(const Run *run, int step) {
  const int every = run->settings->eval_every;
  return is_due(every, step) || (every && step == run->last_step);
}

static bool is_logged(const Run *run, int step) {
  return run->settings->training.counts_steps &&
         (is_due(run->settings->log_every, step) || is_judged(run, step));
}

/* What follows a step: an evaluation where one is due, the log, the progress. */
static bool after_step(Run *run, const legacy_llm_step *step, Error *error) {
  const bool judges = is_judged(run, step->step) && world_leads();
  legacy_llm_evaluation held_out;
  if (judges && !legacy_llm_trainer_evaluate(run->training.trainer,
                                             run->settings->training.eval_tokens, &held_out, error))
    return false;
  note_loss(run, step->step, &step->loss);
  progress_step(&run->progress, step->step, &step->loss);
  if (judges) progress_held_out(&run->progress, step->step, &held_out);
  return !run->log.file || !is_logged(run, step->step) ||
         train_log_write(&run->log, step, judges ? &held_out : NULL, error);
}

/* Whether the checkpoint is written after a step that is not the last one. */
static bool is_saved(const Run *run, int step) {
  const int64_t minutes = (clock_milliseconds() - run->saved) / 60000;
  const int most = run->settings->save_minutes;
  return step < run->last_step &&
         (is_due(run->settings->save_every, step) || (most && minutes >= most));
}

/* Steps until the end, a signal, or what cannot be written; the model is whole in each case. */
static bool run_steps(Run *run, Error *error) {
  bool good = legacy_llm_trainer_count(run->training.trainer, error);
  run->saved = clock_milliseconds();
  progress_start(&run->progress, run->first_step, run->last_step, run->settings->json);
  while (good && steps_done(run) < run->last_step) {
    legacy_llm_step step;
    const bool counted = is_logged(run, steps_done(run) + 1);
    good = legacy_llm_trainer_step(run->training.trainer, counted, &step, error) &&
           legacy_llm_trainer_finish(run->training.trainer, error) && after_step(run, &step, error);
    bool ends = interrupted();
    good = good && world_any(&ends, error);
    if (ends) break;
    if (good && is_saved(run, steps_done(run))) good = save(run, error);
  }
  progress_end(&run->progress);
  return good;
}

/* ---- what is said in the end ---- */

/* What this rank sent in a step. */
static WorldSent sent_in_step(const Run *run) {
  const uint64_t steps = (uint64_t)(steps_done(run) - run->first_step);
  WorldSent sent = world_sent();
  if (steps > 0) sent = (WorldSent){sent.bytes / steps, sent.unpacked / steps, sent.rounds / steps};
  return sent;
}

static void print_end_json(const Run *run, const char *first, const char *last) {
  const legacy_llm_trainer_settings *t = &run->training.settings;
  const int64_t tokens =
      (int64_t)(steps_done(run) - run->first_step) * t->training.batch * t->shape.context;
  const WorldSent sent = sent_in_step(run);
  printf("{\"event\":\"end\",\"steps\":%ld,\"tokens\":%lld,\"loss_first\":\"%s\","
         "\"loss_last\":\"%s\",\"peak_bytes\":%llu,\"plan_bytes\":%llu,\"checkpoint\":\"",
         (long)steps_done(run), (long long)tokens, first, last,
         (unsigned long long)process_peak_bytes(), (unsigned long long)run->training.plan.total);
  json_text(run->settings->out);
  printf("\",\"ranks\":%d,\"sent_bytes\":%llu,\"unpacked_bytes\":%llu,\"rounds\":%llu",
         (int)world_ranks()->count, (unsigned long long)sent.bytes,
         (unsigned long long)sent.unpacked, (unsigned long long)sent.rounds);
  printf(",\"sections_crc\":\"%08lx\"}\n",
         (unsigned long)legacy_llm_trainer_crc(run->training.trainer));
}

static void print_sent(const Run *run) {
  char bytes[32], unpacked[32];
  const WorldSent sent = sent_in_step(run);
  if (world_ranks()->count == 1) return;
  printf("ranks: %d; each sent %s bytes a step, which are %s bytes of int32\n",
         (int)world_ranks()->count, format_bytes(bytes, sent.bytes),
         format_bytes(unpacked, sent.unpacked));
}

static void print_end_text(const Run *run, const char *first, const char *last) {
  char peak[32], plan[32];
  printf("trained to step %ld of %ld: ", (long)steps_done(run),
         (long)run->training.settings.training.steps);
  if (run->first.tokens > 0)
    printf("loss %s to %s nats per token\n", first, last);
  else if (steps_done(run) < run->training.settings.training.steps)
    printf("--stop-after %ld was already reached\n", (long)run->settings->stop_after);
  else
    printf("all steps were already done\n");
  printf("memory: %s bytes planned for the training; peak of the whole program %s bytes\n",
         format_bytes(plan, run->training.plan.total), format_bytes(peak, process_peak_bytes()));
  print_sent(run);
  if (!saves(run))
    printf("no checkpoint was written (--out none); its sections would have the CRC-32 %08lx\n",
           (unsigned long)legacy_llm_trainer_crc(run->training.trainer));
  else if (out_stays(run))
    printf("checkpoint: %s, as it was: this training at step %ld\n", run->settings->out,
           (long)run->standing);
  else
    printf("checkpoint: %s\n", run->settings->out);
}

/* The command that goes on with the training. */
static void resume_command(const Run *run, CommandLine *line) {
  command_line_start(line, "train");
  command_line_option(line, "resume", run->settings->out);
  options_repeat(run->settings, NULL, line);
}

/* What to do next with a checkpoint that is a file. */
static void print_next(const Run *run) {
  CommandLine line;
  if (!saves(run) || path_kind(run->settings->out) != PATH_ORDINARY) return;
  const int32_t reached = out_stays(run) ? run->standing : steps_done(run);
  const bool ended = reached >= run->training.settings.training.steps;
  if (ended) {
    command_line_start(&line, "generate");
    command_line_option(&line, "model", run->settings->out);
  } else {
    resume_command(run, &line);
  }
  if (line.whole) printf("%s:\n  %s\n", ended ? "to let it write" : "to go on", line.text);
}

static void print_summary(const Run *run) {
  char first[LEGACY_LLM_NUMBER_TEXT], last[LEGACY_LLM_NUMBER_TEXT];
  legacy_llm_format_nats(first, &run->first);
  legacy_llm_format_nats(last, &run->last);
  (run->settings->json ? print_end_json : print_end_text)(run, first, last);
  if (!run->settings->json) print_next(run);
}

enum { MOST_COMMAND = 400 /* bytes, that a message can take */ };

/* What is said where a signal ended a training early. */
static bool stopped_early(const Run *run, Error *error) {
  if (!saves(run))
    return error_set(error, interrupted_exit_code(),
                     "stopped at step %ld; nothing was saved, because of --out none",
                     (long)steps_done(run));
  CommandLine line;
  char saved[80] = "the checkpoint is saved";
  if (out_stays(run))
    snprintf(saved, sizeof saved, "the checkpoint stays, which is at step %ld",
             (long)run->standing);
  resume_command(run, &line);
  const bool fits = line.whole && strlen(line.text) <= MOST_COMMAND;
  return error_set(error, interrupted_exit_code(), "stopped at step %ld; %s; go on with: %s",
                   (long)steps_done(run), saved, fits ? line.text : "--resume and its path");
}

/* ---- the command ---- */

/* Whether what is there already may be replaced; without any option, at the name that nobody chose,
 * also this same training on its way. */
static bool check_replaced(Run *run, Error *error) {
  const TrainSettings *s = run->settings;
  const TrainingRun *t = &run->training;
  char path[TEMPORARY_BYTES];
  int32_t further;
  if (s->force || !saves(run)) return true;
  const bool chosen = s->training.head.given != 0;
  if (!training_may_replace(t, run->settings->out, !chosen, &run->standing, error)) return false;
  for (int i = 1; i < s->keep; i++) {
    safe_file_older(run->settings->out, i, path, sizeof path);
    if (!training_may_replace(t, path, true, &further, error)) return false;
  }
  return true;
}

/* Saves after the last step. Where that could not be done or logged, what was learned is saved all
 * the same; where nothing was, what is there stays. */
static bool save_learned(Run *run, bool good, Error *error) {
  Error other;
  const bool learned = good || steps_done(run) > run->first_step;
  return (!learned || save(run, good ? error : &other)) && good;
}

/* Trains from an open trainer with an open log to a saved checkpoint. A signal ends the training
 * after its step; nothing ends the last saving. */
static bool run_training(Run *run, Error *error) {
  static const char words[] =
      "\nlegacy_llm: ends after this step, and saves; a second Ctrl-C ends at once, without that\n";
  interrupts_set(INTERRUPTS_NOTED, is_terminal(stderr) ? words : NULL);
  const bool good = run_steps(run, error);
  interrupts_set(INTERRUPTS_HELD, NULL);
  const bool saved = save_learned(run, good, error) && trace_files_close(&run->traces, error);
  interrupts_set(INTERRUPTS_END, NULL);
  if (!saved) return false;
  if (interrupted() && steps_done(run) < run->last_step) return stopped_early(run, error);
  print_summary(run);
  return true;
}

/* The steps of this run: from where the training is to its end, or to --stop-after. */
static void settle_steps(Run *run) {
  const int stop = run->settings->stop_after;
  run->first_step = steps_done(run);
  run->last_step = run->training.settings.training.steps;
  if (stop && stop < run->last_step)
    run->last_step = stop > run->first_step ? stop : run->first_step;
}

/* Opens the log, first trying whether the checkpoint can be written, and trains. */
static bool train_logged(Run *run, Error *error) {
  const TrainSettings *s = run->settings;
  Error closing;
  settle_steps(run);
  if (saves(run) && !output_try(run->settings->out, write_checkpoint, run, error)) return false;
  const bool good = train_log_open(&run->log, s->training.log, (LogFormat)s->log_format,
                                   run->first_step, error) &&
                    run_training(run, error);
  return train_log_close(&run->log, good ? error : &closing) && good;
}

/* With the trace files open, which the training writes into from its beginning. */
static bool train_traced(Run *run, const char *token_file, Error *error) {
  const TrainSettings *s = run->settings;
  Error closing;
  if (!trace_files_open(&run->traces, s->trace, s->dump, error)) return false;
  const legacy_llm_trace trace = trace_files_trace(&run->traces);
  const bool opened = training_open(&run->training, &s->training, token_file, &trace, error);
  text_file_close(&run->text);
  if (run->training.token_file && !saves(run)) remove(token_file); /* it stays open */
  const bool good = opened && train_logged(run, error);
  trace_files_close(&run->traces, &closing); /* where it is not closed yet, something else failed */
  return good;
}

/* Whether the log may be replaced, or gone on with. Where the checkpoint of this same training is
 * replaced, its log may be, too. */
static bool check_log(const Run *run, Error *error) {
  const TrainSettings *s = run->settings;
  const bool resumes = s->training.resume != NULL, repeats = !resumes && run->standing > 0;
  return s->force || repeats ||
         train_log_check(s->training.log, resumes, run->training.settings.training.steps, error);
}

static bool plan_training(Run *run, Error *error) {
  const TrainSettings *s = run->settings;
  return text_file_open(&run->text, s->training.text, "text", error) &&
         training_plan(&run->training, &s->training, &run->text, &run->pool.threads, world_ranks(),
                       error) &&
         check_replaced(run, error) && check_log(run, error);
}

/* Waits for the other computers. */
static bool meet_peers(const TrainSettings *s, Error *error) {
  if (!s->peers) return true;
  if (!s->json) {
    printf("rank %d of %s: waits until all are there\n", (int)s->rank, s->peers);
    fflush(stdout);
  }
  return world_meet(s->peers, s->rank, error);
}

static bool train_run(const void *settings, Error *error) {
  Run run = {.settings = settings};
  const TrainingSettings *s = &run.settings->training;
  PassingFile tokens;
  name_token_file(run.settings->out, tokens.path, sizeof tokens.path);
  if (!saves(&run)) passing_file_begin(&tokens);
  interrupts_set(INTERRUPTS_END_BUT_PIPE, /* what reads the plan may go away */
                 "legacy_llm: stopped before the first step; no checkpoint was written\n");
  bool good = meet_peers(run.settings, error) && pool_open(&run.pool, s->threads, error) &&
              plan_training(&run, error);
  if (good) {
    if (world_is_seen())
      (s->resume ? text_tell_mark : text_tell)(&run.text); /* who resumes was told */
    print_plan(&run.training, s->ram, run.settings->json);
    fflush(stdout);
    good = check_ram(run.training.plan.block, (RamLimit){s->ram, s}, error) &&
           train_traced(&run, tokens.path, error);
  }
  const int done = run.training.trainer ? steps_done(&run) : 0;
  interrupts_set(INTERRUPTS_END, NULL);
  if (!saves(&run)) passing_file_end(&tokens);
  training_close(&run.training,
                 saves(&run) && done > 0 && done < run.training.settings.training.steps);
  text_file_close(&run.text);
  pool_close(&run.pool);
  return good;
}

static const char *const examples[] = {"--text my.txt --preset book --out my.ckpt",
                                       "--text my.txt --resume my.ckpt", NULL};

const Command train_command = {
    .name = "train",
    .summary = "trains a model on a text and writes it as a checkpoint",
    .about = "Prints a memory plan, then trains. Ctrl-C, a closed terminal and a reader that goes "
             "away write the checkpoint and stop; --resume goes on from there and ends in the "
             "same bits as a training that was never stopped.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(TrainSettings),
    .defaults = train_defaults,
    .settle = train_settle,
    .beside = train_beside,
    .run = train_run};
