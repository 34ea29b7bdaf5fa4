/*
 * probe.c - carries out one instruction of probes.def, the one that its argument spells.
 *
 * Exit code 0: the processor has it. A processor that does not ends the program by SIGILL.
 * Exit code 2: there is no such probe.
 */
#include <string.h>

#define PROBE(instruction)                                                                         \
  if (strcmp(argv[1], instruction) == 0) {                                                         \
    __asm__ volatile(instruction);                                                                 \
    return 0;                                                                                      \
  }

int main(int argc, char **argv) {
  if (argc != 2) return 2;
#include "probes.def"
  return 2;
}
