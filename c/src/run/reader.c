/* reader.c - lays out and loads a model to be used. */
#include "run/reader.h"

#include <string.h>

bool reader_open_header(Reader *r, const char *path, Error *error) {
  memset(r, 0, sizeof *r);
  r->path = path;
  return checkpoint_load_header(r->path, &r->header, error);
}

/* Whether the model has trits that are not packed yet. */
static bool can_pack(const CheckpointHeader *h) {
  return checkpoint_store(h) != STORE_PACKED &&
         scheme_row((SchemeKind)h->model.scheme)->codes == CODES_TRITS;
}

static void reader_layout(Reader *r, const ReaderNeeds *needs) {
  const ModelConfig *c = &r->header.model;
  model_layout(&r->model, c, checkpoint_store(&r->header), &r->arena);
  if (needs->packs && can_pack(&r->header)) model_layout(&r->packed, c, STORE_PACKED, &r->arena);
  activations_layout(&r->activations, c, c->context, needs->slots ? needs->slots : c->layers,
                     &r->arena);
  encoder_layout(&r->encoder, &r->header.tokenizer, &r->arena);
  if (needs->layout) needs->layout(needs->context, &r->header, &r->arena);
}

bool reader_open(Reader *r, RamLimit limit, const ReaderNeeds *needs, Error *error) {
  reader_layout(r, needs);
  if (!check_ram(r->arena.plan.total, limit, error) || !arena_open(&r->arena, error)) return false;
  reader_layout(r, needs);
  encoder_start(&r->encoder);
  if (!checkpoint_load(r->path, &r->header, &r->model, NULL, error)) return false;
  if (!needs->packs || !can_pack(&r->header)) return true;
  model_pack(&r->packed, &r->model);
  model_init_rope(&r->packed);
  r->model = r->packed;
  return true;
}

void reader_close(Reader *r) { arena_close(&r->arena); }
