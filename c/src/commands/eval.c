/* eval.c - the command that judges a model by the held-out part of a text, beside what counting
 * alone would know: n-grams of the text's training part. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "run/option_groups.h"
#include "run/reader.h"
#include "text/data_utils.h"
#include "text/ngram.h"
#include "text/token_file.h"
#include "train/evaluate.h"

enum { CHUNK = 256 /* tokens that are read at a time */ };

/* ---- options ---- */

typedef struct {
  SettingsHead head;
  const char *text, *model;
  uint64_t text_ram, ram;
  int32_t tokens; /* of the held-out part, 0: all */
  int32_t order;  /* of the longest n-gram */
  bool json;
} EvalSettings;

#define AT(member) .offset = offsetof(EvalSettings, member)
static const OptionRow eval_rows[] = {
    {.name = "model",
     .argument = "FILE",
     .help = "the model to evaluate: a checkpoint or an exported model",
     .kind = OPTION_FILE,
     AT(model)},
    {.name = "text",
     .argument = "FILE",
     .help = "UTF-8 text; the model is evaluated on its last tenth, the held-out part",
     .kind = OPTION_FILE,
     AT(text)},
    {.name = "eval-tokens",
     .argument = "N",
     .help = "evaluate on the first N held-out tokens only; without it on all",
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
     .high = MAX_NGRAM_ORDER,
     .saving = "smaller"},
};
#undef AT
static const OptionGroup eval_group = OPTION_GROUP("Model and text", eval_rows);

static const CommandGroup groups[] = {{&eval_group, 0},
                                      {&json_group, offsetof(EvalSettings, json)},
                                      {&text_ram_group, offsetof(EvalSettings, text_ram)},
                                      {&ram_group, offsetof(EvalSettings, ram)},
                                      {NULL, 0}};

static void eval_defaults(void *settings) {
  EvalSettings *s = settings;
  s->text = BUNDLED_TEXT;
  s->model = BUNDLED_MODEL;
  s->text_ram = DEFAULT_TEXT_RAM;
  s->order = 5;
}

/* ---- the text ---- */

/* What eval needs beside the model. */
typedef struct {
  Text text;
  int order; /* of the longest n-gram */
  Ngram ngram;
  uint16_t *window; /* [T + 1] */
} Judging;

/* Losses of the three baselines. */
typedef struct {
  LossSum unigram, bigram, ngram;
} Baselines;

static Reader reader; /* large, so not on the stack */
static Judging judging;

static void judging_layout(void *context, const CheckpointHeader *header, Arena *arena) {
  Judging *j = context;
  text_layout(&j->text, arena);
  j->window = arena_take(arena, MEMORY_TEXT, (size_t)header->model.context + 1, sizeof *j->window);
  ngram_layout(&j->ngram, j->order, header->model.vocab, j->text.train_count, arena);
}

static bool read_text(Judging *j, const EvalSettings *s, Error *error) {
  static char token_file[512];
  if (!j->text.streamed) return text_load(s->text, &j->text, &reader.encoder, error);
  snprintf(token_file, sizeof token_file, "%.480s.eval.tokens", reader.path);
  if (same_file(token_file, s->text))
    return error_set(error, EXIT_USAGE,
                     "the text %s would be overwritten by its token file; give it another name, or "
                     "a larger --text-ram",
                     s->text);
  return token_file_open(token_file, s->text, &j->text, &reader.encoder, error);
}

/* ---- baselines ---- */

/* Called with each token and those before it, history [known]. */
typedef void TokenVisitor(void *context, const uint16_t *history, int known, int token);

/* Visits tokens from..to-1 of the text, with at most MAX_NGRAM_ORDER - 1 before each, which do not
 * lie before `from`. */
static bool visit_tokens(const Text *text, int32_t from, int32_t to, TokenVisitor *visit,
                         void *context, Error *error) {
  uint16_t tokens[MAX_NGRAM_ORDER - 1 + CHUNK];
  int known = 0;
  for (int32_t at = from, n; at < to; at += n) {
    n = to - at < CHUNK ? to - at : CHUNK;
    if (!text_window(text, at, n, tokens + known, error)) return false;
    const int all = known + n;
    for (int i = known; i < all; i++) visit(context, tokens, i, tokens[i]);
    known = all < MAX_NGRAM_ORDER - 1 ? all : MAX_NGRAM_ORDER - 1;
    memmove(tokens, tokens + all - known, (size_t)known * sizeof *tokens);
  }
  return true;
}

static void count_token(void *context, const uint16_t *history, int known, int token) {
  Judging *j = context;
  ngram_add(&j->ngram, history, known, token);
}

typedef struct {
  const Judging *judging;
  Baselines *to;
} BaselineJudge;

/* The very first token is none that the model predicts: it has nothing before it. */
static void judge_token(void *context, const uint16_t *history, int known, int token) {
  if (known == 0) return;
  const BaselineJudge *j = context;
  const Ngram *m = &j->judging->ngram;
  const int bytes = reader.header.tokenizer.bytes[token];
  loss_add(&j->to->unigram, ngram_loss(m, history, known, token, 1), bytes);
  if (m->order > 1) loss_add(&j->to->bigram, ngram_loss(m, history, known, token, 2), bytes);
  loss_add(&j->to->ngram, ngram_loss(m, history, known, token, m->order), bytes);
}

/* Counts the training part, judges the held-out tokens that the model was judged by. */
static bool judge_baselines(Judging *j, int64_t tokens, Baselines *to, Error *error) {
  const Text *text = &j->text;
  BaselineJudge judge = {j, to};
  memset(to, 0, sizeof *to);
  return visit_tokens(text, 0, text->train_count, count_token, j, error) &&
         visit_tokens(text, text->train_count, text->train_count + (int32_t)tokens + 1, judge_token,
                      &judge, error);
}

/* ---- the command ---- */

static void print_json(const Evaluation *e, const Baselines *b, int order) {
  const EvaluationText t = evaluation_text(e);
  char unigram[LOSS_TEXT], bigram[LOSS_TEXT], ngram[LOSS_TEXT];
  loss_format(unigram, &b->unigram);
  loss_format(bigram, &b->bigram);
  loss_format(ngram, &b->ngram);
  printf("{\"event\":\"eval\",\"loss\":\"%s\",\"perplexity\":\"%s\",\"bits_per_byte\":\"%s\","
         "\"top1\":\"%s\",\"top3\":\"%s\",\"top5\":\"%s\",\"tokens\":%lld,\"bytes\":%lld,"
         "\"unigram\":\"%s\",",
         t.loss, t.perplexity, t.bits, t.top1, t.top3, t.top5, (long long)e->loss.tokens,
         (long long)e->loss.bytes, unigram);
  if (order > 1) printf("\"bigram\":\"%s\",", bigram);
  printf("\"order\":%d,\"ngram\":\"%s\"}\n", order, ngram);
}

static void print_row(const char *name, const LossSum *loss) {
  char nats[LOSS_TEXT], bits[LOSS_TEXT], perplexity[LOSS_TEXT];
  loss_format(nats, loss);
  loss_format_bits(bits, loss);
  perplexity_format(perplexity, loss);
  printf("  %-10s %14s %13s %10s\n", name, nats, bits, perplexity);
}

static void print_text(const Evaluation *e, const Baselines *b, int order, const char *path) {
  const EvaluationText t = evaluation_text(e);
  char name[24];
  snprintf(name, sizeof name, "%d-gram", order);
  printf("held-out part of %s: %lld tokens, %lld bytes\n", path, (long long)e->loss.tokens,
         (long long)e->loss.bytes);
  printf("  %-10s %14s %13s %10s\n", "", "nats per token", "bits per byte", "perplexity");
  print_row("model", &e->loss);
  if (order > 2) print_row(name, &b->ngram);
  if (order > 1) print_row("bigram", &b->bigram);
  print_row("unigram", &b->unigram);
  printf(
      "  the next token is among the model's 1, 3 and 5 likeliest in %s, %s and %s of all places\n",
      t.top1, t.top3, t.top5);
  printf("  the n-grams are counted in the rest of the text (Witten-Bell backoff)\n");
}

static bool judge_all(Judging *j, const EvalSettings *s, Evaluation *result, Baselines *baselines,
                      Error *error) {
  return read_text(j, s, error) &&
         evaluate(&reader.model, &reader.activations, &j->text, j->text.train_count, j->text.count,
                  s->tokens, reader.header.tokenizer.bytes, j->window, result, error) &&
         judge_baselines(j, result->loss.tokens, baselines, error);
}

static bool eval_run(const void *settings, Error *error) {
  const EvalSettings *s = settings;
  Judging *j = &judging;
  const ReaderNeeds needs = {.slots = 1, .layout = judging_layout, .context = j};
  Evaluation result;
  Baselines baselines;
  memset(j, 0, sizeof *j);
  if (!reader_open_header(&reader, s->model, error) ||
      !evaluate_check(s->tokens, reader.header.model.context, error) ||
      !text_count(s->text, &reader.header.tokenizer, &j->text, error) ||
      !text_check_length(&j->text, reader.header.model.context, s->text, error))
    return false;
  j->order = s->order;
  text_settle(&j->text, s->text_ram);
  bool good = reader_open(&reader, (RamLimit){s->ram, s}, &needs, error) &&
              judge_all(j, s, &result, &baselines, error);
  token_file_close(&j->text, false);
  reader_close(&reader);
  if (!good) return false;
  if (s->json)
    print_json(&result, &baselines, j->order);
  else
    print_text(&result, &baselines, j->order, s->text);
  return true;
}

static const char *const examples[] = {"--model my.ckpt --text my.txt", NULL};

const Command eval_command = {
    .name = "eval",
    .summary = "measures how well a model predicts the held-out part of a text",
    .about =
        "Beside the model's loss stand those of n-grams that are counted in the rest of the text: "
        "a model is worth its memory where its loss is below theirs.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(EvalSettings),
    .defaults = eval_defaults,
    .run = eval_run};
