/*
 * init.c - the first and only system process inside the emulated laptop.
 *
 * It reads /job, reports the machine (/proc/cpuinfo, /proc/meminfo), runs the job's commands one
 * after the other, hands their result files out, and halts. It judges nothing: the host does.
 * Not a general init: no shell, no services, no disk.
 *
 * /job is a list of words, each ended by a NUL byte:
 *
 *     token <hex>                     the word that opens every frame of this boot
 *     run <n> <word 1> ... <word n>   a command; word 1 is the program's path
 *     send <path>                     a result file to hand out after all commands
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
 *     start    command  none; the next thing this process does is execve
 *     out err  command  a piece of what the command wrote
 *     exit     command  "status signal peak-kilobytes", decimal
 *     file     result   a piece of a result file
 *     sent     result   its size, decimal: the file is complete
 *     lost     result   why it could not be handed out
 *     done     0        none; the machine halts
 *
 * /job is removed before the first command runs, so a command cannot learn the token from it.
 */
#define _GNU_SOURCE /* wait4, ioperm */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>       /* ioperm, outb */
#include <sys/mount.h>    /* mount */
#include <sys/reboot.h>   /* reboot */
#include <sys/resource.h> /* struct rusage */
#include <sys/stat.h>
#include <sys/wait.h> /* wait4 */
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

/* ---- commands ------------------------------------------------------------------------------ */

/* The child's side: standard streams, the start mark, no more access to the port, the program. */
static void become(int index, char *argv[], int out, int err) {
  char *no_environment[] = {NULL};
  int in = open("/dev/null", O_RDONLY);
  if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(126);
  frame("start", index, NULL, 0);
  if (ioperm(CHANNEL_PORT, 1, 0) == 0) execve(argv[0], argv, no_environment);
  dprintf(STDERR_FILENO, "init: cannot run %s: %s\n", argv[0], strerror(errno));
  _exit(127);
}

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

static void run(int index, char *argv[]) {
  int out[2], err[2], status;
  struct rusage used;
  if (pipe(out) < 0 || pipe(err) < 0) die("pipe", argv[0]);
  for (int i = 0; i < 2; i++) {
    fcntl(out[i], F_SETFD, FD_CLOEXEC);
    fcntl(err[i], F_SETFD, FD_CLOEXEC);
  }
  pid_t child = fork();
  if (child < 0) die("fork", argv[0]);
  if (child == 0) become(index, argv, out[1], err[1]);
  close(out[1]);
  close(err[1]);
  relay(index, out[0], err[0]);
  if (wait4(child, &status, 0, &used) < 0) die("wait4", argv[0]);
  frame_text("exit", index, "%d %d %ld", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
             WIFSIGNALED(status) ? WTERMSIG(status) : 0, used.ru_maxrss);
}

static void send_result(int index, const char *path) {
  long size = frame_file("file", index, path);
  if (size < 0)
    frame_text("lost", index, "%s", strerror(errno));
  else
    frame_text("sent", index, "%ld", size);
}

/* ---- main ---------------------------------------------------------------------------------- */

/* Runs a "run" entry: copies its words so that a NULL can end them. Returns the words it used. */
static int run_entry(int index, char *words[], int left) {
  char *argv[MAX_WORDS + 1];
  int n = left > 1 ? atoi(words[1]) : 0;
  errno = EINVAL;
  if (n < 1 || n > left - 2) die("run entry of", "/job");
  memcpy(argv, words + 2, (size_t)n * sizeof *argv);
  argv[n] = NULL;
  run(index, argv);
  return n + 2;
}

int main(void) {
  char *words[MAX_WORDS];
  int commands = 0, results = 0;
  if (mount("proc", "/proc", "proc", 0, NULL) < 0) die("mount", "/proc");
  if (ioperm(CHANNEL_PORT, 1, 1) < 0) die("ioperm", "port 0xE9");
  int count = read_job(words);
  errno = EINVAL;
  if (count < 2 || strcmp(words[0], "token") != 0) die("token of", "/job");
  token = words[1];
  if (frame_file("cpuinfo", 0, "/proc/cpuinfo") < 0) die("read", "/proc/cpuinfo");
  if (frame_file("meminfo", 0, "/proc/meminfo") < 0) die("read", "/proc/meminfo");
  for (int at = 2; at < count;) {
    errno = EINVAL;
    if (strcmp(words[at], "run") == 0) {
      at += run_entry(commands++, words + at, count - at);
    } else if (strcmp(words[at], "send") == 0 && at + 1 < count) {
      send_result(results++, words[at + 1]);
      at += 2;
    } else {
      die("entry of", "/job");
    }
  }
  frame("done", 0, NULL, 0);
  halt();
}
