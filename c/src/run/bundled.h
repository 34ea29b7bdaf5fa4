/* bundled.h - the text and the model that come with the program, and where they are.
 *
 * They are looked for in the folder data/ beside the program, then where `make install` puts them
 * (../share/legacy_llm from the program), then in ./data.
 */
#ifndef BUNDLED_H
#define BUNDLED_H

#include "base/path.h"

/* What options that are files have by default; see data/README.md. */
#define BUNDLED_TEXT "data/tiny_stories_sample.txt"
#define BUNDLED_MODEL "data/stories.llm"

enum { BUNDLED = 2 /* files */, MOST_PLACE = PATH_BYTES + 64 };

typedef struct {
  const char *called;             /* the program (argv[0]), for systems that do not tell its path */
  char path[BUNDLED][MOST_PLACE]; /* where they were found, if not by their own name */
  const char *missing;            /* what was found nowhere; null: nothing */
} Bundled;

/* Where a file is that is one of these two; the path itself where it is neither, and where it is
 * in ./data or nowhere. What is returned may lie in *bundled. */
const char *bundled_find(Bundled *bundled, const char *path);

/* Adds to an error about a file that was found nowhere where it was looked for; returns false. */
bool bundled_explain(const Bundled *bundled, Error *error);

#endif
