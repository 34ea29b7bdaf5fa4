/* links.h - messages between ranks, over what carries them.
 *
 * A rank has one message under way to each other rank and expects one of each, at most; they come
 * in the order in which they were sent. Nothing here waits: world.c asks again.
 */
#ifndef LINKS_H
#define LINKS_H

#include "base/ranks.h"

/* What a message is. A rank that is gone without a farewell counts as one that sent LINK_LOST. */
typedef enum { LINK_NUMBERS, LINK_FAREWELL, LINK_LOST } LinkMessage;

typedef struct {
  bool one_screen; /* all ranks print on one */
  int patience; /* milliseconds that ranks wait for each other once a signal wants this one to end,
                   because a launcher would soon kill it; 0: as long as it takes */
  /* Begins to send size bytes, which stay as they are until `sent`. */
  void (*send)(int rank, LinkMessage what, const uint8_t *bytes, size_t size);
  /* Whether all of them are sent. */
  bool (*sent)(void);
  /* Begins to expect a message of a rank, of at most `most` bytes. */
  void (*expect)(int rank, uint8_t *bytes, size_t most);
  /* Whether it is there, what it is, and of how many bytes. */
  bool (*came)(int rank, LinkMessage *what, size_t *size);
  /* Lets all ranks end together, and gives everything back. */
  void (*end)(void);
} Links;

/* Over MPI, where this build has it and a launcher has started several ranks; null otherwise. Sets
 * count and rank. */
const Links *links_mpi(int *count, char ***arguments, Ranks *ranks);

/* Over TCP, to the addresses of all ranks, "10.0.0.1:7000,10.0.0.2:7000,..."; waits until all are
 * there. Sets the count. Null, and why. */
const Links *links_tcp(const char *addresses, Ranks *ranks, Error *error);

#endif
