/* test_options.c - numbers as text, and the rows of all commands. */
#include <stdio.h>
#include <string.h>

#include "base/numbers.h"
#include "model/quantizer.h"
#include "run/options.h"
#include "tests/frame.h"
#include "train/optimizer.h"

/* ---- numbers ---- */

static void test_decimals(void) {
  static const struct {
    const char *text;
    float value;
  } good[] = {{"0.0008", 0.0008f},
              {"12", 12.0f},
              {".5", 0.5f},
              {"5.", 5.0f},
              {"0", 0.0f},
              {"0.000", 0.0f},
              {"1e-3", 0.001f},
              {"2.5E-4", 2.5e-4f},
              {"1e+1", 10.0f},
              {"1e1", 10.0f},
              {"0e99", 0.0f},
              {"0.002000000000000", 0.002f},
              {"1000.000", 1000.0f},
              {"1234567", 1234567.f},
              {"1234567e-7", 0.1234567f},
              {"00012", 12.0f},
              {"16777210", 16777210.0f},
              {"1e-10", 1e-10f}};
  static const char *const bad[] = {"",    ".",         "-1",       "+1",  "1.2.3", "1e",
                                    "1e-", "e3",        "1e3.5",    " 1",  "1 ",    "0x1",
                                    "inf", "nan",       "12345678", "1ee", "1e-11", "1e11",
                                    "-0",  "1234567.8", "1e999999", "1,5", "1e+-3", "1d3"};
  float x;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    check(parse_decimal(good[i].text, &x) && x == good[i].value, "%s is read otherwise",
          good[i].text);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    check(!parse_decimal(bad[i], &x), "\"%s\" is read as a decimal", bad[i]);
}

static void test_whole_numbers(void) {
  static const char *const bad[] = {"",    "-",  " 1", "+1",  "1 ",
                                    "0x1", "11", "-6", "1e1", "99999999999999999999"};
  uint64_t bytes;
  uint32_t seed;
  long x;
  check(parse_int("10", -5, 10, &x) && x == 10 && parse_int("-5", -5, 10, &x) && x == -5, "ends");
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    check(!parse_int(bad[i], -5, 10, &x), "\"%s\" is read as a whole number", bad[i]);
  check(parse_seed("4294967295", &seed) && seed == 4294967295u &&
            !parse_seed("4294967296", &seed) && !parse_seed("-1", &seed) && !parse_seed("", &seed),
        "seeds");
  check(parse_size("64MB", &bytes) && bytes == 67108864, "64MB");
  check(parse_size("64mb", &bytes) && bytes == 67108864 && parse_size("64 MiB", &bytes) &&
            bytes == 67108864 && parse_size("1.5GB", &bytes) && bytes == 1610612736 &&
            parse_size("0.1k", &bytes) && bytes == 102,
        "sizes as people write them");
  check(!parse_size("9999999999GB", &bytes) && !parse_size("99999999999999999999", &bytes) &&
            !parse_size("1e3", &bytes) && !parse_size("1.GB", &bytes) &&
            !parse_size(".5GB", &bytes) && !parse_size("0.0001", &bytes) &&
            !parse_size("64 M B", &bytes) && !parse_size("", &bytes) && !parse_size("MB", &bytes),
        "no sizes");
  check(parse_size("12", &bytes) && bytes == 12 && !parse_size("12X", &bytes) &&
            !parse_size("0", &bytes) && !parse_size("-5", &bytes),
        "sizes");
}

static void test_formats(void) {
  static const char *const shortest[] = {"0", "1", "0.012", "100", "0.000001", "0.5"};
  static const char *const sizes[] = {"8MB", "1KB", "100", "3GB", "1025"};
  char text[32];
  float x;
  uint64_t bytes;
  format_decimal(text, -1.25f, 2);
  check(strcmp(text, "-1.25") == 0, "-1.25 became %s", text);
  format_decimal(text, 0.99996f, 4);
  check(strcmp(text, "1.0000") == 0, "0.99996 became %s", text);
  for (size_t i = 0; i < sizeof shortest / sizeof *shortest; i++) {
    if (check(parse_decimal(shortest[i], &x), "%s", shortest[i])) format_shortest(text, x);
    check(strcmp(text, shortest[i]) == 0, "%s became %s", shortest[i], text);
  }
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    if (check(parse_size(sizes[i], &bytes), "%s", sizes[i])) format_size(text, bytes);
    check(strcmp(text, sizes[i]) == 0, "%s became %s", sizes[i], text);
  }
}

/* ---- rows ---- */

static void check_row(const Command *command, int i) {
  size_t offset = 0;
  const OptionRow *row = command_row(command, i, &offset);
  const bool named = row->kind == OPTION_CHOICE || row->kind == OPTION_LIST;
  check(offset >= sizeof(SettingsHead) && offset < command->settings_size, "%s --%s: its member",
        command->name, row->name);
  check(command_find(command, row->name, strlen(row->name)) == i, "%s has two --%s", command->name,
        row->name);
  check(!named || (row->names && row->names(0)), "%s --%s has no names", command->name, row->name);
  check(named || row->kind == OPTION_FLAG || row->argument, "%s --%s has no argument",
        command->name, row->name);
  check(row->low <= row->high && row->help, "%s --%s: its range, its help", command->name,
        row->name);
}

static const Command *command_named(const char *name) {
  int i = 0;
  while (strcmp(tested_commands[i]->name, name) != 0) i++;
  return tested_commands[i];
}

static void test_rows(void) {
  for (int c = 0; tested_commands[c]; c++) {
    const Command *command = tested_commands[c];
    size_t offset;
    int count = 0;
    while (command_row(command, count, &offset)) check_row(command, count++);
    check(count <= MOST_OPTIONS, "%s has %d options", command->name, count);
    check(command->settings_size >= sizeof(SettingsHead) &&
              command->settings_size <= sizeof(Settings),
          "the settings of %s are too large", command->name);
    check(command->summary && command->run, "%s has no summary or does nothing", command->name);
  }
}

/* The place of a name that a command takes for an option, -1 where it is refused. */
static int32_t place_of(const char *option, const char *name) {
  const char *const arguments[] = {option, name};
  Settings settings;
  Error error;
  size_t offset = 0;
  if (!options_parse(command_named("train"), tested_commands, &settings, 2, arguments, &error))
    return -1;
  command_row(command_named("train"),
              command_find(command_named("train"), option + 2, strlen(option + 2)), &offset);
  int32_t place;
  memcpy(&place, settings.bytes + offset, sizeof place);
  return place;
}

/* The names that options take are those of the tables, in their order. */
static void test_names(void) {
  for (int i = 0; i < SCHEMES; i++)
    check(place_of("--scheme", scheme_row((SchemeKind)i)->name) == i, "scheme %d", i);
  for (int i = 0; i < OPTIMIZERS; i++)
    check(place_of("--optimizer", optimizer_row((OptimizerKind)i)->name) == i, "optimizer %d", i);
}

/* A word in quotes, as a shell of POSIX takes it, or that of Windows. */
#ifdef _WIN32
#define QUOTED(posix, windows) "\"" windows "\""
#else
#define QUOTED(posix, windows) "'" posix "'"
#endif

/* What is refused of a command line of train, and how it is said. */
static void test_refusals(void) {
  static const struct {
    const char *arguments[4];
    const char *says;
  } cases[] = {
      {{"--stesp", "4"}, "unknown option --stesp of train; did you mean --steps?"},
      {{"--prompt", "x"}, "train has no --prompt; that is an option of generate"},
      {{"--nothing", "like it"}, "unknown option --nothing of train; `legacy_llm train --help`"},
      {{"text"}, " train --text text"},
      {{"my text.txt", "--json"}, " train --text " QUOTED("my text.txt", "my text.txt") " --json"},
      {{"--text", "t", "--", "x"}, "unknown option -- of train"},
      {{"--text", "t", "it's.llm"}, " train --text t --out " QUOTED("it'\\''s.llm", "it's.llm")},
      {{""}, "unexpected argument \"\"; options of train begin with --"},
      {{"--out", "--json"}, "--out needs a value before --json"},
      {{"--json=yes"}, "--json takes no value"},
      {{"--lr", "-1"}, "--lr -1: give a decimal number from 0 to 1000"},
      {{"--clip", "0"}, "--clip 0: give a decimal number above 0 and at most 1000"},
      {{"--separator", "a\\q"}, "--separator: \\q is not an escape"},
      {{"--steps", "4", "--warmup", "4"}, "--warmup 4: give fewer steps than the 4 of --steps"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    Settings settings;
    Error error = {0, ""};
    int count = 0;
    while (count < 4 && cases[i].arguments[count]) count++;
    check(!options_parse(command_named("train"), tested_commands, &settings, count,
                         cases[i].arguments, &error) &&
              strstr(error.message, cases[i].says),
          "%s: %s", cases[i].arguments[0], error.message);
  }
}

/* A resumed training is asked for with what is neither of its checkpoint nor of one run. */
static void test_repeats(void) {
  const char *const given[] = {"--text=a b", "--steps=9", "--keep", "2",
                               "--json",     "--force",   "--out",  "m"};
  Settings settings;
  Error error;
  CommandLine line;
  options_parse(command_named("train"), tested_commands, &settings, 8, given, &error);
  command_line_start(&line, "train");
  options_repeat(&settings, NULL, &line);
  check(line.whole && strstr(line.text, " train --text " QUOTED("a b", "a b") " --keep 2 --json") &&
            !strstr(line.text, "--force") && !strstr(line.text, "--out"),
        "%s", line.text);
}

/* A command that does not fit is known not to be whole, and one that just fits is whole. */
static void test_long_commands(void) {
  CommandLine line;
  command_line_start(&line, "train");
  while (line.whole) command_line_word(&line, "a 'long' word");
  check(strlen(line.text) < sizeof line.text && strlen(line.text) > sizeof line.text - 64,
        "%lu bytes", (unsigned long)strlen(line.text));
  command_line_start(&line, "train");
  command_line_option(&line, "out", "--it's");
  check(line.whole && strstr(line.text, " train --out=" QUOTED("--it'\\''s", "--it's")), "%s",
        line.text);
}

/* What would take less memory is said in the options of the command alone. */
static void test_savings(void) {
  Settings settings;
  Error error;
  char text[256];
  const char *const block[] = {"--recompute=block"};
  options_parse(command_named("train"), tested_commands, &settings, 0, NULL, &error);
  check(options_saving(&settings, text, sizeof text) && strstr(text, "--recompute block"), "%s",
        text);
  options_parse(command_named("train"), tested_commands, &settings, 1, block, &error);
  check(options_saving(&settings, text, sizeof text) && !strstr(text, "--recompute") &&
            strstr(text, "a smaller --layers, --dim"),
        "%s", text);
  const char *const resumed[] = {"--resume", "m.ckpt"};
  options_parse(command_named("train"), tested_commands, &settings, 2, resumed, &error);
  check(options_saving(&settings, text, sizeof text) && !strstr(text, "--dim"), "%s", text);
  options_parse(command_named("generate"), tested_commands, &settings, 0, NULL, &error);
  check(!options_saving(&settings, text, sizeof text) && !*text, "%s", text);
}

const Test options_tests[] = {
    {"decimal numbers from text", test_decimals},
    {"whole numbers from text", test_whole_numbers},
    {"numbers as text", test_formats},
    {"rows of all commands", test_rows},
    {"names of methods", test_names},
    {"refused command lines", test_refusals},
    {"options of a training that goes on", test_repeats},
    {"commands that are too long", test_long_commands},
    {"advice on memory", test_savings},
    {NULL, NULL},
};
