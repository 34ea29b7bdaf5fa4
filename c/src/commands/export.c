/* export.c - the command that writes a checkpoint's model without its training. */
#include "commands/commands.h"
#include "run/heap.h"

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

static bool write_packed(Reader *to, const Reader *from, const Options *options, Error *error) {
  to->header = from->header;
  to->header.contents = CONTENTS_MODEL;
  pack_layout(to);
  if (!check_ram(to->arena.plan.total, options, error) || !arena_open(&to->arena, error))
    return false;
  pack_layout(to);
  model_pack(&to->model, &from->model);
  return checkpoint_save(options->out, 0, &to->header, &to->model, NULL, error);
}

bool export_command(const Options *options, Error *error) {
  char bytes[32];
  if (!options->out) return error_set(error, EXIT_USAGE, "name the file to write with --out");
  if (same_file(options->out, reader_path(options)))
    return error_set(error, EXIT_USAGE,
                     "%s would lose what training needs; give --out another file", options->out);
  if (!reader_open_header(&reader, options, error) ||
      !reader_open(&reader, options, &(ReaderNeeds){.slots = 1}, error))
    return false;
  memset(&exported, 0, sizeof exported);
  const bool good = write_packed(&exported, &reader, options, error);
  arena_close(&exported.arena);
  arena_close(&reader.arena);
  if (good)
    printf("%s: the model of %s without its training, %s bytes of weights\n", options->out,
           reader.path, format_bytes(bytes, (uint64_t)model_packed_bytes(&reader.header.model)));
  return good;
}
