/* files.c - lists the files of a command, compares each pair, locks. */
#include "run/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/platform.h"
#include "run/leftovers.h"

/* What a file has to do with an option. */
typedef enum { OF_OPTION, LOCK_OF_OPTION, BESIDE_OUT } FileRole;

typedef struct {
  FileRole role;
  const char *option; /* its name */
  FileUse use;        /* FILE_NONE: there is no such file this time */
  Standing writes;
  const char *path;
  char made[TEMPORARY_BYTES]; /* the path, where no option says it */
} CommandFile;

/* ---- the list ---- */

static bool is_written(FileUse use) { return use >= FILE_TEXT; }

/* Whether a file is locked: one that is written, and stays. */
static bool is_locked(const CommandFile *file) {
  return file->role == OF_OPTION && is_written(file->use) && path_kind(file->path) != PATH_STREAM;
}

/* The file of an option row. */
static void of_option(const OptionRow *row, const void *settings, const char *value,
                      CommandFile *file) {
  file->role = OF_OPTION;
  file->option = row->name;
  file->use = value && !option_is_name(row, value) ? row->use : FILE_NONE;
  file->writes = row->becomes ? row->becomes(settings) : row->writes;
  file->path = value;
}

/* From the file of an option to its lock. */
static void to_lock(CommandFile *file) {
  const bool locked = is_locked(file) && file_lock_name(file->path, file->made);
  file->role = LOCK_OF_OPTION;
  file->use = locked ? FILE_REPLACED : FILE_NONE;
  file->path = file->made;
}

/* File i = 0, 1, ... of a command: of each option and its lock, then those beside. False beyond the
 * last. */
static bool file_at(const void *settings, int i, CommandFile *file) {
  const Command *command = ((const SettingsHead *)settings)->command;
  size_t offset = 0;
  int rows = 0;
  while (command_row(command, rows, &offset)) rows++;
  if (i < 2 * rows) {
    const OptionRow *row = command_row(command, i / 2, &offset);
    const void *member = (const char *)settings + offset;
    const bool names = row->kind == OPTION_FILE;
    of_option(row, settings, names ? *(const char *const *)member : NULL, file);
    if (i % 2 == 1) to_lock(file);
    return true;
  }
  file->role = BESIDE_OUT;
  file->option = "out";
  file->use = FILE_NONE;
  if (!command->beside) return false;
  file->use = command->beside(settings, i - 2 * rows, file->made, sizeof file->made);
  file->writes = STANDS_CHECKPOINT;
  file->path = file->made;
  return file->use != FILE_NONE;
}

/* ---- what cannot be written ---- */

static bool cannot_write(const CommandFile *file, Error *error) {
  return error_set(error, EXIT_FAILED, "cannot write %.200s: %s; give --%s another file",
                   file->path, strerror(errno), file->option);
}

/* Whether a path is of a kind that can be written so; what is beside an option must not be a link,
 * for nobody asked for what is behind it. */
static bool check_kind(const CommandFile *file, Error *error) {
  char resolved[PATH_BYTES];
  if (!is_written(file->use)) return true;
  if (!path_resolve(file->path, resolved))
    return error_set(error, EXIT_USAGE,
                     "the path %.60s... is too long, or its symbolic links go in a circle; give "
                     "--%s another file",
                     file->path, file->option);
  const PathKind kind = path_kind(file->path);
  const bool streams = file->use == FILE_TEXT || file->use == FILE_GROWN;
  if ((kind == PATH_ABSENT || kind == PATH_ORDINARY || (kind == PATH_STREAM && streams)) &&
      (file->role == OF_OPTION || !path_is_link(file->path)))
    return kind != PATH_ORDINARY || path_may_write(file->path) || cannot_write(file, error);
  return error_set(error, EXIT_USAGE,
                   "cannot write %.200s: it is not an ordinary file; give --%s another file",
                   file->path, file->option);
}

/* Whether what stands at a path is the earlier one of what is written there. Whose training a
 * checkpoint or a log is of, the command asks itself. A file that this program did not write may be
 * replaced by an output that is used at once, not by one that grows over hours. */
static bool is_earlier(const CommandFile *file, Standing standing) {
  if (standing == STANDS_NOTHING || standing == file->writes) return true;
  if (file->writes == STANDS_CHECKPOINT) return standing == STANDS_MODEL;
  return file->writes != STANDS_LOG && standing == STANDS_OTHER;
}

static bool check_standing(const CommandFile *file, Error *error) {
  if (file->role == LOCK_OF_OPTION || file->use == FILE_REMADE) return true;
  const Standing standing = standing_at(file->path);
  return is_earlier(file, standing) ||
         error_set(error, EXIT_USAGE,
                   "%.200s is %s; give --%s another file, or replace it with --force", file->path,
                   standing_name(standing), file->option);
}

/* ---- pairs ---- */

/* Whether both are checkpoints of one output. They have names of their own, and a checkpoint takes
 * a name, it is never written into: one file may have two of the names, where a run was killed
 * while it kept what was there. */
static bool is_one_family(const CommandFile *a, const CommandFile *b) {
  return a->use == FILE_SAVED && b->use == FILE_SAVED &&
         (a->role == BESIDE_OUT || b->role == BESIDE_OUT);
}

/* Whether one is written over what the other is. */
static bool clash(const CommandFile *a, const CommandFile *b) {
  if (a->use == FILE_NONE || b->use == FILE_NONE || !(is_written(a->use) || is_written(b->use)))
    return false;
  if ((a->use == FILE_CONTINUED && b->use == FILE_SAVED) ||
      (b->use == FILE_CONTINUED && a->use == FILE_SAVED) || is_one_family(a, b))
    return false;
  return path_same(a->path, b->path);
}

/* What a file is called: "--text my.txt", or "my.ckpt.1 (beside --out)". */
static void describe(const CommandFile *file, char *text, size_t size) {
  if (file->role == OF_OPTION)
    snprintf(text, size, "--%s %.160s", file->option, file->path);
  else
    snprintf(text, size, "%.160s (beside --%s)", file->path, file->option);
}

static bool check_pair(const CommandFile *a, const CommandFile *b, Error *error) {
  if (!clash(a, b)) return true;
  const CommandFile *over = is_written(a->use) ? a : b, *under = over == a ? b : a;
  char names[2][200];
  describe(over, names[0], sizeof names[0]);
  describe(under, names[1], sizeof names[1]);
  return error_set(error, EXIT_USAGE,
                   "%s would be written over %s: they are one file; give --%s another file",
                   names[0], names[1], over->option);
}

/* Whether a file is none of the standard streams: written where they are read, and so on. */
static bool check_streams(const CommandFile *file, bool silent, Error *error) {
  static const char *const names[] = {"standard input", "standard output", "standard error"};
  FILE *const streams[] = {stdin, stdout, stderr};
  const bool written = is_written(file->use), apart = path_kind(file->path) == PATH_STREAM;
  for (int i = 0; i < 3; i++) {
    if ((i == 0 && !written) || (i == 1 && silent && written) || (i == 2 && written && apart) ||
        !path_is_stream(file->path, streams[i]))
      continue;
    return error_set(error, EXIT_USAGE, "%.200s of --%s is also %s; give --%s another file",
                     file->path, file->option, names[i], file->option);
  }
  return true;
}

/* A file by itself, and with those before it. */
static bool check_file(const void *settings, int i, const CommandFile *file, Error *error) {
  const Command *command = ((const SettingsHead *)settings)->command;
  CommandFile other;
  if (file->use == FILE_NONE) return true;
  if (!check_kind(file, error) || !check_streams(file, command->silent, error)) return false;
  for (int j = 0; j < i && file_at(settings, j, &other); j++)
    if (!check_pair(file, &other, error)) return false;
  return true;
}

/* Whether a command reads a file by some option: then it says itself what the file is not, and it
 * is no leftover to it. */
static bool is_read(const void *settings, const char *path) {
  CommandFile file;
  for (int i = 0; file_at(settings, i, &file); i++)
    if (file.use != FILE_NONE && !is_written(file.use) && path_same(file.path, path)) return true;
  return false;
}

static bool check_files(const void *settings, Error *error) {
  const bool forced = options_given(settings, "force");
  CommandFile file;
  for (int i = 0; file_at(settings, i, &file); i++)
    if (!check_file(settings, i, &file, error)) return false;
  for (int i = 0; !forced && file_at(settings, i, &file); i++)
    if (is_written(file.use) && !is_read(settings, file.path) && !check_standing(&file, error))
      return false;
  return true;
}

/* ---- what a killed run left ---- */

/* Name i of those that a process tries for the temporary file of a locked path, or of the token
 * file beside it. */
static void name_temporary(const FileLock *lock, int which, long process, int i,
                           char name[TEMPORARY_BYTES]) {
  static const char *const endings[TEMPORARIES] = {"", ".tokens"};
  char path[TEMPORARY_BYTES];
  const int length = (int)(strlen(lock->path) - strlen(".lock"));
  snprintf(path, sizeof path, "%.*s%s", length, lock->path, endings[which]);
  safe_file_temporary(path, process, i, name);
}

/* Removes the temporary files of a process that had the lock and ended without a word. */
static void remove_leftovers(const void *settings, const FileLock *lock) {
  char name[TEMPORARY_BYTES];
  for (int i = 0; i < TEMPORARIES * MOST_TEMPORARIES; i++) {
    name_temporary(lock, i % TEMPORARIES, lock->dead, i / TEMPORARIES, name);
    if (path_kind(name) == PATH_ORDINARY && !is_read(settings, name)) remove(name);
  }
}

/* Says which temporary files this process may leave: the first names that nobody has. */
static void add_leftovers(LockedFile *locked) {
  for (int which = 0; which < TEMPORARIES; which++) {
    char *name = locked->temporaries[which];
    int i = 0;
    do name_temporary(&locked->lock, which, process_id(), i, name);
    while (path_kind(name) != PATH_ABSENT && ++i < MOST_TEMPORARIES);
    if (i < MOST_TEMPORARIES) leftovers_add(name);
  }
}

/* ---- all ---- */

static bool take_lock(Files *files, const void *settings, const CommandFile *file, Error *error) {
  if (files->count == MOST_LOCKS) return true;
  LockedFile *locked = &files->locked[files->count];
  if (file_lock_take(&locked->lock, file->path, error)) {
    if (locked->lock.dead > 0) remove_leftovers(settings, &locked->lock);
    if (locked->lock.file) add_leftovers(locked);
    files->count++;
    return true;
  }
  /* What grows may be there in a folder where nothing new may be. */
  return error->exit_code == EXIT_FAILED && file->use == FILE_GROWN &&
         path_kind(file->path) == PATH_ORDINARY;
}

static void give_back(LockedFile *locked) {
  for (int which = 0; which < TEMPORARIES; which++) leftovers_drop(locked->temporaries[which]);
  file_lock_release(&locked->lock);
}

bool files_open(Files *files, const void *settings, Error *error) {
  CommandFile file;
  files->count = 0;
  if (!check_files(settings, error)) return false;
  for (int i = 0; file_at(settings, i, &file); i++)
    if (is_locked(&file) && !take_lock(files, settings, &file, error)) {
      files_close(files);
      return false;
    }
  return true;
}

void files_close(Files *files) {
  while (files->count > 0) give_back(&files->locked[--files->count]);
}
