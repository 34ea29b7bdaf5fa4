/* interrupts.c - signals by C99 alone. */
#include "run/interrupts.h"

#include <signal.h>

void ignore_full_disk(void) {
#ifdef SIGXFSZ
  signal(SIGXFSZ, SIG_IGN);
#endif
}

static volatile sig_atomic_t interrupt_seen;

static void on_interrupt(int number) {
  interrupt_seen = 1;
  signal(number, SIG_DFL); /* a second Ctrl-C ends the program at once */
}

static void catch_signal(int number) {
  if (signal(number, on_interrupt) == SIG_IGN) signal(number, SIG_IGN);
}

static void release_signal(int number) {
  if (signal(number, SIG_DFL) == SIG_IGN) signal(number, SIG_IGN);
}

void catch_interrupts(void) {
  catch_signal(SIGINT);
  catch_signal(SIGTERM);
}

void release_interrupts(void) {
  release_signal(SIGINT);
  release_signal(SIGTERM);
}

bool interrupted(void) { return interrupt_seen != 0; }
