/* model.c - parameters: their memory, first values, and the quantization of latents to trits. */
#include "model.h"

#include <stdio.h>

#include "math_ops.h"

bool model_check_config(const ModelConfig *c, Error *error) {
  struct {
    const char *name;
    int32_t value, low, high;
  } range[] = {
      {"layers", c->layers, 1, MAX_LAYERS},
      {"heads", c->heads, 1, MAX_HEADS},
      {"dim", c->dim, 4, MAX_DIM},
      {"context", c->context, 2, MAX_CONTEXT},
      {"vocabulary", c->vocab, 2, MAX_VOCAB},
      {"bigram-rows", c->bigram_rows, 0, MAX_BIGRAM_ROWS},
  };
  for (size_t i = 0; i < sizeof range / sizeof *range; i++)
    if (range[i].value < range[i].low || range[i].value > range[i].high)
      return error_set(error, EXIT_USAGE, "impossible shape: %s is %ld; it must be %ld to %ld",
                       range[i].name, (long)range[i].value, (long)range[i].low,
                       (long)range[i].high);
  if (c->dim % (2 * c->heads) != 0)
    return error_set(
        error, EXIT_USAGE,
        "impossible shape: dim %ld with %ld heads; dim must be a multiple of 2 * heads",
        (long)c->dim, (long)c->heads);
  return true;
}

/* Rows and columns of one matrix of a layer. */
static void matrix_shape(const ModelConfig *c, LayerMatrix which, int *rows, int *cols) {
  *rows = which == WUP ? hidden_size(c) : c->dim;
  *cols = which == WDOWN ? hidden_size(c) : c->dim;
}

void model_layout(Model *model, const ModelConfig *config, Arena *arena) {
  const size_t V = (size_t)config->vocab, D = (size_t)config->dim, T = (size_t)config->context;
  const size_t half = (size_t)head_size(config) / 2;
  model->config = *config;
  for (int l = 0; l < config->layers; l++) {
    Layer *layer = &model->layer[l];
    for (int i = 0; i < LAYER_MATRICES; i++) {
      TernaryMatrix *m = &layer->matrix[i];
      matrix_shape(config, (LayerMatrix)i, &m->rows, &m->cols);
      m->latent = arena_take(arena, MEMORY_LATENTS, (size_t)m->rows * (size_t)m->cols, 1);
    }
    layer->query_gain = arena_take(arena, MEMORY_EMBEDDINGS, (size_t)config->heads, sizeof(float));
  }
  model->token_embedding = arena_take(arena, MEMORY_EMBEDDINGS, V * D, sizeof(float));
  model->bigram_embedding =
      arena_take(arena, MEMORY_EMBEDDINGS, (size_t)config->bigram_rows * D, sizeof(float));
  model->rope_cos = arena_take(arena, MEMORY_WORKSPACE, T * half, sizeof(float));
  model->rope_sin = arena_take(arena, MEMORY_WORKSPACE, T * half, sizeof(float));
}

/* ---- first values ---- */

enum { STREAM_MATRIX = 1000, STREAM_TOKEN_EMBEDDING = 1, STREAM_BIGRAM_EMBEDDING = 2 };

/* A sum of four uniform values, near a normal one: mean 0, standard deviation 1. */
static float random_normal(uint32_t key, uint32_t counter) {
  int32_t sum = 0;
  for (uint32_t i = 0; i < 4; i++) sum += (int32_t)(random_u32(key, counter * 4 + i) >> 12);
  return (float)(sum - (2 << 20)) * (1.7320508f / (float)(1 << 20));
}

static void init_floats(float *x, int n, float deviation, uint32_t key) {
  for (int i = 0; i < n; i++) x[i] = deviation * random_normal(key, (uint32_t)i);
}

static void init_latents(TernaryMatrix *m, uint32_t key) {
  const float units = 0.05f / LATENT_UNIT;
  for (int i = 0; i < m->rows * m->cols; i++) {
    int32_t q = float_round(units * random_normal(key, (uint32_t)i));
    m->latent[i] = (int8_t)(q > 127 ? 127 : q < -127 ? -127 : q);
  }
}

void model_init(Model *model, uint32_t seed) {
  const ModelConfig *c = &model->config;
  for (int l = 0; l < c->layers; l++) {
    for (int i = 0; i < LAYER_MATRICES; i++)
      init_latents(&model->layer[l].matrix[i],
                   random_key(seed, STREAM_MATRIX, (uint32_t)(l * LAYER_MATRICES + i)));
    for (int h = 0; h < c->heads; h++) model->layer[l].query_gain[h] = 1.0f;
  }
  init_floats(model->token_embedding, c->vocab * c->dim, 0.02f,
              random_key(seed, STREAM_TOKEN_EMBEDDING, 0));
  init_floats(model->bigram_embedding, c->bigram_rows * c->dim, 0.01f,
              random_key(seed, STREAM_BIGRAM_EMBEDDING, 0));
  model_init_rope(model);
  model_quantize(model);
}

void model_init_rope(Model *model) {
  const int half = head_size(&model->config) / 2;
  const float log_base = 9.21034037f; /* ln 10000 */
  for (int t = 0; t < model->config.context; t++)
    for (int i = 0; i < half; i++) {
      float frequency = float_exp(-log_base * ((float)i / (float)half));
      size_t at = (size_t)t * (size_t)half + (size_t)i;
      float_sincos((float)t * frequency, &model->rope_sin[at], &model->rope_cos[at]);
    }
}

/* ---- quantization: absmean ---- */

/* The power of two nearest to x > 0 in the logarithm: up from sqrt(2) on. */
static float nearest_power_of_two(float x) {
  uint32_t bits = float_bits(x);
  int exponent = (int)(bits >> 23) - 127;
  if ((bits & 0x007fffffu) >= (float_bits(1.41421356f) & 0x007fffffu)) exponent++;
  return float_exp2i(exponent);
}

/* A latent counts when 2 n |latent| > sum of |latent|. */
static void matrix_quantize(TernaryMatrix *m) {
  const int32_t n = m->rows * m->cols;
  int32_t sum = 0; /* <= 127 * 2^22 */
  for (int32_t i = 0; i < n; i++) sum += m->latent[i] < 0 ? -m->latent[i] : m->latent[i];
  m->threshold = (int)(sum / (2 * n)) + 1;
  float mean = float_of_i32(sum) / float_of_i32(n) * LATENT_UNIT;
  m->scale = sum > 0 ? nearest_power_of_two(mean) : LATENT_UNIT;
}

void model_quantize(Model *model) {
  for (int l = 0; l < model->config.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++) matrix_quantize(&model->layer[l].matrix[i]);
}

/* ---- names and numbers ---- */

void model_matrix_name(char *name, int layer, LayerMatrix which) {
  static const char *const names[LAYER_MATRICES] = {"wq", "wk", "wv", "wo", "wup", "wdown"};
  snprintf(name, 24, "layer%d.%s", layer, names[which]);
}

static void add_block(FloatBlock *blocks, int *count, const char *name, int32_t n, float *value) {
  FloatBlock *block = &blocks[(*count)++];
  snprintf(block->name, sizeof block->name, "%s", name);
  block->count = n;
  block->value = value;
}

int model_float_blocks(const Model *model, FloatBlock blocks[MAX_FLOAT_BLOCKS]) {
  const ModelConfig *c = &model->config;
  int count = 0;
  add_block(blocks, &count, "token_embedding", c->vocab * c->dim, model->token_embedding);
  if (c->bigram_rows > 0)
    add_block(blocks, &count, "bigram_embedding", c->bigram_rows * c->dim, model->bigram_embedding);
  for (int l = 0; l < c->layers; l++) {
    char name[40];
    snprintf(name, sizeof name, "layer%d.query_gain", l);
    add_block(blocks, &count, name, c->heads, model->layer[l].query_gain);
  }
  return count;
}

int64_t model_ternary_parameters(const ModelConfig *c) {
  int64_t total = 0;
  for (int i = 0; i < LAYER_MATRICES; i++) {
    int rows, cols;
    matrix_shape(c, (LayerMatrix)i, &rows, &cols);
    total += (int64_t)rows * cols;
  }
  return total * c->layers;
}

int64_t model_float_parameters(const ModelConfig *c) {
  return (int64_t)(c->vocab + c->bigram_rows) * c->dim + (int64_t)c->layers * c->heads;
}

int model_bigram_row(const ModelConfig *c, int previous, int token) {
  uint32_t pair = (uint32_t)(previous * c->vocab + token);
  return (int)((pair * 2654435761u >> 7) % (uint32_t)c->bigram_rows);
}
