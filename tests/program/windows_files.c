/* windows_files.c - calls c/src/base/windows_files.c and prints what came of it, a line for each.
 */
#include "base/windows_files.h"

#include <string.h>

static void write_file(const char *name, const char *text) {
  FILE *file = fopen(name, "wb");
  fputs(text, file);
  fclose(file);
}

static const char *read_file(const char *name) {
  static char text[40];
  FILE *file = fopen(name, "rb");
  if (!file) return "absent";
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  return text;
}

static void show(const char *what, bool good, const char *name) {
  printf("%s: %s, %s\n", what, good ? "done" : "refused", read_file(name));
}

static void try_to_replace(void) {
  write_file("old", "old");
  write_file("new", "new");
  show("in two steps", windows_replace_in_two("new", "old"), "old");
  show("what was there", true, "new.old");
  write_file("new", "newer");
  FILE *held = fopen("old", "rb");
  show("while it is open", windows_replace("new", "old"), "old");
  show("the new one", true, "new");
  fclose(held);
  show("when it is closed", windows_replace("new", "old"), "old");
}

static void try_to_open(void) {
  bool made, again;
  FILE *nameless = windows_create("nameless", true);
  show("nameless", nameless != NULL && fclose(nameless) == 0, "nameless");
  FILE *lock = windows_open_locked("lock", &made);
  FILE *second = windows_open_locked("lock", &again);
  show("locked", lock != NULL && made, "lock");
  show("locked twice", second != NULL, "lock");
  show("removed while it is open", remove("lock") == 0 && fclose(lock) == 0, "lock");
}

int main(void) {
  try_to_replace();
  show("a second name", windows_link("old", "other"), "other");
  try_to_open();
  return 0;
}
