/* generate.c - generation with the int8 key/value cache, evaluation, info. No training memory. */
#include "generate.h"

#include <stdio.h>
#include <string.h>

#include "checkpoint.h"
#include "math_ops.h"
#include "optimizer.h"
#include "plan.h"
#include "platform.h"
#include "sampler.h"

enum { STREAM_SAMPLING = 4000 };

/* A model to be used only. */
typedef struct {
  Arena arena;
  CheckpointHeader header;
  Text text; /* of eval */
  Model model;
  Model packed; /* of generate: the same, where the checkpoint has latents for its trits */
  bool packs;
  Activations activations;
  uint32_t *scratch; /* [text + V] of eval */
} Reader;

static Reader reader; /* large, so not on the stack */

static void reader_layout(Reader *r, bool with_text) {
  const ModelConfig *c = &r->header.model;
  model_layout(&r->model, c, checkpoint_store(&r->header), &r->arena);
  if (r->packs) model_layout(&r->packed, c, STORE_PACKED, &r->arena);
  activations_layout(&r->activations, c, c->context, c->layers, &r->arena);
  if (!with_text) return;
  text_layout(&r->text, &r->arena);
  r->scratch =
      arena_take(&r->arena, MEMORY_WORKSPACE,
                 (size_t)(r->text.count - r->text.train_count + c->vocab), sizeof(uint32_t));
}

static bool require_model(const Options *options, Error *error) {
  if (options->model) return true;
  return error_set(error, EXIT_USAGE, "name a checkpoint with --model; `train` makes one");
}

static bool reader_open(Reader *r, const Options *options, const char *text, bool packs,
                        Error *error) {
  memset(r, 0, sizeof *r);
  if (!require_model(options, error)) return false;
  if (!checkpoint_load_header(options->model, &r->header, error)) return false;
  r->packs = packs && checkpoint_store(&r->header) != STORE_PACKED &&
             scheme_row((SchemeKind)r->header.model.scheme)->codes == CODES_TRITS;
  if (text && (!text_scan(text, &r->text, NULL, error) ||
               !text_check_length(&r->text, r->header.model.context, text, error)))
    return false;
  reader_layout(r, text != NULL);
  if (!check_ram(&r->arena.plan, options, error) || !arena_open(&r->arena, error)) return false;
  reader_layout(r, text != NULL);
  return (!text || text_read(text, &r->text, &r->header.vocabulary, error)) &&
         checkpoint_load(options->model, &r->header, &r->model, NULL, error);
}

/* ---- generation ---- */

/* Writes one character to stdout and, if there is one, to the file. */
static void emit(const Vocabulary *vocabulary, int token, FILE *file) {
  char utf8[4];
  size_t length = (size_t)vocabulary_decode(vocabulary, token, utf8);
  fwrite(utf8, 1, length, stdout);
  if (file) fwrite(utf8, 1, length, file);
}

/* Continues tokens [count of T] by options->tokens characters. When the context is full, the newer
 * half of it is read again and the older half forgotten. */
static void continue_text(Reader *r, const Options *options, uint16_t *tokens, int count,
                          FILE *file) {
  const int T = r->header.model.context, V = r->header.model.vocab;
  const uint32_t key = random_key(options->train.seed, STREAM_SAMPLING, 0);
  const SamplerSettings settings = {options->temperature, 0, 1.0f};
  float *logits = r->activations.work.logits;
  int done = 0; /* positions that went through forward */
  for (int i = 0; i < options->tokens; i++) {
    if (count == T) {
      count = T - T / 2;
      memmove(tokens, tokens + T / 2, (size_t)count * sizeof *tokens);
      done = 0;
    }
    forward(&r->model, &r->activations, tokens, done, count - done);
    done = count;
    forward_logits(&r->model, &r->activations, count - 1, logits);
    int token = sample(logits, V, &settings, NULL, random_u32(key, (uint32_t)i));
    tokens[count++] = (uint16_t)token;
    emit(&r->header.vocabulary, token, file);
    if (is_terminal(stdout)) fflush(stdout);
  }
  printf("\n");
}

/* The prompt as tokens, its last T/2 if it is longer than the context; a newline if it is empty. */
static int encode_prompt(const Reader *r, const char *prompt, uint16_t *tokens, Error *error) {
  static uint16_t all[1 << 14];
  const int T = r->header.model.context;
  int count = vocabulary_encode(&r->header.vocabulary, prompt, all, 1 << 14, error);
  if (count < 0) return -1;
  if (count == 0) {
    int newline = vocabulary_find(&r->header.vocabulary, '\n');
    tokens[0] = (uint16_t)(newline < 0 ? 0 : newline);
    return 1;
  }
  int kept = count < T ? count : T - T / 2;
  memcpy(tokens, all + count - kept, (size_t)kept * sizeof *tokens);
  return kept;
}

/* One position at a time reads packed trits three times faster than latents. */
static void choose_packing(Reader *r) {
  if (!r->packs) return;
  model_pack(&r->packed, &r->model);
  model_init_rope(&r->packed);
  r->model = r->packed;
}

static bool generate_to(Reader *r, const Options *options, FILE *file, Error *error) {
  uint16_t tokens[MAX_CONTEXT];
  int count = encode_prompt(r, options->prompt, tokens, error);
  if (count < 0) return false;
  printf("%s", options->prompt);
  if (file) fprintf(file, "%s", options->prompt);
  continue_text(r, options, tokens, count, file);
  return true;
}

bool generate_command(const Options *options, Error *error) {
  SafeFile file;
  if (!reader_open(&reader, options, NULL, true, error)) return false;
  choose_packing(&reader);
  if (options->out && !safe_file_open(&file, options->out, error)) return false;
  bool good = generate_to(&reader, options, options->out ? file.stream : NULL, error);
  arena_close(&reader.arena);
  if (!options->out) return good;
  if (good) return safe_file_commit(&file, error);
  safe_file_discard(&file);
  return false;
}

/* ---- evaluation ---- */

/* Loss over whole windows of the held-out part, or of its first `characters`. */
static LossSum held_out_loss(Reader *r, int32_t characters) {
  const int T = r->header.model.context, V = r->header.model.vocab;
  float *logits = r->activations.work.logits;
  LossSum loss = {0, 0};
  int32_t end = r->text.count;
  if (characters && characters < end - r->text.train_count) end = r->text.train_count + characters;
  for (int32_t at = r->text.train_count; at + T < end; at += T) {
    const uint16_t *tokens = r->text.tokens + at;
    forward(&r->model, &r->activations, tokens, 0, T);
    for (int t = 0; t < T; t++) {
      forward_logits(&r->model, &r->activations, t, logits);
      loss_add(&loss, softmax_cross_entropy(logits, V, tokens[t + 1]));
    }
  }
  return loss;
}

bool eval_command(const Options *options, Error *error) {
  LossSum unigram, bigram;
  char loss_text[24], unigram_text[24], bigram_text[24];
  if (!reader_open(&reader, options, options->text, false, error)) return false;
  const Text *text = &reader.text;
  LossSum loss = held_out_loss(&reader, options->characters);
  text_entropies(text->tokens + text->train_count, text->count - text->train_count,
                 reader.header.model.vocab, reader.scratch, &unigram, &bigram);
  arena_close(&reader.arena);
  loss_format(loss_text, &loss);
  loss_format(unigram_text, &unigram);
  loss_format(bigram_text, &bigram);
  if (options->json)
    printf("{\"event\":\"eval\",\"loss\":\"%s\",\"tokens\":%lld,\"unigram\":\"%s\","
           "\"bigram\":\"%s\"}\n",
           loss_text, (long long)loss.tokens, unigram_text, bigram_text);
  else
    printf("held-out part of %s: %lld characters, nats a character\n"
           "  model    %s\n  bigram   %s   (its own pair frequencies)\n"
           "  unigram  %s   (its own frequencies)\n",
           options->text, (long long)loss.tokens, loss_text, bigram_text, unigram_text);
  return true;
}

/* ---- export ---- */

static Reader exported; /* the same model, packed */

static void pack_layout(Reader *r) {
  model_layout(&r->model, &r->header.model, STORE_PACKED, &r->arena);
}

static bool write_packed(Reader *to, const Reader *from, const char *path, Error *error) {
  to->header = from->header;
  to->header.contents = CONTENTS_MODEL;
  pack_layout(to);
  if (!arena_open(&to->arena, error)) return false;
  pack_layout(to);
  model_pack(&to->model, &from->model);
  return checkpoint_save(path, &to->header, &to->model, NULL, error);
}

bool export_command(const Options *options, Error *error) {
  char bytes[32];
  if (!options->out) return error_set(error, EXIT_USAGE, "name the file to write with --out");
  if (same_file(options->out, options->model))
    return error_set(error, EXIT_USAGE,
                     "%s would lose what training needs; give --out another file", options->out);
  if (!reader_open(&reader, options, NULL, false, error)) return false;
  memset(&exported, 0, sizeof exported);
  const bool good = write_packed(&exported, &reader, options->out, error);
  arena_close(&exported.arena);
  arena_close(&reader.arena);
  if (good)
    printf("%s: the model of %s without its training, %s bytes of weights\n", options->out,
           options->model, format_bytes(bytes, (uint64_t)model_packed_bytes(&reader.header.model)));
  return good;
}

/* ---- info ---- */

bool info_command(const Options *options, Error *error) {
  CheckpointHeader *h = &reader.header;
  if (!require_model(options, error)) return false;
  if (!checkpoint_load_header(options->model, h, error)) return false;
  char rate[24], embedding_rate[24];
  format_decimal(rate, h->train.matrix_learning_rate, 6);
  format_decimal(embedding_rate, h->train.embedding_learning_rate, 6);
  printf("%s\n", options->model);
  printf(
      "  shape     %ld layers, %ld heads, dim %ld, context %ld, vocabulary %ld, bigram rows %ld\n",
      (long)h->model.layers, (long)h->model.heads, (long)h->model.dim, (long)h->model.context,
      (long)h->model.vocab, (long)h->model.bigram_rows);
  printf("  kind      %s; scheme %s, %s, %s\n",
         h->contents == CONTENTS_MODEL ? "a model only, packed" : "a training",
         scheme_row((SchemeKind)h->model.scheme)->name,
         h->model.norm == NORM_LAYER ? "LayerNorm" : "RMSNorm",
         h->model.activation == ACTIVATION_RELU ? "ReLU" : "squared ReLU");
  printf("  numbers   %lld weights in matrices, %lld floats\n",
         (long long)model_matrix_parameters(&h->model),
         (long long)model_float_parameters(&h->model));
  printf("  training  step %ld of %ld, batch %ld, warm-up %ld, seed %lu, %s, rates %s and %s\n",
         (long)h->step, (long)h->train.steps, (long)h->train.batch, (long)h->train.warmup,
         (unsigned long)h->train.seed, optimizer_row((OptimizerKind)h->train.optimizer)->name, rate,
         embedding_rate);
  printf("  text      %ld characters, CRC-32 %08lx\n  knows     ", (long)h->text_characters,
         (unsigned long)h->text_crc);
  for (int i = 0; i < h->vocabulary.size; i++)
    if (h->vocabulary.character[i] > ' ') emit(&h->vocabulary, i, NULL);
  printf("\n");
  return true;
}
