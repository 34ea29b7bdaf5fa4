/*
 * init.c - the first and only system process inside the emulated laptop.
 *
 * It reads /job, reports the machine (/proc/cpuinfo, /proc/meminfo), runs the job's commands one
 * after the other, hands their result files out, and halts. It judges nothing: the host does.
 * Not a general init: no shell, no services, no disk.
 *
 * Its words (job.h):
 *
 *     token <hex>                     the word that opens every frame of this boot
 *     run <n> <word 1> ... <word n>   a command; word 1 is the program's path
 *     send <path>                     a result file to hand out after all commands
 */
#define _GNU_SOURCE /* wait4, ioperm */
#include "job.h"

#include <stdlib.h>
#include <sys/mount.h>    /* mount */
#include <sys/resource.h> /* struct rusage */
#include <sys/stat.h>
#include <sys/wait.h> /* wait4 */

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
