/* baseline.c - the command that trains the float32 model of c/baseline with AdamW, on the same
 * windows of a text as `train`, and evaluates it on the same held-out part. It is a yardstick: no
 * checkpoint is kept, and its numbers may differ a little between builds. */
#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baseline/baseline.h"
#include "model/loss.h"
#include "run/evaluation_text.h"
#include "run/heap.h"
#include "run/interrupts.h"
#include "run/progress.h"
#include "run/text_advice.h"
#include "run/text_tokens.h"
#include "run/training_run.h"
#include "text/data_utils.h"
#include "train/optimizer.h"

/* ---- options ---- */

typedef struct {
  TrainingSettings training;
  int32_t eval_every; /* steps between evaluations, 0: only at the end */
  bool json;
} BaselineSettings;

/* Of AdamW where --lr is not given. */
#define DEFAULT_RATE 0.002f

#define AT(member) .offset = offsetof(BaselineSettings, member)
static const OptionRow text_rows[] = {
    {.name = "text",
     .argument = "FILE",
     .help = "UTF-8 text to train on; its last tenth is held out to evaluate",
     .kind = OPTION_FILE,
     AT(training.text),
     .names = standard_input,
     .use = FILE_READ},
};
static const OptionRow learning_rows[] = {
    {.name = "steps",
     .argument = "N",
     .help = "steps of the training",
     .kind = OPTION_INT,
     AT(training.model.train.steps),
     .low = 1,
     .high = MAX_STEPS},
    {.name = "batch",
     .argument = "N",
     .help = "sequences of each step",
     .kind = OPTION_INT,
     AT(training.model.train.batch),
     .low = 1,
     .high = MAX_BATCH},
    {.name = "seed",
     .letter = 's',
     .argument = "N",
     .help = "seed of weights and windows",
     .kind = OPTION_SEED,
     AT(training.model.train.seed)},
    {.name = "lr",
     .argument = "X",
     .help = "learning rate of AdamW, which rises in the first steps and then falls to 0, as that "
             "of `train` does; without it 0.002",
     .kind = OPTION_DECIMAL,
     AT(training.model.train.matrix_learning_rate),
     .low = 0,
     .high = 1000},
    {.name = "eval-every",
     .argument = "N",
     .help = "evaluate the model on the held-out text every N steps, not only at the end",
     .kind = OPTION_INT,
     AT(eval_every),
     .low = 1,
     .high = MAX_STEPS},
};
#undef AT
static const OptionGroup text_group = OPTION_GROUP("Text", text_rows);
static const OptionGroup learning = OPTION_GROUP("Training", learning_rows);
static const CommandGroup groups[] = {{&text_group, 0},
                                      {&shape_group, offsetof(BaselineSettings, training.model)},
                                      {&learning, 0},
                                      {&json_group, offsetof(BaselineSettings, json)},
                                      {&ram_group, offsetof(BaselineSettings, training.ram)},
                                      {NULL, 0}};

static void defaults(void *settings) {
  BaselineSettings *s = settings;
  training_default(&s->training);
}

static bool settle(void *settings, Error *error) {
  return training_settle(&((BaselineSettings *)settings)->training, error);
}

/* ---- the training ---- */

typedef struct {
  const BaselineSettings *settings;
  TextFile text;
  TrainingRun plan; /* shape, tokenizer and settings; its own training is not begun */
  Arena arena;
  Baseline model;
  Text tokens;
  uint16_t *windows; /* [B, T + 1] of a step */
  int32_t *starts;   /* [B] of the sequences in them */
} Run;

/* Takes (or plans) all memory. */
static void layout(Run *run, const legacy_llm_text *facts) {
  const ModelConfig *c = &run->plan.settings.shape;
  const size_t B = (size_t)run->plan.settings.training.batch, T = (size_t)c->context;
  baseline_layout(&run->model, c, true, &run->arena);
  text_layout(&run->tokens, facts, c->vocab, NULL, &run->arena);
  run->windows = arena_take(&run->arena, MEMORY_TEXT, B * (T + 1), sizeof(uint16_t));
  run->starts = arena_take(&run->arena, MEMORY_TEXT, B, sizeof(int32_t));
}

/* The tokens of the text into memory. */
static bool read_tokens(Run *run, const legacy_llm_tokenizer *t, Error *error) {
  void *memory = heap_take(legacy_llm_encoder_size(t), error);
  const UnitSink keeper = text_keeper(&run->tokens);
  const bool good = memory && text_file_encode(&run->text, "reading", t,
                                               legacy_llm_encoder_open(memory, t), &keeper, error);
  free(memory);
  return good;
}

static bool open_run(Run *run, Error *error) {
  legacy_llm_text facts;
  const legacy_llm_tokenizer *t = run->plan.own;
  const TrainingSettings *s = &run->settings->training;
  if (!text_file_count(&run->text, t, &facts, error)) return false;
  layout(run, &facts);
  if (!check_ram(run->arena.plan.total, (RamLimit){s->ram, s}, error) ||
      !arena_open(&run->arena, error))
    return false;
  layout(run, &facts);
  baseline_init(&run->model,
                baseline_products_sse ? baseline_products_sse : &baseline_products_plain,
                run->plan.settings.training.seed);
  return read_tokens(run, t, error);
}

/* The windows of a step, one after the other. */
static bool load_windows(Run *run, int step, Error *error) {
  const TrainConfig *train = &run->plan.settings.training;
  const int T = run->plan.settings.shape.context;
  for (int i = 0; i < train->batch; i++) {
    const uint32_t sequence = (uint32_t)step * (uint32_t)train->batch + (uint32_t)i;
    const int32_t start = training_window(run->tokens.train_count, T, train->seed, sequence);
    run->starts[i] = i * (T + 1);
    if (!text_window(&run->tokens, start, T + 1, run->windows + i * (T + 1), error)) return false;
  }
  return true;
}

/* The loss of the held-out part, window after window, each token once. */
static bool evaluate_held_out(Run *run, LossSum *loss, Error *error) {
  const ModelConfig *c = &run->plan.settings.shape;
  const uint8_t *bytes = run->plan.own->bytes; /* [V] */
  const int T = c->context, V = c->vocab;
  *loss = (LossSum){0, 0, 0};
  for (int32_t start = run->tokens.train_count; start + T < run->tokens.count; start += T) {
    if (!text_window(&run->tokens, start, T + 1, run->windows, error)) return false;
    baseline_forward(&run->model, run->windows, 0, T);
    for (int i = 0; i < T; i++) {
      float *logits = run->model.logits + i * V;
      baseline_logits(&run->model, i);
      const int target = run->windows[i + 1];
      loss_add(loss, baseline_softmax(logits, V, target), bytes[target]);
    }
  }
  return true;
}

static bool judge(Run *run, Progress *progress, int step, Error *error) {
  legacy_llm_evaluation held_out;
  memset(&held_out, 0, sizeof held_out);
  if (!evaluate_held_out(run, &held_out.loss, error)) return false;
  progress_held_out(progress, step, &held_out);
  return true;
}

/* The mean loss of a step as a sum over its tokens. */
static LossSum loss_of_step(const Run *run, float mean) {
  const int64_t tokens =
      (int64_t)run->plan.settings.training.batch * run->plan.settings.shape.context;
  LossSum one = {0, 0, 0};
  loss_add(&one, mean, 1);
  return (LossSum){one.sum * tokens, tokens, tokens};
}

/* One step, and an evaluation where one is due. */
static bool train_step(Run *run, Progress *progress, int step, float rate, Error *error) {
  const TrainConfig *train = &run->plan.settings.training;
  const int every = run->settings->eval_every, done = step + 1;
  if (!load_windows(run, step, error)) return false;
  const float mean = baseline_step(&run->model, run->windows, run->starts, train->batch,
                                   rate * schedule(train, step), step);
  const LossSum loss = loss_of_step(run, mean);
  progress_step(progress, done, &loss);
  const bool judges = done == train->steps || (every && done % every == 0);
  return !judges || judge(run, progress, done, error);
}

static bool train_steps(Run *run, Error *error) {
  const TrainConfig *train = &run->plan.settings.training;
  const float given = run->settings->training.model.train.matrix_learning_rate;
  const float rate = given < 0.0f ? DEFAULT_RATE : given;
  Progress progress;
  int step = 0;
  bool good = true;
  progress_start(&progress, 0, train->steps, run->settings->json);
  while (good && step < train->steps && !interrupted())
    good = train_step(run, &progress, step++, rate, error);
  progress_end(&progress);
  if (good && step < train->steps)
    return error_set(error, interrupted_exit_code(),
                     "stopped at step %ld; a baseline keeps nothing", (long)step);
  return good;
}

static void print_memory(const Run *run) {
  const unsigned long long bytes = run->arena.plan.total;
  const unsigned long long parameters = baseline_parameters(&run->plan.settings.shape);
  printf(run->settings->json ? "{\"event\":\"baseline\",\"parameters\":%llu,\"arena_bytes\":%llu}\n"
                             : "float32 and AdamW: %llu parameters, %llu bytes of memory\n",
         parameters, bytes);
  fflush(stdout);
}

static bool run_baseline(const void *settings, Error *error) {
  Run run = {.settings = settings};
  const TrainingSettings *s = &run.settings->training;
  bool good = text_file_open(&run.text, s->text, "text", error) &&
              training_plan(&run.plan, s, &run.text, NULL, NULL, error) && open_run(&run, error);
  if (good) {
    text_tell(&run.text);
    print_memory(&run);
    interrupts_set(INTERRUPTS_NOTED, NULL);
    good = train_steps(&run, error);
    interrupts_set(INTERRUPTS_END, NULL);
  }
  arena_close(&run.arena);
  training_close(&run.plan, false);
  text_file_close(&run.text);
  return good;
}

static const char *const examples[] = {"--text my.txt --preset base --steps 500 --eval-every 100",
                                       NULL};

const Command baseline_command = {
    .name = "baseline",
    .summary = "trains a float32 model with AdamW on a text, to compare with",
    .about = "The model that `bench` compares with, of the shape of a ternary one: 16 bytes a "
             "weight. It keeps no checkpoint.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(BaselineSettings),
    .defaults = defaults,
    .settle = settle,
    .run = run_baseline};
