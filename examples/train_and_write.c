/* train_and_write.c - learns from a text on standard input, and writes one like it:
 *   cc train_and_write.c $(pkg-config --cflags --libs legacy_llm) && ./a.out < my.txt */
#include <legacy_llm.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_TEXT = 4 << 20, MOST_CHECKPOINT = 4 << 20, STEPS = 200, WRITTEN = 200 };

static legacy_llm_error error;
/* Ends the program where a call has failed. */
static void must(bool good) {
  const char *why = *error.message ? error.message : "the checkpoint is too large";
  if (!good) fprintf(stderr, "train_and_write: %s\n", why), exit(1);
}

/* Learns characters from the text, trains the preset "tiny" on it, and leaves a checkpoint. */
static void train(legacy_llm_memory *text, legacy_llm_buffer *checkpoint) {
  const int64_t size = (int64_t)text->size;
  legacy_llm_source source = legacy_llm_memory_source(text, "the text");
  legacy_llm_tokenizer *tokenizer = legacy_llm_tokenizer_open(malloc(legacy_llm_tokenizer_size()),
                                                              LEGACY_LLM_CHARS, 0, NULL, 0, &error);
  void *scratch = malloc(legacy_llm_scan_size(tokenizer, size));
  must(legacy_llm_learn_tokenizer(tokenizer, &source, size, scratch, &error));
  legacy_llm_preset preset;
  legacy_llm_memory_plan plan;
  legacy_llm_preset_find("tiny", &preset);
  preset.training.steps = STEPS;
  legacy_llm_trainer_settings settings = {
      .tokenizer = tokenizer, .shape = preset.shape, .training = preset.training};
  source = legacy_llm_memory_source(text, "the text");
  must(legacy_llm_count_tokens(tokenizer, &source, &settings.text, scratch, &error));
  must(legacy_llm_trainer_plan(&settings, &plan, &error));
  void *block = malloc(plan.block);
  legacy_llm_trainer *trainer = legacy_llm_trainer_open(block, plan.block, &settings, &error);
  must(trainer != NULL);
  source = legacy_llm_memory_source(text, "the text");
  must(legacy_llm_trainer_read_text(trainer, &source, &error));
  for (legacy_llm_step step = {0}; step.step < STEPS;) {
    char loss[LEGACY_LLM_NUMBER_TEXT];
    must(legacy_llm_trainer_step(trainer, false, &step, &error));
    legacy_llm_format_nats(loss, &step.loss);
    if (step.step % 50 == 0) fprintf(stderr, "step %d: %s nats per token\n", step.step, loss);
  }
  const legacy_llm_sink sink = legacy_llm_buffer_sink(checkpoint);
  must(legacy_llm_trainer_finish(trainer, &error) && legacy_llm_trainer_save(trainer, &sink));
  free(block), free(scratch), free(tokenizer);
}

/* Writes by the model in a checkpoint. */
static void write_text(legacy_llm_memory *checkpoint) {
  const legacy_llm_sampling sampling = {.temperature = 0.7f, .top_p = 1.0f};
  legacy_llm_source source = legacy_llm_memory_source(checkpoint, "the checkpoint");
  legacy_llm_checkpoint *header =
      legacy_llm_checkpoint_read(malloc(legacy_llm_checkpoint_size()), &source, &error);
  must(header != NULL);
  legacy_llm_memory_plan plan;
  legacy_llm_model_plan(header, LEGACY_LLM_USE_WRITE, NULL, &plan);
  source = legacy_llm_memory_source(checkpoint, "the checkpoint");
  legacy_llm_model *model = legacy_llm_model_open(malloc(plan.block), plan.block, header,
                                                  LEGACY_LLM_USE_WRITE, NULL, &source, &error);
  must(model != NULL);
  const legacy_llm_tokenizer *tokenizer = legacy_llm_checkpoint_tokenizer(header);
  for (uint32_t i = 0; i < WRITTEN; i++) {
    uint8_t piece[LEGACY_LLM_MAX_WORD];
    const int token = legacy_llm_next(model, &sampling, legacy_llm_random(1, 0, i));
    fwrite(piece, 1, (size_t)legacy_llm_decode(tokenizer, token, piece), stdout);
    legacy_llm_push(model, token);
  }
  putchar('\n');
}

int main(void) {
  static char bytes[MOST_TEXT], saved[MOST_CHECKPOINT];
  legacy_llm_memory text = {bytes, fread(bytes, 1, MOST_TEXT, stdin), 0};
  legacy_llm_buffer checkpoint = {saved, MOST_CHECKPOINT, 0};
  const char *why = text.size < MOST_TEXT ? legacy_llm_start() : "the text is too long";
  if (why) return fprintf(stderr, "train_and_write: %s\n", why), 1;
  train(&text, &checkpoint);
  write_text(&(legacy_llm_memory){saved, checkpoint.size, 0});
}
