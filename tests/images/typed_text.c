/*
 * typed_text.c - the entry of the menu that trains on a typed text, with models in the folder of
 * the first argument. File descriptor 3 is its console; programs say their words instead of
 * running.
 */
#define main menu_main
#include "../../emu/boot/menu.c"
#undef main

static const char *folder;

const char disks_title[] = "";

bool disks_are_known(void) { return false; }

void disks_choose(Console *console) { (void)console; }

void disks_leave(void) {}

const char *kept_file(const char *name) {
  static char paths[4][512];
  static int turn;
  char *path = paths[turn++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

const char *kept_where(void) { return "in a folder"; }

int program_run(Console *console, const char *const words[]) {
  (void)console;
  for (; *words; words++) printf("%s%s", *words, words[1] ? " " : "\n");
  return 1;
}

int program_tell(Console *console, const char *const words[]) {
  return program_run(console, words);
}

int program_try(const char *const words[]) { return program_run(NULL, words); }

int main(int argc, char **argv) {
  Console console = {"", 3};
  if (argc < 2) return 1;
  folder = argv[1];
  train_on_typed_text(&console);
  return 0;
}
