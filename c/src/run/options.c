/* options.c - arguments to settings, by the rows of a command. */
#include "run/options.h"

#include <stdio.h>
#include <string.h>

#include "base/numbers.h"
#include "base/quote.h"
#include "run/near_miss.h"

/* ---- text ---- */

enum { SHOWN_BYTES = 40, MOST_LIST = 512 };

/* Appends to a text of a size, cut to fit. */
static void append(char *text, size_t size, const char *more) {
  const size_t used = strlen(text);
  snprintf(text + used, size - used, "%s", more);
}

/* A value as messages show it: something, no longer than they can take, no character cut. */
static const char *shown(char text[SHOWN_BYTES + 4], const char *value) {
  size_t length = strlen(value);
  if (length == 0) return "\"\"";
  const bool cut = length > SHOWN_BYTES;
  if (cut) length = SHOWN_BYTES;
  while (cut && length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80) length--;
  snprintf(text, SHOWN_BYTES + 4, "%.*s%s", (int)length, value, cut ? "..." : "");
  return text;
}

/* ---- rows ---- */

const OptionRow *command_row(const Command *command, int i, size_t *offset) {
  for (const CommandGroup *g = command->groups; g && g->group; g++) {
    if (i < g->group->count) {
      *offset = g->offset + g->group->rows[i].offset;
      return &g->group->rows[i];
    }
    i -= g->group->count;
  }
  return NULL;
}

int command_find(const Command *command, const char *name, size_t length) {
  const OptionRow *row;
  size_t offset = 0;
  for (int i = 0; (row = command_row(command, i, &offset)) != NULL; i++)
    if (strlen(row->name) == length && strncmp(row->name, name, length) == 0) return i;
  return -1;
}

/* The row of a letter, -1 if there is none. */
static int find_letter(const Command *command, char letter) {
  const OptionRow *row;
  size_t offset = 0;
  for (int i = 0; (row = command_row(command, i, &offset)) != NULL; i++)
    if (row->letter == letter) return i;
  return -1;
}

char *option_list_names(char *text, size_t size, const OptionRow *row, const char *between) {
  for (int i = 0; row->names && row->names(i); i++) {
    if (i > 0) append(text, size, between);
    append(text, size, row->names(i));
  }
  return text;
}

/* The place of a name of `length` bytes, -1 if it is none. */
static int32_t find_name(OptionNames *names, const char *name, size_t length) {
  for (int32_t i = 0; names && names(i); i++)
    if (strlen(names(i)) == length && strncmp(names(i), name, length) == 0) return i;
  return -1;
}

bool option_is_name(const OptionRow *row, const char *value) {
  return find_name(row->names, value, strlen(value)) >= 0;
}

bool options_given(const void *settings, const char *name) {
  const SettingsHead *head = settings;
  const int i = command_find(head->command, name, strlen(name));
  return i >= 0 && (head->given >> i & 1);
}

/* ---- what is refused ---- */

static bool refuse(const OptionRow *row, const char *value, const char *give, Error *error) {
  char text[SHOWN_BYTES + 4];
  return error_set(error, EXIT_USAGE, "--%s %s: give %s", row->name, shown(text, value), give);
}

static bool refuse_int(const OptionRow *row, const char *value, Error *error) {
  char give[MOST_LIST] = "";
  option_list_names(give, sizeof give, row, ", ");
  const size_t used = strlen(give);
  snprintf(give + used, sizeof give - used, "%sa whole number from %ld to %ld", used ? ", or " : "",
           (long)row->low, (long)row->high);
  return refuse(row, value, give, error);
}

static bool refuse_decimal(const OptionRow *row, const char *value, Error *error) {
  char give[MOST_LIST];
  snprintf(give, sizeof give,
           "a decimal number %s %ld %s %ld, of at most 7 digits and none beyond the tenth after "
           "the point, such as 0.5 or 5e-1",
           row->above ? "above" : "from", (long)row->low, row->above ? "and at most" : "to",
           (long)row->high);
  return refuse(row, value, give, error);
}

static bool refuse_names(const OptionRow *row, const char *value, Error *error) {
  char give[MOST_LIST];
  snprintf(give, sizeof give, "%s of ", row->kind == OPTION_LIST ? "some" : "one");
  return refuse(row, value, option_list_names(give, sizeof give, row, ", "), error);
}

/* ---- values ---- */

static bool store_int(const OptionRow *row, const char *value, int32_t *member, Error *error) {
  long number = find_name(row->names, value, strlen(value));
  if (number < 0 && !parse_int(value, row->low, row->high, &number))
    return refuse_int(row, value, error);
  *member = (int32_t)number;
  return true;
}

static bool store_decimal(const OptionRow *row, const char *value, float *member, Error *error) {
  float x;
  if (!parse_decimal(value, &x) || x > (float)row->high || x < (float)row->low ||
      (row->above && x <= (float)row->low))
    return refuse_decimal(row, value, error);
  *member = x;
  return true;
}

static bool store_size(const OptionRow *row, const char *value, uint64_t *member, Error *error) {
  static const char words[] =
      "a size above 0 and below 8589934592GB: digits, then KB, MB or GB, such as 64MB";
  char give[MOST_LIST] = "";
  const int32_t place = find_name(row->names, value, strlen(value));
  if (place >= 0) *member = (uint64_t)place;
  if (place >= 0 || parse_size(value, member)) return true;
  option_list_names(give, sizeof give, row, ", ");
  append(give, sizeof give, *give ? ", or " : "");
  append(give, sizeof give, words);
  return refuse(row, value, give, error);
}

static bool store_choice(const OptionRow *row, const char *value, int32_t *member, Error *error) {
  const int32_t place = find_name(row->names, value, strlen(value));
  if (place < 0) return refuse_names(row, value, error);
  *member = place;
  return true;
}

static bool check_list(const OptionRow *row, const char *value, Error *error) {
  char list[MOST_LIST] = "";
  if (!*value)
    return error_set(error, EXIT_USAGE, "--%s is empty; give some of %s", row->name,
                     option_list_names(list, sizeof list, row, ", "));
  for (const char *at = value;; at++) {
    const size_t length = strcspn(at, ",");
    if (find_name(row->names, at, length) < 0) return refuse_names(row, value, error);
    at += length;
    if (!*at) return true;
  }
}

/* Whether all escapes are known and the bytes are not too many. */
static bool check_escapes(const OptionRow *row, const char *value, Error *error) {
  const size_t length = strlen(value);
  long count = 0;
  uint8_t byte;
  for (size_t at = 0, taken; at < length; at += taken, count++) {
    const size_t escape = value[at + 1] == 'x' ? 4 : 2, left = length - at;
    taken = value[at] == '\\' ? escape < left ? escape : left : 1;
    if (unquote_bytes(&byte, 1, value + at, taken) != 1)
      return error_set(
          error, EXIT_USAGE,
          "--%s: %.*s is not an escape; write \\\\ for a backslash, and \\n, \\t, \\r, \\\" "
          "and \\xHH (two hexadecimal digits) for other bytes",
          row->name, (int)taken, value + at);
  }
  if (row->high == 0 || count <= row->high) return true;
  char give[64];
  snprintf(give, sizeof give, "at most %ld bytes", (long)row->high);
  return refuse(row, value, give, error);
}

static bool store_value(const OptionRow *row, const char *value, void *member, Error *error) {
  switch (row->kind) {
  case OPTION_FLAG:
    *(bool *)member = true;
    return true;
  case OPTION_FILE:
    if (!*value)
      return error_set(error, EXIT_USAGE, "--%s is empty; give a %s", row->name, row->argument);
    *(const char **)member = value;
    return true;
  case OPTION_ESCAPED:
    *(const char **)member = value;
    return check_escapes(row, value, error);
  case OPTION_INT:
    return store_int(row, value, member, error);
  case OPTION_SEED:
    return parse_seed(value, member) ||
           refuse(row, value, "a whole number from 0 to 4294967295", error);
  case OPTION_DECIMAL:
    return store_decimal(row, value, member, error);
  case OPTION_SIZE:
    return store_size(row, value, member, error);
  case OPTION_CHOICE:
    return store_choice(row, value, member, error);
  case OPTION_LIST:
    *(const char **)member = value;
    return check_list(row, value, error);
  }
  return true;
}

/* ---- back to text ---- */

void option_value(const OptionRow *row, const void *member, char *text, size_t size) {
  const int32_t number =
      row->kind == OPTION_INT || row->kind == OPTION_CHOICE ? *(const int32_t *)member : 0;
  char digits[32] = "";
  const char *value = digits;
  switch (row->kind) {
  case OPTION_FILE:
  case OPTION_ESCAPED:
  case OPTION_LIST:
    value = *(const char *const *)member;
    break;
  case OPTION_CHOICE:
    value = row->names(number);
    break;
  case OPTION_INT:
    if (row->names && number >= 0 && number < row->low)
      value = row->names(number);
    else if (number >= row->low)
      snprintf(digits, sizeof digits, "%ld", (long)number);
    break;
  case OPTION_SEED:
    snprintf(digits, sizeof digits, "%lu", (unsigned long)*(const uint32_t *)member);
    break;
  case OPTION_DECIMAL:
    if (*(const float *)member >= (float)row->low) format_shortest(digits, *(const float *)member);
    break;
  case OPTION_SIZE:
    if (row->names && *(const uint64_t *)member == 0)
      value = row->names(0);
    else if (*(const uint64_t *)member)
      format_size(digits, *(const uint64_t *)member);
    break;
  case OPTION_FLAG:
    break;
  }
  snprintf(text, size, "%s", value ? value : "");
}

/* ---- arguments ---- */

/* One option as it was written: --name=value, --name value or -letter. */
typedef struct {
  int row;           /* of the command; -1: none */
  const char *name;  /* without its dashes; null where the argument is no option at all */
  size_t length;     /* of name */
  const char *value; /* null: there is none */
  bool joined;       /* by "=" */
} Written;

static bool is_named(const Written *w, const char *name) {
  return w->length == strlen(name) && strncmp(w->name, name, w->length) == 0;
}

/* Reads the option at *at, and goes to the last argument that belongs to it. */
static Written read_option(const Command *command, int count, const char *const arguments[],
                           int *at) {
  const char *text = arguments[*at];
  Written w = {.row = -1};
  if (text[0] != '-' || !text[1]) return w;
  w.name = text + (text[1] == '-' ? 2 : 1);
  w.length = strcspn(w.name, "=");
  w.joined = w.name[w.length] == '=';
  if (w.joined) w.value = w.name + w.length + 1;
  if (text[1] == '-')
    w.row = command_find(command, w.name, w.length);
  else if (w.length == 1)
    w.row = find_letter(command, w.name[0]);
  if (w.row < 0 || w.joined) return w;
  size_t offset = 0;
  const bool takes = command_row(command, w.row, &offset)->kind != OPTION_FLAG;
  if (takes && *at + 1 < count) w.value = arguments[*at + 1];
  if (takes && w.value && strncmp(w.value, "--", 2) != 0) ++*at;
  return w;
}

Asked options_asked(const Command *command, int count, const char *const arguments[]) {
  for (int i = 0; i < count; i++) {
    const bool help = strcmp(arguments[i], "-h") == 0, version = strcmp(arguments[i], "-V") == 0;
    const Written w = read_option(command, count, arguments, &i);
    if (w.joined || !w.name) continue;
    if (help || is_named(&w, "help")) return ASKED_HELP;
    if (version || is_named(&w, "version")) return ASKED_VERSION;
  }
  return ASKED_RUN;
}

/* ---- options that there are not ---- */

/* The option of a command that was probably meant, null if none is near. */
static const char *near_option(const Command *command, const Written *w) {
  NearMiss miss = near_miss_start(w->name, w->length);
  const OptionRow *row;
  size_t offset = 0;
  for (int i = 0; (row = command_row(command, i, &offset)) != NULL; i++)
    near_miss_try(&miss, row->name);
  return miss.best;
}

/* The names of the commands that have an option: "train, plan and bench"; false if none has. */
static bool list_owners(const Command *const all[], const Written *w, char *text, size_t size) {
  int owners = 0, seen = 0;
  for (int i = 0; all[i]; i++) owners += command_find(all[i], w->name, w->length) >= 0;
  for (int i = 0; all[i]; i++) {
    if (command_find(all[i], w->name, w->length) < 0) continue;
    if (seen > 0) append(text, size, seen + 1 < owners ? ", " : " and ");
    append(text, size, all[i]->name);
    seen++;
  }
  return owners > 0;
}

/* Whether an argument begins with one of the dashes that word processors put in the place of --. */
static bool is_other_dash(const char *argument) {
  return strncmp(argument, "\xe2\x80", 2) == 0 && argument[2] >= '\x90' && argument[2] <= '\x95';
}

static bool refuse_option(const Command *command, const Command *const all[], const Written *w,
                          const char *argument, Error *error) {
  char owners[128] = "";
  const int length = (int)(w->length < SHOWN_BYTES ? w->length : SHOWN_BYTES);
  if (strncmp(argument, "--", 2) == 0 && list_owners(all, w, owners, sizeof owners))
    return error_set(error, EXIT_USAGE, "%s has no --%.*s; that is an option of %s", command->name,
                     length, w->name, owners);
  const char *meant = near_option(command, w);
  const int dashes = argument[1] == '-' ? 2 : 1;
  if (meant)
    return error_set(error, EXIT_USAGE, "unknown option %.*s of %s; did you mean --%s?",
                     dashes + length, argument, command->name, meant);
  return error_set(error, EXIT_USAGE,
                   "unknown option %.*s of %s; `legacy_llm %s --help` lists its options",
                   dashes + length, argument, command->name, command->name);
}

/* ---- arguments without an option ---- */

static bool is_written(const Command *command, int row, int count, const char *const arguments[]) {
  for (int i = 0; i < count; i++)
    if (read_option(command, count, arguments, &i).row == row) return true;
  return false;
}

/* The option that argument `at` was probably meant for: none that is there already, but a text of
 * which it may be the next word. Null where nobody can tell. */
static const OptionRow *meant_for(const Command *command, int count, const char *const arguments[],
                                  int at) {
  const OptionRow *row = NULL;
  size_t offset = 0;
  for (int i = 0; *arguments[at] && (row = command_row(command, i, &offset)) != NULL; i++)
    if (row->bare && row->bare(arguments[at]) &&
        (row->kind == OPTION_ESCAPED || !is_written(command, i, count, arguments)))
      return row;
  return NULL;
}

/* The command as it was probably meant: argument `at` as the value of an option. A text of several
 * words, the first of which may have its option, becomes one value. */
static void write_meant(CommandLine *line, const Command *command, const OptionRow *row, int count,
                        const char *const arguments[], int at) {
  const bool words = row->kind == OPTION_ESCAPED;
  const bool begun = words && at >= 2 && strncmp(arguments[at - 2], "--", 2) == 0 &&
                     strcmp(arguments[at - 2] + 2, row->name) == 0;
  char value[MOST_LIST] = "";
  int i = 0;
  command_line_start(line, command->name);
  for (; i < (begun ? at - 2 : at); i++) command_line_word(line, arguments[i]);
  if (begun) i++;
  append(value, sizeof value, arguments[i++]);
  for (; i <= at || (words && i < count && arguments[i][0] != '-'); i++) {
    append(value, sizeof value, " ");
    append(value, sizeof value, arguments[i]);
  }
  command_line_option(line, row->name, value);
  for (; i < count; i++) command_line_word(line, arguments[i]);
}

static bool refuse_argument(const Command *command, int count, const char *const arguments[],
                            int at, Error *error) {
  enum { MOST_COMMAND = 400 /* what a message can take */ };
  const OptionRow *row = meant_for(command, count, arguments, at);
  char text[SHOWN_BYTES + 4];
  CommandLine line;
  if (is_other_dash(arguments[at]))
    return error_set(
        error, EXIT_USAGE,
        "%s begins with a dash that is no minus sign; type it as --, as in: legacy_llm "
        "%s --help",
        shown(text, arguments[at]), command->name);
  shown(text, *arguments[at] ? arguments[at] : "\"\"");
  if (!row)
    return error_set(error, EXIT_USAGE,
                     "unexpected argument %s; options of %s begin with --, and `legacy_llm %s "
                     "--help` lists them",
                     text, command->name, command->name);
  write_meant(&line, command, row, count, arguments, at);
  if (!line.whole || strlen(line.text) > MOST_COMMAND)
    return error_set(error, EXIT_USAGE, "unexpected argument %s; write --%s before it", text,
                     row->name);
  return error_set(error, EXIT_USAGE, "unexpected argument %s; write: %s", text, line.text);
}

/* Whether an option has a value where it takes one, and none where it does not. */
static bool check_value(const OptionRow *row, const Written *w, Error *error) {
  char list[MOST_LIST] = "";
  if (row->kind == OPTION_FLAG)
    return !w->joined || error_set(error, EXIT_USAGE, "--%s takes no value; leave out =%.40s",
                                   row->name, w->value);
  if (w->value && (w->joined || strncmp(w->value, "--", 2) != 0)) return true;
  if (w->value)
    return error_set(error, EXIT_USAGE,
                     "--%s needs a value before %.40s; if that is the value, write --%s=%.40s",
                     row->name, w->value, row->name, w->value);
  option_list_names(list, sizeof list, row, "|");
  if (row->argument && *list) append(list, sizeof list, "|");
  return error_set(error, EXIT_USAGE, "--%s needs a value: --%s %s%s", row->name, row->name,
                   row->kind == OPTION_LIST ? "" : list, row->argument ? row->argument : "");
}

/* ---- all of a command line ---- */

void options_default(const Command *command, void *settings) {
  memset(settings, 0, command->settings_size);
  if (command->defaults) command->defaults(settings);
  ((SettingsHead *)settings)->command = command;
}

/* Stores the rows that others change, or those others. */
static bool store_options(const Command *command, const Command *const all[], bool applied,
                          char *settings, int count, const char *const arguments[], Error *error) {
  SettingsHead *head = (SettingsHead *)(void *)settings;
  for (int i = 0; i < count; i++) {
    const char *argument = arguments[i];
    const Written w = read_option(command, count, arguments, &i);
    if (!w.name) return refuse_argument(command, count, arguments, i, error);
    if (w.row < 0) return refuse_option(command, all, &w, argument, error);
    size_t offset = 0;
    const OptionRow *row = command_row(command, w.row, &offset);
    if (!check_value(row, &w, error)) return false;
    if ((row->apply != NULL) != applied) continue;
    if (!store_value(row, w.value, settings + offset, error)) return false;
    if (row->apply) row->apply(settings + offset - row->offset);
    head->given |= (uint64_t)1 << w.row;
  }
  return true;
}

bool options_parse(const Command *command, const Command *const all[], void *settings, int count,
                   const char *const arguments[], Error *error) {
  options_default(command, settings);
  return store_options(command, all, true, settings, count, arguments, error) &&
         store_options(command, all, false, settings, count, arguments, error) &&
         (!command->settle || command->settle(settings, error));
}

bool option_any(const char *value) {
  (void)value;
  return true;
}

/* ---- the same options again ---- */

/* Whether a number of a row that was not given is another than by default: a preset has set it. */
static bool is_set(const OptionRow *row, const void *member, const void *by_default) {
  return (row->kind == OPTION_INT || row->kind == OPTION_CHOICE) &&
         memcmp(member, by_default, sizeof(int32_t)) != 0;
}

void options_repeat(const void *settings, const char *but, CommandLine *line) {
  const SettingsHead *head = settings;
  const OptionRow *row;
  Settings plain;
  size_t offset = 0;
  char value[COMMAND_LINE_BYTES];
  options_default(head->command, &plain);
  for (int i = 0; (row = command_row(head->command, i, &offset)) != NULL; i++) {
    const void *member = (const char *)settings + offset;
    if (row->in_checkpoint || row->once || (but && strcmp(row->name, but) == 0) ||
        !(head->given >> i & 1 || is_set(row, member, plain.bytes + offset)))
      continue;
    option_value(row, member, value, sizeof value);
    command_line_option(line, row->name, row->kind == OPTION_FLAG ? NULL : value);
  }
}

/* ---- advice ---- */

/* Whether row i saves memory, by a smaller value or by one of its own that it does not have yet.
 * What a resumed checkpoint brings cannot. */
static bool saves(const void *settings, int i, bool by_smaller) {
  size_t offset = 0;
  const OptionRow *row = command_row(((const SettingsHead *)settings)->command, i, &offset);
  if (!row->saving || (row->in_checkpoint && options_given(settings, "resume"))) return false;
  if (strcmp(row->saving, "smaller") == 0) return by_smaller;
  const int32_t place = find_name(row->names, row->saving, strlen(row->saving));
  const void *member = (const char *)settings + offset;
  return !by_smaller && *(const int32_t *)member != place;
}

bool options_saving(const void *settings, char *text, size_t size) {
  const Command *command = ((const SettingsHead *)settings)->command;
  const OptionRow *row;
  size_t offset = 0;
  int smaller = 0, listed = 0;
  *text = 0;
  for (int i = 0; (row = command_row(command, i, &offset)) != NULL; i++) {
    smaller += saves(settings, i, true);
    if (!saves(settings, i, false)) continue;
    append(text, size, *text ? ", --" : "--");
    append(text, size, row->name);
    append(text, size, " ");
    append(text, size, row->saving);
  }
  if (smaller && *text) append(text, size, ", or ");
  for (int i = 0; (row = command_row(command, i, &offset)) != NULL; i++) {
    if (!saves(settings, i, true)) continue;
    append(text, size, listed == 0 ? "a smaller --" : listed + 1 < smaller ? ", --" : " or --");
    append(text, size, row->name);
    listed++;
  }
  return *text != 0;
}
