/* two_trainings.c - two trainings in one process: each must end in the bits that it has alone.
 *
 *   two_trainings alone|in-turns|in-threads FILE
 *
 * prints the CRC-32 of both models, and of what their statistics and a look at all tensors gave.
 * It uses legacy_llm.h alone.
 */
#include <legacy_llm.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT = 1 << 20, STEPS = 12 };

static char bytes[MOST_TEXT];
static size_t size;

typedef struct {
  legacy_llm_tokenizer *tokenizer;
  legacy_llm_trainer *trainer;
  uint32_t seen; /* of all tensors, in their order */
  int64_t flipped;
} Training;

static void must(bool good, const legacy_llm_error *error) {
  if (good) return;
  fprintf(stderr, "two_trainings: %s\n", error->message);
  exit(1);
}

/* A sum of all bytes that were shown; FNV-1a. */
static void look(void *context, int step, const char *name, const void *shown, size_t count,
                 size_t width) {
  Training *t = context;
  (void)step, (void)name, (void)width;
  for (size_t i = 0; i < count; i++) t->seen = (t->seen ^ ((const uint8_t *)shown)[i]) * 16777619u;
}

/* The two trainings differ in all that can differ. */
static void open_training(Training *t, int which) {
  legacy_llm_error error;
  legacy_llm_memory memory = {bytes, size, 0};
  legacy_llm_source source = legacy_llm_memory_source(&memory, "the text");
  memset(t, 0, sizeof *t);
  t->tokenizer = legacy_llm_tokenizer_open(malloc(legacy_llm_tokenizer_size()),
                                           which ? LEGACY_LLM_BPE : LEGACY_LLM_CHARS, 300, "\n\n",
                                           which ? 2 : 0, &error);
  must(t->tokenizer != NULL, &error);
  void *scratch = malloc(legacy_llm_scan_size(t->tokenizer, (int64_t)size));
  must(legacy_llm_learn_tokenizer(t->tokenizer, &source, (int64_t)size, scratch, &error), &error);
  legacy_llm_trainer_settings settings = {
      .tokenizer = t->tokenizer, .statistics = true, .trace = {t, look}};
  legacy_llm_preset preset;
  legacy_llm_preset_at(0, &preset);
  settings.shape = preset.shape;
  settings.training = preset.training;
  settings.training.steps = STEPS;
  settings.training.seed = 7u + (uint32_t)which;
  settings.shape.scheme = which ? LEGACY_LLM_SCHEME_2BIT : LEGACY_LLM_SCHEME_POW2;
  settings.training.optimizer = which ? LEGACY_LLM_OPTIMIZER_LION : LEGACY_LLM_OPTIMIZER_MUON;
  source = legacy_llm_memory_source(&memory, "the text");
  must(legacy_llm_count_tokens(t->tokenizer, &source, &settings.text, scratch, &error), &error);
  free(scratch);
  legacy_llm_memory_plan plan;
  must(legacy_llm_trainer_plan(&settings, &plan, &error), &error);
  t->trainer = legacy_llm_trainer_open(malloc(plan.block), plan.block, &settings, &error);
  must(t->trainer != NULL, &error);
  source = legacy_llm_memory_source(&memory, "the text");
  must(legacy_llm_trainer_read_text(t->trainer, &source, &error), &error);
}

static void step(Training *t) {
  legacy_llm_error error;
  legacy_llm_step result;
  must(legacy_llm_trainer_step(t->trainer, true, &result, &error), &error);
  t->flipped += result.flipped;
}

static void tell(const Training *t) {
  printf("%08lx %08lx %lld\n", (unsigned long)legacy_llm_trainer_crc(t->trainer),
         (unsigned long)t->seen, (long long)t->flipped);
}

static void run_alone(Training *t, int which) {
  open_training(t, which);
  for (int i = 0; i < STEPS; i++) step(t);
}

static void run_in_turns(Training t[2]) {
  for (int which = 0; which < 2; which++) open_training(&t[which], which);
  for (int i = 0; i < STEPS; i++)
    for (int which = 0; which < 2; which++) step(&t[which]);
}

typedef struct {
  Training *t;
  int which;
} Job;

static void *run_job(void *context) {
  const Job *job = context;
  legacy_llm_start_thread();
  run_alone(job->t, job->which);
  return NULL;
}

static void run_in_threads(Training t[2]) {
  pthread_t thread[2];
  Job job[2] = {{&t[0], 0}, {&t[1], 1}};
  for (int i = 0; i < 2; i++)
    if (pthread_create(&thread[i], NULL, run_job, &job[i]) != 0) exit(1);
  for (int i = 0; i < 2; i++) pthread_join(thread[i], NULL);
}

int main(int count, char **arguments) {
  static Training t[2];
  FILE *file = count == 3 ? fopen(arguments[2], "rb") : NULL;
  if (!file) return 2;
  size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  legacy_llm_start();
  if (strcmp(arguments[1], "in-turns") == 0)
    run_in_turns(t);
  else if (strcmp(arguments[1], "in-threads") == 0)
    run_in_threads(t);
  else
    for (int which = 0; which < 2; which++) run_alone(&t[which], which);
  for (int which = 0; which < 2; which++) tell(&t[which]);
  return 0;
}
