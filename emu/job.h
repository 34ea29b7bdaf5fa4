/*
 * job.h - what the init processes of the emulated laptop share: the list of words that tells them
 * what to do (/job), the frames in which they answer, and the end.
 *
 * /job is a list of words, each ended by a NUL byte. It is removed before the first command runs,
 * so that a command cannot learn from it the token, the word that opens every frame of this boot.
 *
 * Everything leaves as frames, byte by byte through I/O port 0xE9 (the debug console of Bochs, QEMU
 * and of our v86 host). The kernel log has the serial port for itself, so the two never mix.
 *
 *     +---+-------+---+------+---+-------+---+--------+----+-----------------+
 *     | @ | token |' '| kind |' '| index |' '| length | \n | length bytes .. |
 *     +---+-------+---+------+---+-------+---+--------+----+-----------------+
 *
 *     kind     index    bytes
 *     cpuinfo  0        a piece of /proc/cpuinfo
 *     meminfo  0        a piece of /proc/meminfo
 *     ready    0        none; the disk has not been looked at yet
 *     start    command  none; the next thing this process does is execve
 *     out err  command  a piece of what the command wrote
 *     exit     command  "status signal peak-kilobytes", decimal
 *     file     result   a piece of a result file
 *     sent     result   its size, decimal: the file is complete
 *     lost     result   why it could not be handed out
 *     done     0        none; the machine halts
 *
 * All of it is static: each init is one source file.
 */
#ifndef EMU_JOB_H
#define EMU_JOB_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>     /* outb */
#include <sys/reboot.h> /* reboot */
#include <unistd.h>

enum { CHANNEL_PORT = 0xE9, PIECE = 4096, MAX_JOB = 8192, MAX_WORDS = 128 };

static char job[MAX_JOB];
static const char *token = "";

/* ---- the end, good or bad ------------------------------------------------------------------ */

static void halt(void) {
  reboot((int)RB_HALT_SYSTEM);
  for (;;) pause();
}

/* Says on the kernel's console what is wrong with this boot, and halts. */
static void die(const char *what, const char *where) {
  dprintf(STDERR_FILENO, "init: %s %s: %s\n", what, where, strerror(errno));
  halt();
}

/* ---- frames -------------------------------------------------------------------------------- */

static void put(const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) outb((unsigned char)bytes[i], CHANNEL_PORT);
}

static void frame(const char *kind, int index, const char *bytes, size_t length) {
  char head[128];
  int n = snprintf(head, sizeof head, "@%s %s %d %lu\n", token, kind, index, (unsigned long)length);
  put(head, (size_t)n);
  put(bytes, length);
}

static void frame_text(const char *kind, int index, const char *format, ...) {
  char text[256];
  va_list values;
  va_start(values, format);
  int n = vsnprintf(text, sizeof text, format, values);
  va_end(values);
  frame(kind, index, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

/* Sends the file in pieces. Returns its size, or -1 with errno set. */
static long frame_file(const char *kind, int index, const char *path) {
  char piece[PIECE];
  long size = 0;
  ssize_t n;
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  while ((n = read(fd, piece, sizeof piece)) > 0) {
    frame(kind, index, piece, (size_t)n);
    size += n;
  }
  int failure = errno;
  close(fd);
  errno = failure;
  return n < 0 ? -1 : size;
}

/* ---- the job ------------------------------------------------------------------------------- */

/* Reads /job into `job`, splits it into `words`, returns their number, and removes the file. */
static int read_job(char *words[MAX_WORDS]) {
  size_t length = 0;
  ssize_t n;
  int count = 0;
  int fd = open("/job", O_RDONLY);
  if (fd < 0) die("open", "/job");
  while ((n = read(fd, job + length, sizeof job - length)) > 0) length += (size_t)n;
  close(fd);
  if (n < 0 || unlink("/job") < 0) die("read", "/job");
  errno = E2BIG;
  if (length == sizeof job) die("read", "/job");
  for (size_t at = 0; at < length; at += strlen(job + at) + 1) {
    if (count == MAX_WORDS) die("split", "/job");
    words[count++] = job + at;
  }
  return count;
}

/* ---- what a command writes ------------------------------------------------------------------ */

/* Passes on what the command writes until it has closed both streams. */
static void relay(int index, int out, int err) {
  static const char *const kinds[] = {"out", "err"};
  struct pollfd ends[] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  char piece[PIECE];
  int open_ends = 2;
  while (open_ends > 0) {
    if (poll(ends, 2, -1) < 0) die("poll", "the command's output");
    for (int i = 0; i < 2; i++) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      ssize_t n = read(ends[i].fd, piece, sizeof piece);
      if (n > 0) {
        frame(kinds[i], index, piece, (size_t)n);
      } else {
        close(ends[i].fd);
        ends[i].fd = -1; /* poll skips it */
        open_ends--;
      }
    }
  }
}

#endif
