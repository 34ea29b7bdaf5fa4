/* info.c - the command that shows what a checkpoint holds. */
#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/numbers.h"
#include "base/quote.h"
#include "base/stream.h"
#include "run/heap.h"
#include "run/model_file.h"

static void print_shape(const ModelConfig *m) {
  printf(
      "  shape      %ld layers, %ld heads, dim %ld, context %ld, vocabulary %ld, bigram rows %ld",
      (long)m->layers, (long)m->heads, (long)m->dim, (long)m->context, (long)m->vocab,
      (long)m->bigram_rows);
  if (m->ngrams > 0)
    printf(", n-grams of 3 to %ld tokens with %ld rows and more of %ld", (long)m->ngrams,
           (long)m->ngram_rows, (long)m->ngram_width);
  printf("\n");
}

static void print_kind(const legacy_llm_header *h) {
  printf("  kind       %s; scheme %s, %s%s, %s\n",
         h->contents == LEGACY_LLM_CONTENTS_MODEL ? "an exported model"
                                                  : "a checkpoint of a training",
         legacy_llm_scheme_method((SchemeKind)h->shape.scheme).name,
         h->shape.norm == NORM_LAYER ? "LayerNorm" : "RMSNorm",
         h->shape.qk_norm == QK_NORM_NONE ? ", queries and keys as they are" : "",
         h->shape.activation == ACTIVATION_RELU ? "ReLU" : "squared ReLU");
  printf("  size       %lld weights in matrices, %lld values of int16 in embeddings of tokens,\n"
         "             %lld values of int8 in rows of pairs and n-grams, %lld floats\n",
         (long long)legacy_llm_matrix_weights(&h->shape),
         (long long)legacy_llm_token_values(&h->shape), (long long)legacy_llm_row_values(&h->shape),
         (long long)legacy_llm_float_parameters(&h->shape));
}

static void print_training(const legacy_llm_header *h) {
  char rate[24], embedding_rate[24];
  if (h->step == 0 && h->text.tokens == 0) { /* as of a GGUF file */
    printf("  training   unknown\n");
    return;
  }
  format_decimal(rate, h->training.matrix_learning_rate, 6);
  format_decimal(embedding_rate, h->training.embedding_learning_rate, 6);
  printf("  training   step %ld of %ld, batch %ld, warm-up %ld, seed %lu, optimizer %s\n",
         (long)h->step, (long)h->training.steps, (long)h->training.batch, (long)h->training.warmup,
         (unsigned long)h->training.seed,
         legacy_llm_optimizer_method((OptimizerKind)h->training.optimizer).name);
  printf("  rates      %s for matrices, %s for embeddings\n", rate, embedding_rate);
  printf("  text       %ld bytes, %ld tokens, CRC-32 %08lx\n", (long)h->text.bytes,
         (long)h->text.tokens, (unsigned long)h->text.crc);
}

/* The kind, the separator, and of chars those characters that can be seen. */
static void print_tokenizer(const legacy_llm_tokenizer *t) {
  const legacy_llm_tokenizer_facts facts = legacy_llm_tokenizer_tell(t);
  char quoted[4 * LEGACY_LLM_MAX_SEPARATOR + 3]; /* four characters a byte, the quotes, the end */
  printf("  tokenizer  %s", legacy_llm_tokenizer_name(facts.kind));
  if (facts.separator_bytes)
    printf(", documents begin with %s",
           quote_bytes(quoted, sizeof quoted, facts.separator_text, facts.separator_bytes));
  printf("\n");
  if (facts.kind != LEGACY_LLM_CHARS) return;
  printf("  characters ");
  const int characters = facts.tokens - (facts.separator_bytes > 0);
  for (int token = 0; token < characters; token++) {
    uint8_t piece[LEGACY_LLM_MAX_WORD];
    const int bytes = legacy_llm_decode(t, token, piece);
    if (piece[0] > ' ') fwrite(piece, 1, (size_t)bytes, stdout);
  }
  printf("\n");
}

static void print_words(int32_t words_bytes) {
  char bytes[32];
  if (words_bytes > 0)
    printf("  words      it writes only those of its list of %s bytes\n",
           format_bytes(bytes, (uint64_t)words_bytes));
}

/* ---- counts ---- */

/* The table of a checkpoint, from the heap; *counts is null where it has none. */
static bool read_counts(const ModelFile *m, const void *settings, void **memory,
                        legacy_llm_counts **counts, Error *error) {
  const size_t bytes = legacy_llm_checkpoint_counts_size(m->checkpoint);
  if (bytes == 0) return true;
  *memory = check_ram(bytes, (RamLimit){0, settings}, error) ? heap_take(bytes, error) : NULL;
  FILE *file = *memory ? model_file_stream(m, error) : NULL;
  if (!file) return false;
  const Source source = file_source(file, m->path);
  *counts = legacy_llm_checkpoint_counts(*memory, m->checkpoint, &source, error);
  fclose(file);
  return *counts || model_file_advise(m, error);
}

/* The share of the transformer, by what was counted after the longest known context. */
static void print_gates(const float *gate) {
  enum { SHARES = 4, AMOUNTS = LEGACY_LLM_GATES / SHARES };
  static const char *const amounts[AMOUNTS] = {"1", "2 or 3", "4 or more"};
  char number[32];
  printf("             share of the transformer where the likeliest of what was counted next is\n"
         "             %-12s below 1/3  below 0.6  below 0.9     more\n",
         "of");
  for (int n = 0; n < AMOUNTS; n++) {
    printf("             %-12s", amounts[n]);
    for (int s = 0; s < SHARES; s++) {
      const bool possible = n > 0 || s == SHARES - 1; /* of one, one is all */
      format_decimal(number, gate[SHARES * n + s], 3);
      printf(" %9s ", possible ? number : "-");
    }
    printf("\n");
  }
}

/* A line for each length: n-grams of so many tokens, and those contexts that are followed to them.
 */
static void print_counts(const legacy_llm_counts *counts) {
  const legacy_llm_counts_facts f = legacy_llm_counts_tell(counts);
  char bytes[32], packed[32], tokens[32];
  printf("  counts     of n-grams of up to %ld tokens in %s tokens: %s bytes, %s in the file\n",
         (long)f.order, format_bytes(tokens, (uint64_t)f.tokens), format_bytes(bytes, f.bytes),
         format_bytes(packed, f.packed));
  printf("             tokens     n-grams  contexts from\n");
  for (int i = 0; i < f.order; i++) {
    printf("             %6d %11s %14lu\n", i + 1, format_bytes(bytes, f.ngrams[i]),
           (unsigned long)f.threshold[i]);
  }
  print_gates(f.gate);
}

typedef struct {
  SettingsHead head;
  const char *model;
  bool fields;
} InfoSettings;

static const OptionRow info_rows[] = {
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "the checkpoint, exported model or GGUF file to describe",
     .kind = OPTION_FILE,
     .bare = option_any,
     .offset = offsetof(InfoSettings, model),
     .use = FILE_READ},
    {.name = "fields",
     .help = "also print every field of the file's header, in its order",
     .kind = OPTION_FLAG,
     .offset = offsetof(InfoSettings, fields)},
};
static const OptionGroup info_group = OPTION_GROUP("Model", info_rows);
static const CommandGroup groups[] = {{&info_group, 0}, {NULL, 0}};

static void info_defaults(void *settings) { ((InfoSettings *)settings)->model = BUNDLED_MODEL; }

static void print_fields(const legacy_llm_checkpoint *c) {
  const char *name;
  char text[LEGACY_LLM_FIELD_TEXT];
  for (int i = 0; legacy_llm_checkpoint_field(c, i, &name, text); i++)
    printf("    %-16s %s\n", name, text);
}

static void print_all(const InfoSettings *s, const ModelFile *m, const legacy_llm_counts *counts) {
  printf("%s\n", s->model);
  print_shape(&m->header.shape);
  print_kind(&m->header);
  print_training(&m->header);
  print_tokenizer(m->tokenizer);
  print_words(m->header.words_bytes);
  if (counts) print_counts(counts);
  if (s->fields) print_fields(m->checkpoint);
}

static bool info_run(const void *settings, Error *error) {
  const InfoSettings *s = settings;
  ModelFile m;
  void *memory = NULL;
  legacy_llm_counts *counts = NULL;
  const bool good = model_file_read(&m, s, "model", s->model, error) &&
                    read_counts(&m, s, &memory, &counts, error);
  if (good) print_all(s, &m, counts);
  free(memory);
  model_file_close(&m);
  return good;
}

static const char *const examples[] = {"--model my.ckpt", NULL};

const Command info_command = {
    .name = "info",
    .summary = "describes a checkpoint: its shape, training, tokenizer, words and counts",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(InfoSettings),
    .defaults = info_defaults,
    .run = info_run};
