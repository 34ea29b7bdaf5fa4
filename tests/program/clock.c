/* clock.c - a clock for a program that runs with LD_PRELOAD: each time that it is read, SECONDS
 * have passed (an environment variable), and it never waits. */
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
  static long reads;
  const char *seconds = getenv("SECONDS_PER_READ");
  (void)clock;
  now->tv_sec = (seconds ? atol(seconds) : 0) * ++reads;
  now->tv_nsec = 0;
  return 0;
}
