/* test_checkpoint.c - checkpoints in memory: what is written is read, all else is refused. */
#include <string.h>

#include "base/bytes.h"
#include "base/stream.h"
#include "counts/build.h"
#include "counts/pack.h"
#include "tests/frame.h"
#include "train/checkpoint.h"

static CheckpointHeader header, again;
static uint8_t file[1 << 16];
static size_t file_bytes;

enum { COUNTS_BYTES = 8192, COUNTED = 200 };

static Counts counts;
static union {
  uint64_t aligned;
  uint8_t bytes[COUNTS_BYTES];
} counts_block;

static bool says(const Error *error, const char *words) {
  return strstr(error->message, words) != NULL;
}

/* A training of the small shape, with a token a letter. */
static void make_header(void) {
  memset(&header, 0, sizeof header);
  header.model = small_shape;
  header.train = (TrainConfig){.steps = 10,
                               .batch = 2,
                               .seed = 4000000000u,
                               .optimizer = OPTIMIZER_MUON,
                               .matrix_learning_rate = 0.25f,
                               .embedding_learning_rate = 0.5f,
                               .clip = 1.0f,
                               .counts = COUNTS_BYTES,
                               .order = 3};
  header.step = 3;
  header.tokenizer.size = small_shape.vocab;
  for (uint32_t i = 0; i < (uint32_t)small_shape.vocab; i++) header.tokenizer.entry[i] = 'a' + i;
  check(tokenizer_settle(&header.tokenizer) == NULL, "the test's tokenizer");
}

/* No n-grams. */
static void clear_counts(void) {
  const CountsShape shape = {header.model.vocab, 0, header.train.order, COUNTS_BYTES};
  counts_clear(&counts, &shape, counts_block.bytes);
}

/* Those of some tokens, and what the header says of them. */
static bool make_counts(void) {
  Error error;
  uint8_t tokens[COUNTED];
  for (int i = 0; i < COUNTED; i++)
    tokens[i] = (uint8_t)(random_u32(1, (uint32_t)i) % 5 * (random_u32(2, (uint32_t)i) % 2));
  const Text text = {
      .count = COUNTED, .kept = COUNTED, .vocab = header.model.vocab, .width = 1, .tokens = tokens};
  clear_counts();
  const CountedPart part = {&text, 0, COUNTED};
  if (!check(counts_build(&counts, &part, NOTHING_LENT, &error), "they cannot be counted"))
    return false;
  header.counts_bytes = (int32_t)counts_table_bytes(&counts);
  header.counts_packed = (int32_t)counts_packed_bytes(&counts);
  return true;
}

/* A rig's model, written into `file`; false without memory. */
static bool write_file(uint32_t seed) {
  Buffer to = {file, sizeof file, 0};
  const Sink sink = buffer_sink(&to);
  make_header();
  if (!make_counts() || !rig_open(&small_shape, seed)) return false;
  check(checkpoint_write(&sink, &header, &rig.model, &rig.optimizer, &counts),
        "it could not be written");
  file_bytes = to.size;
  return true;
}

static bool read_file(const Source *source, Error *error) {
  clear_counts();
  return checkpoint_read_header(source, &again, error) &&
         checkpoint_read_sections(source, &again, &rig.model, &rig.optimizer, &counts, error);
}

static bool read_bytes(size_t count, Error *error) {
  Memory from = {file, count, 0};
  const Source source = memory_source(&from, "it");
  return read_file(&source, error);
}

/* ---- what is written is read ---- */

static void test_round_trip(void) {
  Error error = {EXIT_OK, ""};
  if (!write_file(1)) return;
  const uint32_t crc = checkpoint_crc(&header, &rig.model, &rig.optimizer, &counts);
  rig_close();
  if (!rig_open(&small_shape, 2)) return;
  check(checkpoint_crc(&header, &rig.model, &rig.optimizer, &counts) != crc,
        "seeds make no difference");
  check(read_bytes(file_bytes, &error), "it is refused: %s", error.message);
  check(memcmp(&again, &header, sizeof header) == 0, "another header came back");
  check(checkpoint_crc(&again, &rig.model, &rig.optimizer, &counts) == crc,
        "another model came back");
  Memory from = {file, file_bytes, 0};
  Source source = memory_source(&from, "it");
  check(checkpoint_read(&source, &header, &rig.model, NULL, NULL, &error), "without its state: %s",
        error.message);
  source = memory_source(&from, "it");
  header.step++;
  check(!checkpoint_read(&source, &header, &rig.model, NULL, NULL, &error) &&
            says(&error, "changed"),
        "another header is not noticed");
  rig_close();
}

/* ---- what ends, fails or is full ---- */

/* A source that fails after `left` bytes. */
static ptrdiff_t read_failing(void *context, void *bytes, size_t size) {
  Memory *memory = context;
  if (memory->taken + size > memory->size) return -1;
  memcpy(bytes, (const uint8_t *)memory->bytes + memory->taken, size);
  memory->taken += size;
  return (ptrdiff_t)size;
}

static void test_ends(void) {
  enum { STRIDE = 97 };
  Error error;
  if (!write_file(1)) return;
  for (size_t count = 0; count < file_bytes; count += STRIDE) {
    Memory from = {file, count, 0};
    const Source failing = {&from, read_failing, "it"};
    check(!read_bytes(count, &error) && error.exit_code == EXIT_USAGE &&
              (says(&error, "ends") || says(&error, "shorter")),
          "cut at %d: %s", (int)count, error.message);
    check(!read_file(&failing, &error) && error.exit_code == EXIT_FAILED && says(&error, "failed"),
          "a source that fails at %d: %s", (int)count, error.message);
    Buffer to = {file, count, 0};
    const Sink sink = buffer_sink(&to);
    if (!make_counts()) break; /* which reading cleared */
    check(!checkpoint_write(&sink, &header, &rig.model, &rig.optimizer, &counts),
          "room for %d bytes only", (int)count);
  }
  check(!read_bytes(file_bytes + 1, &error) && says(&error, "goes on after its last section"),
        "a byte too many");
  Memory from = {file, file_bytes, 0};
  const Source failing = {&from, read_failing, "it"};
  check(!read_file(&failing, &error) && error.exit_code == EXIT_FAILED, "its end cannot be read");
  rig_close();
}

/* ---- the table of fields ---- */

/* Every field lies behind the one before it, before the sum. */
static void test_fields(void) {
  enum {
    FIRST = 16,
    END = CHECKPOINT_HEADER_BYTES - 4,
    LAST = 25 /* of those up to the separator */
  };
  char text[FIELD_TEXT];
  int at = FIRST, count = 0;
  make_header();
  for (const CheckpointField *f; (f = checkpoint_field(count)); count++) {
    check(f->at >= at, "%s lies at %d, before %d", f->name, f->at, at);
    at = f->at + f->bytes;
  }
  check(at <= END && checkpoint_field(-1) == NULL, "fields end at %d", at);
  check(strcmp(checkpoint_field_format(text, checkpoint_field(0), &header), "2") == 0, "layers");
  check(strcmp(checkpoint_field_format(text, checkpoint_field(13), &header), "4000000000") == 0,
        "seed");
  check(strcmp(checkpoint_field_format(text, checkpoint_field(15), &header), "0.250000") == 0,
        "learning rate");
  memcpy(header.tokenizer.separator, "\n-", 2);
  check(strcmp(checkpoint_field_format(text, checkpoint_field(LAST), &header), "0a2d") == 0,
        "separator");
}

/* Puts a number into a field. */
static void set_field(const CheckpointField *f, int32_t value) {
  const float number = (float)value;
  memcpy((uint8_t *)&header + f->member, f->kind == FIELD_FLOAT ? (const void *)&number : &value,
         sizeof value);
}

static void test_ranges(void) {
  Error error;
  make_header();
  check(checkpoint_header_check(&header, &error), "a sound header is refused");
  const CheckpointField *f;
  for (int i = 0; (f = checkpoint_field(i)); i++) {
    if (f->kind == FIELD_UINT32 || f->kind == FIELD_BYTES || f->low == INT32_MIN) continue;
    for (int side = 0; side < 2; side++) {
      make_header();
      set_field(f, side ? f->high + 1 : f->low - 1);
      check(!checkpoint_header_check(&header, &error) && error.exit_code == EXIT_USAGE &&
                says(&error, f->name),
            "%s beyond its range: %s", f->name, error.message);
    }
  }
}

/* What is written has the lowest byte first, whatever the machine, and is read back. */
static void test_byte_order(void) {
  const uint32_t words[2] = {0x04030201u, 0xfcfdfeffu};
  const float one = 1.0f;
  uint8_t bytes[8];
  uint32_t back[2];
  put_values(bytes, words, 8, 4);
  check(memcmp(bytes, "\1\2\3\4\377\376\375\374", 8) == 0, "words of four bytes");
  get_values(back, bytes, 8, 4);
  check(memcmp(back, words, 8) == 0, "words that are read back");
  put_values(bytes, &one, 4, 4);
  check(memcmp(bytes, "\0\0\200\77", 4) == 0, "a float");
  put_values(bytes, "abcdefg", 7, 1);
  check(memcmp(bytes, "abcdefg", 7) == 0, "single bytes");
}

const Test checkpoint_tests[] = {
    {"checkpoints in memory", test_round_trip},   {"cut checkpoints", test_ends},
    {"fields of the header", test_fields},        {"ranges of the header", test_ranges},
    {"order of bytes in files", test_byte_order}, {NULL, NULL},
};
