/* page.c - what a page calls of the library: one training and one model in an instance of
 * WebAssembly, by functions that take numbers and addresses alone.
 *
 * It allocates for the library, which does not, and keeps nothing else. It is no part of the
 * library and no program: there is no command line and no file. A function that can fail returns
 * false, null or -1, and page_message says why. Numbers that belong together come as doubles, in
 * the order of the enums below, which ts/engine/engine.ts repeats. The last section looks inside
 * the library, since the inside is what the page shows.
 *
 * Letters: T context, D dim, L layers, H heads, V vocabulary, R, C rows and columns of a matrix.
 */
#include <stdlib.h>
#include <string.h>

#include "model/forward.h"
#include "run/reader.h"
#include "run/trainer.h"

/* What the page sees. */
#define PAGE(name) __attribute__((export_name(#name))) name

static legacy_llm_error error;
static double numbers[32]; /* that the last call has returned */

static bool end_with(int exit_code, const char *message) {
  error.exit_code = exit_code;
  strncpy(error.message, message, sizeof error.message - 1);
  return false;
}

static bool refuse(const char *message) { return end_with(LEGACY_LLM_REFUSED, message); }

static void *take(size_t bytes) {
  void *block = malloc(bytes ? bytes : 1);
  if (!block)
    end_with(LEGACY_LLM_FAILED,
             "this browser gives the page no more memory; choose a smaller size or text");
  return block;
}

/* ---- start ---- */

/* Null, or why nothing may be done here. To be called once, before everything else. */
const char *PAGE(page_start)(void) { return legacy_llm_start(); }
const char *PAGE(page_kernels)(void) { return legacy_llm_kernels(); }
const char *PAGE(page_message)(void) { return error.message; }

/* Memory of the page's own in the instance; null where there is none left. */
void *PAGE(page_take)(size_t bytes) { return take(bytes); }
void PAGE(page_give)(void *block) { free(block); }

/* ---- presets ---- */

const char *PAGE(page_preset_name)(int index) {
  legacy_llm_preset preset;
  return legacy_llm_preset_at(index, &preset) ? preset.name : NULL;
}

const char *PAGE(page_preset_about)(int index) {
  legacy_llm_preset preset;
  return legacy_llm_preset_at(index, &preset) ? preset.about : NULL;
}

int PAGE(page_preset_steps)(int index) {
  legacy_llm_preset preset;
  return legacy_llm_preset_at(index, &preset) ? preset.training.steps : 0;
}

/* ---- a training ---- */

/* One at a time. Bytes of the text and of a checkpoint are the page's, and stay while it is there.
 */
typedef struct {
  legacy_llm_memory text, file; /* file: the checkpoint that it goes on from, or nothing */
  void *own;                    /* a tokenizer that was learned here; null: that of a checkpoint */
  legacy_llm_checkpoint *resumed; /* null: a new training */
  legacy_llm_trainer_settings settings;
  legacy_llm_memory_plan plan;
  void *block;
  legacy_llm_trainer *trainer;
} Training;

static Training training;

static legacy_llm_source text_source(void) {
  training.text.taken = 0;
  return legacy_llm_memory_source(&training.text, "the text");
}

static legacy_llm_source file_source_of(legacy_llm_memory *file) {
  file->taken = 0;
  return legacy_llm_memory_source(file, "the file");
}

void PAGE(page_close_training)(void) {
  free(training.own);
  free(training.resumed);
  free(training.block);
  memset(&training, 0, sizeof training);
}

/* Counts the tokens of the text, after learning them where the tokenizer is new. */
static bool scan_text(legacy_llm_tokenizer *learned, const legacy_llm_tokenizer *t) {
  const int64_t size = (int64_t)training.text.size;
  void *scratch = take(legacy_llm_scan_size(t, size));
  legacy_llm_source source = text_source();
  bool good = scratch != NULL;
  if (good && learned) good = legacy_llm_learn_tokenizer(learned, &source, size, scratch, &error);
  source = text_source();
  good = good && legacy_llm_count_tokens(t, &source, &training.settings.text, scratch, &error);
  free(scratch);
  training.settings.tokenizer = t;
  return good;
}

/* What remains to be planned once shape, settings and tokenizer are known. */
static bool plan_memory(void) {
  legacy_llm_trainer_settings *s = &training.settings;
  s->statistics = true;
  return legacy_llm_check_text(&s->text, s->shape.context, "the text", &error) &&
         legacy_llm_trainer_plan(s, &training.plan, &error);
}

static bool plan_new(const legacy_llm_preset *preset) {
  legacy_llm_tokenizer *t = NULL;
  training.own = take(legacy_llm_tokenizer_size());
  if (training.own)
    t = legacy_llm_tokenizer_open(training.own, preset->tokenizer, preset->vocab, NULL, 0, &error);
  return t && scan_text(t, t) && plan_memory();
}

/* A new training of text [size] by a preset, of so many steps. counts: most bytes of n-grams,
 * negative: as the preset has it. */
bool PAGE(page_plan)(const void *text, size_t size, int preset, int steps, uint32_t seed,
                     int counts) {
  legacy_llm_preset chosen;
  page_close_training();
  if (!legacy_llm_preset_at(preset, &chosen)) return refuse("there is no such size of model");
  training.text = (legacy_llm_memory){text, size, 0};
  training.settings.shape = chosen.shape;
  training.settings.training = chosen.training;
  training.settings.memory = chosen.memory;
  training.settings.training.steps = steps;
  training.settings.training.seed = seed;
  if (counts >= 0) training.settings.training.counts = counts;
  return plan_new(&chosen);
}

static bool same_text(const legacy_llm_text *a, const legacy_llm_text *b) {
  return a->bytes == b->bytes && a->crc == b->crc && a->tokens == b->tokens;
}

static bool plan_resumed(int steps) {
  const legacy_llm_header header = legacy_llm_checkpoint_header(training.resumed);
  if (header.contents != LEGACY_LLM_CONTENTS_TRAINING)
    return refuse("this is an exported model, which cannot be trained further; open a checkpoint");
  training.settings.shape = header.shape;
  training.settings.training = header.training;
  if (steps > header.training.steps) training.settings.training.steps = steps;
  const bool counted = scan_text(NULL, legacy_llm_checkpoint_tokenizer(training.resumed));
  /* What the tokenizer does not know is another text; what is empty, or has no place, is none. */
  if (!counted && (training.settings.text.bytes == 0 || error.exit_code == LEGACY_LLM_FAILED))
    return false;
  if (!counted || !same_text(&training.settings.text, &header.text))
    return refuse("this checkpoint was trained on another text; open its own text first");
  return plan_memory();
}

/* Goes on with the checkpoint in file [file_size], of that text, up to so many steps where these
 * are more than its own. */
bool PAGE(page_plan_resumed)(const void *text, size_t size, const void *file, size_t file_size,
                             int steps) {
  page_close_training();
  training.text = (legacy_llm_memory){text, size, 0};
  training.file = (legacy_llm_memory){file, file_size, 0};
  legacy_llm_source source = file_source_of(&training.file);
  void *memory = take(legacy_llm_checkpoint_size());
  if (memory) training.resumed = legacy_llm_checkpoint_read(memory, &source, &error);
  if (!training.resumed) free(memory);
  return training.resumed && plan_resumed(steps);
}

enum { MEMORY_TOTAL = LEGACY_LLM_MEMORY_KINDS };

/* Bytes of the planned training by kind, and in all. */
const double *PAGE(page_memory)(void) {
  for (int i = 0; i < LEGACY_LLM_MEMORY_KINDS; i++) numbers[i] = (double)training.plan.bytes[i];
  numbers[MEMORY_TOTAL] = (double)training.plan.total;
  return numbers;
}

const char *PAGE(page_memory_name)(int kind) {
  return legacy_llm_memory_name((legacy_llm_memory_kind)kind);
}

/* What is planned. */
const double *PAGE(page_shape)(void) {
  const legacy_llm_trainer_settings *s = &training.settings;
  const double shape[] = {
      s->shape.layers,   s->shape.heads, s->shape.dim,
      s->shape.context,  s->shape.vocab, s->training.batch,
      s->training.steps, s->text.tokens, (double)legacy_llm_matrix_weights(&s->shape)};
  memcpy(numbers, shape, sizeof shape);
  return numbers;
}

static bool load(void) {
  const legacy_llm_source source = file_source_of(&training.file);
  return legacy_llm_trainer_load(training.trainer, training.resumed, &source, &error);
}

/* Begins what was planned; the text is read and its n-grams are counted. */
bool PAGE(page_begin)(void) {
  const size_t size = (size_t)training.plan.block;
  const legacy_llm_source source = text_source();
  if (training.plan.block > SIZE_MAX / 2)
    return refuse("this model is too large for a page; choose a smaller size");
  training.block = take(size);
  if (!training.block) return false;
  training.trainer = legacy_llm_trainer_open(training.block, size, &training.settings, &error);
  return training.trainer && legacy_llm_trainer_read_text(training.trainer, &source, &error) &&
         (!training.resumed || load()) && legacy_llm_trainer_count(training.trainer, &error);
}

int PAGE(page_steps_done)(void) { return legacy_llm_trainer_steps_done(training.trainer); }

static double nats(const legacy_llm_loss *loss) {
  return loss->tokens > 0 ? (double)loss->sum / 32768.0 / (double)loss->tokens : 0.0;
}

/* One step, and after the last one what ends a training; null where it fails. */
const double *PAGE(page_step)(void) {
  legacy_llm_step s;
  if (!legacy_llm_trainer_step(training.trainer, true, &s, &error) ||
      !legacy_llm_trainer_finish(training.trainer, &error))
    return NULL;
  const double step[] = {s.step,          nats(&s.loss),     (double)s.loss.tokens,
                         s.gradient_norm, (double)s.weights, (double)s.flipped,
                         (double)s.zeros};
  memcpy(numbers, step, sizeof step);
  return numbers;
}

/* Losses by at most so many tokens of the held-out text: of both together, the transformer, the
 * counts. */
const double *PAGE(page_evaluate)(int most) {
  legacy_llm_evaluation e;
  if (!legacy_llm_trainer_evaluate(training.trainer, most, &e, &error)) return NULL;
  const double losses[] = {nats(&e.loss), nats(&e.transformer), nats(&e.counts)};
  memcpy(numbers, losses, sizeof losses);
  return numbers;
}

/* ---- files ---- */

/* What was written last, which grows as it is written. */
static legacy_llm_buffer written;

static bool append(void *context, const void *bytes, size_t size) {
  legacy_llm_buffer *b = context;
  if (b->capacity - b->size < size) {
    const size_t capacity = 2 * b->capacity + size;
    void *larger = realloc(b->bytes, capacity);
    if (!larger) return refuse("this browser gives the page no memory for the file");
    b->bytes = larger;
    b->capacity = capacity;
  }
  memcpy((uint8_t *)b->bytes + b->size, bytes, size);
  b->size += size;
  return true;
}

static legacy_llm_sink sink_to_written(void) {
  const legacy_llm_sink sink = {&written, append};
  written.size = 0;
  return sink;
}

/* Where the file lies until the next one is written, and how long it is. */
const void *PAGE(page_written)(void) { return written.bytes; }
size_t PAGE(page_written_bytes)(void) { return written.size; }

/* Writes the checkpoint of the training. */
bool PAGE(page_save)(void) {
  const legacy_llm_sink sink = sink_to_written();
  return legacy_llm_trainer_save(training.trainer, &sink);
}

/* ---- a model in use ---- */

typedef struct {
  legacy_llm_checkpoint *header;
  void *block, *encoder_memory;
  legacy_llm_model *model;
  legacy_llm_encoder *encoder;
} Use;

static Use use; /* all null: no model is open */

static void close_use(Use *u) {
  free(u->header);
  free(u->block);
  free(u->encoder_memory);
  memset(u, 0, sizeof *u);
}

static bool open_use(Use *u, legacy_llm_memory *file, legacy_llm_use what) {
  legacy_llm_memory_plan plan;
  legacy_llm_source source = file_source_of(file);
  void *memory = take(legacy_llm_checkpoint_size());
  if (memory) u->header = legacy_llm_checkpoint_read(memory, &source, &error);
  if (!u->header) free(memory);
  if (!u->header) return false;
  legacy_llm_model_plan(u->header, what, NULL, &plan);
  if (plan.block > SIZE_MAX / 2) return refuse("this model is too large for a page");
  u->block = take((size_t)plan.block);
  if (!u->block) return false;
  source = file_source_of(file);
  u->model =
      legacy_llm_model_open(u->block, (size_t)plan.block, u->header, what, NULL, &source, &error);
  return u->model != NULL;
}

static bool open_encoder(Use *u) {
  const legacy_llm_tokenizer *t = legacy_llm_checkpoint_tokenizer(u->header);
  u->encoder_memory = take(legacy_llm_encoder_size(t));
  if (u->encoder_memory) u->encoder = legacy_llm_encoder_open(u->encoder_memory, t);
  return u->encoder != NULL;
}

/* Opens the model in file [size], a checkpoint or an exported model, to write; the file may go
 * afterwards. Where that fails, the model that was open stays. */
bool PAGE(page_open_model)(const void *file, size_t size) {
  legacy_llm_memory memory = {file, size, 0};
  Use opened = {0};
  const bool good = open_use(&opened, &memory, LEGACY_LLM_USE_WRITE) && open_encoder(&opened);
  close_use(good ? &use : &opened);
  if (good) use = opened;
  return good;
}

static bool has_model(void) { return use.model || refuse("no model is open; open one first"); }

/* What the opened model is. */
const double *PAGE(page_model)(void) {
  const legacy_llm_header h = legacy_llm_checkpoint_header(use.header);
  const double facts[] = {
      h.contents,      h.step,        h.training.steps,
      h.shape.layers,  h.shape.heads, h.shape.dim,
      h.shape.context, h.shape.vocab, (double)legacy_llm_matrix_weights(&h.shape)};
  memcpy(numbers, facts, sizeof facts);
  return numbers;
}

static int prompt_tokens; /* of the last prompt */
int PAGE(page_prompt_tokens)(void) { return prompt_tokens; }

static bool push_unit(void *context, const uint8_t *bytes, int size, const uint16_t *tokens,
                      int count) {
  (void)context, (void)bytes, (void)size;
  for (int i = 0; i < count; i++) legacy_llm_push(use.model, tokens[i]);
  prompt_tokens += count;
  return true;
}

/* Begins a text with a prompt [size]. */
bool PAGE(page_prompt)(const void *prompt, size_t size) {
  legacy_llm_memory memory = {prompt, size, 0};
  const legacy_llm_source source = legacy_llm_memory_source(&memory, "the prompt");
  const legacy_llm_unit_sink sink = {NULL, push_unit};
  if (!has_model()) return false;
  legacy_llm_restart(use.model);
  prompt_tokens = 0;
  return size == 0 || legacy_llm_encode(use.encoder, &source, &sink, &error);
}

static uint8_t piece[LEGACY_LLM_MAX_WORD]; /* of the token that was written last */
const uint8_t *PAGE(page_piece)(void) { return piece; }

/* Draws token number `counter` after the prompt and appends it: as many bytes to page_piece as are
 * returned, 0 where the document ends, -1 where no model is open. */
int PAGE(page_write)(float temperature, int top_k, float top_p, uint32_t seed, uint32_t counter) {
  if (!has_model()) return -1;
  const legacy_llm_sampling sampling = {temperature, top_k, top_p};
  const int token = legacy_llm_next(use.model, &sampling, legacy_llm_random(seed, 0, counter));
  if (legacy_llm_ends_document(use.model, token)) return 0;
  legacy_llm_push(use.model, token);
  return legacy_llm_decode(legacy_llm_checkpoint_tokenizer(use.header), token, piece);
}

/* Writes the model alone, packed, of the checkpoint in file [size]. */
bool PAGE(page_export)(const void *file, size_t size) {
  legacy_llm_memory memory = {file, size, 0};
  const legacy_llm_sink sink = sink_to_written();
  Use packed = {0};
  const bool good = open_use(&packed, &memory, LEGACY_LLM_USE_EXPORT) &&
                    legacy_llm_model_save(packed.model, &sink);
  close_use(&packed);
  return good;
}

/* ---- a look inside ---- */

static const WeightMatrix *matrix_at(int layer, int which) {
  if (!training.trainer || layer < 0 || layer >= training.settings.shape.layers) return NULL;
  if (which < 0 || which >= LAYER_MATRICES) return NULL;
  return &training.trainer->parts.model.layer[layer].matrix[which];
}

/* Rows and columns of a matrix of the training; its bytes once it is packed; null where there is
 * none. */
const double *PAGE(page_matrix)(int layer, int which) {
  const WeightMatrix *w = matrix_at(layer, which);
  if (!w) return NULL;
  numbers[0] = w->rows;
  numbers[1] = w->cols;
  numbers[2] = (double)matrix_packed_bytes(w->scheme, w->rows, w->cols);
  return numbers;
}

/* Its codes as they are now, to codes int8 [R,C]. */
void PAGE(page_codes)(int layer, int which, int8_t *codes) {
  const WeightMatrix *w = matrix_at(layer, which);
  for (int r = 0; w && r < w->rows; r++) matrix_codes(w, r, 0, w->cols, codes + r * w->cols);
}

/* The bytes that codes [count] of a row take, to packed; returns how many. */
int PAGE(page_pack)(const int8_t *codes, int count, uint8_t *packed) {
  pack_codes(CODES_TRITS, packed, codes, count);
  return (int)packed_row_bytes(CODES_TRITS, count);
}

/* Positions of the context that were read: of the last of them page_attention tells. */
int PAGE(page_positions)(void) { return use.model ? use.model->done : 0; }

/* The token of a position as bytes to page_piece; returns how many. */
int PAGE(page_token)(int position) {
  return legacy_llm_decode(legacy_llm_checkpoint_tokenizer(use.header), use.model->tokens[position],
                           piece);
}

/* Keys of head h that positions 0..t have, to the workspace, as forward puts them there. */
static void put_keys(const Activations *a, const LayerActivations *kept, int h, int t) {
  const int H = a->config->heads, K = head_size(a->config);
  for (int j = 0; j <= t; j++) {
    a->work.key_scale[j] = kept->key.scale[j * H + h];
    for (int i = 0; i < K; i++) a->work.keys[j * K + i] = kept->key.q[(j * H + h) * K + i];
  }
}

/* Runs the last position that was read once more, up to a layer, whose query lies in row 0 of the
 * slot afterwards. A model that writes keeps only keys and values of its layers; all else lies in a
 * slot that they share. Keys and values of the position are written again, with the same bits. */
static Pass run_last(legacy_llm_model *m, int layer) {
  Activations *a = &m->parts.activations;
  const Pass pass = pass_make(m->model, a, m->tokens, m->done - 1, 1, NULL);
  embed_forward(&pass);
  for (int l = 0; l <= layer; l++) {
    LayerActivations kept = activations_slot(a, l);
    layer_forward(&pass, l, &kept);
  }
  return pass;
}

/* How much the last position that was read attends to each: shares float [page_positions], which
 * add up to 1; null where there is none. */
const float *PAGE(page_attention)(int layer, int head) {
  static float shares[MAX_CONTEXT];
  legacy_llm_model *m = use.model;
  if (!m || m->done == 0 || layer < 0 || layer >= m->header.model.layers) return NULL;
  if (head < 0 || head >= m->header.model.heads) return NULL;
  Activations *a = &m->parts.activations;
  const int t = m->done - 1;
  const Pass pass = run_last(m, layer);
  const LayerActivations kept = activations_slot(a, layer);
  put_keys(a, &kept, head, t);
  attention_scores(&pass, &kept.query, head, t, 1, m->model->layer[layer].query_gain[head]);
  memset(shares, 0, sizeof shares);
  for (int j = pass.first[t]; j <= t; j++) shares[j] = a->work.scores[j];
  return shares;
}
