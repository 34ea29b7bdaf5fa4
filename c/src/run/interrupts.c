/* interrupts.c - signals by C99 alone, those of POSIX where there are any. */
#include "run/interrupts.h"

#include <signal.h>

static volatile sig_atomic_t interrupt_seen; /* the number of the signal, 0: none */

/* What ends a program that does not catch it. The first two are sent by people, who may insist. */
static const int caught[] = {
    SIGINT, SIGTERM,
#ifdef SIGHUP
    SIGHUP, /* the terminal was closed */
#endif
#ifdef SIGPIPE
    SIGPIPE, /* the reader of a stream is gone */
#endif
};

enum { CAUGHT = sizeof caught / sizeof *caught };

void ignore_full_disk(void) {
#ifdef SIGXFSZ
  signal(SIGXFSZ, SIG_IGN);
#endif
}

static void on_interrupt(int number) {
  if (!interrupt_seen) interrupt_seen = number;
  signal(number, number == SIGINT || number == SIGTERM ? SIG_DFL : SIG_IGN);
}

static void catch_signal(int number) {
  if (signal(number, on_interrupt) == SIG_IGN) signal(number, SIG_IGN);
}

void catch_interrupts(void) {
  for (int i = 0; i < CAUGHT; i++) catch_signal(caught[i]);
}

void catch_broken_pipe(void) {
#ifdef SIGPIPE
  catch_signal(SIGPIPE);
#endif
}

void release_interrupts(void) {
  for (int i = 0; i < CAUGHT; i++) {
    const bool stays = interrupt_seen == caught[i] && i >= 2;
    if (signal(caught[i], stays ? SIG_IGN : SIG_DFL) == SIG_IGN) signal(caught[i], SIG_IGN);
  }
}

bool interrupted(void) { return interrupt_seen != 0; }

bool interrupted_by_key(void) { return interrupt_seen == SIGINT; }

int interrupted_exit_code(void) { return 128 + interrupt_seen; }

void forget_interrupt(void) {
  interrupt_seen = 0;
  catch_interrupts();
}
