/* file_kind.h - what a file is by its first bytes, where it was given for something
 * else. */
#ifndef FILE_KIND_H
#define FILE_KIND_H

#include "run/standing.h"

enum { FILE_KIND_BYTES = 512 /* of its beginning, that are enough */ };

typedef struct {
  const char *what;    /* "a gzip file" */
  const char *advice;  /* what makes a text of it: "unpack it with gunzip"; null: nothing does */
  const char *charset; /* of a text that is no UTF-8, as iconv calls it; null: it is no such text */
  bool text;           /* it is one, in UTF-8 */
  Standing standing;   /* which of this program's own files it is */
} FileKind;

/* The kind of a file that begins with bytes [count]; false where they say nothing. */
bool file_kind_of(const uint8_t *bytes, size_t count, FileKind *kind);

/* The same of an ordinary file, which may also be a text (what: "a text"); false where nobody can
 * tell. */
bool file_kind_of_path(const char *path, FileKind *kind);

#endif
