/* export.c - the command that writes a checkpoint's model without its training. */
#include "commands/commands.h"

#include <stdio.h>

#include "base/numbers.h"
#include "run/model_file.h"
#include "run/option_groups.h"
#include "run/output.h"

typedef struct {
  SettingsHead head;
  const char *model, *out;
  int32_t counts; /* 0: without them */
  bool force;
} ExportSettings;

#define AT(member) .offset = offsetof(ExportSettings, member)
static const OptionRow export_rows[] = {
    {.name = "model",
     .letter = 'm',
     .argument = "FILE",
     .help = "the checkpoint to export",
     .kind = OPTION_FILE,
     .bare = option_any,
     AT(model),
     .use = FILE_READ},
    {.name = "out",
     .letter = 'o',
     .argument = "FILE",
     .help = "the file to write; it must be given",
     .kind = OPTION_FILE,
     .bare = option_any,
     AT(out),
     .use = FILE_REPLACED,
     .writes = STANDS_MODEL},
};
#undef AT
static const OptionGroup export_group = OPTION_GROUP("Files", export_rows);
static const CommandGroup groups[] = {{&export_group, 0},
                                      {&alone_group, offsetof(ExportSettings, counts)},
                                      {&force_group, offsetof(ExportSettings, force)},
                                      {NULL, 0}};

static void export_defaults(void *settings) {
  ExportSettings *s = settings;
  s->model = BUNDLED_MODEL;
  s->counts = COUNTS_AS_THEY_ARE;
}

static bool export_settle(void *settings, Error *error) {
  const ExportSettings *s = settings;
  return s->out || error_set(error, EXIT_USAGE, "give the file to write with --out");
}

static bool write_model(const void *model, const Sink *to) {
  return legacy_llm_model_save(model, to);
}

static void print_sizes(const ExportSettings *s, const ModelFile *m) {
  const legacy_llm_counts *counts = legacy_llm_model_counts(m->model);
  char bytes[32], packed[32];
  printf("%s: the model of %s alone, %s bytes of weights", s->out, s->model,
         format_bytes(bytes, (uint64_t)legacy_llm_packed_bytes(&m->header.shape)));
  if (counts)
    printf(", %s bytes of counts", format_bytes(packed, legacy_llm_counts_tell(counts).packed));
  printf("\n");
}

static bool export_run(const void *settings, Error *error) {
  const ExportSettings *s = settings;
  ModelFile m;
  bool good = model_file_read(&m, "model", s->model, error);
  if (good && s->counts != COUNTS_AS_THEY_ARE) legacy_llm_checkpoint_leave_counts(m.checkpoint);
  good = good && model_file_open(&m, LEGACY_LLM_USE_EXPORT, NULL, 0, (RamLimit){0, s}, error) &&
         output_save(s->out, 0, write_model, m.model, error);
  if (good) print_sizes(s, &m);
  model_file_close(&m);
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
