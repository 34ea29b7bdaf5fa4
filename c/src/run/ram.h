/* ram.h - the memory that a process may take, and what does not fit into it. */
#ifndef RAM_H
#define RAM_H

#include "run/options.h"

/* Bytes that this process may take in all: --ram, or what the system has free; UINT64_MAX where the
 * system does not tell. */
uint64_t ram_cap(const Options *options);

/* Refuses a plan of so many bytes that does not fit --ram, or what the system has free. */
bool check_ram(uint64_t bytes, const Options *options, Error *error);

#endif
