/* world.c - sums over ranks in parts, and farewells. */
#include "ranks/world.h"

#include <stdlib.h>

#include "base/platform.h"
#include "ranks/links.h"
#include "ranks/wire.h"
#include "run/interrupts.h"

enum {
  PIECE = 3 << 14, /* numbers that are summed at a time */
  LOOKS = 20,      /* times that it looks for messages in between, as MPI moves little at a time */
  TESTS = 200,     /* times that it looks for them before others get the processor, */
  PAUSE = 50       /* for so many microseconds */
};

/* How a rank ended, as its farewell says; LOST: there was none. */
enum { STAYS, ENDED_WELL, FAILED, FOLLOWED /* as another failed */, LOST };

/* Another rank. */
typedef struct {
  bool waits;  /* for a message of it */
  int ended;   /* STAYS, or how */
  size_t size; /* bytes of the message that came */
} Peer;

static struct {
  Ranks ranks;
  const Links *links;     /* null: it is alone */
  Peer *peers;            /* [N] */
  uint8_t *coming, *sent; /* [N, message_bytes] */
  size_t message_bytes;
  int32_t *values; /* what is left of those that are being added up, the piece at hand first */
  size_t left;
  bool sends_sums; /* the parts of that piece are added up, and their sums on their way */
  bool broken;     /* a rank is gone */
  WorldSent total;
  bool told;      /* by another that it failed */
  bool abandoned; /* by others, who do not answer */
} world = {.ranks = {.count = 1}};

static int count_of(void) { return world.ranks.count; }

/* ---- messages ---- */

static uint8_t *coming_from(int rank) { return world.coming + (size_t)rank * world.message_bytes; }

/* To a rank that can be reached: one that has said farewell still waits for ours. */
static void send_message(int rank, LinkMessage what, const uint8_t *bytes, size_t size) {
  if (world.peers[rank].ended == LOST) return;
  world.links->send(rank, what, bytes, size);
  world.total.bytes += size;
}

/* Numbers [n] that are packed in `size` bytes, to a rank that still trains. */
static void send_numbers(int rank, const uint8_t *bytes, size_t size, size_t n) {
  if (world.peers[rank].ended) return;
  send_message(rank, LINK_NUMBERS, bytes, size);
  world.total.unpacked += n * sizeof(int32_t);
}

/* Waits for a message of a rank, unless that is done already or it has ended. */
static void expect_message(int rank) {
  Peer *p = &world.peers[rank];
  if (rank == world.ranks.rank || p->waits || p->ended) return;
  world.links->expect(rank, coming_from(rank), world.message_bytes);
  p->waits = true;
}

/* Takes note of a message that has come. */
static void note_message(int rank, LinkMessage what) {
  Peer *p = &world.peers[rank];
  p->waits = false;
  if (what == LINK_NUMBERS) return;
  p->ended = what == LINK_FAREWELL && p->size == 1 ? coming_from(rank)[0] : LOST;
  world.told = world.told || p->ended == FAILED || p->ended == FOLLOWED;
}

/* Whether nothing is on its way any more, to or from any rank. */
static bool all_came(void) {
  bool all = true;
  for (int r = 0; r < count_of(); r++) {
    LinkMessage what;
    if (!world.peers[r].waits) continue;
    if (world.links->came(r, &what, &world.peers[r].size))
      note_message(r, what);
    else
      all = false;
  }
  return world.links->sent() && all;
}

/* Until all messages have come and gone. Processors may be fewer than ranks, so it does not insist.
 */
static void wait_for_all(void) {
  const int patience = world.links->patience;
  int64_t since = 0;
  for (int test = 0; !world.abandoned && !all_came(); test++) {
    if (test < TESTS) continue;
    pause_microseconds(PAUSE);
    if (patience == 0 || !interrupted()) continue;
    if (since == 0) since = clock_milliseconds();
    world.abandoned = clock_milliseconds() - since > patience;
  }
}

/* Whether every other rank is still there. */
static bool all_stay(void) {
  if (world.abandoned) return false;
  for (int r = 0; r < count_of(); r++)
    if (world.peers[r].ended) return false;
  return true;
}

/* ---- sums ----
 *
 * Of each piece every rank first gets the parts of the others that it is the owner of, then the
 * sums of the others' parts. */

static size_t piece_size(void) { return world.left < PIECE ? world.left : PIECE; }

/* The part of the piece at hand of which a rank is the owner. */
static size_t part_begins(int rank) { return piece_size() * (size_t)rank / (size_t)count_of(); }
static size_t part_size(int rank) { return part_begins(rank + 1) - part_begins(rank); }
static int32_t *part_of(int rank) { return world.values + part_begins(rank); }

/* Sends every other rank the part that it is the owner of. */
static void send_parts(void) {
  for (int r = 0; r < count_of(); r++) {
    uint8_t *packed = world.sent + (size_t)r * world.message_bytes;
    const size_t n = part_size(r);
    if (r != world.ranks.rank) send_numbers(r, packed, wire_pack(packed, part_of(r), n), n);
  }
}

/* Sends every other rank the sums of the own part. */
static void send_sums(void) {
  const int own = world.ranks.rank;
  const size_t n = part_size(own), size = wire_pack(world.sent, part_of(own), n);
  for (int r = 0; r < count_of(); r++)
    if (r != own) send_numbers(r, world.sent, size, n);
}

static void begin_round(void) {
  world.total.rounds++;
  for (int r = 0; r < count_of(); r++) expect_message(r);
  if (world.sends_sums)
    send_sums();
  else
    send_parts();
}

/* Adds what came to the own part, or puts the sums of the others' parts into their places; false: a
 * rank is gone. */
static bool take_parts(void) {
  const int own = world.ranks.rank;
  bool good = all_stay();
  for (int r = 0; good && r < count_of(); r++) {
    const int part = world.sends_sums ? r : own;
    if (r != own)
      good = (world.sends_sums ? wire_unpack : wire_add)(part_of(part), coming_from(r),
                                                         world.peers[r].size, part_size(part));
  }
  return good;
}

/* When all messages have come and gone: on to the sums of the piece, or to the next piece. */
static void end_round(void) {
  world.broken = !take_parts();
  if (world.broken) return;
  if (world.sends_sums) {
    const size_t done = piece_size();
    world.values += done;
    world.left -= done;
  }
  world.sends_sums = !world.sends_sums;
  if (world.left > 0) begin_round();
}

/* The functions of a legacy_llm_ranks. */
static void sum_go_on(void *context) {
  (void)context;
  for (int look = 0; look < LOOKS && world.left > 0 && !world.broken; look++)
    if (all_came()) {
      end_round();
      look = 0;
    }
}

static void sum_begin(void *context, int32_t *values, size_t n) {
  world.values = values;
  world.left = n;
  world.sends_sums = false;
  world.broken = world.broken || world.told;
  if (n > 0 && !world.broken) begin_round();
  sum_go_on(context);
}

static bool sum_finish(void *context) {
  (void)context;
  while (world.left > 0 && !world.broken) {
    wait_for_all();
    end_round();
  }
  return !world.broken;
}

bool world_any(bool *any, Error *error) {
  int32_t ranks = *any;
  if (!ranks_add(&world.ranks, &ranks, 1)) return ranks_lost(&world.ranks, error);
  *any = ranks > 0;
  return true;
}

/* ---- coming and going ---- */

/* The memory of messages; a part is at most one number larger than another. Without it the process
 * is ended, as the others wait for it. */
static void take_memory(void) {
  const size_t n = (size_t)count_of();
  world.message_bytes = wire_most_bytes(PIECE / n + 1);
  world.peers = calloc(n, sizeof *world.peers);
  world.coming = malloc(n * world.message_bytes);
  world.sent = malloc(n * world.message_bytes);
  if (world.peers && world.coming && world.sent) return;
  fprintf(stderr, "legacy_llm: there is no memory for messages between %d ranks\n", count_of());
  exit(EXIT_FAILED);
}

static void settle(const Links *links) {
  world.ranks.begin = sum_begin;
  world.ranks.go_on = sum_go_on;
  world.ranks.finish = sum_finish;
  world.links = links;
  if (count_of() > 1) take_memory();
}

void world_join(int *count, char ***arguments) {
  const Links *links = links_mpi(count, arguments, &world.ranks);
  if (links) settle(links);
}

bool world_meet(const char *addresses, int rank, Error *error) {
  world.ranks.rank = rank;
  const Links *links = links_tcp(addresses, &world.ranks, error);
  if (links) settle(links);
  return links != NULL;
}

const Ranks *world_ranks(void) { return &world.ranks; }
bool world_leads(void) { return world.ranks.rank == 0; }
bool world_is_seen(void) { return world_leads() || !world.links || !world.links->one_screen; }
WorldSent world_sent(void) { return world.total; }

/* Whether every other rank has said farewell. */
static bool all_ended(void) {
  for (int r = 0; r < count_of(); r++)
    if (r != world.ranks.rank && !world.peers[r].ended) return false;
  return true;
}

/* The first rank that failed by itself, -1: none did. */
static int first_failed(bool failed) {
  for (int r = 0; r < count_of(); r++)
    if (r == world.ranks.rank ? failed : world.peers[r].ended == FAILED) return r;
  return -1;
}

bool world_leave(bool good) {
  const bool failed = !good && !world.told;
  const uint8_t how = good ? ENDED_WELL : failed ? FAILED : FOLLOWED;
  if (count_of() == 1) return true;
  wait_for_all();
  for (int r = 0; r < count_of(); r++)
    if (r != world.ranks.rank) send_message(r, LINK_FAREWELL, &how, 1);
  while (!world.abandoned && !all_ended()) {
    for (int r = 0; r < count_of(); r++) expect_message(r);
    wait_for_all();
  }
  if (!world.links->one_screen) return true;
  return world.abandoned ? world_leads() : first_failed(failed) == world.ranks.rank;
}

void world_end(void) {
  if (world.links && !world.abandoned) world.links->end();
  free(world.peers);
  free(world.coming);
  free(world.sent);
}
