/* checkpoint.c - writing and reading the file that checkpoint.h draws. */
#include "train/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/platform.h"
#include "base/safe_file.h"
#include "math/math_ops.h"

enum {
  VERSION = 3,
  HEADER_BYTES = 160,
  HEADER_WORDS = 25,
  SEPARATOR_AT = 16 + 4 * HEADER_WORDS,
  NAME_BYTES = 24,
  SECTION_HEADER = 32
};

static const char magic[8] = {'L', 'E', 'G', 'A', 'C', 'Y', 'L', 'M'};

/* ---- numbers in bytes ---- */

/* The words between header size and separator, as they lie in the file. */
typedef struct {
  uint32_t word[HEADER_WORDS];
} HeaderWords;

static HeaderWords pack_header(const CheckpointHeader *h) {
  const ModelConfig *m = &h->model;
  const TrainConfig *t = &h->train;
  const float rate[3] = {t->matrix_learning_rate, t->embedding_learning_rate, t->clip};
  HeaderWords words = {{(uint32_t)m->layers,
                        (uint32_t)m->heads,
                        (uint32_t)m->dim,
                        (uint32_t)m->context,
                        (uint32_t)m->vocab,
                        (uint32_t)m->separator,
                        (uint32_t)m->bigram_rows,
                        (uint32_t)m->scheme,
                        (uint32_t)m->norm,
                        (uint32_t)m->activation,
                        (uint32_t)t->steps,
                        (uint32_t)t->batch,
                        (uint32_t)t->warmup,
                        t->seed,
                        (uint32_t)t->optimizer,
                        0,
                        0,
                        0,
                        (uint32_t)h->step,
                        (uint32_t)h->text_tokens,
                        (uint32_t)h->text_bytes,
                        h->text_crc,
                        (uint32_t)h->contents,
                        (uint32_t)h->tokenizer.kind,
                        (uint32_t)h->tokenizer.separator_bytes}};
  memcpy(words.word + 15, rate, sizeof rate);
  return words;
}

static void unpack_header(CheckpointHeader *h, const HeaderWords *words) {
  const uint32_t *w = words->word;
  float rate[3];
  memcpy(rate, w + 15, sizeof rate);
  h->model =
      (ModelConfig){(int32_t)w[0], (int32_t)w[1], (int32_t)w[2], (int32_t)w[3], (int32_t)w[4],
                    (int32_t)w[5], (int32_t)w[6], (int32_t)w[7], (int32_t)w[8], (int32_t)w[9]};
  h->train = (TrainConfig){.steps = (int32_t)w[10],
                           .batch = (int32_t)w[11],
                           .warmup = (int32_t)w[12],
                           .seed = w[13],
                           .optimizer = (int32_t)w[14],
                           .matrix_learning_rate = rate[0],
                           .embedding_learning_rate = rate[1],
                           .clip = rate[2]};
  h->step = (int32_t)w[18];
  h->text_tokens = (int32_t)w[19];
  h->text_bytes = (int32_t)w[20];
  h->text_crc = w[21];
  h->contents = (int32_t)w[22];
  h->tokenizer.kind = (int32_t)w[23];
  h->tokenizer.separator_bytes = (int32_t)w[24];
  h->tokenizer.size = h->model.vocab;
}

WeightStore checkpoint_store(const CheckpointHeader *h) {
  if (h->contents == CONTENTS_MODEL) return STORE_PACKED;
  return optimizer_row((OptimizerKind)h->train.optimizer)->store;
}

bool training_check(const CheckpointHeader *h, Error *error) {
  const OptimizerRow *row = optimizer_row((OptimizerKind)h->train.optimizer);
  const SchemeRow *scheme = scheme_row((SchemeKind)h->model.scheme);
  if (row->store != STORE_PACKED || scheme->codes == CODES_TRITS) return true;
  return error_set(error, EXIT_USAGE,
                   "the optimizer %s steps ternary weights, which the scheme %s has not; take "
                   "another of the two",
                   row->name, scheme->name);
}

/* Whether what options.c would refuse is refused in a file, too. */
static bool sound_settings(const TrainConfig *t, int32_t step) {
  const float rates[3] = {t->matrix_learning_rate, t->embedding_learning_rate, t->clip};
  for (int i = 0; i < 3; i++)
    if (!(rates[i] >= 0.0f && rates[i] <= 1000.0f)) return false; /* NaN fails both */
  return t->steps >= 1 && t->steps <= MAX_STEPS && step >= 0 && step <= t->steps && t->batch >= 1 &&
         t->batch <= MAX_BATCH && t->warmup >= 0 && t->warmup <= t->steps && t->optimizer >= 0 &&
         t->optimizer < OPTIMIZERS && t->clip > 0.0f;
}

/* ---- the list of sections, the same for writing and reading ---- */

typedef enum { SECTION_BYTES, SECTION_FLOAT, SECTION_FLOAT_POSITIVE } SectionKind;

/* Called for each section; data is null where there is nothing to write from or read into. */
typedef bool SectionVisitor(void *context, const char *name, SectionKind kind, void *data,
                            size_t bytes);

/* Visits the section base + suffix: "layer0.wq" + ".momentum". */
static bool visit_named(SectionVisitor *visit, void *context, const char *base, const char *suffix,
                        SectionKind kind, void *data, size_t bytes) {
  char name[40];
  snprintf(name, sizeof name, "%.18s%s", base, suffix);
  return visit(context, name, kind, data, bytes);
}

static bool visit_weights(const WeightMatrix *w, const char *name, SectionVisitor *visit,
                          void *context) {
  const size_t R = (size_t)w->rows, n = R * (size_t)w->cols;
  if (w->store == STORE_INT8) return visit(context, name, SECTION_BYTES, w->latent, n);
  if (w->store == STORE_FLOAT)
    return visit(context, name, SECTION_FLOAT, w->float_latent, n * sizeof(float));
  return visit(context, name, SECTION_BYTES, w->packed,
               matrix_packed_bytes(w->scheme, w->rows, w->cols)) &&
         visit_named(visit, context, name, ".scale", SECTION_FLOAT_POSITIVE, w->scale,
                     R * sizeof(float));
}

/* What the optimizer keeps of a matrix; m is null where it is only passed over. */
static bool visit_state(const WeightMatrix *w, const MatrixState *m, MomentumKind kind,
                        const char *name, SectionVisitor *visit, void *context) {
  const size_t R = (size_t)w->rows, n = R * (size_t)w->cols;
  if (kind == MOMENTUM_NONE) return true;
  if (kind == MOMENTUM_INT8)
    return visit_named(visit, context, name, ".momentum", SECTION_BYTES, m ? m->momentum : NULL,
                       n) &&
           visit_named(visit, context, name, ".mscale", SECTION_FLOAT_POSITIVE,
                       m ? m->momentum_scale : NULL, R * sizeof(float));
  return visit_named(visit, context, name, ".m", SECTION_FLOAT, m ? m->m : NULL,
                     n * sizeof(float)) &&
         (kind != MOMENTUM_ADAM || visit_named(visit, context, name, ".v", SECTION_FLOAT_POSITIVE,
                                               m ? m->v : NULL, n * sizeof(float)));
}

static bool visit_block(const FloatBlock *block, float *m, float *v, bool training,
                        SectionVisitor *visit, void *context) {
  const size_t bytes = (size_t)block->count * sizeof(float);
  return visit(context, block->name, SECTION_FLOAT, block->value, bytes) &&
         (!training ||
          (visit_named(visit, context, block->name, ".m", SECTION_FLOAT, m, bytes) &&
           visit_named(visit, context, block->name, ".v", SECTION_FLOAT_POSITIVE, v, bytes)));
}

static bool visit_sections(const CheckpointHeader *h, const Model *model,
                           const OptimizerState *state, SectionVisitor *visit, void *context) {
  const bool training = h->contents == CONTENTS_TRAINING;
  const MomentumKind momentum =
      training ? optimizer_row((OptimizerKind)h->train.optimizer)->momentum : MOMENTUM_NONE;
  for (int l = 0; l < model->config.layers; l++)
    for (int i = 0; i < LAYER_MATRICES; i++) {
      char name[24];
      const WeightMatrix *w = &model->layer[l].matrix[i];
      model_matrix_name(name, l, (LayerMatrix)i);
      if (!visit_weights(w, name, visit, context) ||
          !visit_state(w, state ? &state->matrix[l][i] : NULL, momentum, name, visit, context))
        return false;
    }
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  int count = model_float_blocks(model, blocks);
  for (int i = 0; i < count; i++)
    if (!visit_block(&blocks[i], state ? state->adam_m[i] : NULL, state ? state->adam_v[i] : NULL,
                     training, visit, context))
      return false;
  return visit(context, "end", SECTION_BYTES, NULL, 0);
}

/* ---- writing ---- */

static void make_section_header(uint8_t head[SECTION_HEADER], const char *name, const void *data,
                                size_t bytes) {
  memset(head, 0, SECTION_HEADER);
  memcpy(head, name, strlen(name) < NAME_BYTES ? strlen(name) : NAME_BYTES);
  put_u32(head + NAME_BYTES, (uint32_t)bytes);
  put_u32(head + NAME_BYTES + 4, crc32(crc32(0, head, NAME_BYTES + 4), data, bytes));
}

static bool write_section(void *context, const char *name, SectionKind kind, void *data,
                          size_t bytes) {
  FILE *stream = context;
  uint8_t head[SECTION_HEADER];
  (void)kind;
  make_section_header(head, name, data, bytes);
  return fwrite(head, 1, sizeof head, stream) == sizeof head &&
         (bytes == 0 || fwrite(data, 1, bytes, stream) == bytes);
}

static bool write_header(FILE *stream, const CheckpointHeader *h) {
  uint8_t bytes[HEADER_BYTES] = {0};
  const Tokenizer *t = &h->tokenizer;
  const HeaderWords words = pack_header(h);
  memcpy(bytes, magic, sizeof magic);
  put_u32(bytes + 8, VERSION);
  put_u32(bytes + 12, HEADER_BYTES);
  for (int i = 0; i < HEADER_WORDS; i++) put_u32(bytes + 16 + 4 * i, words.word[i]);
  memcpy(bytes + SEPARATOR_AT, t->separator, (size_t)t->separator_bytes);
  put_u32(bytes + HEADER_BYTES - 4, crc32(0, bytes, HEADER_BYTES - 4));
  return fwrite(bytes, 1, HEADER_BYTES, stream) == HEADER_BYTES;
}

/* As in memory: the machine is little-endian. */
static bool visit_tokenizer(const Tokenizer *t, SectionVisitor *visit, void *context) {
  const size_t bytes = (size_t)tokenizer_entries(t) * sizeof *t->entry;
  return visit(context, "tokenizer", SECTION_BYTES, (void *)(uintptr_t)t->entry, bytes);
}

/* Writes everything into an open file; commit sees a write that failed. */
static void write_all(SafeFile *file, const CheckpointHeader *header, const Model *model,
                      const OptimizerState *state) {
  if (write_header(file->stream, header) &&
      visit_tokenizer(&header->tokenizer, write_section, file->stream))
    visit_sections(header, model, state, write_section, file->stream);
}

bool checkpoint_save(const char *path, int older, const CheckpointHeader *header,
                     const Model *model, const OptimizerState *state, Error *error) {
  SafeFile file;
  if (!safe_file_open(&file, path, error)) return false;
  write_all(&file, header, model, state);
  return safe_file_commit_keeping(&file, older, error);
}

bool checkpoint_try(const char *path, const CheckpointHeader *header, const Model *model,
                    const OptimizerState *state, Error *error) {
  SafeFile file;
  if (!safe_file_open(&file, path, error)) return false;
  write_all(&file, header, model, state);
  return safe_file_rehearse(&file, error);
}

/* Section headers hold the sum of their data, so their sum is that of everything. */
static bool sum_section(void *context, const char *name, SectionKind kind, void *data,
                        size_t bytes) {
  uint32_t *crc = context;
  uint8_t head[SECTION_HEADER];
  (void)kind;
  make_section_header(head, name, data, bytes);
  *crc = crc32(*crc, head, SECTION_HEADER);
  return true;
}

uint32_t checkpoint_crc(const CheckpointHeader *header, const Model *model,
                        const OptimizerState *state) {
  uint32_t crc = 0;
  visit_sections(header, model, state, sum_section, &crc);
  return crc;
}

/* ---- reading: sections ---- */

typedef struct {
  FILE *stream;
  char why[96];
} Reader;

/* Continues crc over data that is read into `data`, or passed over if that is null. */
static bool read_data(Reader *reader, void *data, size_t bytes, uint32_t *crc) {
  uint8_t chunk[512];
  while (bytes > 0) {
    size_t part = bytes < sizeof chunk ? bytes : sizeof chunk;
    if (fread(chunk, 1, part, reader->stream) != part) return false;
    *crc = crc32(*crc, chunk, part);
    if (data) memcpy(data, chunk, part), data = (uint8_t *)data + part;
    bytes -= part;
  }
  return true;
}

/* Whether floats are what training can leave behind: finite, below 2^40, and not negative where the
 * kind says so. What is passed over (null) is not looked at. */
static bool sound_floats(const float *x, size_t count, SectionKind kind) {
  const uint32_t bound = (uint32_t)(127 + 40) << 23;
  for (size_t i = 0; x && i < count; i++) {
    const uint32_t bits = float_bits(x[i]);
    if ((kind == SECTION_FLOAT_POSITIVE ? bits : bits & 0x7fffffffu) >= bound) return false;
  }
  return true;
}

/* Says why a section is refused; false. */
static bool refuse_section(Reader *reader, const char *format, const char *name) {
  snprintf(reader->why, sizeof reader->why, format, name);
  return false;
}

static bool read_section(void *context, const char *name, SectionKind kind, void *data,
                         size_t bytes) {
  Reader *reader = context;
  uint8_t head[SECTION_HEADER], expected[NAME_BYTES] = {0};
  memcpy(expected, name, strlen(name) < NAME_BYTES ? strlen(name) : NAME_BYTES);
  if (fread(head, 1, sizeof head, reader->stream) != sizeof head)
    return refuse_section(reader, "it ends before its section %s", name);
  if (memcmp(head, expected, NAME_BYTES) != 0 || get_u32(head + NAME_BYTES) != bytes)
    return refuse_section(reader, "where section %s should be is something else", name);
  uint32_t crc = crc32(0, head, NAME_BYTES + 4);
  if (!read_data(reader, data, bytes, &crc))
    return refuse_section(reader, "it ends within its section %s", name);
  if (crc != get_u32(head + NAME_BYTES + 4))
    return refuse_section(reader, "its section %s is damaged", name);
  if (kind != SECTION_BYTES && !sound_floats(data, bytes / sizeof(float), kind))
    return refuse_section(reader, "its section %s holds impossible numbers", name);
  return true;
}

/* ---- reading: the header ---- */

/* "FILE is not a good checkpoint: why; what to do" */
static bool refuse(Error *error, const char *path, const char *why) {
  return error_set(error, EXIT_USAGE,
                   "cannot use the checkpoint %s: %s; train a new one, or name another", path, why);
}

static FILE *open_checkpoint(const char *path, Error *error) {
  FILE *file = fopen(path, "rb");
  if (!file) refuse(error, path, strerror(errno));
  return file;
}

/* Reads the fixed part into h; returns why it is bad, or null. */
static const char *read_words(FILE *stream, CheckpointHeader *h) {
  uint8_t bytes[HEADER_BYTES];
  HeaderWords words;
  if (fread(bytes, 1, HEADER_BYTES, stream) != HEADER_BYTES)
    return "it is shorter than a header, or unreadable";
  if (memcmp(bytes, magic, sizeof magic) != 0) return "it is not a checkpoint of this program";
  if (get_u32(bytes + 8) > VERSION) return "it is of a newer version of this program";
  if (get_u32(bytes + 8) < VERSION) return "it is of an older version of this program";
  if (get_u32(bytes + 12) != HEADER_BYTES) return "its header has the wrong size";
  if (get_u32(bytes + HEADER_BYTES - 4) != crc32(0, bytes, HEADER_BYTES - 4))
    return "its header is damaged";
  for (int i = 0; i < HEADER_WORDS; i++) words.word[i] = get_u32(bytes + 16 + 4 * i);
  unpack_header(h, &words);
  memcpy(h->tokenizer.separator, bytes + SEPARATOR_AT, MAX_SEPARATOR);
  return NULL;
}

/* Returns why a header cannot be one of a training or a model, or null. */
static const char *check_settings(const CheckpointHeader *h, Error *shape) {
  if (!model_check_config(&h->model, shape)) return shape->message;
  if (!sound_settings(&h->train, h->step)) return "its training settings are impossible";
  if (h->contents != CONTENTS_TRAINING && h->contents != CONTENTS_MODEL)
    return "its contents are of an unknown kind";
  if (!training_check(h, shape)) return shape->message;
  return NULL;
}

/* Reads header and tokenizer into h; returns why they are bad, or null. */
static const char *read_header(Reader *reader, CheckpointHeader *h, Error *shape) {
  memset(h, 0, sizeof *h);
  const char *why = read_words(reader->stream, h);
  if (!why) why = check_settings(h, shape);
  if (!why) why = tokenizer_check_kind(&h->tokenizer);
  if (why) return why;
  if (!visit_tokenizer(&h->tokenizer, read_section, reader)) return reader->why;
  why = tokenizer_settle(&h->tokenizer);
  if (!why && h->model.separator != tokenizer_separator(&h->tokenizer))
    why = "its separator is not the tokenizer's";
  return why;
}

bool checkpoint_read_header(FILE *stream, const char *name, CheckpointHeader *header,
                            Error *error) {
  Error shape;
  Reader reader = {.stream = stream};
  const char *why = read_header(&reader, header, &shape);
  return why ? refuse(error, name, why) : true;
}

bool checkpoint_load_header(const char *path, CheckpointHeader *header, Error *error) {
  FILE *file = open_checkpoint(path, error);
  if (!file) return false;
  const bool good = checkpoint_read_header(file, path, header, error);
  fclose(file);
  return good;
}

/* ---- reading: the rest ---- */

/* What no training writes: packed rows that are no codes of their kind, and latents of -128, whose
 * size does not fit int8. */
static const char *check_matrix(const WeightMatrix *w) {
  const CodeKind kind = scheme_row(w->scheme)->codes;
  const size_t bytes = packed_row_bytes(kind, w->cols);
  for (int r = 0; w->store == STORE_PACKED && r < w->rows; r++)
    if (!packed_row_sound(kind, w->packed + (size_t)r * bytes, w->cols))
      return "its packed weights hold impossible codes";
  for (int i = 0; w->store == STORE_INT8 && i < w->rows * w->cols; i++)
    if (w->latent[i] < -127) return "it holds a latent of -128, and they end at -127";
  return NULL;
}

static const char *check_matrices(const Model *model) {
  const char *why = NULL;
  for (int l = 0; !why && l < model->config.layers; l++)
    for (int i = 0; !why && i < LAYER_MATRICES; i++) why = check_matrix(&model->layer[l].matrix[i]);
  return why;
}

bool checkpoint_read(FILE *stream, const char *name, const CheckpointHeader *header, Model *model,
                     OptimizerState *state, Error *error) {
  static CheckpointHeader again; /* large, so not on the stack */
  Error shape;
  Reader reader = {.stream = stream};
  const char *why = read_header(&reader, &again, &shape);
  if (!why && (memcmp(&again.model, &header->model, sizeof again.model) != 0 ||
               again.contents != header->contents))
    why = "it changed while it was read";
  if (!why && !visit_sections(header, model, state, read_section, &reader)) why = reader.why;
  if (!why && getc(stream) != EOF) why = "something follows its end";
  if (!why && ferror(stream)) why = "its end cannot be read";
  if (!why) why = check_matrices(model);
  if (why) return refuse(error, name, why);
  model_init_rope(model);
  model_quantize(model);
  return true;
}

bool checkpoint_load(const char *path, const CheckpointHeader *header, Model *model,
                     OptimizerState *state, Error *error) {
  FILE *file = open_checkpoint(path, error);
  if (!file) return false;
  const bool good = checkpoint_read(file, path, header, model, state, error);
  fclose(file);
  return good;
}
