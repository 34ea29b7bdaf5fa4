/* bundled.c - three places, one after the other. */
#include "run/bundled.h"

#include <string.h>

enum { PLACES = 3, BUNDLED = 2, MOST_PLACE = PATH_BYTES + 64 };

static const char folder[] = "data/"; /* with which both names begin */

static const char *called; /* the program; null: not told */

/* What was found, and what was not. */
static struct {
  char path[MOST_PLACE];
  const char *missing;
} bundled[BUNDLED];

void bundled_program(const char *argument) { called = argument; }

/* 0 or 1; -1: it is none that comes with the program. */
static int number_of(const char *path) {
  static const char *const names[BUNDLED] = {BUNDLED_TEXT, BUNDLED_MODEL};
  for (int i = 0; path && i < BUNDLED; i++)
    if (strcmp(path, names[i]) == 0) return i;
  return -1;
}

/* Cuts a path behind its last slash; false where it has none. */
static bool to_folder(char *path) {
  char *slash = strrchr(path, '/');
  if (slash) *slash = 0;
  return slash != NULL;
}

/* Folder number i, with a slash at its end; false where it cannot be told. */
static bool place(int i, char text[MOST_PLACE]) {
  char path[PATH_BYTES];
  if (i == PLACES - 1) return strcpy(text, "./data/") != NULL;
  if (!path_of_program(called, path) || !to_folder(path)) return false;
  if (i == 0)
    snprintf(text, MOST_PLACE, "%s/data/", path);
  else
    snprintf(text, MOST_PLACE, "%s%s/share/legacy_llm/", path, to_folder(path) ? "" : "/..");
  return true;
}

const char *bundled_find(const char *path) {
  const int number = number_of(path);
  char at[MOST_PLACE];
  if (number < 0) return path;
  for (int i = 0; i < PLACES; i++) {
    if (!place(i, at)) continue;
    const size_t used = strlen(at);
    snprintf(at + used, sizeof at - used, "%s", path + strlen(folder));
    if (path_kind(at) != PATH_ORDINARY) continue;
    bundled[number].missing = NULL;
    if (path_same(at, path)) return path; /* the short name says the same */
    return strcpy(bundled[number].path, at);
  }
  bundled[number].missing = path;
  return path;
}

const char *bundled_places(const char *path, char *text, size_t size) {
  const int number = number_of(path);
  *text = 0;
  if (number < 0 || bundled[number].missing != path) return text;
  snprintf(text, size, "it was looked for in ");
  for (int i = 0; i < PLACES; i++) {
    char at[MOST_PLACE];
    if (!place(i, at)) continue;
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%.120s", i == PLACES - 1 ? " and " : i ? ", " : "", at);
  }
  const size_t used = strlen(text);
  snprintf(text + used, size - used, "; ");
  return text;
}
