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

/* Remembers what the program was called as (argv[0]), for systems that do not tell its path. */
void bundled_program(const char *called);

/* Where a file is that is one of these two; the path itself where it is neither, and where it is
 * in ./data or nowhere. */
const char *bundled_find(const char *path);

/* For a message about a path that cannot be read: that, and where, it was looked for, with a "; "
 * behind; empty where the path is not one of these two that bundled_find found nowhere. */
const char *bundled_places(const char *path, char *text, size_t size);

#endif
