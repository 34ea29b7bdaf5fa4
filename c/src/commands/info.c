/* info.c - the command that shows what a checkpoint holds. */
#include "commands/commands.h"

#include <stdio.h>

#include "base/numbers.h"
#include "base/utf8.h"
#include "run/reader.h"
#include "text/tokenizer_file.h"

static void print_shape(const ModelConfig *m) {
  printf(
      "  shape     %ld layers, %ld heads, dim %ld, context %ld, vocabulary %ld, bigram rows %ld\n",
      (long)m->layers, (long)m->heads, (long)m->dim, (long)m->context, (long)m->vocab,
      (long)m->bigram_rows);
}

static void print_kind(const CheckpointHeader *h) {
  printf("  kind      %s; scheme %s, %s, %s\n",
         h->contents == CONTENTS_MODEL ? "a model only, packed" : "a training",
         scheme_row((SchemeKind)h->model.scheme)->name,
         h->model.norm == NORM_LAYER ? "LayerNorm" : "RMSNorm",
         h->model.activation == ACTIVATION_RELU ? "ReLU" : "squared ReLU");
  printf("  numbers   %lld weights in matrices, %lld floats\n",
         (long long)model_matrix_parameters(&h->model),
         (long long)model_float_parameters(&h->model));
}

static void print_training(const CheckpointHeader *h) {
  char rate[24], embedding_rate[24];
  format_decimal(rate, h->train.matrix_learning_rate, 6);
  format_decimal(embedding_rate, h->train.embedding_learning_rate, 6);
  printf("  training  step %ld of %ld, batch %ld, warm-up %ld, seed %lu, optimizer %s\n",
         (long)h->step, (long)h->train.steps, (long)h->train.batch, (long)h->train.warmup,
         (unsigned long)h->train.seed, optimizer_row((OptimizerKind)h->train.optimizer)->name);
  printf("  rates     %s of matrices, %s of embeddings\n", rate, embedding_rate);
  printf("  text      %ld bytes, %ld tokens, CRC-32 %08lx\n", (long)h->text_bytes,
         (long)h->text_tokens, (unsigned long)h->text_crc);
}

/* The kind, the separator, and of chars those characters that can be seen. */
static void print_tokenizer(const Tokenizer *t) {
  char quoted[4 * MAX_SEPARATOR + 3]; /* four characters a byte, the quotes, the end */
  printf("  tokenizer %s", tokenizer_name((TokenizerKind)t->kind));
  if (t->separator_bytes)
    printf(", documents begin with %s",
           quote_bytes(quoted, sizeof quoted, (const uint8_t *)t->separator, t->separator_bytes));
  printf("\n");
  if (t->kind != TOKENIZER_CHARS) return;
  printf("  knows     ");
  for (int i = 0; i < tokenizer_entries(t); i++) {
    uint8_t utf8[UTF8_LONGEST];
    if (t->entry[i] > ' ') fwrite(utf8, 1, (size_t)utf8_write(t->entry[i], utf8), stdout);
  }
  printf("\n");
}

typedef struct {
  SettingsHead head;
  const char *model;
} InfoSettings;

static const OptionRow info_rows[] = {
    {.name = "model",
     .argument = "FILE",
     .help = "the checkpoint or exported model to describe",
     .kind = OPTION_FILE,
     .offset = offsetof(InfoSettings, model)},
};
static const OptionGroup info_group = OPTION_GROUP("Model", info_rows);
static const CommandGroup groups[] = {{&info_group, 0}, {NULL, 0}};

static void info_defaults(void *settings) { ((InfoSettings *)settings)->model = BUNDLED_MODEL; }

static bool info_run(const void *settings, Error *error) {
  const InfoSettings *s = settings;
  static CheckpointHeader header; /* large, so not on the stack */
  if (!checkpoint_load_header(s->model, &header, error)) return false;
  printf("%s\n", s->model);
  print_shape(&header.model);
  print_kind(&header);
  print_training(&header);
  print_tokenizer(&header.tokenizer);
  return true;
}

static const char *const examples[] = {"--model my.ckpt", NULL};

const Command info_command = {.name = "info",
                              .summary =
                                  "describes a checkpoint: its shape, training and tokenizer",
                              .examples = examples,
                              .groups = groups,
                              .settings_size = sizeof(InfoSettings),
                              .defaults = info_defaults,
                              .run = info_run};
