/* bundled.c - three places, one after the other. */
#include "run/bundled.h"

#include <string.h>

enum { PLACES = 3 };

static const char folder[] = "data/"; /* with which both names begin */

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
static bool place(const char *called, int i, char text[MOST_PLACE]) {
  char path[PATH_BYTES];
  if (i == PLACES - 1) return strcpy(text, "./data/") != NULL;
  if (!path_of_program(called, path) || !to_folder(path)) return false;
  if (i == 0)
    snprintf(text, MOST_PLACE, "%s/data/", path);
  else
    snprintf(text, MOST_PLACE, "%s%s/share/legacy_llm/", path, to_folder(path) ? "" : "/..");
  return true;
}

const char *bundled_find(Bundled *bundled, const char *path) {
  const int number = number_of(path);
  if (number < 0) return path;
  char *at = bundled->path[number];
  for (int i = 0; i < PLACES; i++) {
    if (!place(bundled->called, i, at)) continue;
    const size_t used = strlen(at);
    snprintf(at + used, MOST_PLACE - used, "%s", path + strlen(folder));
    if (path_kind(at) == PATH_ORDINARY) return path_same(at, path) ? path : at; /* the short name */
  }
  bundled->missing = path;
  return path;
}

bool bundled_explain(const Bundled *bundled, Error *error) {
  if (!bundled->missing || !strstr(error->message, bundled->missing)) return false;
  error_add(error, "; it was looked for in ");
  for (int i = 0; i < PLACES; i++) {
    char at[MOST_PLACE];
    if (!place(bundled->called, i, at)) continue;
    at[120] = 0;
    error_add(error, i == PLACES - 1 ? " and " : i ? ", " : "");
    error_add(error, at);
  }
  return false;
}
