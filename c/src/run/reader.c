/* reader.c - lays out and loads a model, and keeps its context.
 *
 * Tokens go into the context one by one; when that is full, its newer half is read again and the
 * older half forgotten. So neither prompt nor text has a longest length.
 */
#include "run/reader.h"

#include <string.h>

#include "base/ints.h"
#include "counts/gates.h"
#include "counts/kneser_ney.h"
#include "counts/pack.h"
#include "gguf/bitnet.h"
#include "model/forward.h"
#include "run/model_source.h"
#include "text/data_utils.h"
#include "text/word_collector.h"

enum { READ_AT_ONCE = 32 /* tokens of a prompt that go through a layer together, at most */ };

/* ---- memory ---- */

/* Whether the model is laid out in strips, to write. */
static bool has_strips(const CheckpointHeader *h, legacy_llm_use use) {
  return use == LEGACY_LLM_USE_WRITE && store_to_write((SchemeKind)h->model.scheme) == STORE_STRIPS;
}

/* Whether a packed form is made beside the weights of the checkpoint: to write, of trits, as only
 * those gain by it; to export, of all. */
static bool packs(const CheckpointHeader *h, legacy_llm_use use) {
  if (checkpoint_store(h) == STORE_PACKED) return false;
  return use == LEGACY_LLM_USE_EXPORT || has_strips(h, use);
}

/* Activations of the other workers, and a window for each of all. */
static void judges_layout(ReaderParts *p, const ModelConfig *c, const Threads *threads,
                          Arena *arena) {
  const int workers = threads_count(threads);
  const size_t before = arena->used;
  Activations other;
  for (int w = 1; w < workers; w++) activations_layout(&other, c, c->context, 1, arena);
  p->others = arena->block ? arena->block + before : NULL;
  p->other_bytes = workers > 1 ? (arena->used - before) / (size_t)(workers - 1) : 0;
  p->windows = arena_take(arena, MEMORY_TEXT, (size_t)workers * ((size_t)c->context + 1),
                          sizeof *p->windows);
}

/* The n-grams, and what mixing by them takes. */
static void reader_counts_layout(ReaderParts *p, const CheckpointHeader *h, legacy_llm_use use,
                                 const Threads *threads, Arena *arena) {
  const CountsShape shape = checkpoint_counts(h);
  p->counts.shape = shape;
  if (shape.bytes == 0) return;
  counts_clear(&p->counts, &shape, arena_take(arena, MEMORY_COUNTS, shape.bytes, 1));
  const int windows = use == LEGACY_LLM_USE_WRITE ? 0 : threads_count(threads);
  if (use != LEGACY_LLM_USE_EXPORT)
    mix_layout(&p->mix, &p->counts, threads_count(threads), windows, arena);
}

/* The list of words, where it is used. */
static void words_layout(ReaderParts *p, const CheckpointHeader *h, legacy_llm_use use,
                         Arena *arena) {
  const WordList list = checkpoint_words(h);
  if (list.bytes == 0 || use == LEGACY_LLM_USE_EVALUATE) return;
  p->words = arena_take(arena, MEMORY_TEXT, list.bytes, 1);
}

static void reader_layout(ReaderParts *p, const CheckpointHeader *h, legacy_llm_use use,
                          const Threads *threads, Arena *arena) {
  const ModelConfig *c = &h->model;
  const bool writes = use == LEGACY_LLM_USE_WRITE;
  model_layout(&p->model, c, checkpoint_store(h), arena);
  if (packs(h, use)) model_layout(&p->packed, c, writes ? STORE_STRIPS : STORE_PACKED, arena);
  reader_counts_layout(p, h, use, threads, arena);
  words_layout(p, h, use, arena);
  if (use == LEGACY_LLM_USE_EXPORT) return;
  if (writes) {
    activations_layout_writing(&p->activations, c, min_int(READ_AT_ONCE, c->context), arena);
    p->candidates = arena_take(arena, MEMORY_WORKSPACE, (size_t)c->vocab, sizeof *p->candidates);
  } else {
    activations_layout(&p->activations, c, c->context, 1, arena);
    judges_layout(p, c, threads, arena);
  }
}

/* Threads that a model is opened with: those of the caller, to evaluate, or none. */
static Threads threads_for(legacy_llm_use use, const Threads *threads) {
  const Threads none = {0, NULL, NULL};
  return threads && use == LEGACY_LLM_USE_EVALUATE ? *threads : none;
}

void legacy_llm_model_plan(const CheckpointHeader *h, legacy_llm_use use, const Threads *threads,
                           MemoryPlan *plan) {
  const Threads used = threads_for(use, threads);
  ReaderParts planned = {.other_bytes = 0};
  Arena arena = {0};
  reader_layout(&planned, h, use, &used, &arena);
  *plan = arena.plan;
  plan->block = arena_block_bytes(sizeof(Reader), plan);
}

/* Reads the weights from the beginning of the checkpoint, and packs them where that is planned. */
static bool load(Reader *r, legacy_llm_use use, const Source *from, Error *error) {
  ReaderParts *p = &r->parts;
  const bool packed = packs(&r->header, use);
  Counts *counts = p->counts.shape.bytes > 0 ? &p->counts : NULL;
  r->header.words = p->words;
  if (!model_source_read(from, &r->header, &p->model, counts, error)) return false;
  r->model = packed ? &p->packed : &p->model;
  if (packed) {
    model_pack(&p->packed, &p->model);
    model_init_rope(&p->packed);
  } else if (has_strips(&r->header, use)) {
    model_to_strips(&p->model, p->activations.work.linear.groups);
  }
  if (use == LEGACY_LLM_USE_EXPORT) r->header.contents = CONTENTS_MODEL;
  if (!counts) r->header.counts_bytes = r->header.counts_packed = 0;
  if (!p->words) r->header.words_bytes = 0;
  r->words = checkpoint_words(&r->header);
  return true;
}

Reader *legacy_llm_model_open(void *block, size_t size, const CheckpointHeader *h,
                              legacy_llm_use use, const Threads *threads, const Source *from,
                              Error *error) {
  const Threads used = threads_for(use, threads);
  MemoryPlan plan;
  Arena arena;
  if (!threads_check(&used, error)) return NULL;
  legacy_llm_model_plan(h, use, &used, &plan);
  Reader *r = arena_object(&arena, block, size, sizeof *r, &plan, error);
  if (!r) return NULL;
  r->use = use;
  r->header = *h;
  r->threads = used;
  r->ngrams = (Ngrams){&r->parts.counts, r->header.tokenizer.bytes};
  reader_layout(&r->parts, &r->header, use, &used, &arena);
  if (!arena_whole(&arena, error) || !load(r, use, from, error)) return NULL;
  return r;
}

/* ---- judging ---- */

/* Whether tokens from..to-1 have one window of the context, and the target behind it. */
static bool check_range(const Reader *r, int32_t from, int32_t to, Error *error) {
  if (from >= 0 && to > from && to - from > r->header.model.context) return true;
  return error_set(error, EXIT_USAGE,
                   "tokens %ld to %ld have no whole window of the context of %ld tokens; give more "
                   "of them",
                   (long)from, (long)to - 1, (long)r->header.model.context);
}

/* Of a worker of a reader. */
static Activations activations_of(const void *reader, int worker) {
  const Reader *r = reader;
  const ReaderParts *p = &r->parts;
  Activations a = p->activations;
  if (worker == 0) return a;
  Arena piece = {.block = p->others + (size_t)(worker - 1) * p->other_bytes,
                 .size = p->other_bytes};
  activations_layout(&a, &r->header.model, r->header.model.context, 1, &piece);
  return a;
}

bool legacy_llm_evaluate(Reader *r, const TokenReader *tokens, int32_t from, int32_t to,
                         int32_t most, Evaluation *result, Error *error) {
  const Text text = {.count = to, .vocab = r->header.model.vocab, .reader = *tokens};
  const Judge judge = {.model = r->model,
                       .threads = r->threads,
                       .activations = activations_of,
                       .owner = r,
                       .token_bytes = r->header.tokenizer.bytes,
                       .windows = r->parts.windows,
                       .most_windows = threads_count(&r->threads),
                       .mix = r->parts.mix};
  if (r->use != LEGACY_LLM_USE_EVALUATE)
    return error_set(error, EXIT_USAGE,
                     "this model was not opened to be evaluated; open it with "
                     "LEGACY_LLM_USE_EVALUATE");
  return evaluate_check(most, r->header.model.context, error) && check_range(r, from, to, error) &&
         evaluate(&judge, &text, from, to, most, result, error);
}

Ngrams *legacy_llm_model_counts(Reader *r) {
  return r->parts.counts.shape.bytes > 0 ? &r->ngrams : NULL;
}

/* ---- writing ---- */

/* The bytes of a token, as words see them: a separator stands between words. */
static int bytes_of(const Reader *r, int token, uint8_t piece[MAX_WORD]) {
  if (!legacy_llm_ends_document(r, token))
    return legacy_llm_decode(&r->header.tokenizer, token, piece);
  piece[0] = '\n';
  return 1;
}

static void follow_words(Reader *r, int token) {
  uint8_t piece[MAX_WORD];
  const int bytes = bytes_of(r, token, piece);
  words_read(&r->words, &r->read, piece, bytes);
  r->read.given = token != r->drawn;
  r->drawn = -1;
}

void legacy_llm_push(Reader *r, int token) {
  const int T = r->header.model.context;
  if (r->count == T) {
    r->count = T - T / 2;
    memmove(r->tokens, r->tokens + T / 2, (size_t)r->count * sizeof *r->tokens);
    r->done = 0;
  }
  r->tokens[r->count++] = (uint16_t)token;
  if (r->parts.counts.shape.bytes > 0) counts_push(&r->parts.counts, &r->context, token);
  if (r->words.bytes > 0) follow_words(r, token);
}

void legacy_llm_model_keep_to(Reader *r, WordCollector *words) {
  r->header.words_bytes = (int32_t)words->list.bytes;
  r->header.words = words->text;
  r->words = words->list;
}

void legacy_llm_restart(Reader *r) {
  const int separator = r->header.model.separator;
  r->count = r->done = 0;
  counts_restart(&r->context);
  r->read = (WordsRead){.strange_bytes = 0};
  r->drawn = -1;
  if (separator) legacy_llm_push(r, separator);
}

/* Makes logits [V] those of transformer and counts together. */
static void mix(const Reader *r, float *logits) {
  const Counts *counts = &r->parts.counts;
  float *p = r->parts.mix.p;
  if (!p) return;
  counts_distribution(counts, &r->context, p);
  gate_logits(counts->gate[counts_bucket(counts, &r->context)], logits, p, counts->shape.vocab);
}

/* Runs the tokens that are new, or the last once more; gives the logits behind it. */
static float *read_context(Reader *r) {
  Activations *a = &r->parts.activations;
  Pass pass;
  if (r->done == r->count) r->done--;
  do {
    const int n = min_int(a->rows, r->count - r->done);
    pass = pass_make(r->model, a, r->tokens, r->done, n, NULL);
    forward(&pass);
    r->done += n;
  } while (r->done < r->count);
  return forward_logits(&pass, r->count - 1);
}

/* Whether a token keeps to the words; context: a Reader. */
static bool keeps_to_words(const void *context, int token) {
  const Reader *r = context;
  uint8_t piece[MAX_WORD];
  const int bytes = bytes_of(r, token, piece);
  return words_take(&r->words, &r->read, piece, bytes);
}

int legacy_llm_next(Reader *r, const legacy_llm_sampling *sampling, uint32_t random) {
  const SamplerSettings settings = {sampling->temperature, sampling->top_k,
                                    sampling->top_p > 0.0f ? sampling->top_p : 1.0f};
  if (r->use != LEGACY_LLM_USE_WRITE) return 0;
  if (r->count == 0) legacy_llm_push(r, tokenizer_newline(&r->header.tokenizer));
  float *logits = read_context(r);
  mix(r, logits);
  const TokenFilter filter = {r, r->words.bytes > 0 ? keeps_to_words : NULL};
  r->drawn = sample(logits, r->header.model.vocab, &settings, &filter, r->parts.candidates, random);
  return r->drawn;
}

bool legacy_llm_ends_document(const Reader *r, int token) {
  return model_starts_document(&r->header.model, token);
}

/* ---- the model alone ---- */

bool legacy_llm_model_save(const Reader *r, const Sink *to) {
  return r->use == LEGACY_LLM_USE_EXPORT &&
         checkpoint_write(to, &r->header, r->model, NULL, &r->parts.counts);
}

bool legacy_llm_model_save_gguf(const Reader *r, legacy_llm_gguf_type type, const char *name,
                                const Sink *to) {
  return r->use == LEGACY_LLM_USE_EXPORT && bitnet_write(&r->header, r->model, name, type, to);
}
