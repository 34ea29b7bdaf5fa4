/* eval.c - the command that judges a model by the held-out part of a text, or by the whole text:
 * transformer and counts together and each alone, beside shorter n-grams. A model without counts is
 * judged beside n-grams of the text's training part. */
#include <stdio.h>

#include "commands/commands.h"
#include "commands/eval.h"
#include "run/evaluation_text.h"
#include "run/option_groups.h"

enum { DEFAULT_ORDER = 5 /* tokens of the longest n-gram to compare with */ };

/* ---- options ---- */

#define AT(member) .offset = offsetof(EvalSettings, member)
static const OptionRow eval_rows[] = {
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "the model to evaluate: a checkpoint, an exported model, or a GGUF file of this form",
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
    {.name = "list",
     .argument = "FILE",
     .help =
         "judge several texts: a file with the path of one in each line; prints a table of them, "
         "and of all together",
     .kind = OPTION_FILE,
     AT(list),
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

static bool eval_settle(void *settings, Error *error) {
  const EvalSettings *s = settings;
  if (s->list && options_given(s, "text"))
    return error_set(error, EXIT_USAGE, "--list names the texts; leave out --text");
  if (s->list && options_given(s, "order"))
    return error_set(error, EXIT_USAGE, "--list compares with no n-grams; leave out --order");
  return true;
}

/* ---- what is printed ---- */

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

static void print_text(const legacy_llm_evaluation *e, const Baselines *b, const Judging *j,
                       const EvalSettings *s) {
  const EvaluationText t = evaluation_text(e);
  const bool begins = s->tokens && s->tokens < j->text.tokens - j->training;
  printf("%s%s of %s: %lld tokens, %lld bytes\n", begins ? "the beginning of " : "",
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
  if (!j->training && judging_is_training_text(j))
    printf("  the model was trained on nine tenths of this very text, so this is not what it makes "
           "of a new one\n");
}

/* ---- the command ---- */

static bool eval_run(const void *settings, Error *error) {
  const EvalSettings *s = settings;
  Judging j;
  legacy_llm_evaluation result;
  Baselines baselines;
  if (s->list) return eval_table(s, error);
  const bool good = judging_run(&j, s, &result, &baselines, error);
  if (good && s->json)
    print_json(&result, &baselines, &j);
  else if (good)
    print_text(&result, &baselines, &j, s);
  judging_close(&j);
  return good;
}

static const char *const examples[] = {"--model my.ckpt --text my.txt",
                                       "--model my.ckpt --text another.txt --whole",
                                       "--model my.ckpt --list texts --whole --json", NULL};

const Command eval_command = {
    .name = "eval",
    .summary = "measures how well a model predicts the held-out part of a text, or all of it",
    .about = "Next to the loss of the model it prints those of its transformer and of its counts "
             "alone, and of shorter n-grams; where the model has no counts, of n-grams that are "
             "counted in the rest of the text. Of a text that the model was not trained on, "
             "--whole measures all; --list measures several.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(EvalSettings),
    .defaults = eval_defaults,
    .settle = eval_settle,
    .run = eval_run};
