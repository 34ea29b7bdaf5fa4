/* checkpoint.c - writing and reading what checkpoint.h draws. */
#include "train/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "counts/pack.h"
#include "math/math_ops.h"

enum {
  NAME_BYTES = 24,
  SECTION_HEADER = 32,
  CHUNK = 512 /* bytes that are converted at a time; a multiple of words */
};

/* ---- the list of sections, the same for writing and reading ---- */

/* What a section holds: int8 or packed codes, words of four bytes, or a table of n-grams. */
typedef enum {
  SECTION_BYTES,
  SECTION_UINT32,
  SECTION_INT16,
  SECTION_FLOAT,
  SECTION_FLOAT_POSITIVE,
  SECTION_COUNTS /* data is a Counts, bytes those that it takes when it is packed */
} SectionKind;

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

static bool visit_tokens(const Model *model, float *v, bool training, SectionVisitor *visit,
                         void *context) {
  const size_t vocab = (size_t)model->config.vocab, values = vocab * (size_t)model->config.dim;
  return visit(context, "token_embedding", SECTION_INT16, model->token_embedding,
               values * sizeof(int16_t)) &&
         (!training ||
          visit(context, "token_embedding.v", SECTION_FLOAT_POSITIVE, v, vocab * sizeof(float)));
}

/* The rows of a table, and what is kept of each; state is null where it is only passed over. */
static bool visit_table(const RowTable *table, const RowState *state, bool training,
                        SectionVisitor *visit, void *context) {
  const size_t rows = (size_t)table->rows, words = rows * sizeof(uint32_t);
  return visit(context, table->name, SECTION_BYTES, table->value, rows * (size_t)table->width) &&
         (!training || (visit_named(visit, context, table->name, ".v", SECTION_FLOAT_POSITIVE,
                                    state ? state->v : NULL, words) &&
                        visit_named(visit, context, table->name, ".last", SECTION_UINT32,
                                    state ? state->last : NULL, words)));
}

static bool visit_counts(const CheckpointHeader *h, const Counts *counts, SectionVisitor *visit,
                         void *context) {
  return h->counts_packed == 0 || visit(context, "counts", SECTION_COUNTS,
                                        (void *)(uintptr_t)counts, (size_t)h->counts_packed);
}

static bool visit_words(const CheckpointHeader *h, SectionVisitor *visit, void *context) {
  return h->words_bytes == 0 ||
         visit(context, "words", SECTION_BYTES, h->words, (size_t)h->words_bytes);
}

static bool visit_sections(const CheckpointHeader *h, const Model *model,
                           const OptimizerState *state, const Counts *counts, SectionVisitor *visit,
                           void *context) {
  if (!visit_counts(h, counts, visit, context) || !visit_words(h, visit, context)) return false;
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
  if (!visit_tokens(model, state ? state->token_v : NULL, training, visit, context)) return false;
  FloatBlock blocks[MAX_FLOAT_BLOCKS];
  int count = model_float_blocks(model, blocks);
  for (int i = 0; i < count; i++)
    if (!visit_block(&blocks[i], state ? state->adam_m[i] : NULL, state ? state->adam_v[i] : NULL,
                     training, visit, context))
      return false;
  for (int i = 0; i < model->rows.count; i++)
    if (!visit_table(&model->rows.table[i], state ? &state->rows[i] : NULL, training, visit,
                     context))
      return false;
  return visit(context, "end", SECTION_BYTES, NULL, 0);
}

static bool visit_tokenizer(const Tokenizer *t, SectionVisitor *visit, void *context) {
  const size_t bytes = (size_t)tokenizer_entries(t) * sizeof *t->entry;
  return visit(context, "tokenizer", SECTION_UINT32, (void *)(uintptr_t)t->entry, bytes);
}

/* ---- numbers in bytes ---- */

static bool has_floats(SectionKind kind) {
  return kind == SECTION_FLOAT || kind == SECTION_FLOAT_POSITIVE;
}

/* Bytes of a value of a section. */
static size_t width_of(SectionKind kind) {
  return has_floats(kind) || kind == SECTION_UINT32 ? 4 : kind == SECTION_INT16 ? 2 : 1;
}

/* Writes what a section holds, in the bytes of a file. */
static bool write_data(const Sink *to, SectionKind kind, const void *data, size_t bytes) {
  uint8_t chunk[CHUNK];
  if (kind == SECTION_COUNTS) return counts_write(data, to);
  for (size_t at = 0, part; at < bytes; at += part) {
    part = bytes - at < CHUNK ? bytes - at : CHUNK;
    put_values(chunk, (const uint8_t *)data + at, part, width_of(kind));
    if (!sink_write(to, chunk, part)) return false;
  }
  return true;
}

/* Name and size, the sum still 0. */
static void begin_section_header(uint8_t head[SECTION_HEADER], const char *name, size_t bytes) {
  memset(head, 0, SECTION_HEADER);
  memcpy(head, name, strlen(name) < NAME_BYTES ? strlen(name) : NAME_BYTES);
  put_u32(head + NAME_BYTES, (uint32_t)bytes);
}

static void make_section_header(uint8_t head[SECTION_HEADER], const char *name, SectionKind kind,
                                const void *data, size_t bytes) {
  begin_section_header(head, name, bytes);
  uint32_t crc = crc32(0, head, NAME_BYTES + 4);
  const Sink sum = crc_sink(&crc);
  if (kind == SECTION_COUNTS)
    crc = crc32_join(crc, counts_packed_sum(data), bytes);
  else
    write_data(&sum, kind, data, bytes);
  put_u32(head + NAME_BYTES + 4, crc);
}

/* ---- writing ---- */

/* context: a Sink. */
static bool write_section(void *context, const char *name, SectionKind kind, void *data,
                          size_t bytes) {
  const Sink *sink = context;
  uint8_t head[SECTION_HEADER];
  make_section_header(head, name, kind, data, bytes);
  return sink_write(sink, head, sizeof head) && write_data(sink, kind, data, bytes);
}

bool checkpoint_write(const Sink *sink, const CheckpointHeader *header, const Model *model,
                      const OptimizerState *state, const Counts *counts) {
  uint8_t bytes[CHECKPOINT_HEADER_BYTES];
  Sink to = *sink;
  checkpoint_header_pack(header, bytes);
  return sink_write(sink, bytes, sizeof bytes) &&
         visit_tokenizer(&header->tokenizer, write_section, &to) &&
         visit_sections(header, model, state, counts, write_section, &to);
}

/* Section headers hold the sum of their data, so their sum is that of everything. */
static bool sum_section(void *context, const char *name, SectionKind kind, void *data,
                        size_t bytes) {
  uint32_t *crc = context;
  uint8_t head[SECTION_HEADER];
  make_section_header(head, name, kind, data, bytes);
  *crc = crc32(*crc, head, SECTION_HEADER);
  return true;
}

uint32_t checkpoint_crc(const CheckpointHeader *header, const Model *model,
                        const OptimizerState *state, const Counts *counts) {
  uint32_t crc = 0;
  visit_sections(header, model, state, counts, sum_section, &crc);
  return crc;
}

/* ---- reading: one section ---- */

typedef struct {
  const Source *source;
  Error why; /* of what went wrong: a part of the sentence that the caller sees */
} Reader;

/* Says why a section is refused; false. `format` has one %s, for its name. */
static bool refuse_section(Reader *r, const char *format, const char *name) {
  char text[128];
  snprintf(text, sizeof text, format, name);
  return error_set(&r->why, EXIT_USAGE, "%s", text);
}

/* Says that reading failed at a place, which may have a name, and why, where the source told;
 * false.
 */
static bool reading_failed(Reader *r, const char *where, const char *name) {
  const int reason = errno;
  return error_set(&r->why, EXIT_FAILED, "reading failed %s%s%s%s", where, name, reason ? ": " : "",
                   reason ? strerror(reason) : "");
}

/* What a read that is not whole means in a section: that the bytes end, or that nobody knows. */
static bool refuse_read(Reader *r, ReadStatus status, const char *where, const char *name) {
  if (status == READ_FAILED) return reading_failed(r, where, name);
  return error_set(&r->why, EXIT_USAGE, "the file ends %s%s", where, name);
}

/* Reads data into `data`, or passes over it if that is null; continues crc over it. */
static ReadStatus read_data(Reader *r, SectionKind kind, void *data, size_t bytes, uint32_t *crc) {
  uint8_t chunk[CHUNK];
  for (size_t at = 0, part; at < bytes; at += part) {
    part = bytes - at < CHUNK ? bytes - at : CHUNK;
    const ReadStatus status = source_read(r->source, chunk, part);
    if (status != READ_WHOLE) return status;
    *crc = crc32(*crc, chunk, part);
    if (data) get_values((uint8_t *)data + at, chunk, part, width_of(kind));
  }
  return READ_WHOLE;
}

/* A part of a source that is summed as it is read. */
typedef struct {
  const Source *source;
  size_t left; /* bytes that may still be read */
  uint32_t crc;
  bool ended, failed; /* what the source itself did */
} SummedPart;

/* context: a SummedPart. */
static ptrdiff_t read_summed(void *context, void *bytes, size_t size) {
  SummedPart *p = context;
  const size_t most = size < p->left ? size : p->left;
  const ptrdiff_t got = p->source->read(p->source->context, bytes, most);
  p->failed = p->failed || got < 0;
  p->ended = p->ended || (got >= 0 && (size_t)got < most);
  if (got <= 0) return got;
  p->left -= (size_t)got;
  p->crc = crc32(p->crc, bytes, (size_t)got);
  return got;
}

/* Reads the n-grams, and passes over what is left where they are refused: *sound says whether they
 * were, r->why why not. What the sum says comes first. */
static ReadStatus read_table(Reader *r, Counts *counts, size_t bytes, uint32_t *crc, bool *sound) {
  SummedPart part = {.source = r->source, .left = bytes, .crc = *crc};
  const Source source = {&part, read_summed, r->source->name};
  *sound = counts_read(counts, &source, bytes, &r->why);
  *crc = part.crc;
  if (part.failed || part.ended) return part.failed ? READ_FAILED : READ_ENDED;
  return read_data(r, SECTION_BYTES, NULL, part.left, crc);
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

/* context: a Reader. */
static bool read_section(void *context, const char *name, SectionKind kind, void *data,
                         size_t bytes) {
  Reader *r = context;
  uint8_t head[SECTION_HEADER], expected[SECTION_HEADER];
  begin_section_header(expected, name, bytes);
  ReadStatus status = source_read(r->source, head, sizeof head);
  if (status != READ_WHOLE) return refuse_read(r, status, "before section ", name);
  if (memcmp(head, expected, NAME_BYTES + 4) != 0)
    return refuse_section(r, "it is damaged: its section %s is missing or misplaced", name);
  uint32_t crc = crc32(0, head, NAME_BYTES + 4);
  bool sound = true;
  status = kind == SECTION_COUNTS && data ? read_table(r, data, bytes, &crc, &sound)
                                          : read_data(r, kind, data, bytes, &crc);
  if (status != READ_WHOLE) return refuse_read(r, status, "within section ", name);
  if (crc != get_u32(head + NAME_BYTES + 4))
    return refuse_section(r, "its section %s is damaged", name);
  if (!sound) return false; /* and r->why says why */
  if (has_floats(kind) && !sound_floats(data, bytes / sizeof(float), kind))
    return refuse_section(r, "its section %s holds impossible numbers", name);
  return true;
}

/* ---- reading: the header ---- */

static bool refuse(Error *error, const char *name, const Error *why) {
  return model_refuse(error, "checkpoint", name, why, "one");
}

static bool read_header_bytes(Reader *r, uint8_t bytes[CHECKPOINT_HEADER_BYTES]) {
  const ReadStatus status = source_read(r->source, bytes, CHECKPOINT_HEADER_BYTES);
  if (status == READ_WHOLE) return true;
  if (status == READ_FAILED) return reading_failed(r, "in its header", "");
  return error_set(&r->why, EXIT_USAGE, "it is shorter than the header of a checkpoint");
}

static bool read_header(Reader *r, CheckpointHeader *h) {
  uint8_t bytes[CHECKPOINT_HEADER_BYTES];
  if (!read_header_bytes(r, bytes) || !checkpoint_header_unpack(h, bytes, &r->why) ||
      !visit_tokenizer(&h->tokenizer, read_section, r))
    return false;
  const char *why = tokenizer_settle(&h->tokenizer);
  if (!why && h->model.separator != tokenizer_separator(&h->tokenizer))
    why = "its separator is not the last token of its tokenizer";
  return !why || error_set(&r->why, EXIT_USAGE, "%s", why);
}

bool checkpoint_read_header(const Source *source, CheckpointHeader *header, Error *error) {
  Reader reader = {.source = source};
  return read_header(&reader, header) || refuse(error, source->name, &reader.why);
}

/* ---- reading: the rest ---- */

/* What no training writes: packed rows that are no codes of their kind, latents of -128, whose size
 * does not fit int8, and embeddings beyond their limit. */
static const char *check_matrix(const WeightMatrix *w) {
  const CodeKind kind = scheme_row(w->scheme)->codes;
  const size_t bytes = packed_row_bytes(kind, w->cols);
  for (int r = 0; w->store == STORE_PACKED && r < w->rows; r++)
    if (!packed_row_sound(kind, w->packed + (size_t)r * bytes, w->cols))
      return "its packed weights hold impossible codes";
  for (int i = 0; w->store == STORE_INT8 && i < w->rows * w->cols; i++)
    if (w->latent[i] < -127) return "it holds a latent of -128; latents go from -127 to 127";
  return NULL;
}

static const char *check_rows(const RowTable *table) {
  for (int i = 0; i < table->rows * table->width; i++)
    if (table->value[i] < -127) return "it holds a row with -128; rows go from -127 to 127";
  return NULL;
}

static const char *check_tokens(const Model *model) {
  const int limit = token_limit(&model->config);
  for (int64_t i = 0; i < model_token_parameters(&model->config); i++)
    if (model->token_embedding[i] < -limit || model->token_embedding[i] > limit)
      return "it holds an embedding of a token that is too large";
  return NULL;
}

static const char *check_words(const CheckpointHeader *h) {
  const WordList list = {h->words, h->words ? (uint32_t)h->words_bytes : 0};
  return word_list_fault(&list);
}

static const char *check_weights(const CheckpointHeader *h, const Model *model) {
  const char *why = check_words(h);
  if (!why) why = check_tokens(model);
  for (int i = 0; !why && i < model->rows.count; i++) why = check_rows(&model->rows.table[i]);
  for (int l = 0; !why && l < model->config.layers; l++)
    for (int i = 0; !why && i < LAYER_MATRICES; i++) why = check_matrix(&model->layer[l].matrix[i]);
  return why;
}

/* The end of the source, and all of the model and its words that sums do not tell. */
static bool check_end(Reader *r, const CheckpointHeader *header, const Model *model) {
  const ReadStatus end = source_end(r->source);
  if (end == READ_FAILED) return reading_failed(r, "at its end", "");
  const char *why =
      end == READ_WHOLE ? "it goes on after its last section" : check_weights(header, model);
  return !why || error_set(&r->why, EXIT_USAGE, "%s", why);
}

static bool read_sections(Reader *r, const CheckpointHeader *header, Model *model,
                          OptimizerState *state, Counts *counts) {
  if (!visit_sections(header, model, state, counts, read_section, r) ||
      !check_end(r, header, model))
    return false;
  model_init_rope(model);
  model_quantize(model);
  return true;
}

bool checkpoint_read_sections(const Source *source, const CheckpointHeader *header, Model *model,
                              OptimizerState *state, Counts *counts, Error *error) {
  Reader reader = {.source = source};
  return read_sections(&reader, header, model, state, counts) ||
         refuse(error, source->name, &reader.why);
}

/* Whether the section that comes is just this; context: a Reader. */
static bool same_section(void *context, const char *name, SectionKind kind, void *data,
                         size_t bytes) {
  Reader *r = context;
  uint8_t head[SECTION_HEADER], expected[SECTION_HEADER];
  uint32_t crc;
  make_section_header(expected, name, kind, data, bytes);
  if (source_read(r->source, head, sizeof head) != READ_WHOLE ||
      memcmp(head, expected, sizeof head) != 0)
    return false;
  crc = crc32(0, head, NAME_BYTES + 4);
  return read_data(r, kind, NULL, bytes, &crc) == READ_WHOLE &&
         crc == get_u32(head + NAME_BYTES + 4);
}

/* Passes over header and tokenizer, which must be those of `header`. */
static bool read_header_again(Reader *r, const CheckpointHeader *header) {
  uint8_t bytes[CHECKPOINT_HEADER_BYTES];
  if (!read_header_bytes(r, bytes)) return false;
  return (checkpoint_header_same(header, bytes) &&
          visit_tokenizer(&header->tokenizer, same_section, r)) ||
         error_set(&r->why, EXIT_USAGE, "it changed while it was read");
}

bool checkpoint_read(const Source *source, const CheckpointHeader *header, Model *model,
                     OptimizerState *state, Counts *counts, Error *error) {
  Reader reader = {.source = source};
  return (read_header_again(&reader, header) &&
          read_sections(&reader, header, model, state, counts)) ||
         refuse(error, source->name, &reader.why);
}

bool checkpoint_read_counts(const Source *source, const CheckpointHeader *header, Counts *counts,
                            Error *error) {
  Reader reader = {.source = source};
  return (read_header_again(&reader, header) &&
          visit_counts(header, counts, read_section, &reader)) ||
         refuse(error, source->name, &reader.why);
}
