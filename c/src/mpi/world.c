/* world.c - messages between ranks: parts of sums, and farewells. */
#include "mpi/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ints.h"
#include "base/platform.h"
#include "mpi/wire.h"
#include "run/interrupts.h"

#if defined(USE_MPI_BUILD)
#include <mpi.h>

enum {
  PIECE = 1 << 15, /* numbers that are summed at a time */
  PAUSE = 50,      /* microseconds, */
  PATIENCE = 600,  /* milliseconds that it waits for others once a signal wants it to end */
  TESTS = 200 /* after so many times that is looked for messages before others get the processor */
};

/* What a message is. */
enum { NUMBERS, FAREWELL };

/* How a rank ended, as its farewell says. */
enum { STAYS, ENDED_WELL, FAILED, FOLLOWED /* as another failed */ };

/* The way to another rank and back. */
typedef struct {
  MPI_Request request;
  bool waits;  /* for a message of it */
  int ended;   /* STAYS, or what its farewell said */
  size_t size; /* bytes of the message that came */
} Peer;

static struct {
  Ranks ranks;
  Peer *peers;            /* [N] */
  MPI_Request *sending;   /* [N] */
  uint8_t *coming, *sent; /* [N, message_bytes] */
  size_t message_bytes;
  WorldSent total;
  bool told;      /* by another that it failed */
  bool abandoned; /* by others, who do not answer */
} world = {.ranks = {.count = 1}};

static int count_of(void) { return world.ranks.count; }

/* ---- messages ---- */

static uint8_t *coming_from(int rank) { return world.coming + (size_t)rank * world.message_bytes; }

/* Notes that so many numbers are sent. */
static void note_numbers(size_t n) { world.total.unpacked += n * sizeof(int32_t); }

static void send_message(int rank, const uint8_t *bytes, size_t size, int what) {
  MPI_Isend(bytes, (int)size, MPI_BYTE, rank, what, MPI_COMM_WORLD, &world.sending[rank]);
  world.total.bytes += size;
}

/* Waits for a message of a rank, unless that is done already or it has ended. */
static void expect_message(int rank) {
  Peer *p = &world.peers[rank];
  if (rank == world.ranks.rank || p->waits || p->ended) return;
  MPI_Irecv(coming_from(rank), (int)world.message_bytes, MPI_BYTE, rank, MPI_ANY_TAG,
            MPI_COMM_WORLD, &p->request);
  p->waits = true;
}

/* Takes note of a message that has come. */
static void note_message(int rank, const MPI_Status *status) {
  Peer *p = &world.peers[rank];
  int size = 0;
  MPI_Get_count(status, MPI_BYTE, &size);
  p->waits = false;
  p->size = (size_t)size;
  if (status->MPI_TAG != FAREWELL) return;
  p->ended = size == 1 ? coming_from(rank)[0] : FAILED;
  world.told = world.told || p->ended != ENDED_WELL;
}

/* Whether nothing is on its way any more, to or from any rank. */
static bool all_came(void) {
  int sent;
  bool all = true;
  for (int r = 0; r < count_of(); r++) {
    MPI_Status status;
    int here = 1;
    if (world.peers[r].waits) MPI_Test(&world.peers[r].request, &here, &status);
    if (world.peers[r].waits && here) note_message(r, &status);
    all = all && here;
  }
  MPI_Testall(count_of(), world.sending, &sent, MPI_STATUSES_IGNORE);
  return all && sent;
}

/* Until all messages have come and gone. Processors may be fewer than ranks, so it does not insist.
 * A launcher that sees a rank die sends the others a signal, and soon another that nobody outlives:
 * in between there is time to say something. */
static void wait_for_all(void) {
  int64_t since = 0;
  world.total.waits++;
  for (int test = 0; !world.abandoned && !all_came(); test++) {
    if (test < TESTS) continue;
    pause_microseconds(PAUSE);
    if (!interrupted()) continue;
    if (since == 0) since = clock_milliseconds();
    world.abandoned = clock_milliseconds() - since > PATIENCE;
  }
}

/* Whether every other rank is still there. */
static bool all_stay(void) {
  if (world.abandoned) return false;
  for (int r = 0; r < count_of(); r++)
    if (world.peers[r].ended) return false;
  return true;
}

/* ---- sums ---- */

/* Where the part of n numbers begins of which a rank is the owner. */
static size_t part_begins(size_t n, int rank) { return n * (size_t)rank / (size_t)count_of(); }

static size_t part_size(size_t n, int rank) {
  return part_begins(n, rank + 1) - part_begins(n, rank);
}

/* Sends every other rank its part of values [n], and adds theirs to the own one. */
static bool add_parts(int32_t *values, size_t n) {
  const int own = world.ranks.rank;
  for (int r = 0; r < count_of(); r++) {
    uint8_t *packed = world.sent + (size_t)r * world.message_bytes;
    expect_message(r);
    if (r == own) continue;
    note_numbers(part_size(n, r));
    send_message(r, packed, wire_pack(packed, values + part_begins(n, r), part_size(n, r)),
                 NUMBERS);
  }
  wait_for_all();
  bool good = all_stay();
  for (int r = 0; good && r < count_of(); r++)
    if (r != own)
      good = wire_add(values + part_begins(n, own), coming_from(r), world.peers[r].size,
                      part_size(n, own));
  return good;
}

/* Sends the own part to every other rank, and takes theirs. */
static bool share_parts(int32_t *values, size_t n) {
  const int own = world.ranks.rank;
  const size_t size = wire_pack(world.sent, values + part_begins(n, own), part_size(n, own));
  for (int r = 0; r < count_of(); r++) {
    expect_message(r);
    if (r == own) continue;
    note_numbers(part_size(n, own));
    send_message(r, world.sent, size, NUMBERS);
  }
  wait_for_all();
  bool good = all_stay();
  for (int r = 0; good && r < count_of(); r++)
    if (r != own)
      good = wire_unpack(values + part_begins(n, r), coming_from(r), world.peers[r].size,
                         part_size(n, r));
  return good;
}

/* A legacy_llm_ranks.all_reduce. */
static bool all_reduce(void *context, int32_t *values, size_t n) {
  (void)context;
  for (size_t at = 0; at < n; at += PIECE) {
    const size_t piece = n - at < PIECE ? n - at : PIECE;
    if (world.told || !add_parts(values + at, piece) || !share_parts(values + at, piece))
      return false;
  }
  return true;
}

/* ---- coming and going ---- */

/* The memory of messages; a part is at most one number larger than another. */
static bool take_memory(void) {
  const size_t n = (size_t)count_of();
  world.message_bytes = wire_most_bytes(PIECE / n + 1);
  world.peers = calloc(n, sizeof *world.peers);
  world.sending = calloc(n, sizeof *world.sending);
  world.coming = malloc(n * world.message_bytes);
  world.sent = malloc(n * world.message_bytes);
  if (!world.peers || !world.sending || !world.coming || !world.sent) return false;
  for (size_t r = 0; r < n; r++) world.sending[r] = MPI_REQUEST_NULL;
  return true;
}

void world_join(int *count, char ***arguments) {
  int given, ranks = 1, rank = 0;
  MPI_Init_thread(count, arguments, MPI_THREAD_FUNNELED, &given);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  world.ranks = (Ranks){.count = ranks, .rank = rank, .all_reduce = all_reduce};
  if (ranks > 1 && !take_memory()) {
    fprintf(stderr, "legacy_llm: there is no memory for messages between %d ranks\n", ranks);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILED);
  }
}

/* Whether every other rank has said farewell. */
static bool all_ended(void) {
  for (int r = 0; r < count_of(); r++)
    if (r != world.ranks.rank && !world.peers[r].ended) return false;
  return true;
}

/* The first rank that failed by itself, -1: none did. */
static int first_failed(bool good) {
  for (int r = 0; r < count_of(); r++)
    if (r == world.ranks.rank ? !good && !world.told : world.peers[r].ended == FAILED) return r;
  return -1;
}

bool world_leave(bool good) {
  const uint8_t how = good ? ENDED_WELL : world.told ? FOLLOWED : FAILED;
  const bool followed = world.told;
  if (count_of() > 1) {
    wait_for_all();
    for (int r = 0; r < count_of(); r++)
      if (r != world.ranks.rank) send_message(r, &how, 1, FAREWELL);
    while (!world.abandoned && !all_ended()) {
      for (int r = 0; r < count_of(); r++) expect_message(r);
      wait_for_all();
    }
  }
  world.told = followed;
  if (world.abandoned) return world_leads();
  const int first = first_failed(good);
  return first < 0 || first == world.ranks.rank;
}

void world_end(void) {
  if (world.abandoned) return;
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Finalize();
}

#else
static struct {
  Ranks ranks;
  WorldSent total;
} world = {.ranks = {.count = 1}};

void world_join(int *count, char ***arguments) { (void)count, (void)arguments; }
bool world_leave(bool good) {
  (void)good;
  return true;
}
void world_end(void) {}
#endif

const Ranks *world_ranks(void) { return &world.ranks; }
bool world_leads(void) { return world.ranks.rank == 0; }
WorldSent world_sent(void) { return world.total; }

bool world_any(bool *any, Error *error) {
  int32_t ranks = *any;
  if (!ranks_add(&world.ranks, &ranks, 1)) return ranks_lost(&world.ranks, error);
  *any = ranks > 0;
  return true;
}
