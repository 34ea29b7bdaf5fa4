/* console.c - two terminals, read with poll. */
#include "console.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { SCREEN, SERIAL, CONSOLES };

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, DELETE = 127 };

static Console consoles[CONSOLES] = {[SCREEN] = {"/dev/tty1", -1}, [SERIAL] = {"/dev/ttyS0", -1}};

/* ---- opening ---- */

static void leave_out(Console *console) {
  close(console->fd);
  console->fd = -1;
}

/* Keys come one by one, without an echo; Ctrl-C is a key like any other. */
static void set_keys(int fd) {
  struct termios modes;
  if (tcgetattr(fd, &modes) < 0) return;
  modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
  modes.c_iflag |= ICRNL;
  modes.c_oflag |= OPOST | ONLCR;
  modes.c_cc[VMIN] = 1;
  modes.c_cc[VTIME] = 0;
  tcsetattr(fd, TCSANOW, &modes);
}

void console_reopen(Console *console) {
  if (console->fd >= 0) close(console->fd);
  console->fd = open(console->device, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (console->fd >= 0) set_keys(console->fd);
}

void consoles_open(void) {
  for (int i = 0; i < CONSOLES; i++) console_reopen(&consoles[i]);
}

void consoles_each(void (*visit)(Console *console)) {
  for (int i = 0; i < CONSOLES; i++)
    if (consoles[i].fd >= 0) visit(&consoles[i]);
}

/* ---- writing ---- */

/* A serial port that does not exist can be opened, and every write to it fails. */
static void put(const Console *console, const char *text, size_t length) {
  while (length > 0 && console->fd >= 0) {
    const ssize_t n = write(console->fd, text, length);
    if (n <= 0) return;
    text += n;
    length -= (size_t)n;
  }
}

void console_print(const Console *console, const char *format, ...) {
  char text[2048];
  va_list values;
  va_start(values, format);
  const int n = vsnprintf(text, sizeof text, format, values);
  va_end(values);
  put(console, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

void console_page(const Console *console, const char *title) {
  console_print(console, "\033[0m\033[2J\033[H\033[7m %-*s\033[0m\n\n", COLUMNS - 2, title);
}

void consoles_print(const Console *but, const char *text) {
  for (int i = 0; i < CONSOLES; i++)
    if (&consoles[i] != but) put(&consoles[i], text, strlen(text));
}

void consoles_drain(void) {
  for (int i = 0; i < CONSOLES; i++)
    if (consoles[i].fd >= 0) tcdrain(consoles[i].fd);
}

/* ---- reading ---- */

Console *consoles_wait(char *key) {
  for (;;) {
    struct pollfd ends[CONSOLES];
    for (int i = 0; i < CONSOLES; i++) ends[i] = (struct pollfd){consoles[i].fd, POLLIN, 0};
    if (poll(ends, CONSOLES, -1) < 0) continue;
    for (int i = 0; i < CONSOLES; i++) {
      if (ends[i].revents == 0) continue;
      if (read(consoles[i].fd, key, 1) == 1) return &consoles[i];
      leave_out(&consoles[i]);
    }
  }
}

char console_key(Console *console) {
  char key;
  if (read(console->fd, &key, 1) == 1) return key;
  leave_out(console);
  return CTRL_D;
}

bool console_has_key(const Console *console, int milliseconds) {
  struct pollfd end = {console->fd, POLLIN, 0};
  return poll(&end, 1, milliseconds) > 0;
}

bool console_ask(Console *console, const char *question, char *line, size_t size) {
  size_t length = 0;
  console_print(console, "%s", question);
  for (;;) {
    const char key = console_key(console);
    if (key == '\n' || key == CTRL_C || key == CTRL_D) {
      console_print(console, "\n");
      line[length] = 0;
      return key == '\n';
    }
    if ((key == BACKSPACE || key == DELETE) && length > 0) {
      console_print(console, "\b \b");
      length--;
    } else if ((unsigned char)key >= ' ' && key != DELETE && length + 1 < size) {
      line[length++] = key;
      console_print(console, "%c", key);
    }
  }
}
