/* bitnet_parser.c - the keys, the list of tensors, and the data of each. */
#include "gguf/bitnet_parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/floats.h"
#include "gguf/blocks.h"
#include "gguf/parser.h"
#include "gguf/vocabulary_parser.h"

/* Of ffn_gate over ffn_up, and of its largest weights, at least: then nearly all that goes into its
 * silu is far from 0, where silu is relu. */
#define LEAST_GATE_GAIN 1000.0f
#define LEAST_GATE_WEIGHT 8.0f

/* ---- what a file is made of ---- */

/* The numbers that its keys give. */
typedef enum {
  CONTEXT,
  DIM,
  LAYERS,
  HIDDEN,
  HEADS,
  KV_HEADS,
  ROPE_VALUES,
  ALIGNMENT,
  NUMBERS
} KeyNumber;

static const char *const number_keys[NUMBERS] = {
    [CONTEXT] = "bitnet.context_length",
    [DIM] = "bitnet.embedding_length",
    [LAYERS] = "bitnet.block_count",
    [HIDDEN] = "bitnet.feed_forward_length",
    [HEADS] = "bitnet.attention.head_count",
    [KV_HEADS] = "bitnet.attention.head_count_kv",
    [ROPE_VALUES] = "bitnet.rope.dimension_count",
    [ALIGNMENT] = "general.alignment",
};

/* The tensors of a layer: norms of D or F gains, which must be 1, and matrices, each with a scale.
 */
typedef enum {
  ATTENTION_NORM,
  ATTENTION_SUB_NORM,
  MLP_NORM,
  MLP_SUB_NORM,
  QUERY,
  KEY,
  VALUE,
  OUTPUT,
  GATE,
  UP,
  DOWN,
  LAYER_TENSORS
} LayerTensor;

static const struct {
  const char *name;
  LayerMatrix matrix; /* of those from QUERY on */
} layer_tensors[LAYER_TENSORS] = {
    [ATTENTION_NORM] = {.name = "attn_norm"},
    [ATTENTION_SUB_NORM] = {.name = "attn_sub_norm"},
    [MLP_NORM] = {.name = "ffn_norm"},
    [MLP_SUB_NORM] = {.name = "ffn_sub_norm"},
    [QUERY] = {"attn_q", WQ},
    [KEY] = {"attn_k", WK},
    [VALUE] = {"attn_v", WV},
    [OUTPUT] = {"attn_output", WO},
    [GATE] = {"ffn_gate", WUP},
    [UP] = {"ffn_up", WUP},
    [DOWN] = {"ffn_down", WDOWN},
};

/* And those of no layer, in the place of one. */
enum { TOKENS = LAYER_TENSORS, OUTPUT_NORM, TENSOR_KINDS };
enum { SCALE = 32 /* added to the kind of a matrix: its scale */ };
enum { MOST_ROW_BYTES = 4 * MAX_DIM / BYTE_TRITS + 1 /* bytes of the longest packed row */ };
enum { MOST_TENSORS = MAX_LAYERS * (LAYER_TENSORS + DOWN - QUERY + 1) + 2 };

/* What is said of one tensor. */
typedef struct {
  uint8_t layer, kind;
  const GgufType *type;
  uint64_t at; /* where its data begins, from the first */
} Place;

/* A file while it is read. */
typedef struct {
  GgufParser parser;
  VocabularyParser vocabulary;
  bool bitnet; /* general.architecture is that */
  uint32_t number[NUMBERS];
  float rope_base;
  uint64_t seen[MAX_LAYERS]; /* the kinds of tensors of a layer, bit by bit; others in layer 0 */
  int places;
  Place *place; /* [MOST_TENSORS] in the order of the file; null while they are only checked */
} Parsing;

/* ---- errors ---- */

static bool refuse(Parsing *k, const char *why) {
  return error_set(k->parser.why, EXIT_USAGE, "%s", why);
}

static bool refuse_tensor(Parsing *k, const char *name, const char *why) {
  return error_set(k->parser.why, EXIT_USAGE, "its tensor %s %s", name, why);
}

static bool tell(Error *error, const char *name, const Error *why) {
  return model_refuse(error, "GGUF file", name, why, "model");
}

/* ---- keys ---- */

static bool parse_architecture(Parsing *k, const GgufKey *key) {
  char name[8];
  uint64_t length;
  if (!gguf_parse_text(&k->parser, key, name, sizeof name, &length)) return false;
  k->bitnet = length == 6 && memcmp(name, "bitnet", 6) == 0;
  return k->bitnet || refuse(k, "its key general.architecture is not bitnet");
}

/* Whether a key of the architecture changes nothing: the size of the vocabulary is that of the list
 * of tokens, and the epsilon of norms is as good as none. */
static bool is_harmless(const char *name) {
  return strcmp(name, "bitnet.vocab_size") == 0 ||
         strcmp(name, "bitnet.attention.layer_norm_rms_epsilon") == 0;
}

static bool parse_key(Parsing *k, const GgufKey *key) {
  if (strcmp(key->name, "general.architecture") == 0) return parse_architecture(k, key);
  if (strcmp(key->name, "bitnet.rope.freq_base") == 0)
    return gguf_parse_float(&k->parser, key, &k->rope_base);
  for (int i = 0; i < NUMBERS; i++)
    if (strcmp(key->name, number_keys[i]) == 0)
      return gguf_parse_number(&k->parser, key, &k->number[i]);
  if (strncmp(key->name, "bitnet.", 7) == 0 && !is_harmless(key->name))
    return error_set(k->parser.why, EXIT_USAGE, "this program does not know its key %s", key->name);
  return vocabulary_parse_key(&k->vocabulary, &k->parser, key);
}

/* The value of a key that may be left out. */
static uint32_t number_or(const Parsing *k, KeyNumber which, uint32_t otherwise) {
  return k->number[which] ? k->number[which] : otherwise;
}

/* What the architecture can have, and we cannot. */
static bool check_keys(Parsing *k) {
  const uint32_t *n = k->number;
  if (number_or(k, ALIGNMENT, GGUF_ALIGNMENT) != GGUF_ALIGNMENT)
    return refuse(k, "its key general.alignment is not 32");
  if (!k->bitnet) return refuse(k, "it has no key general.architecture");
  if (k->rope_base != ROPE_BASE)
    return refuse(k, "its key bitnet.rope.freq_base is not 100, the base of our RoPE");
  if (n[HIDDEN] != 4 * n[DIM])
    return refuse(k, "its key bitnet.feed_forward_length is not four times its embedding_length");
  if (n[HEADS] == 0 || number_or(k, KV_HEADS, n[HEADS]) != n[HEADS])
    return refuse(k, "its key bitnet.attention.head_count_kv is not head_count: heads share keys");
  return number_or(k, ROPE_VALUES, n[DIM] / n[HEADS]) == n[DIM] / n[HEADS] ||
         refuse(k, "its key bitnet.rope.dimension_count is not the size of a head");
}

/* Its context may be longer than ours can be: nothing in it is learned by places. */
static ModelConfig shape_of(const Parsing *k, const Tokenizer *t) {
  const uint32_t *n = k->number;
  return (ModelConfig){.layers = (int32_t)n[LAYERS],
                       .heads = (int32_t)n[HEADS],
                       .dim = (int32_t)n[DIM],
                       .context = n[CONTEXT] < MAX_CONTEXT ? (int32_t)n[CONTEXT] : MAX_CONTEXT,
                       .vocab = t->size,
                       .separator = tokenizer_separator(t),
                       .scheme = SCHEME_ROW,
                       .norm = NORM_RMS,
                       .qk_norm = QK_NORM_NONE,
                       .activation = ACTIVATION_RELU_SQUARED};
}

/* A training that took no step stands for one that nothing is known of. */
static const TrainConfig no_training = {.steps = 1, .batch = 1, .clip = 1.0f, .order = 1};

/* ---- tensors: what is said of them ---- */

/* The kind of a name behind "blk.N.": "attn_q.weight". */
static bool find_kind(const char *name, Place *place) {
  for (int i = 0; i < LAYER_TENSORS; i++) {
    const size_t length = strlen(layer_tensors[i].name);
    if (strncmp(name, layer_tensors[i].name, length) != 0) continue;
    place->kind = (uint8_t)i;
    if (strcmp(name + length, ".weight") == 0) return true;
    place->kind += SCALE;
    if (strcmp(name + length, ".scale") == 0) return i >= QUERY;
  }
  return false;
}

static bool find_place(const char *name, int layers, Place *place) {
  if (strncmp(name, "blk.", 4) == 0 && name[4] >= '0' && name[4] <= '9') {
    char *end;
    const unsigned long layer = strtoul(name + 4, &end, 10);
    place->layer = (uint8_t)layer;
    return layer < (unsigned long)layers && *end == '.' && find_kind(end + 1, place);
  }
  place->kind = strcmp(name, "token_embd.weight") == 0 ? TOKENS : OUTPUT_NORM;
  return place->kind == TOKENS || strcmp(name, "output_norm.weight") == 0;
}

static bool is_matrix(int kind) { return kind >= QUERY && kind <= DOWN; }

/* Rows and columns that a tensor must have. */
static void size_of(const ModelConfig *c, int kind, uint64_t *rows, uint64_t *columns) {
  const uint64_t D = (uint64_t)c->dim, F = (uint64_t)hidden_size(c);
  *rows = kind == TOKENS               ? (uint64_t)c->vocab
          : kind == UP || kind == GATE ? F
          : is_matrix(kind)            ? D
                                       : 1;
  *columns = kind >= SCALE ? 1 : kind == DOWN || kind == MLP_SUB_NORM ? F : D;
}

static bool check_tensor(Parsing *k, const ModelConfig *c, const GgufTensor *t, const Place *p) {
  uint64_t rows, columns;
  size_of(c, p->kind, &rows, &columns);
  if (t->rows != rows || t->columns != columns)
    return refuse_tensor(k, t->name, "has another size than its keys say");
  if (p->type && p->type->codes > 1 && !is_matrix(p->kind))
    return refuse_tensor(k, t->name, "is not of the types f16 and f32");
  return (p->type && columns % (uint64_t)p->type->codes == 0) ||
         refuse_tensor(k, t->name, "is not of the types q2_0, tq1_0, tq2_0, q4_0, f16 and f32");
}

static bool parse_tensor(Parsing *k, const ModelConfig *c) {
  GgufTensor tensor;
  Place p = {0};
  if (!gguf_parse_tensor(&k->parser, &tensor, &p.at)) return false;
  if (!find_place(tensor.name, c->layers, &p))
    return refuse_tensor(k, tensor.name, "has no place in a model of this program");
  const uint64_t bit = (uint64_t)1 << p.kind;
  if (k->seen[p.layer] & bit) return refuse_tensor(k, tensor.name, "is there twice");
  k->seen[p.layer] |= bit;
  p.type = gguf_type_numbered(tensor.type);
  if (k->place) k->place[k->places++] = p;
  return check_tensor(k, c, &tensor, &p);
}

/* Whether all are there, but for scales, which are 1 without them. */
static bool check_places(Parsing *k, const ModelConfig *c) {
  const uint64_t of_layer = ((uint64_t)1 << LAYER_TENSORS) - 1;
  const uint64_t of_first = ((uint64_t)1 << TENSOR_KINDS) - 1;
  for (int l = 0; l < c->layers; l++) {
    const uint64_t needed = l == 0 ? of_first : of_layer;
    if ((k->seen[l] & needed) != needed) return refuse(k, "it lacks tensors of its layers");
  }
  return true;
}

static bool parse_tensors(Parsing *k, const ModelConfig *c) {
  for (uint64_t i = 0; i < k->parser.tensors; i++)
    if (!parse_tensor(k, c)) return false;
  return check_places(k, c);
}

/* ---- before the data ---- */

/* Everything up to the data; the tokenizer goes to where the vocabulary was begun. */
static bool parse_keys(Parsing *k) {
  GgufKey key;
  if (!gguf_parse_begin(&k->parser)) return false;
  for (uint64_t i = 0; i < k->parser.keys; i++)
    if (!gguf_parse_key(&k->parser, &key) || !parse_key(k, &key)) return false;
  return check_keys(k) && vocabulary_parse_end(&k->vocabulary, k->parser.why);
}

static bool parse_header(Parsing *k, CheckpointHeader *h) {
  memset(h, 0, sizeof *h);
  vocabulary_parse_begin(&k->vocabulary, &h->tokenizer);
  if (!parse_keys(k)) return false;
  h->model = shape_of(k, &h->tokenizer);
  h->train = no_training;
  h->contents = CONTENTS_MODEL;
  h->gguf = true;
  if (!checkpoint_header_check(h, k->parser.why) || !parse_tensors(k, &h->model)) return false;
  h->gguf_crc = k->parser.crc;
  return true;
}

bool bitnet_read_header(const Source *source, CheckpointHeader *header, Error *error) {
  Error why;
  Parsing k = {.parser = {.from = source, .why = &why}};
  return parse_header(&k, header) || tell(error, source->name, &why);
}

/* ---- the data ---- */

/* A model while its tensors come. */
typedef struct {
  Parsing *parsing;
  Model *model;
  bool mlp[MAX_LAYERS];                   /* ffn_up or ffn_gate was there */
  float whole[MAX_LAYERS][LAYER_TENSORS]; /* the scale of a matrix */
} Reading;

static bool refuse_data(const Reading *r, const Place *p, const char *why) {
  char name[GGUF_NAME];
  const int kind = p->kind % SCALE;
  if (kind < LAYER_TENSORS)
    snprintf(name, sizeof name, "blk.%d.%s", p->layer, layer_tensors[kind].name);
  else
    snprintf(name, sizeof name, "%s", kind == TOKENS ? "token_embd" : "output_norm");
  return refuse_tensor(r->parsing, name, why);
}

/* Whether a number of a file is one that the arithmetic takes: 0, or from 2^-40 to 2^40. */
static bool is_sound(float x) {
  const float size = float_abs(x);
  return size == 0.0f || (size >= TINY && size < 1.0f / TINY); /* NaN is neither */
}

/* Whether a scale or gain of the model is so far from these ends that the file that is written of
 * it is sound as well, with all that is multiplied there. */
static bool is_moderate(float x) {
  const float size = float_abs(x);
  return size >= 1.0f / 1048576.0f && size <= 65536.0f; /* 2^-20, 2^16 */
}

static bool read_block(Reading *r, const Place *p, float values[GGUF_MOST_BLOCK]) {
  uint8_t block[GGUF_MOST_BLOCK_BYTES];
  if (!gguf_parse_bytes(&r->parsing->parser, block, (size_t)p->type->bytes)) return false;
  p->type->unpack(values, block);
  for (int i = 0; i < p->type->codes; i++)
    if (!is_sound(values[i])) return refuse_data(r, p, "holds impossible numbers");
  return true;
}

/* The gains of a norm. */
static bool read_ones(Reading *r, const Place *p, int count) {
  float values[GGUF_MOST_BLOCK];
  for (int i = 0; i < count; i += p->type->codes) {
    if (!read_block(r, p, values)) return false;
    for (int j = 0; j < p->type->codes; j++)
      if (values[j] != 1.0f)
        return refuse_data(r, p, "has gains that are not 1, and our norms have none");
  }
  return true;
}

static bool read_tokens(Reading *r, const Place *p) {
  const ModelConfig *c = &r->model->config;
  const float most = (float)token_limit(c), rounding = 8.0f; /* binary16 rounds so far up there */
  const int64_t count = model_token_parameters(c);
  float values[GGUF_MOST_BLOCK];
  for (int64_t i = 0; i < count; i += p->type->codes) {
    if (!read_block(r, p, values)) return false;
    for (int j = 0; j < p->type->codes; j++) {
      const float units = values[j] / TOKEN_UNIT;
      if (float_abs(units) > most + rounding)
        return refuse_data(r, p, "holds a number that is too large");
      r->model->token_embedding[i + j] = (int16_t)float_round(float_clamp(units, most));
    }
  }
  return true;
}

/* ---- matrices ---- */

/* A row of trits: codes [columns], and what all but zeros are, by their size. */
static bool read_row(Reading *r, const Place *p, int columns, int8_t *codes, float *scale) {
  float values[GGUF_MOST_BLOCK];
  *scale = 0.0f;
  for (int c = 0; c < columns; c += p->type->codes) {
    if (!read_block(r, p, values)) return false;
    for (int i = 0; i < p->type->codes; i++) {
      const float size = float_abs(values[i]);
      if (*scale == 0.0f) *scale = size;
      if (size != 0.0f && size != *scale) return refuse_data(r, p, "has rows that are not ternary");
      codes[c + i] = (int8_t)((values[i] > 0.0f) - (values[i] < 0.0f));
    }
  }
  return true;
}

/* The second of ffn_up and ffn_gate must be the first again. */
static bool same_row(Reading *r, const Place *p, const WeightMatrix *w, int row,
                     const uint8_t *packed, size_t bytes, float scale) {
  return (memcmp(w->packed + (size_t)row * bytes, packed, bytes) == 0 && w->scale[row] == scale) ||
         refuse_data(
             r, p,
             "has other rows than ffn_gate or ffn_up before it; our MLP has one matrix for both");
}

static bool read_matrix(Reading *r, const Place *p) {
  WeightMatrix *w = &r->model->layer[p->layer].matrix[layer_tensors[p->kind].matrix];
  const size_t bytes = packed_row_bytes(CODES_TRITS, w->cols);
  const bool mlp = p->kind == GATE || p->kind == UP, again = mlp && r->mlp[p->layer];
  uint8_t packed[MOST_ROW_BYTES];
  for (int i = 0; i < w->rows; i++) {
    float scale;
    if (!read_row(r, p, w->cols, r->model->row, &scale)) return false;
    pack_codes(CODES_TRITS, packed, r->model->row, w->cols);
    if (again && !same_row(r, p, w, i, packed, bytes, scale)) return false;
    memcpy(w->packed + (size_t)i * bytes, packed, bytes);
    w->scale[i] = scale;
  }
  r->mlp[p->layer] = r->mlp[p->layer] || mlp;
  return true;
}

static bool read_scale(Reading *r, const Place *p) {
  float values[GGUF_MOST_BLOCK];
  if (!read_block(r, p, values)) return false;
  r->whole[p->layer][p->kind - SCALE] = values[0];
  return values[0] != 0.0f || refuse_data(r, p, "has a scale of 0");
}

static bool read_tensor(Reading *r, const Place *p) {
  const ModelConfig *c = &r->model->config;
  if (p->kind >= SCALE) return read_scale(r, p);
  if (p->kind == TOKENS) return read_tokens(r, p);
  if (is_matrix(p->kind)) return read_matrix(r, p);
  return read_ones(r, p, p->kind == MLP_SUB_NORM ? hidden_size(c) : c->dim);
}

/* ---- scales ---- */

static bool refuse_numbers(const Reading *r, const Place *p) {
  return refuse_data(r, p, "has a scale that is too large or too small");
}

/* Multiplies the scales of all rows of a matrix; a row of zeros has the scale 0. */
static bool scale_matrix(Reading *r, int l, LayerTensor kind, float whole) {
  WeightMatrix *w = &r->model->layer[l].matrix[layer_tensors[kind].matrix];
  const Place place = {.layer = (uint8_t)l, .kind = (uint8_t)kind};
  if (whole < 0.0f) return refuse_data(r, &place, "has a scale below 0");
  for (int i = 0; i < w->rows; i++) {
    w->scale[i] *= whole;
    if (w->scale[i] != 0.0f && !is_moderate(w->scale[i])) return refuse_numbers(r, &place);
  }
  return true;
}

/* The scale of a matrix becomes count gains behind it, of any sign. */
static bool set_gains(Reading *r, int l, LayerTensor kind, float *gains, int count, float times) {
  const Place place = {.layer = (uint8_t)l, .kind = (uint8_t)kind};
  const float gain = r->whole[l][kind] * times;
  for (int i = 0; i < count; i++) gains[i] = gain;
  return is_moderate(gain) || refuse_numbers(r, &place);
}

/* Whether ffn_gate makes of ffn_up what relu does: it must be much larger, and large by itself. */
static bool check_gate(Reading *r, int l) {
  const WeightMatrix *up = &r->model->layer[l].matrix[WUP]; /* multiplied by its scale before */
  const Place place = {.layer = (uint8_t)l, .kind = GATE};
  const float times = r->whole[l][GATE] / r->whole[l][UP];
  float largest = 0.0f;
  for (int i = 0; i < up->rows; i++) largest = up->scale[i] > largest ? up->scale[i] : largest;
  if (largest == 0.0f) return true;
  return (times >= LEAST_GATE_GAIN && times * largest >= LEAST_GATE_WEIGHT) ||
         refuse_data(r, &place, "is too small beside ffn_up to be relu, which our MLP has");
}

/* Where the scales of matrices go: into gains where there are some behind the matrix, and otherwise
 * into the rows. */
static bool settle_layer(Reading *r, int l) {
  Layer *layer = &r->model->layer[l];
  const float *whole = r->whole[l];
  return scale_matrix(r, l, QUERY, 1.0f) && scale_matrix(r, l, KEY, whole[KEY]) &&
         scale_matrix(r, l, VALUE, whole[VALUE]) && scale_matrix(r, l, OUTPUT, 1.0f) &&
         scale_matrix(r, l, UP, whole[UP]) && scale_matrix(r, l, DOWN, 1.0f) && check_gate(r, l) &&
         set_gains(r, l, QUERY, layer->query_gain, r->model->config.heads, 1.0f) &&
         set_gains(r, l, OUTPUT, &layer->output_gain[ATTENTION_GAIN], 1, EMBEDDING_GAIN) &&
         set_gains(r, l, DOWN, &layer->output_gain[MLP_GAIN], 1, EMBEDDING_GAIN);
}

/* ---- all ---- */

static int by_place(const void *a, const void *b) {
  const uint64_t x = ((const Place *)a)->at, y = ((const Place *)b)->at;
  return (x > y) - (x < y);
}

/* Everything before the data once more, which must be what it was. */
static bool parse_again(Parsing *k, const CheckpointHeader *h) {
  GgufKey key;
  if (!gguf_parse_begin(&k->parser)) return false;
  for (uint64_t i = 0; i < k->parser.keys; i++)
    if (!gguf_parse_key(&k->parser, &key) || !gguf_pass_value(&k->parser, &key)) return false;
  return parse_tensors(k, &h->model) &&
         (k->parser.crc == h->gguf_crc || refuse(k, "it changed while it was read"));
}

static bool read_data(Reading *r) {
  Parsing *k = r->parsing;
  const uint64_t padding = -k->parser.at % GGUF_ALIGNMENT, start = k->parser.at + padding;
  qsort(k->place, (size_t)k->places, sizeof *k->place, by_place);
  for (const Place *p = k->place; p < k->place + k->places; p++) {
    if (p->at > INT64_MAX) return refuse(k, "the file ends before all of it was read");
    if (!gguf_pass_to(&k->parser, start + p->at) || !read_tensor(r, p)) return false;
  }
  for (int l = 0; l < r->model->config.layers; l++)
    if (!settle_layer(r, l)) return false;
  return true;
}

bool bitnet_read(const Source *source, const CheckpointHeader *header, Model *model, Error *error) {
  Error why;
  Place places[MOST_TENSORS];
  Parsing k = {.parser = {.from = source, .why = &why}, .place = places};
  Reading reading = {.parsing = &k, .model = model};
  for (int l = 0; l < MAX_LAYERS; l++)
    for (int i = 0; i < LAYER_TENSORS; i++) reading.whole[l][i] = 1.0f;
  if (!parse_again(&k, header) || !read_data(&reading)) return tell(error, source->name, &why);
  model_init_rope(model);
  return true;
}
