/* links_tcp.c - links by TCP, for machines that have no MPI, and for ranks of different processors.
 *
 * Every rank listens at its own address, and connects to those of all lower ranks. A link begins
 * with a greeting each way, then carries messages, all numbers with the lowest byte first:
 *
 *   greeting   "llmranks"   version   rank   count          8 + 3 * 4 bytes; then a byte 1 from the
 *              higher rank
 *   message    size of what follows the kind   kind   ...   4 + 1 + size bytes
 *
 * What connects and does not greet so is hung up on. There is no password and nothing is encrypted:
 * it is for a network of one's own.
 */
#include "base/posix.h"

#include "ranks/links.h"

#if defined(HAVE_POSIX) && !defined(__EMSCRIPTEN__)
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/numbers.h"
#include "base/platform.h"

enum { HEAD_BYTES = 5, VERSION = 1, AGAIN = 200000 /* microseconds */ };
enum { NAME_BYTES = 8, VERSION_AT = 8, RANK_AT = 12, COUNT_AT = 16, GREETING_BYTES = 20 };
static const char hello[] = "llmranks";

/* The link to one rank. */
typedef struct {
  struct sockaddr_in address;
  int socket; /* -1: there is none, or no more */
  /* What goes: a head, then bytes. */
  uint8_t head[HEAD_BYTES];
  const uint8_t *bytes;
  size_t size, gone; /* of head and bytes together */
  /* What comes. */
  uint8_t coming_head[HEAD_BYTES], *to;
  size_t most, come; /* bytes that there is room for; bytes of head and message that are here */
} Link;

static struct {
  int count, rank;
  Link *link; /* [N] */
} tcp;

/* ---- messages ---- */

static void hang_up(Link *l) {
  if (l->socket >= 0) close(l->socket);
  l->socket = -1;
}

static void tcp_send(int rank, LinkMessage what, const uint8_t *bytes, size_t size) {
  Link *l = &tcp.link[rank];
  put_u32(l->head, (uint32_t)size);
  l->head[4] = (uint8_t)what;
  l->bytes = bytes;
  l->size = HEAD_BYTES + size;
  l->gone = 0;
}

/* Sends what the network takes; whether nothing is left. To a rank that is gone nothing goes. */
static bool flush_link(Link *l) {
  while (l->socket >= 0 && l->gone < l->size) {
    const bool heads = l->gone < HEAD_BYTES;
    const uint8_t *from = heads ? l->head + l->gone : l->bytes + (l->gone - HEAD_BYTES);
    const size_t left = (heads ? HEAD_BYTES : l->size) - l->gone;
    const ssize_t sent = send(l->socket, from, left, MSG_NOSIGNAL);
    if (sent > 0)
      l->gone += (size_t)sent;
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      return false;
    else if (errno != EINTR)
      hang_up(l);
  }
  return true;
}

static bool tcp_sent(void) {
  bool all = true;
  for (int r = 0; r < tcp.count; r++) all = flush_link(&tcp.link[r]) && all;
  return all;
}

static void tcp_expect(int rank, uint8_t *bytes, size_t most) {
  Link *l = &tcp.link[rank];
  l->to = bytes;
  l->most = most;
  l->come = 0;
}

/* Bytes of the message whose head is here. */
static size_t coming_size(const Link *l) { return get_u32(l->coming_head); }

/* Receives what is there of a head and its message, and nothing behind it; whether it is whole. */
static bool receive(Link *l) {
  for (;;) {
    const bool heads = l->come < HEAD_BYTES;
    if (!heads && coming_size(l) > l->most) hang_up(l); /* it is none of ours */
    if (l->socket < 0) return false;
    if (!heads && l->come == HEAD_BYTES + coming_size(l)) return true;
    uint8_t *to = heads ? l->coming_head + l->come : l->to + (l->come - HEAD_BYTES);
    const size_t left = (heads ? HEAD_BYTES : HEAD_BYTES + coming_size(l)) - l->come;
    const ssize_t got = recv(l->socket, to, left, 0);
    if (got > 0)
      l->come += (size_t)got;
    else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return false;
    else if (got == 0 || errno != EINTR)
      hang_up(l);
  }
}

static bool tcp_came(int rank, LinkMessage *what, size_t *size) {
  Link *l = &tcp.link[rank];
  const bool whole = receive(l);
  *what = whole && l->coming_head[4] <= LINK_FAREWELL ? (LinkMessage)l->coming_head[4] : LINK_LOST;
  *size = whole ? coming_size(l) : 0;
  return whole || l->socket < 0;
}

static void tcp_end(void) {
  for (int r = 0; r < tcp.count; r++) hang_up(&tcp.link[r]);
  free(tcp.link);
}

static const Links links = {
    .send = tcp_send, .sent = tcp_sent, .expect = tcp_expect, .came = tcp_came, .end = tcp_end};

/* ---- addresses ---- */

/* "10.0.0.1:7000" of so many letters. */
static bool read_address(struct sockaddr_in *address, const char *text, size_t length) {
  char copy[32];
  long port;
  if (length >= sizeof copy) return false;
  memcpy(copy, text, length);
  copy[length] = '\0';
  char *colon = strchr(copy, ':');
  if (!colon || !parse_int(colon + 1, 1, 65535, &port)) return false;
  *colon = '\0';
  memset(address, 0, sizeof *address);
  address->sin_family = AF_INET;
  address->sin_port = htons((uint16_t)port);
  return inet_pton(AF_INET, copy, &address->sin_addr) == 1;
}

static bool read_addresses(const char *text, Error *error) {
  int count = 1;
  for (const char *at = text; *at; at++) count += *at == ',';
  if (count > LEGACY_LLM_MAX_RANKS || tcp.rank >= count)
    return error_set(error, EXIT_USAGE,
                     "--rank %d is none of the %d of --peers; they are 0, 1, ... in their order",
                     tcp.rank, count);
  tcp.count = count;
  tcp.link = calloc((size_t)count, sizeof *tcp.link);
  if (!tcp.link) return error_set(error, EXIT_FAILED, "there is no memory for %d links", count);
  for (int r = 0; r < count; r++) {
    const size_t length = strcspn(text, ",");
    tcp.link[r].socket = -1;
    if (!read_address(&tcp.link[r].address, text, length))
      return error_set(error, EXIT_USAGE,
                       "--peers: %.*s is no address; write numbers, as in 10.0.0.1:7000",
                       (int)(length < 60 ? length : 60), text);
    text += length + 1;
  }
  return true;
}

/* ---- meeting ---- */

static bool exchange(int socket, uint8_t *bytes, size_t size, bool sends) {
  for (size_t done = 0; done < size;) {
    const ssize_t n = sends ? send(socket, bytes + done, size - done, MSG_NOSIGNAL)
                            : recv(socket, bytes + done, size - done, 0);
    if (n <= 0 && !(n < 0 && errno == EINTR)) return false;
    if (n > 0) done += (size_t)n;
  }
  return true;
}

/* What a greeting may lead to instead of a rank: nobody of this program, or a rank that was started
 * otherwise. */
enum { STRANGER = -1, MISFIT = -2 };

/* Greets and is greeted; returns the rank that is there, or who else it is. Who connects waits for
 * the other to have time, and confirms that it is still there; who was connected to does not wait
 * long, as it may be anybody. */
static int greet(int socket, bool connects) {
  const struct timeval patience = {.tv_sec = 10};
  uint8_t own[GREETING_BYTES], other[GREETING_BYTES], confirmed = 1;
  memcpy(own, hello, NAME_BYTES);
  put_u32(own + VERSION_AT, VERSION);
  put_u32(own + RANK_AT, (uint32_t)tcp.rank);
  put_u32(own + COUNT_AT, (uint32_t)tcp.count);
  if (!connects) setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if ((connects && !exchange(socket, own, sizeof own, true)) ||
      !exchange(socket, other, sizeof other, false) ||
      (!connects && !exchange(socket, own, sizeof own, true)))
    return STRANGER;
  const uint32_t rank = get_u32(other + RANK_AT);
  if (memcmp(other, hello, NAME_BYTES) != 0) return STRANGER;
  if (memcmp(other, own, RANK_AT) != 0 || rank >= (uint32_t)tcp.count ||
      get_u32(other + COUNT_AT) != (uint32_t)tcp.count)
    return MISFIT;
  return exchange(socket, &confirmed, 1, connects) ? (int)rank : STRANGER;
}

/* Messages go at once and one after the other, and most fit into what the system sends while the
 * program computes; a machine that is gone is noticed after a minute, or when the system gives up
 * what it had sent. TCP_USER_TIMEOUT would end that sooner, and also the link to a machine that is
 * there and computes for so long without reading. */
static void settle_socket(int socket) {
  const int yes = 1, idle = 30, between = 10, times = 3, room = 1 << 16;
  setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
#if defined(TCP_KEEPIDLE) && defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &between, sizeof between);
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
#else
  (void)idle, (void)between, (void)times;
#endif
  fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
}

/* Keeps a socket as the link of the rank that it leads to, from `low` to `high` - 1, or closes it.
 * Returns that rank, or who else it was. */
static int keep_link(int socket, bool connects, int low, int high) {
  const int rank = greet(socket, connects);
  if (rank < low || rank >= high || tcp.link[rank].socket >= 0) {
    close(socket);
    return rank < 0 ? rank : STRANGER;
  }
  settle_socket(socket);
  tcp.link[rank].socket = socket;
  return rank;
}

static bool refuse_misfit(int rank, Error *error) {
  return error_set(error, EXIT_USAGE,
                   "rank %d has another list of --peers, or another version of this program; start "
                   "all ranks with the same",
                   rank);
}

/* Connects to a lower rank, which may not be there yet. */
static bool connect_to(int rank, Error *error) {
  const struct sockaddr_in *address = &tcp.link[rank].address;
  for (;;) {
    const int opened = socket(AF_INET, SOCK_STREAM, 0);
    if (opened < 0)
      return error_set(error, EXIT_FAILED, "cannot open a connection: %s", strerror(errno));
    if (connect(opened, (const struct sockaddr *)address, sizeof *address) == 0) {
      const int found = keep_link(opened, true, rank, rank + 1);
      if (found == rank) return true;
      if (found == MISFIT) return refuse_misfit(rank, error);
    } else {
      close(opened);
    }
    pause_microseconds(AGAIN);
  }
}

static int listen_at(const struct sockaddr_in *address, Error *error) {
  const int yes = 1, opened = socket(AF_INET, SOCK_STREAM, 0);
  if (opened >= 0) setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (opened >= 0 && bind(opened, (const struct sockaddr *)address, sizeof *address) == 0 &&
      listen(opened, tcp.count) == 0)
    return opened;
  error_set(error, EXIT_FAILED,
            "rank %d cannot be reached at port %d of this machine: %s; --peers names the addresses "
            "of all ranks in their order",
            tcp.rank, ntohs(address->sin_port), strerror(errno));
  if (opened >= 0) close(opened);
  return -1;
}

/* Whether accepting failed for a reason that passes: a signal, or a caller that is gone. */
static bool passes(int reason) {
  return reason == EINTR || reason == ECONNABORTED || reason == EAGAIN || reason == EPROTO;
}

/* Takes the link of a higher rank, if it is one that knocks; *missing is how many are. */
static bool accept_one(int door, int *missing, Error *error) {
  const int opened = accept(door, NULL, NULL);
  if (opened >= 0)
    *missing -= keep_link(opened, false, tcp.rank + 1, tcp.count) >= 0;
  else if (!passes(errno))
    return error_set(error, EXIT_FAILED, "cannot take a connection: %s", strerror(errno));
  return true;
}

/* Until every rank has a link to every other one. */
static bool meet(Error *error) {
  const int door = listen_at(&tcp.link[tcp.rank].address, error);
  bool good = door >= 0;
  for (int r = 0; good && r < tcp.rank; r++) good = connect_to(r, error);
  for (int missing = tcp.count - 1 - tcp.rank; good && missing > 0;)
    good = accept_one(door, &missing, error);
  if (door >= 0) close(door);
  return good;
}

const Links *links_tcp(const char *addresses, Ranks *ranks, Error *error) {
  tcp.rank = ranks->rank;
  if (!read_addresses(addresses, error) || !meet(error)) return NULL;
  ranks->count = tcp.count;
  return &links;
}

#else
const Links *links_tcp(const char *addresses, Ranks *ranks, Error *error) {
  (void)addresses, (void)ranks;
  error_set(error, EXIT_USAGE, "--peers: this build has no network");
  return NULL;
}
#endif
