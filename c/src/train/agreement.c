/* agreement.c - rank 0 tells the checksums of what it does, and the others whether theirs are
 * these. */
#include "train/agreement.h"

#include <string.h>

#include "base/crc32.h"

/* What must be alike, in the order in which it is told. */
enum { PROGRAM, TEXT, TOKENIZER, SETTINGS, SECTIONS, ALIKE };

/* The header ends with its own CRC-32: with that, the CRC-32 of any header would be the same. */
enum { WITHOUT_CRC = CHECKPOINT_HEADER_BYTES - 4 };

/* Of the way in which gradients are added up (ranks/world.h, train/batch.c): another with every
 * change of it. */
enum { EXCHANGE = 2 };

static void sums_of(int32_t sums[ALIKE], const CheckpointHeader *h, uint32_t sections) {
  uint8_t packed[CHECKPOINT_HEADER_BYTES];
  checkpoint_header_pack(h, packed);
  sums[PROGRAM] = (int32_t)crc32(EXCHANGE, LEGACY_LLM_VERSION, strlen(LEGACY_LLM_VERSION));
  sums[TEXT] = (int32_t)h->text_crc;
  sums[TOKENIZER] = (int32_t)tokenizer_crc(&h->tokenizer);
  sums[SETTINGS] = (int32_t)crc32(0, packed, WITHOUT_CRC);
  sums[SECTIONS] = (int32_t)sections;
}

/* how_many ranks do otherwise; one of them is number `one`, where it is alone. */
static bool not_alike(const Ranks *ranks, int what, int how_many, int one, Error *error) {
  static const char *const words[ALIKE] = {"another version of the program", "another text",
                                           "another tokenizer", "other settings",
                                           "another model to begin with"};
  const char *same = "start all with the same program, options and files";
  if (how_many == 1)
    return error_set(error, EXIT_USAGE, "rank %d of %d has %s than rank 0; %s", one,
                     ranks_count(ranks), words[what], same);
  return error_set(error, EXIT_USAGE, "%d of the %d ranks have %s than rank 0; %s", how_many,
                   ranks_count(ranks), words[what], same);
}

bool ranks_agree(const Ranks *ranks, const CheckpointHeader *header, uint32_t sections,
                 Error *error) {
  int32_t own[ALIKE], first[ALIKE], others[ALIKE], numbers[ALIKE];
  sums_of(own, header, sections);
  for (int i = 0; i < ALIKE; i++) first[i] = ranks->rank == 0 ? own[i] : 0;
  if (!ranks_add(ranks, first, ALIKE)) return ranks_lost(ranks, error);
  for (int i = 0; i < ALIKE; i++) {
    others[i] = own[i] != first[i];
    numbers[i] = others[i] ? ranks->rank : 0;
  }
  if (!ranks_add(ranks, others, ALIKE) || !ranks_add(ranks, numbers, ALIKE))
    return ranks_lost(ranks, error);
  for (int i = 0; i < ALIKE; i++)
    if (others[i] > 0) return not_alike(ranks, i, others[i], numbers[i], error);
  return true;
}
