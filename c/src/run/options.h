/* options.h - the engine of the command line: what options and commands are, and how arguments
 * become the settings of a command.
 *
 * A command is a row of data (Command): its words, its groups of options, the size of its settings
 * and what to do with them. A group is an array of rows (OptionRow) over one struct, and several
 * commands may compose it: option_groups.h has those that they share. A new option is a row and the
 * member that it sets; a new command is a Command and a line in all_commands (commands.c).
 *
 * Options are written --name value or --name=value; of one that is given twice the last counts.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "base/errors.h"
#include "run/command_line.h"
#include "run/standing.h"

typedef enum {
  OPTION_FLAG,    /* bool; takes no value */
  OPTION_FILE,    /* const char *: any text but an empty one */
  OPTION_ESCAPED, /* const char *: a text with escapes, as it was written; of at most `high` bytes
                     (0: any number) when they are read */
  OPTION_INT,     /* int32_t from low to high; or one of `names`, which stands for its place */
  OPTION_SEED,    /* uint32_t, any */
  OPTION_DECIMAL, /* float from low to high */
  OPTION_SIZE,    /* uint64_t: bytes, above 0; or one of `names`, which stands for its place */
  OPTION_CHOICE,  /* int32_t: the place of one of `names` */
  OPTION_LIST     /* const char *: some of `names` with commas between */
} OptionKind;

/* What a command does with the file of an option, or with one that goes with it. */
typedef enum {
  FILE_UNSAID,    /* of an option that is no file; a row of OPTION_FILE says more */
  FILE_NONE,      /* nothing is done with it */
  FILE_READ,      /* it is read */
  FILE_CONTINUED, /* it is read, and FILE_SAVED may then take its place */
  FILE_TEXT,     /* it is written whole or not at all; or what is written goes into a device, a FIFO
                    or an open stream */
  FILE_REMADE,   /* perhaps it is made, to be removed in the end, where there is none like it */
  FILE_REPLACED, /* it is written whole or not at all, and is an ordinary file */
  FILE_SAVED,    /* the same again and again, or it is what was saved before */
  FILE_GROWN     /* it is written as the command goes on */
} FileUse;

/* The name at a place of the table that defines it, 0, 1, ...; null beyond the last. */
typedef const char *OptionNames(int place);

/* One option. A default outside of low..high, 0 for a size and null for a text mean that nothing is
 * set: the help prints no default then. */
typedef struct {
  const char *name, *help;
  const char *argument; /* what the help calls the value: "FILE"; null beside names alone */
  OptionKind kind;
  size_t offset; /* of the member in the struct of the group */
  int32_t low, high;
  bool above;                                /* low itself is not in the range */
  OptionNames *names;                        /* of OPTION_FILE: values that are no file */
  FileUse use;                               /* of OPTION_FILE */
  Standing writes;                           /* of a file that is written: what it becomes */
  Standing (*becomes)(const void *settings); /* the same, where other options decide it; or null */
  char letter;                               /* also -letter; 0: no such */
  bool in_checkpoint; /* --resume brings it: it may be given again, not changed */
  bool once;          /* the command that goes on with a training does not repeat it */
  /* Whether an argument without a name was probably meant for it; may be null. */
  bool (*bare)(const char *value);
  /* What value of it takes less memory: "smaller", or the value itself; null: none. */
  const char *saving;
  /* Called with the struct of the group once the member is set. Such rows come before all others,
   * so that these change what it sets; may be null. */
  void (*apply)(void *group);
} OptionRow;

/* Rows over one struct. */
typedef struct {
  const char *title; /* in the help; groups that follow each other with one title stand together */
  const OptionRow *rows;
  int count;
} OptionGroup;

#define OPTION_GROUP(title, rows)                                                                  \
  { (title), (rows), (int)(sizeof(rows) / sizeof *(rows)) }

/* A group of a command, and where its struct is in the settings. */
typedef struct {
  const OptionGroup *group; /* null ends an array of these */
  size_t offset;
} CommandGroup;

typedef struct Command {
  const char *name;
  const char *summary;         /* one line: "trains a model on a text" */
  const char *about;           /* more of it, a paragraph; may be null */
  const char *const *examples; /* arguments of calls, until null; may be null */
  const CommandGroup *groups;
  /* Files that go with --out: puts the path of number i = 0, 1, ... into path and returns what is
   * done with it, FILE_NONE beyond the last; may be null. */
  FileUse (*beside)(const void *settings, int i, char *path, size_t size);
  bool silent;                                  /* with --out nothing goes to standard output */
  size_t settings_size;                         /* of a struct that begins with a SettingsHead */
  void (*defaults)(void *settings);             /* what is not 0 or null; may be null */
  bool (*settle)(void *settings, Error *error); /* rules across options; may be null */
  bool (*run)(const void *settings, Error *error);
} Command;

/* What settings begin with. */
typedef struct {
  const Command *command;
  uint64_t given; /* bit i: row i of the command was on the command line */
} SettingsHead;

enum { MOST_OPTIONS = 64 /* of a command */, MOST_SETTINGS = 1024 /* bytes */ };

/* Room for the settings of any command. */
typedef union {
  SettingsHead head;
  void *pointer;
  uint64_t number;
  char bytes[MOST_SETTINGS];
} Settings;

/* ---- parsing ---- */

typedef enum { ASKED_RUN, ASKED_HELP, ASKED_VERSION } Asked;

/* Whether --help, -h, --version or -V stands anywhere where an option would. */
Asked options_asked(const Command *command, int count, const char *const arguments[]);

/* The settings of a command with nothing given. */
void options_default(const Command *command, void *settings);

/* Settings from arguments [count]; whatever is unknown, incomplete or impossible is an error that
 * names it, and tells which of all commands (until null) has such an option. The settings point
 * into the arguments. */
bool options_parse(const Command *command, const Command *const all[], void *settings, int count,
                   const char *const arguments[], Error *error);

/* Whether an option of the command of these settings was on the command line. */
bool options_given(const void *settings, const char *name);

/* Whether the value of an OPTION_FILE is one of the names that are no file. */
bool option_is_name(const OptionRow *row, const char *value);

/* ---- rows ---- */

/* Row i of a command, 0, 1, ..., and where its member is in the settings; null beyond the last. */
const OptionRow *command_row(const Command *command, int i, size_t *offset);

/* The place of the row of a name of `length` bytes, -1 if the command has none. */
int command_find(const Command *command, const char *name, size_t length);

/* The value that a member holds, as it would be written into text [size]; empty where nothing is
 * set, and of a flag. */
void option_value(const OptionRow *row, const void *member, char *text, size_t size);

/* A `bare` that takes every argument. */
bool option_any(const char *value);

/* Appends the options that were given, and those that a preset has set, but for those of a
 * checkpoint and of one run, and for the one of this name (null: none). */
void options_repeat(const void *settings, const char *but, CommandLine *line);

/* Appends the names of a row to text [size], with `between` between them; returns text. */
char *option_list_names(char *text, size_t size, const OptionRow *row, const char *between);

/* What would take less memory, by the rows of the command that say so: "a smaller --dim or
 * --layers". False, and nothing, where no row does. */
bool options_saving(const void *settings, char *text, size_t size);

#endif
