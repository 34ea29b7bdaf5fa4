/* bitnet.c - the keys and tensors of that architecture, in the order of the file.
 *
 * The list of tensors is gone through three times: to count them, to say where each lies, and to
 * write them, row by row.
 */
#include "gguf/bitnet.h"

#include <stdio.h>

#include "base/bytes.h"
#include "gguf/half.h"
#include "gguf/vocabulary.h"

#define GATE_GAIN 4096.0f

/* ---- what cannot be ---- */

static bool refuse(const char *what, const char *instead, Error *error) {
  return error_set(error, EXIT_USAGE, "a GGUF file cannot express %s; %s", what, instead);
}

static bool check_type(const ModelConfig *c, const GgufType *type, Error *error) {
  const CodeKind codes = scheme_row((SchemeKind)c->scheme)->codes;
  if (codes == CODES_2BIT && type->least > -3)
    return error_set(error, EXIT_USAGE,
                     "the type %s holds no 2-bit weights; give --type q4_0 or f32", type->name);
  return c->dim % type->codes == 0 ||
         error_set(error, EXIT_USAGE,
                   "the type %s has blocks of %d weights, and dim %ld is no multiple of it; give "
                   "another --type (f32 takes any)",
                   type->name, type->codes, (long)c->dim);
}

bool bitnet_check(const CheckpointHeader *h, legacy_llm_gguf_type type, Error *error) {
  const ModelConfig *c = &h->model;
  if (h->counts_bytes > 0 && !h->leaves_counts)
    return refuse("counts", "leave them out with --counts none", error);
  if (h->words_bytes > 0 && !h->leaves_words)
    return refuse("a list of words", "leave it out with --words any", error);
  if (c->qk_norm != QK_NORM_NONE)
    return refuse("a norm of queries and keys", "train with --qk-norm none, as --preset gguf does",
                  error);
  if (c->bigram_rows > 0) return refuse("embeddings of pairs", "train with --bigram-rows 0", error);
  if (c->ngrams > 0) return refuse("embeddings of n-grams", "train with --ngrams 0", error);
  if (c->norm != NORM_RMS) return refuse("LayerNorm", "train with --norm rms", error);
  if (c->activation != ACTIVATION_RELU_SQUARED)
    return refuse("relu that is not squared", "train with --act relu2", error);
  if (vocabulary_is_ambiguous(&h->tokenizer))
    return refuse("a separator that is written like another token",
                  "train with another --separator", error);
  return check_type(c, gguf_type(type), error);
}

/* ---- keys ---- */

typedef struct {
  const char *key;
  uint32_t value;
} KeyNumber;

enum { OWN_KEYS = 14 };

static void write_keys(GgufWriter *w, const CheckpointHeader *h, const char *name,
                       const GgufType *type) {
  const ModelConfig *c = &h->model;
  const KeyNumber numbers[] = {
      {"general.quantization_version", 2},
      {"general.file_type", type->file},
      {"bitnet.context_length", (uint32_t)c->context},
      {"bitnet.embedding_length", (uint32_t)c->dim},
      {"bitnet.block_count", (uint32_t)c->layers},
      {"bitnet.feed_forward_length", (uint32_t)hidden_size(c)},
      {"bitnet.attention.head_count", (uint32_t)c->heads},
      {"bitnet.attention.head_count_kv", (uint32_t)c->heads},
      {"bitnet.rope.dimension_count", (uint32_t)head_size(c)},
      {"bitnet.vocab_size", (uint32_t)c->vocab},
  };
  gguf_key_text(w, "general.architecture", "bitnet");
  gguf_key_text(w, "general.name", name);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    gguf_key_u32(w, numbers[i].key, numbers[i].value);
  gguf_key_float(w, "bitnet.attention.layer_norm_rms_epsilon", 1e-12f);
  gguf_key_float(w, "bitnet.rope.freq_base", ROPE_BASE);
  vocabulary_write(w, &h->tokenizer);
}

/* ---- tensors ---- */

/* What a tensor is made of: a matrix, its scale, the embeddings of tokens, or else ones. */
typedef struct {
  GgufTensor shape;
  const WeightMatrix *matrix; /* of a matrix or a scale */
  float gain;                 /* of all rows */
  const float *head_gain;     /* [H] of the rows of each head; null: none */
  int head_rows;              /* K */
  const int16_t *tokens;      /* [V,D] in units of TOKEN_UNIT */
} Tensor;

/* What a walk over all tensors does with each. */
typedef struct {
  GgufWriter *writer;
  const GgufType *type;
  uint64_t count, at;
  void (*visit)(const Tensor *tensor, void *walk);
} Walk;

static void count_tensor(const Tensor *tensor, void *walk) {
  (void)tensor;
  ((Walk *)walk)->count++;
}

static void describe_tensor(const Tensor *tensor, void *walk) {
  Walk *k = walk;
  gguf_tensor(k->writer, &tensor->shape, &k->at);
}

/* What row r of a matrix is multiplied with. */
static float row_scale(const Tensor *t, int r) {
  const float scale = t->matrix->scale[r] * t->gain;
  return t->head_gain ? scale * t->head_gain[r / t->head_rows] : scale;
}

/* The largest of them, which is the scale of the matrix; 1 where all are 0. */
static float whole_scale(const Tensor *t) {
  float largest = 0.0f;
  for (int r = 0; r < t->matrix->rows; r++) {
    const float scale = row_scale(t, r);
    if (float_abs(scale) > float_abs(largest)) largest = scale;
  }
  return largest == 0.0f ? 1.0f : largest;
}

static void write_matrix(GgufWriter *w, const Tensor *t, const GgufType *type) {
  const WeightMatrix *m = t->matrix;
  const float whole = whole_scale(t);
  int8_t codes[GGUF_MOST_BLOCK];
  uint8_t block[GGUF_MOST_BLOCK_BYTES];
  for (int r = 0; r < m->rows; r++)
    for (int c = 0; c < m->cols; c += type->codes) {
      matrix_codes(m, r, c, type->codes, codes);
      type->pack(block, row_scale(t, r) / whole, codes);
      gguf_bytes(w, block, (size_t)type->bytes);
    }
}

static void write_tokens(GgufWriter *w, const Tensor *t) {
  uint8_t bytes[4];
  const bool half = t->shape.type == GGUF_F16;
  for (uint64_t i = 0; i < t->shape.columns * t->shape.rows; i++) {
    const float x = (float)t->tokens[i] * TOKEN_UNIT;
    if (half)
      put_u16(bytes, half_of_float(x));
    else
      put_u32(bytes, float_bits(x));
    gguf_bytes(w, bytes, half ? 2 : 4);
  }
}

static void write_same(GgufWriter *w, float value, uint64_t count) {
  uint8_t bytes[4];
  put_u32(bytes, float_bits(value));
  for (uint64_t i = 0; i < count; i++) gguf_bytes(w, bytes, sizeof bytes);
}

static void write_tensor(const Tensor *t, void *walk) {
  const Walk *k = walk;
  GgufWriter *w = k->writer;
  if (t->tokens)
    write_tokens(w, t);
  else if (!t->matrix)
    write_same(w, 1.0f, t->shape.columns);
  else if (t->shape.dimensions == 1)
    write_same(w, whole_scale(t), 1);
  else
    write_matrix(w, t, k->type);
  gguf_align(w);
}

/* ---- the list ---- */

/* "blk.3.attn_q.weight", or without a layer (-1) "output_norm.weight". */
static void name_tensor(Tensor *t, int layer, const char *name, const char *part) {
  const size_t size = sizeof t->shape.name;
  if (layer < 0)
    snprintf(t->shape.name, size, "%.16s.%.8s", name, part);
  else
    snprintf(t->shape.name, size, "blk.%d.%.16s.%.8s", layer, name, part);
}

/* Floats that are all 1: the gain of a norm. */
static void visit_ones(Walk *walk, int layer, const char *name, int count) {
  Tensor t = {.shape = {.type = GGUF_F32,
                        .dimensions = 1,
                        .columns = (uint64_t)count,
                        .bytes = 4 * (uint64_t)count}};
  name_tensor(&t, layer, name, "weight");
  walk->visit(&t, walk);
}

/* A matrix and its scale. */
static void visit_matrix(Walk *walk, int layer, const char *name, Tensor t) {
  const GgufType *type = walk->type;
  const uint64_t R = (uint64_t)t.matrix->rows, C = (uint64_t)t.matrix->cols;
  t.shape = (GgufTensor){.type = type->number,
                         .dimensions = 2,
                         .columns = C,
                         .rows = R,
                         .bytes = R * C / (uint64_t)type->codes * (uint64_t)type->bytes};
  name_tensor(&t, layer, name, "weight");
  walk->visit(&t, walk);
  t.shape = (GgufTensor){.type = GGUF_F32, .dimensions = 1, .columns = 1, .bytes = 4};
  name_tensor(&t, layer, name, "scale");
  walk->visit(&t, walk);
}

static void visit_layer(Walk *walk, const Model *model, int l) {
  const ModelConfig *c = &model->config;
  const Layer *layer = &model->layer[l];
  const WeightMatrix *w = layer->matrix;
  const float out = 1.0f / EMBEDDING_GAIN;
  const float *gains = layer->output_gain;
  visit_ones(walk, l, "attn_norm", c->dim);
  visit_matrix(walk, l, "attn_q",
               (Tensor){.matrix = &w[WQ],
                        .gain = 1.0f,
                        .head_gain = layer->query_gain,
                        .head_rows = head_size(c)});
  visit_matrix(walk, l, "attn_k", (Tensor){.matrix = &w[WK], .gain = 1.0f});
  visit_matrix(walk, l, "attn_v", (Tensor){.matrix = &w[WV], .gain = 1.0f});
  visit_ones(walk, l, "attn_sub_norm", c->dim);
  visit_matrix(walk, l, "attn_output",
               (Tensor){.matrix = &w[WO], .gain = gains[ATTENTION_GAIN] * out});
  visit_ones(walk, l, "ffn_norm", c->dim);
  visit_matrix(walk, l, "ffn_gate", (Tensor){.matrix = &w[WUP], .gain = GATE_GAIN});
  visit_matrix(walk, l, "ffn_up", (Tensor){.matrix = &w[WUP], .gain = 1.0f});
  visit_ones(walk, l, "ffn_sub_norm", hidden_size(c));
  visit_matrix(walk, l, "ffn_down", (Tensor){.matrix = &w[WDOWN], .gain = gains[MLP_GAIN] * out});
}

static void visit_all(Walk *walk, const Model *model,
                      void (*visit)(const Tensor *tensor, void *walk)) {
  const uint64_t V = (uint64_t)model->config.vocab, D = (uint64_t)model->config.dim;
  const uint32_t type = walk->type->number == GGUF_F32 ? GGUF_F32 : GGUF_F16;
  Tensor tokens = {.shape = {.type = type,
                             .dimensions = 2,
                             .columns = D,
                             .rows = V,
                             .bytes = V * D * (type == GGUF_F32 ? 4 : 2)},
                   .tokens = model->token_embedding};
  name_tensor(&tokens, -1, "token_embd", "weight");
  walk->visit = visit;
  visit(&tokens, walk);
  visit_ones(walk, -1, "output_norm", model->config.dim);
  for (int l = 0; l < model->config.layers; l++) visit_layer(walk, model, l);
}

/* ---- the file ---- */

bool bitnet_write(const CheckpointHeader *header, const Model *model, const char *name,
                  legacy_llm_gguf_type type, const Sink *to) {
  GgufWriter writer;
  Walk walk = {.writer = &writer, .type = gguf_type(type)};
  visit_all(&walk, model, count_tensor);
  gguf_begin(&writer, to, walk.count, OWN_KEYS + VOCABULARY_KEYS);
  write_keys(&writer, header, name, walk.type);
  visit_all(&walk, model, describe_tensor);
  gguf_align(&writer);
  visit_all(&walk, model, write_tensor);
  return writer.good;
}
