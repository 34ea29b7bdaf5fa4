/* standing.h - what stands at a path already: which of this program's own files, by its first
 * bytes.
 *
 * So a file that is damaged behind them, or of another version, is still known for what it is.
 */
#ifndef STANDING_H
#define STANDING_H

#include "base/config.h"

typedef enum {
  STANDS_OTHER,   /* a file that is none of these */
  STANDS_NOTHING, /* no ordinary file, or an empty one */
  STANDS_CHECKPOINT,
  STANDS_MODEL, /* an exported one */
  STANDS_LOG,
  STANDS_TOKENIZER,
  STANDS_TOKENS, /* a token file */
  STANDS_GGUF,   /* a model for other programs */
  STANDS_UNKNOWN /* a file that cannot be read */
} Standing;

Standing standing_at(const char *path);

/* The same by the first bytes [count] of a file, 105 of them if it has so many; an editor may have
 * put a byte order mark before them. */
Standing standing_of(const uint8_t *bytes, size_t count);

/* What it is called: "a checkpoint". */
const char *standing_name(Standing standing);

#endif
