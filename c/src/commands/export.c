/* export.c - the command that writes a checkpoint's model without its training. */
#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/numbers.h"
#include "base/platform.h"
#include "run/ram.h"
#include "run/reader.h"

static Reader reader, exported; /* large, so not on the stack; the second is the same, packed */

static void pack_layout(Reader *r) {
  model_layout(&r->model, &r->header.model, STORE_PACKED, &r->arena);
}

typedef struct {
  SettingsHead head;
  const char *model, *out;
} ExportSettings;

#define AT(member) .offset = offsetof(ExportSettings, member)
static const OptionRow export_rows[] = {
    {.name = "model",
     .argument = "FILE",
     .help = "the checkpoint to export",
     .kind = OPTION_FILE,
     AT(model)},
    {.name = "out",
     .argument = "FILE",
     .help = "the file to write; it must be given",
     .kind = OPTION_FILE,
     AT(out)},
};
#undef AT
static const OptionGroup export_group = OPTION_GROUP("Files", export_rows);
static const CommandGroup groups[] = {{&export_group, 0}, {NULL, 0}};

static void export_defaults(void *settings) { ((ExportSettings *)settings)->model = BUNDLED_MODEL; }

static bool export_settle(void *settings, Error *error) {
  const ExportSettings *s = settings;
  if (!s->out) return error_set(error, EXIT_USAGE, "name the file to write with --out");
  if (!same_file(s->out, s->model)) return true;
  return error_set(error, EXIT_USAGE, "%s would lose what training needs; give --out another file",
                   s->out);
}

static bool write_packed(Reader *to, const Reader *from, const ExportSettings *s, Error *error) {
  to->header = from->header;
  to->header.contents = CONTENTS_MODEL;
  pack_layout(to);
  if (!check_ram(to->arena.plan.total, (RamLimit){0, s}, error) || !arena_open(&to->arena, error))
    return false;
  pack_layout(to);
  model_pack(&to->model, &from->model);
  return checkpoint_save(s->out, 0, &to->header, &to->model, NULL, error);
}

static bool export_run(const void *settings, Error *error) {
  const ExportSettings *s = settings;
  char bytes[32];
  if (!reader_open_header(&reader, s->model, error) ||
      !reader_open(&reader, (RamLimit){0, s}, &(ReaderNeeds){.slots = 1}, error))
    return false;
  memset(&exported, 0, sizeof exported);
  const bool good = write_packed(&exported, &reader, s, error);
  arena_close(&exported.arena);
  arena_close(&reader.arena);
  if (good)
    printf("%s: the model of %s without its training, %s bytes of weights\n", s->out, s->model,
           format_bytes(bytes, (uint64_t)model_packed_bytes(&reader.header.model)));
  return good;
}

static const char *const examples[] = {"--model my.ckpt --out my.llm", NULL};

const Command export_command = {
    .name = "export",
    .summary = "writes the model of a checkpoint alone, its weights packed",
    .about =
        "The file is several times smaller than the checkpoint and writes the same text, but its "
        "training cannot go on.",
    .examples = examples,
    .groups = groups,
    .settings_size = sizeof(ExportSettings),
    .defaults = export_defaults,
    .settle = export_settle,
    .run = export_run};
