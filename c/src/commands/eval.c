/* eval.c - the command that judges a model by the held-out part of a text, or by the whole text:
 * transformer and counts together and each alone, beside shorter n-grams. A model without counts is
 * judged beside n-grams of the text's training part. */
#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "base/safe_file.h"
#include "run/evaluation_text.h"
#include "run/heap.h"
#include "run/leftovers.h"
#include "run/model_file.h"
#include "run/option_groups.h"
#include "run/text_advice.h"
#include "run/text_tokens.h"
#include "threads/pool.h"

enum {
  DEFAULT_ORDER = 5,    /* tokens of the longest n-gram to compare with */
  MOST_COUNTS = 8 << 20 /* bytes of n-grams that are counted here */
};

/* ---- options ---- */

typedef struct {
  SettingsHead head;
  const char *text, *model;
  uint64_t text_ram, ram;
  int32_t tokens; /* of the part that is judged, 0: all */
  int32_t order;  /* of the longest n-gram to compare with */
  int32_t counts; /* 0: without those of the model */
  int32_t threads;
  bool whole, json;
} EvalSettings;

#define AT(member) .offset = offsetof(EvalSettings, member)
static const OptionRow eval_rows[] = {
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "the model to evaluate: a checkpoint or an exported model",
     .kind = OPTION_FILE,
     .bare = model_file_is,
     AT(model),
     .use = FILE_READ},
    {.name = "text",
     .argument = "FILE",
     .help = "UTF-8 text; the model is evaluated on its last tenth, the held-out part, or with "
             "--whole on all of it",
     .kind = OPTION_FILE,
     .bare = model_file_is_not,
     AT(text),
     .names = standard_input,
     .use = FILE_READ},
    {.name = "whole",
     .help = "evaluate on the whole text, which should be one that the model was not trained on",
     .kind = OPTION_FLAG,
     AT(whole)},
    {.name = "eval-tokens",
     .argument = "N",
     .help = "evaluate on the first N tokens of that part only; without it on all",
     .kind = OPTION_INT,
     AT(tokens),
     .low = 1,
     .high = INT32_MAX},
    {.name = "order",
     .argument = "N",
     .help = "tokens of the longest n-gram to compare the model with",
     .kind = OPTION_INT,
     AT(order),
     .low = 1,
     .high = LEGACY_LLM_MAX_ORDER,
     .saving = "smaller"},
};
#undef AT
static const OptionGroup eval_group = OPTION_GROUP("Model and text", eval_rows);

static const CommandGroup groups[] = {{&eval_group, 0},
                                      {&alone_group, offsetof(EvalSettings, counts)},
                                      {&json_group, offsetof(EvalSettings, json)},
                                      {&threads_group, offsetof(EvalSettings, threads)},
                                      {&text_ram_group, offsetof(EvalSettings, text_ram)},
                                      {&ram_group, offsetof(EvalSettings, ram)},
                                      {NULL, 0}};

static void eval_defaults(void *settings) {
  EvalSettings *s = settings;
  s->text = BUNDLED_TEXT;
  s->model = BUNDLED_MODEL;
  s->text_ram = DEFAULT_TEXT_RAM;
  s->order = DEFAULT_ORDER;
  s->counts = COUNTS_AS_THEY_ARE;
  s->threads = 1;
}

/* ---- the text ---- */

/* What eval needs beside the model. */
typedef struct {
  ModelFile model;
  TextFile source;
  legacy_llm_text text;
  int32_t training;    /* tokens of its training part, 0: the whole text is judged */
  uint16_t *tokens;    /* [text.tokens] from the heap; null where they are in a file */
  int32_t kept;        /* of them so far */
  PassingFile passing; /* of the tokens; without a path where they are in memory */
  void *token_memory;
  legacy_llm_token_file *token_file; /* null where they are in memory */
  legacy_llm_counts *counts;         /* n-grams to compare with; null: there are none */
  int longest, order;                /* of the longest of them: that there are, and here */
  void *counts_memory; /* of those that are counted here, null: they are the model's */
  ThreadPool pool;
} Judging;

/* Losses of n-grams. */
typedef struct {
  legacy_llm_loss unigram, bigram, ngram;
} Baselines;

static bool keep_tokens(void *context, const uint8_t *bytes, int size, const uint16_t *tokens,
                        int count) {
  Judging *j = context;
  (void)bytes, (void)size;
  if (count > j->text.tokens - j->kept) return false;
  memcpy(j->tokens + j->kept, tokens, (size_t)count * sizeof *tokens);
  j->kept += count;
  return true;
}

static bool read_kept(void *context, int32_t first, int count, uint16_t *tokens, Error *error) {
  const Judging *j = context;
  (void)error;
  memcpy(tokens, j->tokens + first, (size_t)count * sizeof *tokens);
  return true;
}

/* All tokens of the text into memory. */
static bool load_tokens(Judging *j, Error *error) {
  const legacy_llm_unit_sink sink = {j, keep_tokens};
  void *memory = heap_take(legacy_llm_encoder_size(j->model.tokenizer), error);
  j->tokens = memory ? heap_take((uint64_t)j->text.tokens * sizeof *j->tokens, error) : NULL;
  bool good = j->tokens &&
              text_file_encode(&j->source, "reading", j->model.tokenizer,
                               legacy_llm_encoder_open(memory, j->model.tokenizer), &sink, error);
  if (good && j->kept != j->text.tokens)
    good = error_set(error, EXIT_FAILED, "%s changed while it was read; run the command again",
                     j->source.name);
  free(memory);
  return good;
}

/* The same into a file beside the model, of this process alone: its name goes as soon as it is
 * open, where the system can do that. */
static bool open_token_file(Judging *j, Error *error) {
  const legacy_llm_tokenizer *t = j->model.tokenizer;
  char *path = j->passing.path;
  snprintf(path, sizeof j->passing.path, "%.480s.eval.tokens-%ld", j->model.path, process_id());
  passing_file_begin(&j->passing);
  j->token_memory = heap_take(legacy_llm_token_file_size(), error);
  if (j->token_memory)
    j->token_file = token_file_open(j->token_memory, path, &j->source, t, &j->text, error);
  if (j->token_file) remove(path);
  return j->token_file != NULL;
}

static legacy_llm_token_reader tokens_of(Judging *j) {
  const legacy_llm_token_reader kept = {j, read_kept};
  return j->token_file ? legacy_llm_token_file_reader(j->token_file) : kept;
}

/* ---- baselines ---- */

/* Whether the n-grams to compare with are to be counted in the rest of the text: the model has
 * none, and there is a rest. */
static bool counts_here(const Judging *j) {
  return j->training && legacy_llm_checkpoint_counts_size(j->model.checkpoint) == 0;
}

/* Whether n-grams of the order that was asked for are there to be compared with; without a question
 * no longer ones than there are. */
static bool settle_order(Judging *j, const EvalSettings *s, Error *error) {
  const bool asked = options_given(s, "order");
  const int longest = j->longest = j->counts ? legacy_llm_counts_tell(j->counts).order : 0;
  j->order = s->order < longest ? s->order : longest;
  if (!asked || s->order <= longest) return true;
  if (longest == 0)
    return error_set(error, EXIT_USAGE,
                     "the model has no counts, and --whole leaves no part of the text to count "
                     "n-grams in; leave out --order, or --whole");
  return error_set(error, EXIT_USAGE, "--order %ld: the counts of the model have at most %d-grams",
                   (long)s->order, longest);
}

/* The n-grams, once the tokens can be read. */
static bool open_counts(Judging *j, const EvalSettings *s, Error *error) {
  const legacy_llm_token_reader tokens = tokens_of(j);
  const legacy_llm_tokenizer *t = j->model.tokenizer;
  j->counts = legacy_llm_model_counts(j->model.model);
  if (counts_here(j)) {
    const size_t bytes = legacy_llm_counts_size(t, j->training, s->order, MOST_COUNTS);
    j->counts_memory = heap_take(bytes, error);
    if (j->counts_memory)
      j->counts =
          legacy_llm_counts_open(j->counts_memory, t, j->training, s->order, MOST_COUNTS, error);
    if (!j->counts || !legacy_llm_counts_build(j->counts, &tokens, j->training, error))
      return false;
  }
  return settle_order(j, s, error);
}

/* By the same tokens that the model was judged by. */
static bool judge_baselines(Judging *j, int64_t judged, Baselines *to, Error *error) {
  const legacy_llm_token_reader tokens = tokens_of(j);
  const int32_t first = j->training + 1, end = first + (int32_t)judged;
  legacy_llm_counts *c = j->counts;
  memset(to, 0, sizeof *to);
  return !c || (legacy_llm_counts_judge(c, 1, &tokens, first, end, &to->unigram, error) &&
                (j->order < 2 ||
                 legacy_llm_counts_judge(c, 2, &tokens, first, end, &to->bigram, error)) &&
                legacy_llm_counts_judge(c, j->order, &tokens, first, end, &to->ngram, error));
}

/* ---- the command ---- */

static void print_json_baselines(const Baselines *b, int order) {
  char unigram[LEGACY_LLM_NUMBER_TEXT], bigram[LEGACY_LLM_NUMBER_TEXT],
      ngram[LEGACY_LLM_NUMBER_TEXT];
  legacy_llm_format_nats(unigram, &b->unigram);
  legacy_llm_format_nats(bigram, &b->bigram);
  legacy_llm_format_nats(ngram, &b->ngram);
  printf(",\"unigram\":\"%s\"", unigram);
  if (order > 1) printf(",\"bigram\":\"%s\"", bigram);
  printf(",\"order\":%d,\"ngram\":\"%s\"", order, ngram);
}

static void print_json(const legacy_llm_evaluation *e, const Baselines *b, const Judging *j) {
  const EvaluationText t = evaluation_text(e);
  printf("{\"event\":\"eval\",\"part\":\"%s\",\"loss\":\"%s\",", j->training ? "held-out" : "whole",
         t.loss);
  if (e->counts.tokens > 0)
    printf("\"transformer\":\"%s\",\"counts\":\"%s\",", t.transformer, t.counts);
  printf("\"perplexity\":\"%s\",\"bits_per_byte\":\"%s\",\"top1\":\"%s\",\"top3\":\"%s\",\"top5\":"
         "\"%s\",\"tokens\":%lld,"
         "\"bytes\":%lld",
         t.perplexity, t.bits, t.top1, t.top3, t.top5, (long long)e->loss.tokens,
         (long long)e->loss.bytes);
  if (j->counts) print_json_baselines(b, j->order);
  printf("}\n");
}

static void print_row(const char *name, const legacy_llm_loss *loss) {
  char nats[LEGACY_LLM_NUMBER_TEXT], bits[LEGACY_LLM_NUMBER_TEXT],
      perplexity[LEGACY_LLM_NUMBER_TEXT];
  legacy_llm_format_nats(nats, loss);
  legacy_llm_format_bits(bits, loss);
  legacy_llm_format_perplexity(perplexity, loss);
  printf("  %-11s %14s %13s %10s\n", name, nats, bits, perplexity);
}

static void print_baselines(const Baselines *b, int order) {
  char name[24];
  snprintf(name, sizeof name, "%d-gram", order);
  if (order > 2) print_row(name, &b->ngram);
  if (order > 1) print_row("bigram", &b->bigram);
  print_row("unigram", &b->unigram);
}

/* Whether the text is the one that the model was trained on. */
static bool is_training_text(const Judging *j) {
  const legacy_llm_text *of_model = &j->model.header.text;
  return j->text.bytes == of_model->bytes && j->text.crc == of_model->crc;
}

static void print_text(const legacy_llm_evaluation *e, const Baselines *b, const Judging *j,
                       const EvalSettings *s) {
  const EvaluationText t = evaluation_text(e);
  printf("%s%s of %s: %lld tokens, %lld bytes\n", s->tokens ? "the beginning of " : "",
         j->training ? "the held-out part, the last tenth," : "the whole", s->text,
         (long long)e->loss.tokens, (long long)e->loss.bytes);
  printf("  %-11s %14s %13s %10s\n", "", "nats per token", "bits per byte", "perplexity");
  print_row("model", &e->loss);
  if (e->counts.tokens > 0) print_row("transformer", &e->transformer);
  if (e->counts.tokens > 0) print_row("counts", &e->counts);
  if (j->counts) print_baselines(b, j->order);
  printf("  model accuracy: top-1 %s, top-3 %s, top-5 %s\n", t.top1, t.top3, t.top5);
  if (e->counts.tokens > 0)
    printf("  the model is transformer and counts together: its own n-grams of up to %d tokens\n",
           j->longest);
  else if (j->training)
    printf("  the n-grams are counted in the rest of the text\n");
  if (!j->training && is_training_text(j))
    printf("  the model was trained on nine tenths of this very text, so this is not what it makes "
           "of a new one\n");
}

/* Memory that eval takes beside the model: n-grams, and tokens that are kept. */
static uint64_t bytes_beside(const Judging *j, const EvalSettings *s, bool streams) {
  const uint64_t tokens = streams ? 0 : (uint64_t)j->text.tokens * sizeof *j->tokens;
  if (!counts_here(j)) return tokens;
  return tokens + legacy_llm_counts_size(j->model.tokenizer, j->training, s->order, MOST_COUNTS);
}

static bool judge_all(Judging *j, const EvalSettings *s, legacy_llm_evaluation *result,
                      Baselines *baselines, Error *error) {
  const bool streams = (uint64_t)j->text.tokens * sizeof *j->tokens > s->text_ram;
  if (!model_file_open(&j->model, LEGACY_LLM_USE_EVALUATE, &j->pool.threads,
                       bytes_beside(j, s, streams), (RamLimit){s->ram, s}, error) ||
      !(streams ? open_token_file(j, error) : load_tokens(j, error)) || !open_counts(j, s, error))
    return false;
  const legacy_llm_token_reader tokens = tokens_of(j);
  return legacy_llm_evaluate(j->model.model, &tokens, j->training, j->text.tokens, s->tokens,
                             result, error) &&
         judge_baselines(j, result->loss.tokens, baselines, error);
}

static void close_all(Judging *j) {
  if (j->token_file) legacy_llm_token_file_close(j->token_file);
  if (*j->passing.path) remove(j->passing.path); /* what could not be removed while it was open */
  passing_file_end(&j->passing);
  free(j->tokens);
  free(j->token_memory);
  free(j->counts_memory);
  text_file_close(&j->source);
  model_file_close(&j->model);
  pool_close(&j->pool);
}

/* Whether the part that is judged has a window of the model's context, and its targets. */
static bool check_length(const Judging *j, const EvalSettings *s, Error *error) {
  const int context = j->model.header.shape.context;
  const long tokens = (long)j->text.tokens;
  if (!s->whole)
    return legacy_llm_check_text(&j->text, context, s->text, error) ||
           error_set(error, EXIT_USAGE,
                     "the last tenth of %s, which has %ld tokens, is too short for the context of "
                     "the model, %d tokens; give a longer text, or --whole",
                     s->text, tokens, context);
  if (tokens > context) return true;
  return error_set(error, EXIT_USAGE,
                   "%s has %ld tokens, too few for the context of the model, which needs %d; give "
                   "a longer text",
                   s->text, tokens, context + 1);
}

static bool eval_run(const void *settings, Error *error) {
  const EvalSettings *s = settings;
  Judging j = {.order = 0};
  legacy_llm_evaluation result;
  Baselines baselines;
  bool good =
      pool_open(&j.pool, s->threads, error) && model_file_read(&j.model, "model", s->model, error);
  if (good && s->counts != COUNTS_AS_THEY_ARE)
    legacy_llm_checkpoint_leave_counts(j.model.checkpoint);
  const int context = j.model.header.shape.context;
  if (good && !legacy_llm_check_evaluation(s->tokens, context, error))
    good = error_add(error, " (--eval-tokens)");
  good = good && text_file_open(&j.source, s->text, "text", error) &&
         text_file_count(&j.source, j.model.tokenizer, &j.text, error) &&
         check_length(&j, s, error);
  if (good) text_tell_mark(&j.source);
  j.training = s->whole ? 0 : legacy_llm_training_tokens(&j.text);
  good = good && judge_all(&j, s, &result, &baselines, error);
  if (good && s->json)
    print_json(&result, &baselines, &j);
  else if (good)
    print_text(&result, &baselines, &j, s);
  close_all(&j);
  return good;
}

static const char *const examples[] = {"--model my.ckpt --text my.txt",
                                       "--model my.ckpt --text another.txt --whole", NULL};

const Command eval_command = {
    .name = "eval",
    .summary = "measures how well a model predicts the held-out part of a text, or all of it",
    .about = "Next to the loss of the model it prints those of its transformer and of its counts "
             "alone, and of shorter n-grams; where the model has no counts, of n-grams that are "
             "counted in the rest of the text. Of a text that the model was not trained on, "
             "--whole measures all.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(EvalSettings),
    .defaults = eval_defaults,
    .run = eval_run};
