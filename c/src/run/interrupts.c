/* interrupts.c - signals by POSIX, which tells what a system call does then; the console's events
 * on Windows; elsewhere signals by C99. */
#include "base/posix.h"

#include "run/interrupts.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "run/leftovers.h"

#if HAVE_POSIX
#include <unistd.h>
#elif HAVE_WINDOWS
#include <io.h>
#include <windows.h>
#endif

/* What ends a program that does not catch it. The first is a key, which a person may press again.
 */
static const int caught[] = {
    SIGINT,  SIGTERM,
#ifdef SIGHUP
    SIGHUP, /* the terminal was closed */
#endif
#ifdef SIGPIPE
    SIGPIPE, /* the reader of a stream is gone */
#endif
#ifdef SIGXCPU
    SIGXCPU, /* the processor time that it may take is used up */
#endif
};

enum { CAUGHT = sizeof caught / sizeof *caught };

static volatile sig_atomic_t first_seen;   /* the number of the signal, 0: none */
static volatile sig_atomic_t seen[CAUGHT]; /* how often each was noted, up to 2 */
static volatile sig_atomic_t way_now;      /* an Interrupts */
static const char *volatile words_now;

void ignore_full_disk(void) {
#ifdef SIGXFSZ
  signal(SIGXFSZ, SIG_IGN);
#endif
}

static int place_of(int number) {
  int i = 0;
  while (i < CAUGHT - 1 && caught[i] != number) i++;
  return i;
}

/* ---- what one does ---- */

static bool is_broken_pipe(int number) {
#ifdef SIGPIPE
  return number == SIGPIPE;
#else
  return (void)number, false;
#endif
}

/* Whether a signal ends the program at once: by what was set, and whether it came before. Others
 * than the key may come twice though nobody insists: `timeout` sends its own to the program and to
 * the group of the program. */
static bool ends(int number, bool again) {
  if (again) return number == SIGINT && way_now != INTERRUPTS_HELD;
  return way_now == INTERRUPTS_END ||
         (way_now == INTERRUPTS_END_BUT_PIPE && !is_broken_pipe(number));
}

static void print_words(void) {
#if HAVE_POSIX
  const char *words = words_now;
  if (words && write(STDERR_FILENO, words, strlen(words)) < 0) words_now = NULL;
#elif HAVE_WINDOWS
  const char *words = words_now;
  if (words && _write(2, words, (unsigned)strlen(words)) < 0) words_now = NULL;
#endif
}

static void on_interrupt(int number) {
  const int i = place_of(number);
  const bool again = seen[i] > 0;
  seen[i] = again ? 2 : 1;
#if !HAVE_POSIX && !HAVE_WINDOWS
  signal(number, on_interrupt);
#endif
  if (!first_seen && !is_broken_pipe(number)) print_words();
  if (!first_seen) first_seen = number;
  if (!ends(number, again)) return;
  leftovers_remove();
  _Exit(128 + number);
}

/* ---- setting it ---- */

#if HAVE_WINDOWS
/* Runs in a thread of the system's. A key is a SIGINT; a closed window, a log-off and a shutdown
 * are a SIGTERM, after which the system waits some seconds for the end of the program, and not at
 * all where this returns. */
static BOOL WINAPI on_event(DWORD event) {
  const bool key = event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
  on_interrupt(key ? SIGINT : SIGTERM);
  if (!key) Sleep(INFINITE);
  return TRUE;
}
#endif

/* Without SA_RESTART: a system call that waits for somebody ends with the signal. */
static void catch_signal(int number) {
#if HAVE_POSIX
  struct sigaction action = {.sa_handler = on_interrupt}, before;
  sigemptyset(&action.sa_mask);
  if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
    sigaction(number, &action, NULL);
#elif HAVE_WINDOWS
  static bool waits; /* one function for all of them; where Ctrl-C is ignored it is not called */
  if (number == SIGINT && !waits) waits = SetConsoleCtrlHandler(on_event, TRUE) != 0;
#else
  if (signal(number, on_interrupt) == SIG_IGN) signal(number, SIG_IGN);
#endif
}

void interrupts_set(Interrupts way, const char *words) {
  way_now = (sig_atomic_t)way;
  words_now = words;
  for (int i = 0; i < CAUGHT; i++) catch_signal(caught[i]);
}

/* ---- what was noted ---- */

bool interrupted(void) { return first_seen != 0; }

bool interrupted_by_key(void) { return first_seen == SIGINT; }

bool interrupted_again(void) { return first_seen && seen[place_of(first_seen)] > 1; }

int interrupted_exit_code(void) { return 128 + first_seen; }

void forget_interrupt(void) {
  first_seen = 0;
  for (int i = 0; i < CAUGHT; i++) seen[i] = 0;
}
