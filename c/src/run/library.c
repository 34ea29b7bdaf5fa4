/* library.c - those functions of legacy_llm.h that are no more than another name, or a row of a
 * table.
 *
 * The others stand where they belong: trainer.c, reader.c, ngrams.c, text_scan.c, tokenizer.c,
 * tokenizer_file.c, token_file.c.
 */
#include <string.h>

#include "base/processor.h"
#include "base/stream.h"
#include "gguf/bitnet.h"
#include "gguf/vocabulary.h"
#include "math/arithmetic.h"
#include "math/math_ops.h"
#include "math/random.h"
#include "model/loss.h"
#include "run/model_source.h"
#include "run/presets.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"

/* ---- start ---- */

const char *legacy_llm_start(void) {
  const char *refusal = processor_refusal();
  if (refusal) return refusal;
  math_ops_init();
  math_ops_thread_init();
  return arithmetic_fault();
}

void legacy_llm_start_thread(void) { math_ops_thread_init(); }

const char *legacy_llm_version(void) { return LEGACY_LLM_VERSION; }

const char *legacy_llm_kernels(void) { return ops->name; }

bool legacy_llm_training_equal(const legacy_llm_training *a, const legacy_llm_training *b) {
  legacy_llm_training other = *b;
  other.embedding_init = a->embedding_init;
  return memcmp(a, &other, sizeof other) == 0;
}

/* ---- tables ---- */

legacy_llm_method legacy_llm_scheme_method(legacy_llm_scheme kind) {
  static const char *const packed_bits[] = {
      [CODES_TRITS] = "1.6", [CODES_SIGNS] = "1", [CODES_2BIT] = "2"};
  const legacy_llm_method none = {.name = NULL};
  if ((unsigned)kind >= SCHEMES) return none;
  const SchemeRow *row = scheme_row(kind);
  const legacy_llm_method method = {.name = row->name,
                                    .rule = row->formula,
                                    .source = row->source,
                                    .bits = row->bits,
                                    .packed_bits = packed_bits[row->codes]};
  return method;
}

legacy_llm_method legacy_llm_optimizer_method(legacy_llm_optimizer kind) {
  const legacy_llm_method none = {.name = NULL};
  if ((unsigned)kind >= OPTIMIZERS) return none;
  const OptimizerRow *row = optimizer_row(kind);
  const legacy_llm_method method = {.name = row->name,
                                    .rule = row->rule,
                                    .source = row->source,
                                    .bytes = row->bytes,
                                    .default_rate = row->default_rate};
  return method;
}

bool legacy_llm_preset_at(int index, legacy_llm_preset *to) {
  if (index < 0 || index >= PRESETS) return false;
  const Preset *preset = &presets[index];
  memset(to, 0, sizeof *to);
  to->name = preset->name;
  to->about = preset->about;
  to->training.seed = 1;
  to->tokenizer = preset->tokenizer;
  to->vocab = preset->vocab;
  to->result = preset->result;
  preset_apply(preset, &to->shape, &to->training, &to->memory);
  return true;
}

bool legacy_llm_preset_find(const char *name, legacy_llm_preset *to) {
  const Preset *preset = preset_find(name);
  return preset && legacy_llm_preset_at((int)(preset - presets), to);
}

int64_t legacy_llm_matrix_weights(const ModelConfig *shape) {
  return model_matrix_parameters(shape);
}

int64_t legacy_llm_token_values(const ModelConfig *shape) { return model_token_parameters(shape); }

int64_t legacy_llm_float_parameters(const ModelConfig *shape) {
  return model_float_parameters(shape);
}

int64_t legacy_llm_row_values(const ModelConfig *shape) { return row_tables_values(shape); }

int64_t legacy_llm_packed_bytes(const ModelConfig *shape) { return model_packed_bytes(shape); }

const char *legacy_llm_memory_name(MemoryKind kind) {
  return (unsigned)kind < MEMORY_KINDS ? memory_kind_name(kind) : NULL;
}

uint32_t legacy_llm_tokenizer_crc(const Tokenizer *t) { return tokenizer_crc(t); }

/* ---- streams ---- */

Source legacy_llm_memory_source(legacy_llm_memory *memory, const char *name) {
  return memory_source(memory, name);
}

Sink legacy_llm_buffer_sink(Buffer *buffer) { return buffer_sink(buffer); }

/* ---- texts ---- */

int32_t legacy_llm_training_tokens(const legacy_llm_text *text) { return text_train_count(text); }

bool legacy_llm_check_text(const legacy_llm_text *text, int context, const char *name,
                           Error *error) {
  return text_check_length(text, context, name, error);
}

bool legacy_llm_check_evaluation(int32_t most, int context, Error *error) {
  return evaluate_check(most, context, error);
}

/* ---- losses ---- */

void legacy_llm_loss_join(LossSum *loss, const LossSum *other) { loss_join(loss, other); }

void legacy_llm_format_nats(char text[LOSS_TEXT], const LossSum *loss) { loss_format(text, loss); }

void legacy_llm_format_bits(char text[LOSS_TEXT], const LossSum *loss) {
  loss_format_bits(text, loss);
}

void legacy_llm_format_perplexity(char text[LOSS_TEXT], const LossSum *loss) {
  perplexity_format(text, loss);
}

void legacy_llm_format_ratio(char text[LOSS_TEXT], int64_t part, int64_t all) {
  ratio_format(text, part, all);
}

/* ---- checkpoints ---- */

size_t legacy_llm_checkpoint_size(void) { return sizeof(CheckpointHeader); }

CheckpointHeader *legacy_llm_checkpoint_read(void *memory, const Source *from, Error *error) {
  return model_source_header(from, memory, error) ? memory : NULL;
}

legacy_llm_header legacy_llm_checkpoint_header(const CheckpointHeader *c) {
  const legacy_llm_header header = {
      .shape = c->model,
      .training = c->train,
      .contents = c->contents,
      .step = c->step,
      .words_bytes = c->words_bytes,
      .text = {.bytes = c->text_bytes, .crc = c->text_crc, .tokens = c->text_tokens}};
  return header;
}

const Tokenizer *legacy_llm_checkpoint_tokenizer(const CheckpointHeader *c) {
  return &c->tokenizer;
}

void legacy_llm_checkpoint_leave_counts(CheckpointHeader *c) { c->leaves_counts = true; }

void legacy_llm_checkpoint_leave_words(CheckpointHeader *c) { c->leaves_words = true; }

bool legacy_llm_checkpoint_field(const CheckpointHeader *c, int index, const char **name,
                                 char text[FIELD_TEXT]) {
  const CheckpointField *field = checkpoint_field(index);
  if (!field) return false;
  *name = field->name;
  checkpoint_field_format(text, field, c);
  return true;
}

/* ---- GGUF ---- */

const char *legacy_llm_gguf_name(legacy_llm_gguf_type type) {
  return (unsigned)type < LEGACY_LLM_GGUF_TYPES ? gguf_type(type)->name : NULL;
}

bool legacy_llm_gguf_check(const CheckpointHeader *c, legacy_llm_gguf_type type, Error *error) {
  return bitnet_check(c, type, error);
}

int legacy_llm_gguf_strange_tokens(const Tokenizer *t, int *token) {
  return vocabulary_cut_apart(t, token);
}

/* ---- random numbers ---- */

uint32_t legacy_llm_random(uint32_t seed, uint32_t text, uint32_t counter) {
  return random_u32(random_key(seed, STREAM_SAMPLING, text), counter);
}
