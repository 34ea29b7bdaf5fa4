/* links_mpi.c - links by the Message Passing Interface (www.mpi-forum.org). Only here is it known
 * what MPI is; a build without USE_MPI_BUILD has none. */
#include "ranks/links.h"

#if defined(USE_MPI_BUILD)
#include <mpi.h>
#include <stdlib.h>

static struct {
  int count;
  MPI_Request *coming, *going; /* [N] */
} mpi;

static void mpi_send(int rank, LinkMessage what, const uint8_t *bytes, size_t size) {
  MPI_Isend(bytes, (int)size, MPI_BYTE, rank, (int)what, MPI_COMM_WORLD, &mpi.going[rank]);
}

static bool mpi_sent(void) {
  int all;
  MPI_Testall(mpi.count, mpi.going, &all, MPI_STATUSES_IGNORE);
  return all;
}

static void mpi_expect(int rank, uint8_t *bytes, size_t most) {
  MPI_Irecv(bytes, (int)most, MPI_BYTE, rank, MPI_ANY_TAG, MPI_COMM_WORLD, &mpi.coming[rank]);
}

static bool mpi_came(int rank, LinkMessage *what, size_t *size) {
  MPI_Status status;
  int here, bytes;
  MPI_Test(&mpi.coming[rank], &here, &status);
  if (!here) return false;
  MPI_Get_count(&status, MPI_BYTE, &bytes);
  *size = (size_t)bytes;
  *what = (LinkMessage)status.MPI_TAG;
  return true;
}

/* A launcher ends all ranks with the first that ends badly: so none does before all have printed.
 */
static void mpi_end(void) {
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Finalize();
}

/* A launcher that sees a rank die sends the others a signal, and a second later one that nobody
 * outlives: in between there is time to say something. */
static const Links links = {.one_screen = true,
                            .patience = 600,
                            .send = mpi_send,
                            .sent = mpi_sent,
                            .expect = mpi_expect,
                            .came = mpi_came,
                            .end = mpi_end};

const Links *links_mpi(int *count, char ***arguments, Ranks *ranks) {
  int given, size = 1, rank = 0;
  MPI_Init_thread(count, arguments, MPI_THREAD_FUNNELED, &given);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  mpi.count = size;
  mpi.coming = calloc((size_t)size, sizeof *mpi.coming);
  mpi.going = calloc((size_t)size, sizeof *mpi.going);
  if (!mpi.coming || !mpi.going) MPI_Abort(MPI_COMM_WORLD, EXIT_FAILED);
  for (int r = 0; r < size; r++) mpi.coming[r] = mpi.going[r] = MPI_REQUEST_NULL;
  ranks->count = size;
  ranks->rank = rank;
  return &links;
}

#else
const Links *links_mpi(int *count, char ***arguments, Ranks *ranks) {
  (void)count, (void)arguments, (void)ranks;
  return NULL;
}
#endif
