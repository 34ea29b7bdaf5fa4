/* options.c - command lines: the input's lines (or strings between NULs) are the arguments, given
 * to every command. What is accepted is within the ranges that the rest of the program relies on,
 * which are those of the rows, and keeps the rules across rows.
 */
#include "commands/commands.h"
#include "harness.h"

enum { MOST_ARGUMENTS = 64 };

/* Whether a list has no item but the names of its row. */
static bool sound_list(const OptionRow *row, const char *list) {
  char all[1024] = ",", item[256];
  option_list_names(all, sizeof all, row, ",");
  strcat(all, ",");
  for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
    const int length = (int)strcspn(at, ",");
    if (length > 200) return false;
    snprintf(item, sizeof item, ",%.*s,", length, at);
    if (!strstr(all, item)) return false;
  }
  return true;
}

static bool sound_int(const OptionRow *row, int32_t x) {
  return (x >= row->low && x <= row->high) || (x >= 0 && row->names && x < 2);
}

static bool sound_decimal(const OptionRow *row, float x) {
  return x <= (float)row->high && (row->above ? x > (float)row->low : x >= (float)row->low);
}

static int names_of(const OptionRow *row) {
  int count = 0;
  while (row->names(count)) count++;
  return count;
}

/* A member that was given. */
static void must_be_in_range(const OptionRow *row, const void *member) {
  switch (row->kind) {
  case OPTION_FLAG:
    MUST(*(const bool *)member);
    break;
  case OPTION_FILE:
    MUST(**(const char *const *)member);
    break;
  case OPTION_ESCAPED:
    MUST(*(const char *const *)member);
    break;
  case OPTION_INT:
    MUST(sound_int(row, *(const int32_t *)member));
    break;
  case OPTION_SEED:
    break;
  case OPTION_DECIMAL:
    MUST(sound_decimal(row, *(const float *)member));
    break;
  case OPTION_SIZE:
    MUST(*(const uint64_t *)member > 0);
    break;
  case OPTION_CHOICE:
    MUST(*(const int32_t *)member >= 0 && *(const int32_t *)member < names_of(row));
    break;
  case OPTION_LIST:
    MUST(sound_list(row, *(const char *const *)member));
    break;
  }
}

/* The member of an option, null if the command has none. */
static const int32_t *find(const Settings *settings, const char *name) {
  const Command *command = settings->head.command;
  const int i = command_find(command, name, strlen(name));
  size_t offset;
  if (i < 0) return NULL;
  command_row(command, i, &offset);
  return (const int32_t *)(const void *)(settings->bytes + offset);
}

static void must_keep_the_rules(const Settings *s) {
  const int32_t *steps = find(s, "steps"), *warmup = find(s, "warmup"), *batch = find(s, "batch");
  const int32_t *context = find(s, "context"), *batch_tokens = find(s, "batch-tokens");
  const bool resumed = options_given(s, "resume"); /* a checkpoint has the steps, and the default */
  if (steps && warmup && !resumed) MUST(*warmup >= 0 && (*warmup < *steps || *warmup == 0));
  if (batch_tokens && *batch_tokens && !resumed)
    MUST(*batch == *batch_tokens / *context && !options_given(s, "batch"));
  if (options_given(s, "interactive"))
    MUST(!options_given(s, "prompt-file") && s->head.command == &generate_command);
}

static void must_be_sound(const Settings *settings) {
  const OptionRow *row;
  size_t offset;
  for (int i = 0; (row = command_row(settings->head.command, i, &offset)) != NULL; i++)
    if (settings->head.given >> i & 1) must_be_in_range(row, settings->bytes + offset);
  must_keep_the_rules(settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static char text[4096];
  const char *arguments[MOST_ARGUMENTS];
  int count = 0;
  if (size >= sizeof text) return -1;
  memcpy(text, data, size);
  text[size] = 0;
  for (size_t at = 0; at < size && count < MOST_ARGUMENTS; at += strlen(text + at) + 1) {
    text[at + strcspn(text + at, "\n")] = 0;
    arguments[count++] = text + at;
  }
  for (int i = 0; all_commands[i]; i++) {
    Settings settings;
    Error error = {EXIT_OK, ""};
    options_asked(all_commands[i], count, arguments);
    if (options_parse(all_commands[i], all_commands, &settings, count, arguments, &error))
      must_be_sound(&settings);
    else
      must_be_refusal(&error);
  }
  return 0;
}
