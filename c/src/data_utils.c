/* data_utils.c - reading text, drawing windows, counting baselines. */
#include "data_utils.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "crc32.h"
#include "math_ops.h"

/* ---- UTF-8 (RFC 3629) ---- */

enum { NOT_UTF8 = -1, END_OF_TEXT = -2 };

/* A source of bytes: a file, or a string. */
typedef struct {
  FILE *file;
  const char *string; /* used if file is null */
  int64_t position;   /* bytes taken so far */
  uint32_t crc;
} ByteSource;

static int next_byte(ByteSource *source) {
  int byte = source->file ? getc(source->file) : (unsigned char)*source->string;
  if (source->file ? byte == EOF : byte == 0) return -1;
  if (!source->file) source->string++;
  uint8_t value = (uint8_t)byte;
  source->crc = crc32(source->crc, &value, 1);
  source->position++;
  return byte;
}

/* Next code point, or NOT_UTF8, or END_OF_TEXT. Refuses overlong forms, surrogates and NUL. */
static int32_t next_character(ByteSource *source) {
  static const int32_t smallest[5] = {0, 1, 0x80, 0x800, 0x10000};
  int first = next_byte(source);
  if (first < 0) return END_OF_TEXT;
  int length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length == 0 || first > 0xf4) return NOT_UTF8;
  int32_t character = length == 1 ? first : first & (0x7f >> length);
  for (int i = 1; i < length; i++) {
    int byte = next_byte(source);
    if (byte < 0 || (byte & 0xc0) != 0x80) return NOT_UTF8;
    character = character << 6 | (byte & 0x3f);
  }
  if (character < smallest[length] || character > 0x10ffff) return NOT_UTF8;
  return character >= 0xd800 && character < 0xe000 ? NOT_UTF8 : character;
}

/* ---- vocabulary ---- */

/* Place of the first character that is not below the given one. */
static int lower_bound(const Vocabulary *v, uint32_t character) {
  int low = 0, high = v->size;
  while (low < high) {
    int middle = (low + high) / 2;
    if (v->character[middle] < character)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

int vocabulary_find(const Vocabulary *v, uint32_t character) {
  int at = lower_bound(v, character);
  return at < v->size && v->character[at] == character ? at : -1;
}

static bool vocabulary_add(Vocabulary *v, uint32_t character) {
  int at = lower_bound(v, character);
  if (at < v->size && v->character[at] == character) return true;
  if (v->size == MAX_VOCAB) return false;
  memmove(v->character + at + 1, v->character + at, (size_t)(v->size - at) * sizeof(uint32_t));
  v->character[at] = character;
  v->size++;
  return true;
}

int vocabulary_encode(const Vocabulary *v, const char *string, uint16_t *tokens, int capacity,
                      Error *error) {
  ByteSource source = {.string = string};
  int count = 0;
  for (;;) {
    int32_t character = next_character(&source);
    if (character == END_OF_TEXT) return count;
    int token = character < 0 ? -1 : vocabulary_find(v, (uint32_t)character);
    if (token < 0) {
      error_set(error, EXIT_USAGE,
                "the model does not know the character at byte %ld of \"%.40s\"; it knows those of "
                "its training text only (see `info`)",
                (long)source.position, string);
      return -1;
    }
    if (count == capacity) {
      error_set(error, EXIT_USAGE, "the prompt is longer than %d characters; shorten it", capacity);
      return -1;
    }
    tokens[count++] = (uint16_t)token;
  }
}

int vocabulary_decode(const Vocabulary *v, int token, char utf8[4]) {
  uint32_t c = v->character[token];
  if (c < 0x80) {
    utf8[0] = (char)c;
    return 1;
  }
  int length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (int i = length - 1; i > 0; i--, c >>= 6) utf8[i] = (char)(0x80 | (c & 0x3f));
  utf8[0] = (char)((0xf00 >> length & 0xff) | c);
  return length;
}

/* ---- text files ---- */

static FILE *open_text(const char *path, Error *error) {
  FILE *file = fopen(path, "rb");
  if (!file)
    error_set(error, EXIT_USAGE, "cannot read the text %s: %s; name a UTF-8 text file with --text",
              path, strerror(errno));
  return file;
}

/* What went wrong at a character that is not one. */
static bool bad_character(const ByteSource *source, const char *path, Error *error) {
  if (ferror(source->file))
    return error_set(error, EXIT_USAGE, "cannot read the text %s: %s", path, strerror(errno));
  return error_set(error, EXIT_USAGE,
                   "%s is not a text: no UTF-8 at byte %ld; name a UTF-8 text file with --text",
                   path, (long)source->position);
}

static bool scan_characters(ByteSource *source, const char *path, Text *text, Vocabulary *v,
                            Error *error) {
  for (;;) {
    int32_t character = next_character(source);
    if (character == END_OF_TEXT && !ferror(source->file)) return true;
    if (character <= 0) return bad_character(source, path, error);
    if (v && !vocabulary_add(v, (uint32_t)character))
      return error_set(error, EXIT_USAGE, "%s has more than %d different characters", path,
                       MAX_VOCAB);
    if (text->count == INT32_MAX)
      return error_set(error, EXIT_USAGE, "%s has more than 2 billion characters", path);
    text->count++;
  }
}

bool text_scan(const char *path, Text *text, Vocabulary *vocabulary, Error *error) {
  ByteSource source = {.file = open_text(path, error)};
  if (!source.file) return false;
  memset(text, 0, sizeof *text);
  if (vocabulary) vocabulary->size = 0;
  bool good = scan_characters(&source, path, text, vocabulary, error);
  fclose(source.file);
  if (!good) return false;
  if (text->count == 0)
    return error_set(error, EXIT_USAGE, "the text %s is empty; name another with --text", path);
  if (vocabulary && vocabulary->size < 2)
    return error_set(error, EXIT_USAGE,
                     "%s has only one character, again and again: there is nothing to learn", path);
  text->crc = source.crc;
  text->train_count = (int32_t)((int64_t)text->count * 9 / 10);
  return true;
}

void text_layout(Text *text, Arena *arena) {
  text->tokens = arena_take(arena, MEMORY_TEXT, (size_t)text->count, sizeof(uint16_t));
}

bool text_read(const char *path, Text *text, const Vocabulary *vocabulary, Error *error) {
  ByteSource source = {.file = open_text(path, error)};
  if (!source.file) return false;
  bool good = true;
  for (int32_t i = 0; good && i < text->count; i++) {
    int32_t character = next_character(&source);
    int token = character < 0 ? -1 : vocabulary_find(vocabulary, (uint32_t)character);
    if (token < 0)
      good = error_set(error, EXIT_USAGE,
                       "the model does not know the character at byte %ld of %s; it knows those of "
                       "its training text only",
                       (long)source.position, path);
    text->tokens[i] = (uint16_t)token;
  }
  if (good && (next_byte(&source) >= 0 || source.crc != text->crc))
    good = error_set(error, EXIT_FAILED, "%s changed while it was read; start again", path);
  fclose(source.file);
  return good;
}

bool text_check_length(const Text *text, int context, const char *path, Error *error) {
  if (text->train_count >= 2 * context && text->count - text->train_count > context) return true;
  return error_set(error, EXIT_USAGE,
                   "%s has %ld characters, too few for context %d: it takes %ld; use a longer text "
                   "or a smaller --context",
                   path, (long)text->count, context, 10L * (context + 1));
}

/* ---- training windows ---- */

enum { STREAM_OFFSET = 2000, STREAM_ORDER = 2001 };

/* A permutation of 0..n-1 without a table: four Feistel rounds on the next even power of two,
 * repeated until the value falls below n (cycle walking; Black and Rogaway, 2002). */
static uint32_t permute(uint32_t i, uint32_t n, uint32_t key) {
  uint32_t half = 1;
  while ((uint64_t)1 << (2 * half) < n) half++;
  const uint32_t mask = (1u << half) - 1;
  do {
    uint32_t left = i >> half, right = i & mask;
    for (uint32_t round = 0; round < 4; round++) {
      uint32_t mixed = left ^ (random_u32(key + round, right) & mask);
      left = right;
      right = mixed;
    }
    i = left << half | right;
  } while (i >= n);
  return i;
}

int32_t training_window(const Text *text, int context, uint32_t seed, uint32_t sequence) {
  const uint32_t T = (uint32_t)context, windows = ((uint32_t)text->train_count - T) / T;
  const uint32_t epoch = sequence / windows;
  uint32_t offset = random_key(seed, STREAM_OFFSET, epoch) % T;
  uint32_t window = permute(sequence % windows, windows, random_key(seed, STREAM_ORDER, epoch));
  return (int32_t)(offset + window * T);
}

/* ---- losses ---- */

#define MOST_NATS 127.0f /* float_round is for less than 2^22 units */

void loss_add(LossSum *loss, float nats) {
  loss->sum += float_round((nats < MOST_NATS ? nats : MOST_NATS) * (float)LOSS_UNITS);
  loss->tokens++;
}

void loss_format(char *text, const LossSum *loss) {
  int64_t divisor = loss->tokens * LOSS_UNITS;
  int64_t value = divisor ? (loss->sum * 10000 + divisor / 2) / divisor : 0;
  snprintf(text, 24, "%ld.%04ld", (long)(value / 10000), (long)(value % 10000));
}

/* ---- baselines ---- */

static void sift_down(uint32_t *heap, int32_t from, int32_t count) {
  for (int32_t child; (child = 2 * from + 1) < count; from = child) {
    if (child + 1 < count && heap[child + 1] > heap[child]) child++;
    if (heap[from] >= heap[child]) return;
    uint32_t swap = heap[from];
    heap[from] = heap[child];
    heap[child] = swap;
  }
}

static void heap_sort(uint32_t *x, int32_t count) {
  for (int32_t i = count / 2 - 1; i >= 0; i--) sift_down(x, i, count);
  for (int32_t end = count - 1; end > 0; end--) {
    uint32_t largest = x[0];
    x[0] = x[end];
    x[end] = largest;
    sift_down(x, 0, end);
  }
}

/* Adds the surprise of something that is seen `seen` times out of `total`, once for each. */
static void add_surprise(LossSum *loss, uint32_t seen, uint32_t total) {
  if (seen == 0) return;
  float nats = float_log(float_of_i32((int32_t)total)) - float_log(float_of_i32((int32_t)seen));
  loss->sum += (int64_t)float_round(nats * (float)LOSS_UNITS) * seen;
  loss->tokens += seen;
}

void text_entropies(const uint16_t *tokens, int32_t count, int vocab, uint32_t *scratch,
                    LossSum *unigram, LossSum *bigram) {
  uint32_t *seen = scratch, *pairs = scratch + vocab; /* [V], [count-1] */
  memset(unigram, 0, sizeof *unigram);
  memset(bigram, 0, sizeof *bigram);
  memset(seen, 0, (size_t)vocab * sizeof *seen);
  for (int32_t i = 0; i < count; i++) seen[tokens[i]]++;
  for (int v = 0; v < vocab; v++) add_surprise(unigram, seen[v], (uint32_t)count);
  seen[tokens[count - 1]]--; /* the last token leads nowhere */
  for (int32_t i = 0; i + 1 < count; i++)
    pairs[i] = (uint32_t)tokens[i] * (uint32_t)vocab + tokens[i + 1];
  heap_sort(pairs, count - 1);
  for (int32_t i = 0, next; i + 1 < count; i = next) {
    for (next = i + 1; next + 1 < count && pairs[next] == pairs[i];) next++;
    add_surprise(bigram, (uint32_t)(next - i), seen[pairs[i] / (uint32_t)vocab]);
  }
}
