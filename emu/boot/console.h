/*
 * console.h - the places where a person may sit: the VGA screen with its keyboard, and the serial
 * line with a terminal at its other end. A computer may lack either. All functions leave out what
 * is not there.
 */
#ifndef BOOT_CONSOLE_H
#define BOOT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
  const char *device; /* such as "/dev/tty1" */
  int fd;             /* -1: not there */
} Console;

/* How wide and high a screen is, in characters. */
enum { COLUMNS = 80, ROWS = 25 };

/* Opens every console and lets keys come one by one, without an echo. */
void consoles_open(void);

/* Opens a console anew after a program has run on it: the end of the program hung it up. */
void console_reopen(Console *console);

/* Waits for a key on any console; *key is what it sent. Halts nothing and never fails: where no
 * console is left it waits for good. */
Console *consoles_wait(char *key);

/* Waits for a key on this console. */
char console_key(Console *console);

/* Whether a key comes on this console within so many milliseconds; it is then there to be taken. */
bool console_has_key(const Console *console, int milliseconds);

/* Writes on this console. */
void console_print(const Console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Clears a console and writes the bar with the title of the page. */
void console_page(const Console *console, const char *title);

/* Writes on every console, or on every one but this. */
void consoles_print(const Console *but, const char *text);

/* Waits until all that was written has left on the serial line, which is slower than a screen. */
void consoles_drain(void);

/* Asks for a line, which may be edited with backspace. Returns false where the person ended it by
 * Ctrl-D or Ctrl-C instead. What does not fit the `size` bytes is left out. */
bool console_ask(Console *console, const char *question, char *line, size_t size);

/* Calls a function for each console that is there. */
void consoles_each(void (*visit)(Console *console));

#endif
