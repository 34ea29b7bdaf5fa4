/* eval.c - the command that judges a model by the held-out part of a text, beside what counting
 * alone would know: n-grams of the text's training part; or by the whole text, where there is no
 * other part to count in. */
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

enum { CHUNK = 256 /* tokens that are read at a time */ };

/* ---- options ---- */

typedef struct {
  SettingsHead head;
  const char *text, *model;
  uint64_t text_ram, ram;
  int32_t tokens; /* of the part that is judged, 0: all */
  int32_t order;  /* of the longest n-gram */
  int32_t threads;
  bool whole, json;
} EvalSettings;

#define AT(member) .offset = offsetof(EvalSettings, member)
static const OptionRow eval_rows[] = {
    {.name = "model",
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
     .help = "evaluate on the whole text, which should be one that the model was not trained on; "
             "no n-grams are counted, as no part is left to count them in",
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
  s->order = 5;
  s->threads = 1;
}

static bool eval_settle(void *settings, Error *error) {
  const EvalSettings *s = settings;
  if (!s->whole || !options_given(s, "order")) return true;
  return error_set(error, EXIT_USAGE,
                   "--whole leaves no part of the text to count n-grams in; leave out --order, or "
                   "--whole");
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
  int order;                         /* of the longest n-gram */
  void *ngram_memory;
  legacy_llm_ngram *ngram;
  ThreadPool pool;
} Judging;

/* Losses of the three baselines. */
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

/* Called with each token and those before it, history [known]. */
typedef void TokenVisitor(void *context, const uint16_t *history, int known, int token);

/* Visits tokens from..to-1 of the text, with at most LEGACY_LLM_MAX_ORDER - 1 before each, which do
 * not lie before `from`. */
static bool visit_tokens(const legacy_llm_token_reader *reader, int32_t from, int32_t to,
                         TokenVisitor *visit, void *context, Error *error) {
  uint16_t tokens[LEGACY_LLM_MAX_ORDER - 1 + CHUNK];
  int known = 0;
  for (int32_t at = from, n; at < to; at += n) {
    n = to - at < CHUNK ? to - at : CHUNK;
    if (!reader->read(reader->context, at, n, tokens + known, error)) return false;
    const int all = known + n;
    for (int i = known; i < all; i++) visit(context, tokens, i, tokens[i]);
    known = all < LEGACY_LLM_MAX_ORDER - 1 ? all : LEGACY_LLM_MAX_ORDER - 1;
    memmove(tokens, tokens + all - known, (size_t)known * sizeof *tokens);
  }
  return true;
}

static void count_token(void *context, const uint16_t *history, int known, int token) {
  const Judging *j = context;
  legacy_llm_ngram_add(j->ngram, history, known, token);
}

typedef struct {
  const Judging *judging;
  Baselines *to;
} BaselineJudge;

/* The very first token is none that the model predicts: it has nothing before it. */
static void judge_token(void *context, const uint16_t *history, int known, int token) {
  if (known == 0) return;
  const BaselineJudge *b = context;
  const Judging *j = b->judging;
  uint8_t piece[LEGACY_LLM_MAX_WORD];
  const int bytes = legacy_llm_decode(j->model.tokenizer, token, piece);
  legacy_llm_ngram_judge(j->ngram, history, known, token, 1, bytes, &b->to->unigram);
  if (j->order > 1)
    legacy_llm_ngram_judge(j->ngram, history, known, token, 2, bytes, &b->to->bigram);
  legacy_llm_ngram_judge(j->ngram, history, known, token, j->order, bytes, &b->to->ngram);
}

/* Counts the training part, judges the held-out tokens that the model was judged by. */
static bool judge_baselines(Judging *j, int64_t tokens, Baselines *to, Error *error) {
  const legacy_llm_token_reader reader = tokens_of(j);
  const int32_t from = j->training;
  BaselineJudge judge = {j, to};
  memset(to, 0, sizeof *to);
  return visit_tokens(&reader, 0, from, count_token, j, error) &&
         visit_tokens(&reader, from, from + (int32_t)tokens + 1, judge_token, &judge, error);
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
  printf("{\"event\":\"eval\",\"part\":\"%s\",\"loss\":\"%s\",\"perplexity\":\"%s\","
         "\"bits_per_byte\":\"%s\",\"top1\":\"%s\",\"top3\":\"%s\",\"top5\":\"%s\",\"tokens\":%lld,"
         "\"bytes\":%lld",
         j->training ? "held-out" : "whole", t.loss, t.perplexity, t.bits, t.top1, t.top3, t.top5,
         (long long)e->loss.tokens, (long long)e->loss.bytes);
  if (j->training) print_json_baselines(b, j->order);
  printf("}\n");
}

static void print_row(const char *name, const legacy_llm_loss *loss) {
  char nats[LEGACY_LLM_NUMBER_TEXT], bits[LEGACY_LLM_NUMBER_TEXT],
      perplexity[LEGACY_LLM_NUMBER_TEXT];
  legacy_llm_format_nats(nats, loss);
  legacy_llm_format_bits(bits, loss);
  legacy_llm_format_perplexity(perplexity, loss);
  printf("  %-10s %14s %13s %10s\n", name, nats, bits, perplexity);
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
  printf("  %-10s %14s %13s %10s\n", "", "nats per token", "bits per byte", "perplexity");
  print_row("model", &e->loss);
  if (j->training) print_baselines(b, j->order);
  printf("  model accuracy: top-1 %s, top-3 %s, top-5 %s\n", t.top1, t.top3, t.top5);
  if (j->training)
    printf("  the n-grams are counted in the rest of the text (Witten-Bell backoff)\n");
  else if (is_training_text(j))
    printf("  the model was trained on nine tenths of this very text, so this is not what it makes "
           "of a new one\n");
}

/* Memory that eval takes beside the model: n-grams, and tokens that are kept. */
static uint64_t bytes_beside(const Judging *j, bool streams) {
  const uint64_t tokens = streams ? 0 : (uint64_t)j->text.tokens * sizeof *j->tokens;
  if (!j->training) return tokens;
  return tokens + legacy_llm_ngram_size(j->order, j->model.header.shape.vocab, j->training);
}

static bool open_ngram(Judging *j, Error *error) {
  const int vocab = j->model.header.shape.vocab;
  j->ngram_memory = heap_take(legacy_llm_ngram_size(j->order, vocab, j->training), error);
  if (j->ngram_memory)
    j->ngram = legacy_llm_ngram_open(j->ngram_memory, j->order, vocab, j->training);
  return j->ngram != NULL;
}

static bool judge_all(Judging *j, const EvalSettings *s, legacy_llm_evaluation *result,
                      Baselines *baselines, Error *error) {
  const bool streams = (uint64_t)j->text.tokens * sizeof *j->tokens > s->text_ram;
  if (!model_file_open(&j->model, LEGACY_LLM_USE_EVALUATE, &j->pool.threads,
                       bytes_beside(j, streams), (RamLimit){s->ram, s}, error) ||
      (j->training && !open_ngram(j, error)) ||
      !(streams ? open_token_file(j, error) : load_tokens(j, error)))
    return false;
  const legacy_llm_token_reader tokens = tokens_of(j);
  return legacy_llm_evaluate(j->model.model, &tokens, j->training, j->text.tokens, s->tokens,
                             result, error) &&
         (!j->training || judge_baselines(j, result->loss.tokens, baselines, error));
}

static void close_all(Judging *j) {
  if (j->token_file) legacy_llm_token_file_close(j->token_file);
  if (*j->passing.path) remove(j->passing.path); /* what could not be removed while it was open */
  passing_file_end(&j->passing);
  free(j->tokens);
  free(j->token_memory);
  free(j->ngram_memory);
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
  Judging j = {.order = s->order};
  legacy_llm_evaluation result;
  Baselines baselines;
  bool good =
      pool_open(&j.pool, s->threads, error) && model_file_read(&j.model, "model", s->model, error);
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
    .about = "Next to the loss of the model it prints those of n-grams that are counted in the "
             "rest of the text. A model is worth its memory if its loss is below theirs. Of a text "
             "that the model was not trained on, --whole measures all.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(EvalSettings),
    .defaults = eval_defaults,
    .settle = eval_settle,
    .run = eval_run};
