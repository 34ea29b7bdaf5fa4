/* plan.h - the memory plan: shown, held against the RAM, and turned round: what fits a given RAM.
 */
#ifndef PLAN_H
#define PLAN_H

#include "trainer.h"

/* Prints the plan of a training, as a table or as one line of JSON. */
void print_plan(const Trainer *trainer, const Options *options);

/* Refuses a plan of so many bytes that does not fit --ram, or what the system has free. */
bool check_ram(uint64_t bytes, const Options *options, Error *error);

/* The command: the plan, and the largest batch and model that would fit. */
bool plan_command(const Options *options, Error *error);

/* Bytes with a comma every three digits: "1,234,567". text holds at least 32 bytes. */
const char *format_bytes(char *text, uint64_t bytes);

#endif
