/* programs.c - fork, execve, wait. */
#include "programs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { CANNOT_RUN = 127, SIGNALLED = 128 };

/* ---- the child's side ---- */

/* Makes the device the terminal of a session of its own, so that Ctrl-C reaches the program, and
 * lets the terminal edit lines again. */
static void take_terminal(const char *device) {
  setsid();
  const int fd =
      open(device, O_RDWR); /* without O_NOCTTY: it becomes the terminal of the session */
  struct termios modes;
  if (fd < 0) _exit(CANNOT_RUN);
  if (tcgetattr(fd, &modes) == 0) {
    modes.c_lflag |= ICANON | ECHO | ECHOE | ISIG;
    tcsetattr(fd, TCSANOW, &modes);
  }
  for (int stream = 0; stream <= 2; stream++) dup2(fd, stream);
  if (fd > 2) close(fd);
}

static void become(const char *const words[]) {
  static char *environment[] = {"HOME=/", "PATH=/bin:/", "TERM=linux", NULL};
  char *argv[32];
  int n = 0;
  while (words[n] && n < 31) argv[n] = strdup(words[n]), n++;
  argv[n] = NULL;
  execve(argv[0], argv, environment);
  dprintf(2, "%s cannot be run: %s\n", argv[0], strerror(errno));
  _exit(CANNOT_RUN);
}

/* ---- the parent's side ---- */

/* Waits for the end of a child, and takes in orphans that end meanwhile. */
static int end_of(pid_t child) {
  int status;
  pid_t ended;
  if (child < 0) return CANNOT_RUN;
  do ended = wait(&status);
  while (ended != child && (ended > 0 || errno == EINTR));
  if (ended < 0) return CANNOT_RUN;
  return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status);
}

int program_run(Console *console, const char *const words[]) {
  const pid_t child = fork();
  if (child == 0) {
    take_terminal(console->device);
    become(words);
  }
  const int code = end_of(child);
  console_reopen(console);
  return code;
}

int program_try(const char *const words[]) {
  const pid_t child = fork();
  if (child == 0) {
    const int nothing = open("/dev/null", O_RDWR);
    for (int stream = 0; stream <= 2; stream++) dup2(nothing, stream);
    become(words);
  }
  return end_of(child);
}

/* ---- lines broken between words ---- */

typedef struct {
  Console *console;
  char word[COLUMNS + 1];
  int length, column; /* of the word at hand; of the line, without it */
} Wrapper;

/* Writes the word at hand, on a line of its own where it does not fit behind the last one. */
static void put_word(Wrapper *w) {
  if (w->column > 0 && w->column + w->length >= COLUMNS - 1) {
    console_print(w->console, "\n");
    w->column = 0;
  }
  console_print(w->console, "%.*s", w->length, w->word);
  w->column += w->length;
  w->length = 0;
}

static void put_character(Wrapper *w, char c) {
  if (c != ' ' && c != '\n' && w->length < COLUMNS - 2) {
    w->word[w->length++] = c;
    return;
  }
  put_word(w);
  if (c == '\n') {
    console_print(w->console, "\n");
    w->column = 0;
  } else if (c == ' ') {
    console_print(w->console, " ");
    w->column++;
  } else {
    w->word[w->length++] = c;
  }
}

static void show(Console *console, int from) {
  Wrapper wrapper = {.console = console};
  char piece[256];
  ssize_t n;
  while ((n = read(from, piece, sizeof piece)) > 0)
    for (ssize_t i = 0; i < n; i++) put_character(&wrapper, piece[i]);
  put_word(&wrapper);
}

int program_tell(Console *console, const char *const words[]) {
  int ends[2];
  if (pipe(ends) < 0) return CANNOT_RUN;
  const pid_t child = fork();
  if (child == 0) {
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    close(ends[0]);
    close(ends[1]);
    become(words);
  }
  close(ends[1]);
  show(console, ends[0]);
  close(ends[0]);
  return end_of(child);
}
