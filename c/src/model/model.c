/* model.c - parameters: their memory, first values, names and numbers. */
#include "model/model.h"

#include <stdio.h>
#include <string.h>

#include "math/math_ops.h"
#include "math/random.h"

/* Rows and columns of one matrix of a layer. */
static void matrix_shape(const ModelConfig *c, LayerMatrix which, int *rows, int *cols) {
  *rows = which == WUP ? hidden_size(c) : c->dim;
  *cols = which == WDOWN ? hidden_size(c) : c->dim;
}

static void matrix_layout(WeightMatrix *m, WeightStore store, Arena *arena) {
  const size_t R = (size_t)m->rows, n = R * (size_t)m->cols;
  m->store = store;
  if (store == STORE_INT8) m->latent = arena_take(arena, MEMORY_WEIGHTS, n, 1);
  if (store == STORE_FLOAT) m->float_latent = arena_take(arena, MEMORY_WEIGHTS, n, sizeof(float));
  if (store_is_packed(store))
    m->packed =
        arena_take(arena, MEMORY_WEIGHTS, matrix_packed_bytes(m->scheme, m->rows, m->cols), 1);
  else
    m->threshold = arena_take(arena, MEMORY_WEIGHTS, R, 1);
  m->scale = arena_take(arena, MEMORY_WEIGHTS, R, sizeof(float));
}

/* Queries and keys that are not normalised have matrices of a fixed scale: else attention would get
 * sharper with every step that makes the latents larger. */
static float fixed_scale(const ModelConfig *c, LayerMatrix which) {
  if (c->qk_norm == QK_NORM_RMS || (which != WQ && which != WK)) return 0.0f;
  return scale_of_unit_outputs((SchemeKind)c->scheme, c->dim);
}

void model_layout(Model *model, const ModelConfig *config, WeightStore store, Arena *arena) {
  const size_t V = (size_t)config->vocab, D = (size_t)config->dim, T = (size_t)config->context;
  const size_t half = (size_t)head_size(config) / 2;
  model->config = *config;
  model->store = store;
  for (int l = 0; l < config->layers; l++) {
    Layer *layer = &model->layer[l];
    for (int i = 0; i < LAYER_MATRICES; i++) {
      WeightMatrix *m = &layer->matrix[i];
      m->scheme = (SchemeKind)config->scheme;
      matrix_shape(config, (LayerMatrix)i, &m->rows, &m->cols);
      m->fixed_scale = fixed_scale(config, (LayerMatrix)i);
      matrix_layout(m, store, arena);
    }
    layer->query_gain = arena_take(arena, MEMORY_EMBEDDINGS, (size_t)config->heads, sizeof(float));
    layer->output_gain = arena_take(arena, MEMORY_EMBEDDINGS, OUTPUT_GAINS, sizeof(float));
  }
  model->token_embedding = arena_take(arena, MEMORY_EMBEDDINGS, V * D, sizeof(int16_t));
  row_tables_layout(&model->rows, config, arena);
  model->rope_cos = arena_take(arena, MEMORY_WORKSPACE, T * half, sizeof(float));
  model->rope_sin = arena_take(arena, MEMORY_WORKSPACE, T * half, sizeof(float));
  model->row = arena_take(arena, MEMORY_WORKSPACE, (size_t)hidden_size(config), 1);
}

/* ---- first values ---- */

/* A stream a matrix, in random.h. */
typedef char matrices_have_streams[MAX_LAYERS * LAYER_MATRICES <= MOST_MATRICES ? 1 : -1];

/* A sum of four uniform values, near a normal one: mean 0, standard deviation 1. */
static float random_normal(uint32_t key, uint32_t counter) {
  int32_t sum = 0;
  for (uint32_t i = 0; i < 4; i++) sum += (int32_t)(random_u32(key, counter * 4 + i) >> 12);
  return (float)(sum - (2 << 20)) * (1.7320508f / (float)(1 << 20));
}

static void init_tokens(Model *model, uint32_t key, float deviation) {
  const int n = model->config.vocab * model->config.dim, limit = token_limit(&model->config);
  for (int i = 0; i < n; i++) {
    const int32_t x = float_round(deviation / TOKEN_UNIT * random_normal(key, (uint32_t)i));
    model->token_embedding[i] = (int16_t)(x > limit ? limit : x < -limit ? -limit : x);
  }
}

/* A latent of row-major place i: normal-like, deviation 0.05, in units. */
static int8_t init_latent(uint32_t key, uint32_t i) {
  int32_t q = float_round(0.05f / LATENT_UNIT * random_normal(key, i));
  return (int8_t)(q > 127 ? 127 : q < -127 ? -127 : q);
}

/* Packs codes [C], whose place the packed bytes take, and puts them into row r. */
static void put_codes(WeightMatrix *m, int r, int8_t *codes) {
  uint8_t *packed = (uint8_t *)codes; /* a byte is written when its codes were read */
  pack_codes(scheme_row(m->scheme)->codes, packed, codes, m->cols);
  matrix_put_row(m, r, packed);
}

/* Row r of codes drawn at random, each as likely as the other. */
static void init_codes(WeightMatrix *m, int r, uint32_t key, int8_t *codes) {
  const CodeKind kind = scheme_row(m->scheme)->codes;
  const int values = kind == CODES_TRITS ? 3 : kind == CODES_SIGNS ? 2 : 4;
  for (int c = 0; c < m->cols; c++) {
    const int digit = (int)(random_u32(key, (uint32_t)(r * m->cols + c)) % (uint32_t)values);
    codes[c] = (int8_t)(kind == CODES_TRITS ? digit - 1 : 2 * digit - (values - 1));
  }
  put_codes(m, r, codes);
}

static void init_matrix(WeightMatrix *m, uint32_t key, int8_t *row) {
  for (int r = 0; r < m->rows; r++) {
    if (store_is_packed(m->store)) {
      init_codes(m, r, key, row);
      m->scale[r] = m->fixed_scale > 0.0f ? m->fixed_scale : CONSTANT_SCALE;
      continue;
    }
    for (int c = 0; c < m->cols; c++) {
      const int i = r * m->cols + c;
      const int8_t latent = init_latent(key, (uint32_t)i);
      if (m->store == STORE_INT8) m->latent[i] = latent;
      if (m->store == STORE_FLOAT) m->float_latent[i] = (float)latent;
    }
  }
}

static size_t table_values(const RowTable *table) {
  return (size_t)table->rows * (size_t)table->width;
}

void model_init(Model *model, uint32_t seed, float token_deviation) {
  const ModelConfig *c = &model->config;
  for (int l = 0; l < c->layers; l++) {
    for (int i = 0; i < LAYER_MATRICES; i++)
      init_matrix(&model->layer[l].matrix[i],
                  random_key(seed, STREAM_MATRIX, (uint32_t)(l * LAYER_MATRICES + i)), model->row);
    for (int h = 0; h < c->heads; h++) model->layer[l].query_gain[h] = 1.0f;
    for (int i = 0; i < OUTPUT_GAINS; i++) model->layer[l].output_gain[i] = 1.0f;
  }
  init_tokens(model, random_key(seed, STREAM_TOKEN_EMBEDDING, 0), token_deviation);
  for (int i = 0; i < model->rows.count; i++)
    memset(model->rows.table[i].value, 0, table_values(&model->rows.table[i]));
  model_init_rope(model);
  model_quantize(model);
}

void model_init_rope(Model *model) {
  const int half = head_size(&model->config) / 2;
  const float log_base = 4.60517019f; /* of ROPE_BASE */
  for (int t = 0; t < model->config.context; t++)
    for (int i = 0; i < half; i++) {
      float frequency = float_exp(-log_base * ((float)i / (float)half));
      size_t at = (size_t)t * (size_t)half + (size_t)i;
      float_sincos((float)t * frequency, &model->rope_sin[at], &model->rope_cos[at]);
    }
}

/* ---- quantization ---- */

void model_quantize(Model *model) {
  for (int l = 0; l < model->config.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++)
      matrix_quantize(&model->layer[l].matrix[i], model->row);
}

static void matrix_pack(WeightMatrix *packed, const WeightMatrix *m, int8_t *row) {
  for (int r = 0; r < m->rows; r++) {
    matrix_codes(m, r, 0, m->cols, row);
    put_codes(packed, r, row);
    packed->scale[r] = m->scale[r];
  }
}

void model_pack(Model *packed, const Model *model) {
  for (int l = 0; l < model->config.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++)
      matrix_pack(&packed->layer[l].matrix[i], &model->layer[l].matrix[i], model->row);
  FloatBlock from[MAX_FLOAT_BLOCKS], to[MAX_FLOAT_BLOCKS];
  const int count = model_float_blocks(model, from);
  model_float_blocks(packed, to);
  for (int i = 0; i < count; i++)
    memcpy(to[i].value, from[i].value, (size_t)from[i].count * sizeof(float));
  memcpy(packed->token_embedding, model->token_embedding,
         (size_t)model_token_parameters(&model->config) * sizeof(int16_t));
  for (int i = 0; i < model->rows.count; i++) {
    const RowTable *table = &model->rows.table[i];
    memcpy(packed->rows.table[i].value, table->value, table_values(table));
  }
}

void model_to_strips(Model *model, uint8_t *scratch) {
  for (int l = 0; l < model->config.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++) matrix_to_strips(&model->layer[l].matrix[i], scratch);
  model->store = STORE_STRIPS;
}

/* ---- names and numbers ---- */

void model_matrix_name(char *name, int layer, LayerMatrix which) {
  static const char *const names[LAYER_MATRICES] = {"wq", "wk", "wv", "wo", "wup", "wdown"};
  snprintf(name, 24, "layer%d.%s", layer, names[which]);
}

static void add_gains(FloatBlock *blocks, int *count, int layer, const char *name, int32_t gains,
                      float *value) {
  FloatBlock *block = &blocks[(*count)++];
  snprintf(block->name, sizeof block->name, "layer%d.%s", layer, name);
  block->count = gains;
  block->value = value;
}

int model_float_blocks(const Model *model, FloatBlock blocks[MAX_FLOAT_BLOCKS]) {
  const ModelConfig *c = &model->config;
  int count = 0;
  for (int l = 0; l < c->layers; l++) {
    add_gains(blocks, &count, l, "query_gain", c->heads, model->layer[l].query_gain);
    add_gains(blocks, &count, l, "output_gain", OUTPUT_GAINS, model->layer[l].output_gain);
  }
  return count;
}

/* Sum over the matrices of one layer of what `size` says of each. */
static int64_t matrices_total(const ModelConfig *c, int64_t (*size)(int scheme, int R, int C)) {
  int64_t total = 0;
  for (int i = 0; i < LAYER_MATRICES; i++) {
    int rows, cols;
    matrix_shape(c, (LayerMatrix)i, &rows, &cols);
    total += size(c->scheme, rows, cols);
  }
  return total * c->layers;
}

static int64_t weights_of(int scheme, int R, int C) {
  (void)scheme;
  return (int64_t)R * C;
}

static int64_t packed_bytes_of(int scheme, int R, int C) {
  return (int64_t)(matrix_packed_bytes((SchemeKind)scheme, R, C) + (size_t)R * sizeof(float));
}

int64_t model_matrix_parameters(const ModelConfig *c) { return matrices_total(c, weights_of); }

int64_t model_packed_bytes(const ModelConfig *c) {
  return matrices_total(c, packed_bytes_of) + row_tables_values(c) +
         model_token_parameters(c) * (int64_t)sizeof(int16_t) +
         model_float_parameters(c) * (int64_t)sizeof(float);
}

int64_t model_token_parameters(const ModelConfig *c) { return (int64_t)c->vocab * c->dim; }

int64_t model_float_parameters(const ModelConfig *c) {
  return (int64_t)c->layers * (c->heads + OUTPUT_GAINS);
}

int64_t model_parameters(const ModelConfig *c) {
  return model_matrix_parameters(c) + model_token_parameters(c) + model_float_parameters(c) +
         row_tables_values(c);
}
