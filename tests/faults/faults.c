/* faults.c - calls of the C library that fail when they are told to.
 *
 * `make faults` links it to the program, with --wrap for each __wrap_ function that is here. The
 * environment says what happens:
 *
 *   FAULT=none             nothing fails; the counts of all calls go to stderr at the end
 *   FAULT=fwrite:3         the third fwrite fails: ENOMEM for memory, else EIO
 *   FAULT=fwrite:3:ENOSPC  the same with this errno
 *   FAULT=fwrite:3+:ENOSPC and so do all that follow
 *   FAULT=fwrite:3:short   writes half, then fails with ENOSPC; fread, too
 *   FAULT_CALLS=FILE       a line a call is added to FILE: "fwrite 3 w m.ckpt.tmp", with the way
 *                          that its stream was opened (r, w, or - where there is no stream)
 *   FAULT_RUNS=FILE        a run for each line of FILE, "FOLDER FAULT", in that folder, with the
 *                          arguments that were given:
 *
 *                          FOLDER/stdin   is read, through a pipe; nothing where it is absent
 *                          FOLDER/stdout  and FOLDER/stderr are written
 *                          FOLDER/status  the exit code, or 128 + the signal that ended it
 *
 * The runs of FAULT_RUNS are forked before main, since AddressSanitizer takes longer to start than
 * most commands to fail. A process that does not free all that it allocated ends with code 77.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef enum {
  CALL_MALLOC,
  CALL_CALLOC,
  CALL_REALLOC,
  CALL_FOPEN,
  CALL_FCLOSE,
  CALL_FFLUSH,
  CALL_FSEEK,
  CALL_FTELL,
  CALL_FREAD,
  CALL_FGETS,
  CALL_GETC,
  CALL_FWRITE,
  CALL_FPRINTF,
  CALL_PRINTF,
  CALL_FPUTS,
  CALL_PUTS,
  CALL_PUTC,
  CALL_PUTCHAR,
  CALL_OPEN,
  CALL_FSYNC,
  CALL_RENAME,
  CALL_LINK,
  CALL_REMOVE,
  CALL_STAT,
  CALL_LSTAT,
  CALL_FSTAT,
  CALL_READLINK,
  CALL_FDOPEN,
  CALL_FCNTL,
  CALL_ACCESS,
  CALL_FCHOWN,
  CALL_FCHMOD,
  CALL_FTRUNCATE,
  CALL_UNLINK,
  CALL_PTHREAD_ATTR_INIT,
  CALL_PTHREAD_ATTR_SETSTACKSIZE,
  CALL_PTHREAD_CREATE,
  CALLS /* of `fault`: none */
} Call;

static const char *const names[CALLS] = {
    "malloc",
    "calloc",
    "realloc",
    "fopen",
    "fclose",
    "fflush",
    "fseek",
    "ftell",
    "fread",
    "fgets",
    "getc",
    "fwrite",
    "fprintf",
    "printf",
    "fputs",
    "puts",
    "putc",
    "putchar",
    "open",
    "fsync",
    "rename",
    "link",
    "remove",
    "stat",
    "lstat",
    "fstat",
    "readlink",
    "fdopen",
    "fcntl",
    "access",
    "fchown",
    "fchmod",
    "ftruncate",
    "unlink",
    "pthread_attr_init",
    "pthread_attr_setstacksize",
    "pthread_create",
};

static const struct {
  const char *name;
  int number;
} reasons[] = {
    {"ENOSPC", ENOSPC}, {"EROFS", EROFS},   {"EIO", EIO},       {"ENOMEM", ENOMEM},
    {"EACCES", EACCES}, {"EDQUOT", EDQUOT}, {"EMFILE", EMFILE}, {"EPERM", EPERM},
    {"EFBIG", EFBIG},   {"EXDEV", EXDEV},   {"ENOENT", ENOENT}, {"short", ENOSPC},
};

enum { REASONS = sizeof reasons / sizeof *reasons, STREAMS = 32 };

static struct {
  Call call;
  long occurrence;
  bool repeats, half;
  int reason; /* errno, 0: as is usual for the call */
} fault = {.call = CALLS};

static long counts[CALLS];
static long allocated; /* pieces of memory that the program has */
static int log_file = -1;

/* Streams that are open; a write that was made to fail leaves its mark, as a real one would. */
static struct {
  FILE *stream;
  char mode, path[256];
  bool failed;
} streams[STREAMS];

/* ---- the environment ---- */

static void refuse(const char *text) {
  dprintf(2, "faults: FAULT=%s: give none, or CALL:N, CALL:N+, and then :REASON\n", text);
  _exit(99);
}

static void print_counts(void) {
  for (int i = 0; i < CALLS; i++)
    if (counts[i]) dprintf(2, "%-8s %ld\n", names[i], counts[i]);
}

static void read_reason(const char *word, const char *text) {
  for (int i = 0; i < REASONS; i++)
    if (strcmp(reasons[i].name, word) == 0) fault.reason = reasons[i].number;
  if (!fault.reason) refuse(text);
  fault.half = strcmp(word, "short") == 0;
}

static void read_fault(const char *text) {
  char name[32];
  int taken = 0;
  if (sscanf(text, "%31[a-z_]:%ld%n", name, &fault.occurrence, &taken) != 2) refuse(text);
  for (int i = 0; i < CALLS; i++)
    if (strcmp(names[i], name) == 0) fault.call = (Call)i;
  const char *rest = text + taken;
  fault.repeats = *rest == '+';
  rest += fault.repeats;
  if (fault.call == CALLS || (*rest && *rest != ':')) refuse(text);
  if (*rest) read_reason(rest + 1, text);
}

int __real_fflush(FILE *stream);

/* At the end of a process, instead of AddressSanitizer's own end, which takes as long as its start.
 */
static void find_leaks(int status, void *unused) {
  (void)unused;
  __real_fflush(NULL);
  if (allocated) dprintf(2, "faults: %ld pieces of memory are never freed\n", allocated);
  _exit(allocated ? 77 : status);
}

int __real_open(const char *path, int flags, ...);

__attribute__((constructor)) static void start(void) {
  on_exit(find_leaks, NULL);
  const char *text = getenv("FAULT"), *path = getenv("FAULT_CALLS");
  if (path) log_file = __real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (!text) return;
  if (strcmp(text, "none") == 0)
    atexit(print_counts);
  else
    read_fault(text);
}

/* ---- streams ---- */

static int place_of(FILE *stream) {
  int free_place = 0;
  for (int i = STREAMS - 1; i >= 0; i--) {
    if (streams[i].stream == stream) return i;
    if (!streams[i].stream) free_place = i;
  }
  streams[free_place].stream = stream;
  streams[free_place].failed = false;
  streams[free_place].mode = stream == stdout || stream == stderr ? 'w' : 'r';
  snprintf(streams[free_place].path, sizeof streams->path, "%s",
           stream == stdout   ? "stdout"
           : stream == stderr ? "stderr"
           : stream == stdin  ? "stdin"
                              : "unknown");
  return free_place;
}

/* Counts a call; whether it is to fail, with errno set. */
static bool fails(Call call, char mode, const char *what) {
  const long n = ++counts[call];
  if (log_file >= 0) dprintf(log_file, "%s %ld %c %s\n", names[call], n, mode, what);
  if (fault.call != call || n < fault.occurrence || (n > fault.occurrence && !fault.repeats))
    return false;
  errno = fault.reason ? fault.reason : call <= CALL_REALLOC ? ENOMEM : EIO;
  return true;
}

/* The same of a call on a stream, which then remembers its failure. */
static bool fails_on(Call call, FILE *stream) {
  const int i = place_of(stream);
  if (!fails(call, streams[i].mode, streams[i].path)) return false;
  streams[i].failed = true;
  return true;
}

/* ---- memory ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);

static void *count_piece(void *memory) {
  if (memory) __atomic_add_fetch(&allocated, 1, __ATOMIC_RELAXED);
  return memory;
}

void *__wrap_malloc(size_t size) {
  return fails(CALL_MALLOC, '-', "memory") ? NULL : count_piece(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
  return fails(CALL_CALLOC, '-', "memory") ? NULL : count_piece(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size) {
  if (fails(CALL_REALLOC, '-', "memory")) return NULL;
  return old ? __real_realloc(old, size) : count_piece(__real_realloc(old, size));
}

void __wrap_free(void *memory) {
  if (memory) __atomic_sub_fetch(&allocated, 1, __ATOMIC_RELAXED);
  __real_free(memory);
}

/* ---- opening and closing ---- */

FILE *__real_fopen(const char *path, const char *mode);
FILE *__real_fdopen(int file, const char *mode);
int __real_fclose(FILE *stream);

static char last_created[256]; /* the path that fdopen then makes a stream of */

FILE *__wrap_fopen(const char *path, const char *mode) {
  if (fails(CALL_FOPEN, *mode, path)) return NULL;
  FILE *stream = __real_fopen(path, mode);
  if (!stream) return NULL;
  const int i = place_of(stream);
  streams[i].mode = *mode;
  snprintf(streams[i].path, sizeof streams->path, "%s", path);
  return stream;
}

FILE *__wrap_fdopen(int file, const char *mode) {
  if (fails(CALL_FDOPEN, *mode, last_created)) return NULL;
  FILE *stream = __real_fdopen(file, mode);
  if (!stream) return NULL;
  const int i = place_of(stream);
  streams[i].mode = *mode;
  snprintf(streams[i].path, sizeof streams->path, "%s", last_created);
  return stream;
}

int __wrap_fclose(FILE *stream) {
  const bool failed = fails_on(CALL_FCLOSE, stream);
  const int reason = errno, i = place_of(stream);
  memset(&streams[i], 0, sizeof *streams);
  const int result = __real_fclose(stream);
  if (!failed) return result;
  errno = reason;
  return EOF;
}

/* ---- reading ---- */

int __real_fseek(FILE *stream, long offset, int whence);
long __real_ftell(FILE *stream);
size_t __real_fread(void *data, size_t size, size_t count, FILE *stream);
char *__real_fgets(char *line, int size, FILE *stream);
int __real_getc(FILE *stream);
int __real_ferror(FILE *stream);

int __wrap_fseek(FILE *stream, long offset, int whence) {
  return fails_on(CALL_FSEEK, stream) ? -1 : __real_fseek(stream, offset, whence);
}

long __wrap_ftell(FILE *stream) { return fails_on(CALL_FTELL, stream) ? -1 : __real_ftell(stream); }

size_t __wrap_fread(void *data, size_t size, size_t count, FILE *stream) {
  if (!fails_on(CALL_FREAD, stream)) return __real_fread(data, size, count, stream);
  const int reason = errno;
  const size_t done = fault.half ? __real_fread(data, size, count / 2, stream) : 0;
  errno = reason;
  return done;
}

char *__wrap_fgets(char *line, int size, FILE *stream) {
  return fails_on(CALL_FGETS, stream) ? NULL : __real_fgets(line, size, stream);
}

int __wrap_getc(FILE *stream) { return fails_on(CALL_GETC, stream) ? EOF : __real_getc(stream); }

int __wrap_ferror(FILE *stream) {
  for (int i = 0; i < STREAMS; i++)
    if (streams[i].stream == stream && streams[i].failed) return 1;
  return __real_ferror(stream);
}

/* ---- writing ---- */

size_t __real_fwrite(const void *data, size_t size, size_t count, FILE *stream);
int __real_fputs(const char *text, FILE *stream);
int __real_puts(const char *text);
int __real_putc(int byte, FILE *stream);
int __real_putchar(int byte);

size_t __wrap_fwrite(const void *data, size_t size, size_t count, FILE *stream) {
  if (!fails_on(CALL_FWRITE, stream)) return __real_fwrite(data, size, count, stream);
  const int reason = errno;
  const size_t done = fault.half ? __real_fwrite(data, size, count / 2, stream) : 0;
  errno = reason;
  return done;
}

int __wrap_fflush(FILE *stream) {
  return fails_on(CALL_FFLUSH, stream) ? EOF : __real_fflush(stream);
}

__attribute__((format(printf, 2, 3))) int __wrap_fprintf(FILE *stream, const char *format, ...) {
  if (fails_on(CALL_FPRINTF, stream)) return -1;
  va_list arguments;
  va_start(arguments, format);
  const int result = vfprintf(stream, format, arguments);
  va_end(arguments);
  return result;
}

__attribute__((format(printf, 1, 2))) int __wrap_printf(const char *format, ...) {
  if (fails_on(CALL_PRINTF, stdout)) return -1;
  va_list arguments;
  va_start(arguments, format);
  const int result = vprintf(format, arguments);
  va_end(arguments);
  return result;
}

int __wrap_fputs(const char *text, FILE *stream) {
  return fails_on(CALL_FPUTS, stream) ? EOF : __real_fputs(text, stream);
}

int __wrap_puts(const char *text) { return fails_on(CALL_PUTS, stdout) ? EOF : __real_puts(text); }

int __wrap_putc(int byte, FILE *stream) {
  return fails_on(CALL_PUTC, stream) ? EOF : __real_putc(byte, stream);
}

int __wrap_putchar(int byte) { return fails_on(CALL_PUTCHAR, stdout) ? EOF : __real_putchar(byte); }

/* ---- the file system ---- */

int __real_fsync(int file);
int __real_fcntl(int file, int command, ...);
int __real_fstat(int file, struct stat *facts);
int __real_link(const char *from, const char *to);
int __real_rename(const char *from, const char *to);
int __real_remove(const char *path);
int __real_stat(const char *path, struct stat *facts);

int __wrap_open(const char *path, int flags, ...) {
  if (fails(CALL_OPEN, flags & O_CREAT ? 'w' : 'r', path)) return -1;
  if (!(flags & O_CREAT)) return __real_open(path, flags);
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  snprintf(last_created, sizeof last_created, "%s", path);
  return __real_open(path, flags, mode);
}

/* "file" where it was written through this opening; "name" where that was before. */
int __wrap_fsync(int file) {
  struct stat facts;
  const bool folder = __real_fstat(file, &facts) == 0 && S_ISDIR(facts.st_mode);
  const bool reads = (__real_fcntl(file, F_GETFL) & O_ACCMODE) == O_RDONLY;
  const char *what = folder ? "folder" : reads ? "name" : "file";
  return fails(CALL_FSYNC, 'w', what) ? -1 : __real_fsync(file);
}

int __wrap_rename(const char *from, const char *to) {
  return fails(CALL_RENAME, '-', to) ? -1 : __real_rename(from, to);
}

int __wrap_link(const char *from, const char *to) {
  return fails(CALL_LINK, '-', to) ? -1 : __real_link(from, to);
}

int __wrap_remove(const char *path) {
  return fails(CALL_REMOVE, '-', path) ? -1 : __real_remove(path);
}

int __wrap_stat(const char *path, struct stat *facts) {
  return fails(CALL_STAT, '-', path) ? -1 : __real_stat(path, facts);
}

int __real_lstat(const char *path, struct stat *facts);
ssize_t __real_readlink(const char *path, char *target, size_t size);

int __wrap_lstat(const char *path, struct stat *facts) {
  return fails(CALL_LSTAT, '-', path) ? -1 : __real_lstat(path, facts);
}

int __wrap_fstat(int file, struct stat *facts) {
  return fails(CALL_FSTAT, '-', "file") ? -1 : __real_fstat(file, facts);
}

ssize_t __wrap_readlink(const char *path, char *target, size_t size) {
  return fails(CALL_READLINK, '-', path) ? -1 : __real_readlink(path, target, size);
}

int __wrap_fcntl(int file, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  return fails(CALL_FCNTL, '-', "lock") ? -1 : __real_fcntl(file, command, argument);
}

int __real_access(const char *path, int mode);
int __real_fchown(int file, uid_t owner, gid_t group);
int __real_fchmod(int file, mode_t mode);
int __real_ftruncate(int file, off_t length);
int __real_unlink(const char *path);

int __wrap_access(const char *path, int mode) {
  return fails(CALL_ACCESS, '-', path) ? -1 : __real_access(path, mode);
}

int __wrap_fchown(int file, uid_t owner, gid_t group) {
  return fails(CALL_FCHOWN, '-', "owner") ? -1 : __real_fchown(file, owner, group);
}

int __wrap_fchmod(int file, mode_t mode) {
  return fails(CALL_FCHMOD, '-', "owner") ? -1 : __real_fchmod(file, mode);
}

int __wrap_ftruncate(int file, off_t length) {
  return fails(CALL_FTRUNCATE, '-', "lock") ? -1 : __real_ftruncate(file, length);
}

int __wrap_unlink(const char *path) {
  return fails(CALL_UNLINK, '-', path) ? -1 : __real_unlink(path);
}

/* ---- threads, whose calls give the reason back ---- */

int __real_pthread_attr_init(pthread_attr_t *attributes);
int __real_pthread_attr_setstacksize(pthread_attr_t *attributes, size_t bytes);
int __real_pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*work)(void *),
                          void *argument);

int __wrap_pthread_attr_init(pthread_attr_t *attributes) {
  return fails(CALL_PTHREAD_ATTR_INIT, '-', "thread") ? errno
                                                      : __real_pthread_attr_init(attributes);
}

int __wrap_pthread_attr_setstacksize(pthread_attr_t *attributes, size_t bytes) {
  return fails(CALL_PTHREAD_ATTR_SETSTACKSIZE, '-', "thread")
             ? errno
             : __real_pthread_attr_setstacksize(attributes, bytes);
}

int __wrap_pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*work)(void *),
                          void *argument) {
  return fails(CALL_PTHREAD_CREATE, '-', "thread")
             ? errno
             : __real_pthread_create(id, attributes, work, argument);
}

/* ---- the clock, which shows a millisecond more each time, so that a run prints what the one
 * before did ---- */

int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
  static long milliseconds;
  (void)clock;
  const long shown = __atomic_add_fetch(&milliseconds, 1, __ATOMIC_RELAXED);
  *now = (struct timespec){.tv_sec = shown / 1000, .tv_nsec = shown % 1000 * 1000000};
  return 0;
}

/* ---- many runs of one command, each forked before main ---- */

enum { MOST_SECONDS = 600, LONGEST_LINE = 4096, MOST_TEXT = 1 << 20 };

int __real_main(int argc, char **argv);

static void give_up(const char *what) {
  dprintf(2, "faults: FAULT_RUNS: %s: %s\n", what, strerror(errno));
  _exit(99);
}

/* Makes `file` the descriptor `number`. */
static void put(int file, int number) {
  if (file < 0 || dup2(file, number) < 0) give_up("a standard stream");
  close(file);
}

/* The end of a pipe that all of the file named stdin is in, as it fits one; else of the null
 * device. */
static int standard_input(void) {
  const int file = __real_open("stdin", O_RDONLY);
  if (file < 0) return __real_open("/dev/null", O_RDONLY);
  char text[LONGEST_LINE];
  int ends[2];
  const ssize_t length = read(file, text, sizeof text);
  if (pipe(ends) || write(ends[1], text, (size_t)length) != length) give_up("stdin");
  close(file);
  close(ends[1]);
  __real_unlink("stdin");
  return ends[0];
}

static int new_file(const char *name) { return __real_open(name, O_WRONLY | O_CREAT, 0666); }

/* In the forked process: the place, the streams and the fault of a run. */
static void prepare_run(const char *folder, const char *text) {
  if (chdir(folder)) give_up(folder);
  put(standard_input(), 0);
  put(new_file("stdout"), 1);
  put(new_file("stderr"), 2);
  signal(SIGPIPE, SIG_DFL);
  alarm(MOST_SECONDS);
  setenv("TMPDIR", folder, 1);
  if (strcmp(text, "none") != 0) read_fault(text);
}

static void write_status(const char *folder, int status) {
  char path[LONGEST_LINE + sizeof "/status"];
  snprintf(path, sizeof path, "%s/status", folder);
  const int file = new_file(path);
  if (file < 0) give_up(path);
  dprintf(file, "%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  close(file);
}

/* Forks for one line; gives true in the process that is to run main. */
static bool forks(char *line) {
  char *fault_text = strchr(line, ' ');
  if (!fault_text) give_up(line);
  *fault_text++ = '\0';
  const pid_t child = fork();
  if (child < 0) give_up("fork");
  if (child == 0) {
    prepare_run(line, fault_text);
    return true;
  }
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) give_up("waitpid");
  write_status(line, status);
  return false;
}

/* Forks for each line of a file; gives true in a process that is to run main. The file is closed by
 * then, since a process that ends moves the place in a file that it shares. */
static bool forks_for_each(const char *list) {
  static char text[MOST_TEXT];
  const int file = __real_open(list, O_RDONLY);
  ssize_t length = 0, part;
  while ((part = read(file, text + length, sizeof text - (size_t)length)) > 0) length += part;
  if (part < 0 || length == sizeof text) give_up(list);
  close(file);
  text[length] = '\0';
  char *rest = text, *line;
  while ((line = strsep(&rest, "\n")) && *line)
    if (forks(line)) return true;
  return false;
}

int __wrap_main(int argc, char **argv) {
  const char *list = getenv("FAULT_RUNS");
  return list && !forks_for_each(list) ? 0 : __real_main(argc, argv);
}
