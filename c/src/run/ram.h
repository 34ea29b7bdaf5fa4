/* ram.h - the memory that a process may take, and what does not fit into it. */
#ifndef RAM_H
#define RAM_H

#include "run/options.h"

/* What a command may take. */
typedef struct {
  uint64_t bytes;       /* --ram, 0: what the system has free */
  const void *settings; /* of the command, for advice; they begin with a SettingsHead */
} RamLimit;

/* Bytes that this process may take in all: --ram (0: none was given), or what the system has free;
 * UINT64_MAX where the system does not tell. */
uint64_t ram_cap(uint64_t ram);

/* Refuses a plan of so many bytes that does not fit the limit, and advises what the options of the
 * command can do about it. */
bool check_ram(uint64_t bytes, RamLimit limit, Error *error);

#endif
