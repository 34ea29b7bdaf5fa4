/* eval_text.c - one text before a model: its tokens, in memory or in a file, n-grams to compare
 * with, and the verdict.
 */
#include "commands/eval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/platform.h"
#include "run/heap.h"
#include "run/option_groups.h"
#include "run/text_advice.h"

enum { MOST_COUNTS = 8 << 20 /* bytes of n-grams that are counted here */ };

/* ---- the tokens ---- */

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

/* ---- the verdict ---- */

/* Memory that eval takes beside the model: n-grams, and tokens that are kept. */
static uint64_t bytes_beside(const Judging *j, const EvalSettings *s, bool streams) {
  const uint64_t tokens = streams ? 0 : (uint64_t)j->text.tokens * sizeof *j->tokens;
  if (!counts_here(j)) return tokens;
  return tokens + legacy_llm_counts_size(j->model.tokenizer, j->training, s->order, MOST_COUNTS);
}

/* By the model, and where baselines are asked for by n-grams too. */
static bool judge_all(Judging *j, const EvalSettings *s, legacy_llm_evaluation *result,
                      Baselines *baselines, Error *error) {
  const bool streams = (uint64_t)j->text.tokens * sizeof *j->tokens > s->text_ram;
  if (!model_file_open(&j->model, LEGACY_LLM_USE_EVALUATE, &j->pool.threads,
                       bytes_beside(j, s, streams), (RamLimit){s->ram, s}, error) ||
      !(streams ? open_token_file(j, error) : load_tokens(j, error)) ||
      (baselines && !open_counts(j, s, error)))
    return false;
  const legacy_llm_token_reader tokens = tokens_of(j);
  return legacy_llm_evaluate(j->model.model, &tokens, j->training, j->text.tokens, s->tokens,
                             result, error) &&
         (!baselines || judge_baselines(j, result->loss.tokens, baselines, error));
}

void judging_close(Judging *j) {
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

bool judging_run(Judging *j, const EvalSettings *s, legacy_llm_evaluation *result,
                 Baselines *baselines, Error *error) {
  memset(j, 0, sizeof *j);
  bool good = pool_open(&j->pool, s->threads, error) &&
              model_file_read(&j->model, s, "model", s->model, error);
  if (good && s->counts != COUNTS_AS_THEY_ARE)
    legacy_llm_checkpoint_leave_counts(j->model.checkpoint);
  const int context = j->model.header.shape.context;
  if (good && !legacy_llm_check_evaluation(s->tokens, context, error))
    good = error_add(error, " (--eval-tokens)");
  good = good && text_file_open(&j->source, s->text, "text", error) &&
         text_file_count(&j->source, j->model.tokenizer, &j->text, error) &&
         check_length(j, s, error);
  if (good) text_tell_mark(&j->source);
  j->training = s->whole ? 0 : legacy_llm_training_tokens(&j->text);
  return good && judge_all(j, s, result, baselines, error);
}

bool judging_is_training_text(const Judging *j) {
  const legacy_llm_text *of_model = &j->model.header.text;
  return j->text.bytes == of_model->bytes && j->text.crc == of_model->crc;
}
