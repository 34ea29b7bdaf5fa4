/* standing.h - what stands at a path already: which of this program's own files, by its first
 * bytes.
 *
 * So a file that is damaged behind them, or of another version, is still known for what it is.
 */
#ifndef STANDING_H
#define STANDING_H

typedef enum {
  STANDS_OTHER,   /* a file that is none of these */
  STANDS_NOTHING, /* no ordinary file, or an empty one */
  STANDS_CHECKPOINT,
  STANDS_MODEL, /* an exported one */
  STANDS_LOG,
  STANDS_TOKENIZER,
  STANDS_TOKENS, /* a token file */
  STANDS_UNKNOWN /* a file that cannot be read */
} Standing;

Standing standing_at(const char *path);

/* What it is called: "a checkpoint". */
const char *standing_name(Standing standing);

#endif
