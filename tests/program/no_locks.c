/* no_locks.c - a file system without locks, for a program that runs with LD_PRELOAD: whoever asks
 * for one hears that there are none. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

int fcntl64(int file, int command, ...) {
  va_list rest;
  va_start(rest, command);
  const long argument = va_arg(rest, long);
  va_end(rest);
  if (command != F_SETLK && command != F_GETLK)
    return (int)syscall(SYS_fcntl, file, command, argument);
  errno = ENOLCK;
  return -1;
}

int fcntl(int file, int command, ...) {
  va_list rest;
  va_start(rest, command);
  const long argument = va_arg(rest, long);
  va_end(rest);
  return fcntl64(file, command, argument);
}
