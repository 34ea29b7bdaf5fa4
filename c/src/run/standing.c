/* standing.c - a table of first bytes. */
#include "run/standing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/utf8.h"

enum { CONTENTS_AT = 104 /* in a checkpoint: whether it is a training, checkpoint.h */ };

static const struct {
  const char *begin;
  Standing standing;
} kinds[] = {
    {"LEGACYLM", STANDS_CHECKPOINT}, {"LEGACYTK", STANDS_TOKENS},
    {"GGUF", STANDS_GGUF},           {"legacy_llm tokenizer ", STANDS_TOKENIZER},
    {"{\"step\":", STANDS_LOG},      {"step,tokens,bytes,loss,", STANDS_LOG},
};

Standing standing_of(const uint8_t *bytes, size_t count) {
  const size_t mark = utf8_mark(bytes, count);
  bytes += mark, count -= mark;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    const size_t length = strlen(kinds[i].begin);
    if (count < length || memcmp(bytes, kinds[i].begin, length) != 0) continue;
    const bool model =
        kinds[i].standing == STANDS_CHECKPOINT && count > CONTENTS_AT && bytes[CONTENTS_AT] != 0;
    return model ? STANDS_MODEL : kinds[i].standing;
  }
  return STANDS_OTHER;
}

Standing standing_at(const char *path) {
  uint8_t bytes[CONTENTS_AT + 1];
  if (path_kind(path) != PATH_ORDINARY) return STANDS_NOTHING;
  FILE *file = fopen(path, "rb");
  if (!file) return errno == ENOENT ? STANDS_NOTHING : STANDS_UNKNOWN; /* gone since */
  const size_t size = fread(bytes, 1, sizeof bytes, file);
  const bool failed = ferror(file) != 0;
  fclose(file);
  if (failed) return STANDS_UNKNOWN;
  return size == 0 ? STANDS_NOTHING : standing_of(bytes, size);
}

const char *standing_name(Standing standing) {
  static const char *const names[] = {
      [STANDS_OTHER] = "a file that this program did not write",
      [STANDS_NOTHING] = "nothing",
      [STANDS_CHECKPOINT] = "the checkpoint of a training",
      [STANDS_MODEL] = "an exported model",
      [STANDS_LOG] = "the log of a training",
      [STANDS_TOKENIZER] = "a tokenizer",
      [STANDS_TOKENS] = "a token file",
      [STANDS_GGUF] = "a GGUF file",
      [STANDS_UNKNOWN] = "a file that cannot be read",
  };
  return names[standing];
}
