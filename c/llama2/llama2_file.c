/* llama2_file.c - reads and checks the files of llama2.c. */
#include "llama2/llama2_file.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/stream.h"
#include "math/math_ops.h"

enum { NUMBERS = 7, HEADER_0 = 4 * NUMBERS, HEADER_1 = 256, SHARES_AT = 4 * NUMBERS };
#define MAGIC 0x616b3432u

/* Says why a file cannot be used; returns false. */
static bool refuse(const Source *source, const char *why, const char *advice, Error *error) {
  return error_set(error, EXIT_USAGE, "cannot use the model %s: %s; %s", source->name, why, advice);
}

#define OTHER_FILE "give a float file of llama2.c, such as stories260K.bin"
#define WHOLE_FILE "copy or download it again"

static bool read_bytes(const Source *source, void *bytes, size_t size, Error *error) {
  const ReadStatus status = source_read(source, bytes, size);
  if (status == READ_WHOLE) return true;
  if (status == READ_ENDED) return refuse(source, "the file ends early", WHOLE_FILE, error);
  return refuse(source, errno ? strerror(errno) : "it cannot be read", WHOLE_FILE, error);
}

/* ---- the header ---- */

/* Each number, and what it may be. */
static const struct {
  const char *name;
  int32_t low, high;
} limits[NUMBERS] = {
    {"dim", 2, LLAMA2_MOST_DIM},
    {"hidden_dim", 1, LLAMA2_MOST_HIDDEN},
    {"n_layers", 1, LLAMA2_MOST_LAYERS},
    {"n_heads", 1, LLAMA2_MOST_DIM / 2},
    {"n_kv_heads", 1, LLAMA2_MOST_DIM / 2},
    {"vocab_size", 3, LLAMA2_MOST_VOCAB},
    {"seq_len", 1, 1 << 20},
};

static bool check_numbers(const int32_t numbers[NUMBERS], const Source *source, Error *error) {
  for (int i = 0; i < NUMBERS; i++) {
    if (numbers[i] >= limits[i].low && numbers[i] <= limits[i].high) continue;
    return error_set(
        error, EXIT_USAGE,
        "cannot use the model %s: its %s is %ld, not a number from %ld to %ld; " OTHER_FILE,
        source->name, limits[i].name, (long)numbers[i], (long)limits[i].low, (long)limits[i].high);
  }
  return true;
}

/* Rules across numbers that are each in range. */
static bool check_heads(const Llama2Shape *s, const Source *source, Error *error) {
  const char *why = s->dim % s->heads != 0       ? "its heads do not divide its dim"
                    : s->dim / s->heads % 2 != 0 ? "the size of its heads is odd"
                    : s->heads % s->kv_heads != 0
                        ? "its heads of keys and values do not divide its heads"
                        : NULL;
  return !why || refuse(source, why, OTHER_FILE, error);
}

/* Bytes of a file with this header. */
static uint64_t file_bytes(const Llama2Header *h) {
  const Llama2Shape *s = &h->shape;
  const uint64_t angles =
      h->version == 0 ? (uint64_t)s->context * (uint64_t)llama2_head_size(s) : 0;
  uint64_t floats = angles;
  for (int i = 0; i < LLAMA2_TENSORS; i++) {
    const Llama2Extent e = llama2_extent(s, (Llama2Tensor)i);
    floats += (uint64_t)e.matrices * (uint64_t)e.rows * (uint64_t)e.cols;
  }
  return (h->version == 0 ? HEADER_0 : HEADER_1) + 4 * floats;
}

static bool check_size(const Llama2Header *h, const Source *source, int64_t bytes, Error *error) {
  const uint64_t whole = file_bytes(h);
  if ((uint64_t)bytes == whole) return true;
  return error_set(error, EXIT_USAGE,
                   "cannot use the model %s: it has %lld bytes, where its header tells of %llu; %s",
                   source->name, (long long)bytes, (unsigned long long)whole,
                   (uint64_t)bytes < whole ? WHOLE_FILE : OTHER_FILE);
}

/* The seven numbers, of which the vocabulary of version 0 tells of the classifier by its sign. */
static bool take_numbers(Llama2Header *h, const uint8_t *bytes, const Source *source,
                         Error *error) {
  int32_t n[NUMBERS];
  for (int i = 0; i < NUMBERS; i++) n[i] = (int32_t)get_u32(bytes + 4 * i);
  const bool negative = h->version == 0 && n[5] < 0 && n[5] >= -LLAMA2_MOST_VOCAB;
  if (negative) n[5] = -n[5];
  if (!check_numbers(n, source, error)) return false;
  h->shape = (Llama2Shape){n[0], n[1], n[2], n[3], n[4], n[5], n[6], negative};
  return check_heads(&h->shape, source, error);
}

/* What follows the magic number: the version, the numbers, the flag, zeros. */
static bool read_header_1(Llama2Header *h, uint8_t bytes[HEADER_1], const Source *source,
                          Error *error) {
  if (!read_bytes(source, bytes + HEADER_0, HEADER_1 - HEADER_0, error)) return false;
  if (get_u32(bytes + 4) != 1)
    return error_set(error, EXIT_USAGE,
                     "cannot use the model %s: it is of version %lu of llama2.c's files; export it "
                     "as version 0 or 1, in floats",
                     source->name, (unsigned long)get_u32(bytes + 4));
  h->version = 1;
  if (!take_numbers(h, bytes + 8, source, error)) return false;
  h->shape.own_classifier = bytes[8 + SHARES_AT] == 0;
  return true;
}

bool llama2_read_header(Llama2Header *h, const Source *source, int64_t bytes, Error *error) {
  uint8_t header[HEADER_1];
  h->version = 0;
  if (!read_bytes(source, header, HEADER_0, error)) return false;
  const bool good = get_u32(header) == MAGIC ? read_header_1(h, header, source, error)
                                             : take_numbers(h, header, source, error);
  return good && check_size(h, source, bytes, error);
}

/* ---- weights ---- */

/* Whether all of them are numbers of a size that the arithmetic is made for; the tiny ones become
 * 0. x [n] */
static bool check_weights(float *x, int n) {
  for (int i = 0; i < n; i++) {
    if (!(float_abs(x[i]) <= (float)LLAMA2_MOST_WEIGHT)) return false;
    x[i] = flush_tiny(x[i]);
  }
  return true;
}

static bool read_row(float *row, int n, const Source *source, Error *error) {
  const size_t bytes = (size_t)n * sizeof(float);
  if (!read_bytes(source, row, bytes, error)) return false;
  get_values(row, (const uint8_t *)row, bytes, sizeof(float));
  return check_weights(row, n) ||
         refuse(source, "it holds a weight that is no number, or above 256 in size", OTHER_FILE,
                error);
}

/* Where row r of a tensor lies: in Wq and Wk, those of the first of each pair of a head before
 * those of the second. */
static int place_of_row(const Llama2Shape *s, Llama2Tensor tensor, int r) {
  const int K = llama2_head_size(s), in_head = r % K;
  if (tensor != LLAMA2_WQ && tensor != LLAMA2_WK) return r;
  return r - in_head + in_head % 2 * (K / 2) + in_head / 2;
}

static bool read_tensor(Llama2 *m, Llama2Tensor tensor, const Source *source, Error *error) {
  const Llama2Extent e = llama2_extent(&m->shape, tensor);
  const size_t cols = (size_t)e.cols;
  float *matrix = m->weights[tensor];
  for (int l = 0; l < e.matrices; l++, matrix += (size_t)e.rows * cols)
    for (int r = 0; r < e.rows; r++) {
      float *row = matrix + (size_t)place_of_row(&m->shape, tensor, r) * cols;
      if (!read_row(row, e.cols, source, error)) return false;
    }
  return true;
}

/* Passes over the angles of version 0. */
static bool skip_angles(const Llama2Shape *s, const Source *source, Error *error) {
  uint8_t skipped[4 * LLAMA2_MOST_DIM];
  const size_t each = 4 * (size_t)llama2_head_size(s);
  for (int t = 0; t < s->context; t++)
    if (!read_bytes(source, skipped, each, error)) return false;
  return true;
}

static const Llama2Tensor order_1[LLAMA2_TENSORS] = {
    LLAMA2_ATTENTION_GAIN,
    LLAMA2_MLP_GAIN,
    LLAMA2_FINAL_GAIN,
    LLAMA2_EMBEDDING,
    LLAMA2_WQ,
    LLAMA2_WK,
    LLAMA2_WV,
    LLAMA2_WO,
    LLAMA2_W1,
    LLAMA2_W2,
    LLAMA2_W3,
    LLAMA2_CLASSIFIER,
};

bool llama2_read_weights(Llama2 *m, const Llama2Header *h, const Source *source, Error *error) {
  for (int i = 0; i < LLAMA2_TENSORS; i++) {
    const Llama2Tensor tensor = h->version == 0 ? (Llama2Tensor)i : order_1[i];
    const bool angles = h->version == 0 && tensor == LLAMA2_CLASSIFIER;
    if ((angles && !skip_angles(&h->shape, source, error)) ||
        !read_tensor(m, tensor, source, error))
      return false;
  }
  return true;
}
