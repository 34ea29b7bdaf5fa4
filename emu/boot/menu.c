/*
 * menu.c - the first and only system process of the images for real computers: it draws a menu on
 * the screen and on the serial line, runs the program for whoever presses a key, and halts.
 *
 * One person at a time: a program has the console that its key came from, and the other console is
 * told so. No services, no network, no accounts. What an image does not have (disks, a shell, the
 * build for a Pentium III) is not in the menu.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "console.h"
#include "disks.h"
#include "programs.h"

#define TITLE "Legacy-1bit LLM"
#define PROGRAM "/legacy_llm"         /* runs on a Pentium II and all that followed */
#define FAST_PROGRAM "/legacy_llm_p3" /* needs SSE; the same bits */
#define STORIES "/data/tiny_stories_sample.txt"
#define BUSYBOX "/bin/busybox"

enum { LINE = 256, CHANGED_ITS_MIND = 0, OUT_OF_MEMORY = 128 + 9 };

static const char *program = PROGRAM;

/* ---- this computer ---- */

/* The rest of the line of a /proc file that begins with `key` and a colon. */
static bool proc_value(const char *path, const char *key, char value[LINE]) {
  char line[LINE];
  bool found = false;
  FILE *file = fopen(path, "r");
  while (file && !found && fgets(line, sizeof line, file)) {
    char *colon = strchr(line, ':');
    if (!colon || strncmp(line, key, strlen(key)) != 0) continue;
    for (colon++; *colon == ' ' || *colon == '\t';) colon++;
    snprintf(value, LINE, "%.*s", (int)strcspn(colon, "\n"), colon);
    found = true;
  }
  if (file) fclose(file);
  return found;
}

static void print_computer(const Console *console) {
  char processor[LINE] = "an unknown processor", memory[LINE] = "0 kB";
  proc_value("/proc/cpuinfo", "model name", processor);
  proc_value("/proc/meminfo", "MemAvailable", memory);
  const unsigned long tenths = strtoul(memory, NULL, 10) * 10 / 1024;
  console_print(console, "This computer: %.48s, %lu.%lu MB of memory free.\n", processor,
                tenths / 10, tenths % 10);
}

/* ---- questions ---- */

/* Asks for one of some keys. Returns it, or CHANGED_ITS_MIND for any other. */
static char choose(Console *console, const char *question, const char *keys) {
  console_print(console, "%s", question);
  const char key = console_key(console);
  console_print(console, "\n");
  return strchr(keys, key) ? key : CHANGED_ITS_MIND;
}

/* Says what an exit code means where that helps. */
static void explain(const Console *console, int code) {
  if (code == OUT_OF_MEMORY)
    console_print(console,
                  "\nThe memory of this computer was not enough: the program was ended.\n");
}

/* ---- a model writes ---- */

static void tell_story(Console *console) {
  static unsigned long next = 1;
  char question[128], answer[12], seed[24];
  console_print(console, "Each number is another story, the same one on every computer.\n");
  snprintf(question, sizeof question,
           "Which one? Type a number, or press Enter for story %lu: ", next);
  if (!console_ask(console, question, answer, sizeof answer)) return;
  if (*answer) next = strtoul(answer, NULL, 10) % 1000000000;
  snprintf(seed, sizeof seed, "%lu", next++);
  console_print(console, "\n");
  explain(console,
          program_tell(console, (const char *[]){program, "generate", "--seed", seed, NULL}));
}

static void write_with_me(Console *console) {
  console_print(console, "Begin a story in a few words and press Enter; the model goes on.\n"
                         "An empty line lets it begin by itself. Ctrl-D ends this.\n\n");
  explain(console, program_run(console, (const char *[]){program, "generate", "-i", NULL}));
}

/* ---- a training ---- */

/* A text to train on; where `bundled` is set, it comes with the image. */
typedef struct {
  const char *title, *bundled, *text, *checkpoint;
} Lesson;

enum { BUNDLED_STORIES, TYPED_TEXT, OWN_TEXT, LESSONS };

static const Lesson lessons[LESSONS] = {
    [BUNDLED_STORIES] = {"the stories that come with it", STORIES, NULL, "stories.ckpt"},
    [TYPED_TEXT] = {"a typed text", NULL, "typed.txt", "typed.ckpt"},
    [OWN_TEXT] = {"the text mine.txt", NULL, "mine.txt", "mine.ckpt"},
};

static const char *text_of(const Lesson *lesson) {
  return lesson->bundled ? lesson->bundled : kept_file(lesson->text);
}

static bool is_there(const char *path) { return access(path, R_OK) == 0; }

static bool was_trained(const Lesson *lesson) { return is_there(kept_file(lesson->checkpoint)); }

/* Takes lines until an empty one. A text that is there, and belongs to a model, stays until then.
 * Returns false where the person thought better of it, by Ctrl-C, Ctrl-D or no line at all. */
static bool type_text(Console *console, const char *path) {
  char line[1024];
  bool good = true;
  int lines = 0;
  const char *fresh = kept_file("typed.new");
  FILE *file = fopen(fresh, "w");
  console_print(console, "\nType a text of five lines or more. An empty line ends it.\n\n");
  for (; file && (good = console_ask(console, "", line, sizeof line)) && *line; lines++)
    fprintf(file, "%s\n", line);
  bool written = file && fflush(file) == 0 && fsync(fileno(file)) == 0 && !ferror(file);
  if (file) fclose(file);
  const bool wanted = good && lines > 0;
  if (wanted && written) written = rename(fresh, path) == 0;
  if (!written) console_print(console, "%s cannot be written.\n", path);
  if (!wanted || !written) remove(fresh);
  return wanted && written;
}

static int train_anew(Console *console, const Lesson *lesson) {
  static const char *const presets[] = {"tiny", "small", "base"};
  const char key = choose(console,
                          "   1  a quick training: the model begins to spell\n"
                          "   2  ten times as long: it writes words (needs 13 MB of free memory)\n"
                          "   3  hours: it writes sentences (needs 19 MB of free memory)\n\n"
                          "Press a number, or any other key to go back. ",
                          "123");
  if (key == CHANGED_ITS_MIND) return -1;
  if (lesson == &lessons[TYPED_TEXT] && !type_text(console, text_of(lesson))) return -1;
  console_print(console, "\nCtrl-C ends the training early; what it has learned is kept.\n\n");
  return program_run(console, (const char *[]){program, "train", "--text", text_of(lesson),
                                               "--preset", presets[key - '1'], "--force", "--out",
                                               kept_file(lesson->checkpoint), NULL});
}

static int train_on(Console *console, const Lesson *lesson) {
  console_print(console, "\n");
  return program_run(console, (const char *[]){program, "train", "--text", text_of(lesson),
                                               "--resume", kept_file(lesson->checkpoint), NULL});
}

/* Lets the model of a training write. */
static void write_as(Console *console, const Lesson *lesson) {
  console_print(console, "\nThe model that was trained on %s writes:\n\n", lesson->title);
  explain(console, program_tell(console, (const char *[]){program, "generate", "--model",
                                                          kept_file(lesson->checkpoint), NULL}));
}

static void train(Console *console, const Lesson *lesson) {
  char key = 'n';
  console_print(console, "A new model learns from %s.\nIt is kept %s.\n\n", lesson->title,
                kept_where());
  if (was_trained(lesson) && is_there(text_of(lesson)))
    key = choose(console, "There is one already. g: go on with it, n: begin a new one ", "gn");
  if (key == CHANGED_ITS_MIND) return;
  const int code = key == 'g' ? train_on(console, lesson) : train_anew(console, lesson);
  sync();
  explain(console, code);
  if (code == 0) write_as(console, lesson);
}

static void train_on_stories(Console *console) { train(console, &lessons[BUNDLED_STORIES]); }

static void train_on_typed_text(Console *console) { train(console, &lessons[TYPED_TEXT]); }

static bool has_own_text(void) { return is_there(kept_file(lessons[OWN_TEXT].text)); }

static void train_on_own_text(Console *console) { train(console, &lessons[OWN_TEXT]); }

/* ---- models that were trained ---- */

static bool any_was_trained(void) {
  for (int i = 0; i < LESSONS; i++)
    if (was_trained(&lessons[i])) return true;
  return false;
}

static void let_trained_write(Console *console) {
  for (int i = 0; i < LESSONS; i++)
    if (was_trained(&lessons[i]))
      console_print(console, "   %d  the model of %s\n", i + 1, lessons[i].title);
  const int number = choose(console, "\nPress a number. ", "123") - '1';
  if (number >= 0 && was_trained(&lessons[number])) write_as(console, &lessons[number]);
}

/* ---- other entries ---- */

static void test_computer(Console *console) {
  print_computer(console);
  console_print(console, "Every kernel and every gradient is compared with what it has to be.\n"
                         "This takes some minutes on a Pentium II.\n\n");
  const int code = program_tell(console, (const char *[]){program, "selftest", NULL});
  console_print(console, code == 0 ? "\nThis computer computes as it should.\n"
                                   : "\nThis computer does NOT compute as it should.\n");
}

static bool has_shell(void) { return access(BUSYBOX, X_OK) == 0; }

static void open_shell(Console *console) {
  program_try((const char *[]){BUSYBOX, "--install", "-s", "/bin", NULL});
  console_print(console, "The program is %s; `exit` leads back to the menu.\n\n", program);
  program_run(console, (const char *[]){BUSYBOX, "sh", NULL});
}

static void switch_off(Console *console) {
  (void)console;
  disks_leave();
  consoles_print(NULL, "\033[2J\033[H\n  " TITLE " has ended.\n\n"
                       "  It is now safe to switch off the computer.\n");
  consoles_drain();
  reboot(RB_POWER_OFF);
  for (;;) pause();
}

/* ---- the menu ---- */

typedef struct {
  char key;
  const char *title;
  void (*run)(Console *console);
  bool (*is_there)(void); /* NULL: always */
} Entry;

static const Entry entries[] = {
    {'1', "Tell a story", tell_story, NULL},
    {'2', "Write with me: you begin, the model goes on", write_with_me, NULL},
    {'3', "Train a new model on stories", train_on_stories, NULL},
    {'4', "Train a new model on a text that you type", train_on_typed_text, NULL},
    {'5', "Train a new model on your own text, mine.txt", train_on_own_text, has_own_text},
    {'6', "Let a model that was trained here write", let_trained_write, any_was_trained},
    {'7', "Test this computer", test_computer, NULL},
    {'8', disks_title, disks_choose, disks_are_known},
    {'9', "A shell", open_shell, has_shell},
    {'0', "Switch off", switch_off, NULL},
};
enum { ENTRIES = sizeof entries / sizeof *entries };

static bool is_shown(const Entry *entry) { return !entry->is_there || entry->is_there(); }

static void draw_menu(Console *console) {
  console_page(console, TITLE ": a language model for the computers of the year 2000");
  for (int i = 0; i < ENTRIES; i++)
    if (is_shown(&entries[i]))
      console_print(console, "     %c   %s\n\n", entries[i].key, entries[i].title);
  print_computer(console);
  console_print(console, "\nPress a number. ");
}

static void run_entry(const Entry *entry, Console *console) {
  consoles_print(console, "\n\nThe other console is in use.\n");
  console_page(console, entry->title);
  entry->run(console);
  console_print(console, "\nPress a key for the menu. ");
  console_key(console);
}

static void serve(void) {
  char key;
  consoles_each(draw_menu);
  Console *console = consoles_wait(&key);
  for (int i = 0; i < ENTRIES; i++)
    if (entries[i].key == key && is_shown(&entries[i])) run_entry(&entries[i], console);
}

/* ---- the start ---- */

static void silence_kernel(void) {
  enum { SET_CONSOLE_LEVEL = 8, EMERGENCIES_ONLY = 1 };
  klogctl(SET_CONSOLE_LEVEL, NULL, EMERGENCIES_ONLY);
}

/* The fastest build that this processor runs; the program itself knows whether it can. */
static void choose_program(void) {
  if (program_try((const char *[]){FAST_PROGRAM, "version", NULL}) == 0) program = FAST_PROGRAM;
}

int main(void) {
  mount("proc", "/proc", "proc", 0, NULL);
  mount("dev", "/dev", "devtmpfs", 0, NULL); /* where there is none, the image's own names do */
  silence_kernel();
  consoles_open();
  choose_program();
  for (;;) serve();
}
