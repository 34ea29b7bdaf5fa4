/*
 * shell.c - the first system process of a laptop that a person uses: it makes the disk ready, runs
 * one command (a shell) at the serial line, lets go of the disk, and halts.
 *
 * Its words (job.h):
 *
 *     token <hex>                     the word that opens every frame of this boot
 *     disk <device> <kind>            a disk with an "ext2" or "vfat" file system, mounted at /disk
 *     terminal <rows> <columns>       the command has the serial line as its terminal
 *     input                           what comes over the serial line is the command's input
 *     pause                           tell when it is ready but for the disk, and wait a second
 *     run <n> <word 1> ... <word n>   the command
 *
 * Without `terminal` what the command writes leaves as frames, and without `input` as well it has
 * nothing to read. With `input` the line is a stream of bytes that has an end:
 *
 *     ESCAPE ESCAPE   one byte ESCAPE
 *     ESCAPE END      the end of the input
 *
 * Flow on the line is held up by RTS and CTS, so that nothing that is typed ahead is lost.
 */
#define _GNU_SOURCE /* wait4, ioperm, CRTSCTS */
#include "job.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>

#define SERIAL_LINE "/dev/ttyS0"
#define MOUNT_POINT "/disk"
#define BUSYBOX "/bin/busybox"

enum { ESCAPE = 0x10, END = 0x04 };

static char *environment[] = {"HOME=/", "PATH=/bin:/", "TERM=linux", "PS1=\\w # ", NULL};

/* What the words of /job ask for. */
static struct {
  char *device, *kind;
  bool terminal, input, pause;
  unsigned short rows, columns;
  char *argv[MAX_WORDS + 1];
} asked;

/* ---- children ------------------------------------------------------------------------------ */

/* Runs a program that says nothing and returns its exit code, or -1. */
static int run_quietly(char *const argv[]) {
  int status = -1;
  const pid_t child = fork();
  if (child == 0) {
    const int nothing = open("/dev/null", O_RDWR);
    for (int stream = 0; stream <= 2; stream++) dup2(nothing, stream);
    execve(argv[0], argv, environment);
    _exit(127);
  }
  if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

/* ---- the disk ------------------------------------------------------------------------------ */

/* Drivers look for disks while this process has begun already. */
static void wait_for_device(const char *device) {
  enum { TRIES = 1000, MICROSECONDS = 10000 };
  for (int i = 0; i < TRIES && access(device, F_OK) < 0; i++) usleep(MICROSECONDS);
}

/* Who mends a file system. With exit codes up to most_good it is good then: 0 says that it was. */
static const struct {
  const char *kind;
  char *program;
  int most_good;
} checkers[] = {{"ext2", "/bin/e2fsck", 3}, {"vfat", "/bin/fsck.fat", 1}};

/* What a person does after a power cut: lets the checker mend what it finds. Linux lets nobody
 * write to a FAT any more as soon as it meets a fault there. */
static void check_disk(char *device, const char *kind) {
  for (size_t i = 0; i < sizeof checkers / sizeof *checkers; i++) {
    if (strcmp(kind, checkers[i].kind) != 0) continue;
    const int code = run_quietly((char *[]){checkers[i].program, "-y", device, NULL});
    errno = EIO;
    if (code < 0 || code > checkers[i].most_good) die("check", device);
    if (code > 0) dprintf(STDERR_FILENO, "init: %s has mended %s\n", checkers[i].program, device);
  }
}

/* Without MS_DIRSYNC, a file that was renamed on FAT has no bytes there until Linux writes its
 * entry once more, up to half a minute later: a power cut would take a checkpoint that was saved.
 */
static void mount_disk(char *device, const char *kind) {
  check_disk(device, kind);
  mkdir(MOUNT_POINT, 0755);
  if (mount(device, MOUNT_POINT, kind, MS_NOATIME | MS_DIRSYNC, NULL) < 0) die("mount", device);
}

/* A file system that is still in use stays mounted, but all of it is on the disk. */
static void leave_disk(void) {
  sync();
  umount(MOUNT_POINT);
}

/* ---- the serial line ----------------------------------------------------------------------- */

/* Sets how the line works: every byte as it is, or as a terminal for people. Stays open. */
static int open_line(bool raw) {
  struct termios modes;
  const int line = open(SERIAL_LINE, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (line < 0 || tcgetattr(line, &modes) < 0) die("open", SERIAL_LINE);
  if (raw) cfmakeraw(&modes);
  modes.c_cflag |= CRTSCTS | CREAD | CLOCAL;
  if (tcsetattr(line, TCSANOW, &modes) < 0) die("set", SERIAL_LINE);
  return line;
}

static void put_all(int to, const char *bytes, size_t length) {
  while (length > 0) {
    const ssize_t n = write(to, bytes, length);
    if (n < 0) return; /* the command has ended or reads no more */
    bytes += n;
    length -= (size_t)n;
  }
}

/* Passes the bytes of the line on until its end mark. */
static void feed(int line, int to) {
  char piece[256], plain[256];
  bool escaped = false;
  ssize_t n;
  while ((n = read(line, piece, sizeof piece)) > 0) {
    size_t length = 0;
    for (ssize_t i = 0; i < n; i++) {
      const char byte = piece[i];
      if (escaped && byte == END) {
        put_all(to, plain, length);
        return;
      }
      escaped = !escaped && byte == ESCAPE;
      if (!escaped) plain[length++] = byte;
    }
    put_all(to, plain, length);
  }
}

/* A process that feeds the command; returns its number. */
static pid_t start_feeding(int line, const int in[2]) {
  const pid_t child = fork();
  if (child < 0) die("fork", "the input");
  if (child > 0) return child;
  signal(SIGPIPE, SIG_IGN);
  close(in[0]);
  feed(line, in[1]);
  _exit(0);
}

/* ---- the command --------------------------------------------------------------------------- */

/* The child's side: the start mark, no more access to the port, the program. */
static void become(void) {
  frame("start", 0, NULL, 0);
  if (ioperm(CHANNEL_PORT, 1, 0) == 0) execve(asked.argv[0], asked.argv, environment);
  dprintf(STDERR_FILENO, "cannot run %s: %s\n", asked.argv[0], strerror(errno));
  _exit(127);
}

static void take_streams(int in, int out, int err) {
  if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(126);
}

/* Waits for the command, and for orphans that end before it. */
static void report_end(pid_t command) {
  int status;
  struct rusage used;
  pid_t ended;
  do ended = wait4(-1, &status, 0, &used);
  while (ended != command && (ended > 0 || errno == EINTR));
  if (ended < 0) die("wait4", asked.argv[0]);
  leave_disk();
  frame_text("exit", 0, "%d %d %ld", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
             WIFSIGNALED(status) ? WTERMSIG(status) : 0, used.ru_maxrss);
}

/* A session of its own, whose terminal is the line: Ctrl-C reaches the command. */
static void run_at_terminal(void) {
  const int line = open_line(false);
  const struct winsize size = {.ws_row = asked.rows, .ws_col = asked.columns};
  ioctl(line, TIOCSWINSZ, &size);
  const pid_t child = fork();
  if (child < 0) die("fork", asked.argv[0]);
  if (child == 0) {
    setsid();
    const int terminal = open(SERIAL_LINE, O_RDWR); /* becomes the terminal of the session */
    take_streams(terminal, terminal, terminal);
    become();
  }
  report_end(child);
}

static void run_with_streams(void) {
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) < 0) die("pipe", "the input");
  const pid_t feeder = asked.input ? start_feeding(open_line(true), in) : 0;
  close(in[1]);
  if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) die("pipe", asked.argv[0]);
  const pid_t child = fork();
  if (child < 0) die("fork", asked.argv[0]);
  if (child == 0) {
    take_streams(in[0], out[1], err[1]);
    become();
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  relay(0, out[0], err[0]);
  if (feeder > 0) kill(feeder, SIGKILL);
  report_end(child);
}

/* ---- main ---------------------------------------------------------------------------------- */

/* Takes the entry that begins with the first of these words. Returns the words that it has. */
static int take_entry(char *words[], int left) {
  const char *name = words[0];
  const int n = left > 1 ? atoi(words[1]) : 0;
  if (strcmp(name, "token") == 0 && left > 1) {
    token = words[1];
    return 2;
  }
  if (strcmp(name, "disk") == 0 && left > 2) {
    asked.device = words[1], asked.kind = words[2];
    return 3;
  }
  if (strcmp(name, "terminal") == 0 && left > 2) {
    asked.terminal = true;
    asked.rows = (unsigned short)n, asked.columns = (unsigned short)atoi(words[2]);
    return 3;
  }
  if (strcmp(name, "input") == 0 || strcmp(name, "pause") == 0) {
    *(*name == 'i' ? &asked.input : &asked.pause) = true;
    return 1;
  }
  errno = EINVAL;
  if (strcmp(name, "run") != 0 || n < 1 || n > left - 2) die("entry of", "/job");
  memcpy(asked.argv, words + 2, (size_t)n * sizeof *words);
  return n + 2;
}

static void silence_kernel(void) {
  enum { SET_CONSOLE_LEVEL = 8, EMERGENCIES_ONLY = 1 };
  klogctl(SET_CONSOLE_LEVEL, NULL, EMERGENCIES_ONLY);
}

int main(void) {
  char *words[MAX_WORDS];
  if (mount("proc", "/proc", "proc", 0, NULL) < 0) die("mount", "/proc");
  if (mount("dev", "/dev", "devtmpfs", 0, NULL) < 0) die("mount", "/dev");
  if (ioperm(CHANNEL_PORT, 1, 1) < 0) die("ioperm", "port 0xE9");
  const int count = read_job(words);
  for (int at = 0; at < count;) at += take_entry(words + at, count - at);
  if (frame_file("cpuinfo", 0, "/proc/cpuinfo") < 0) die("read", "/proc/cpuinfo");
  if (frame_file("meminfo", 0, "/proc/meminfo") < 0) die("read", "/proc/meminfo");
  run_quietly((char *[]){BUSYBOX, "--install", "-s", "/bin", NULL});
  silence_kernel();
  if (asked.device) wait_for_device(asked.device);
  if (asked.pause) {
    frame("ready", 0, NULL, 0);
    sleep(1);
  }
  if (asked.device) mount_disk(asked.device, asked.kind);
  if (asked.terminal)
    run_at_terminal();
  else
    run_with_streams();
  frame("done", 0, NULL, 0);
  halt();
}
