/* ram.c - asks the system, and puts a refusal into words. */
#include "run/ram.h"

#include <stdio.h>
#include <string.h>

#include "base/numbers.h"
#include "base/platform.h"

uint64_t ram_cap(uint64_t ram) {
  const uint64_t free_bytes = system_available_bytes();
  if (ram) return ram;
  return free_bytes ? free_bytes + process_resident_bytes() : UINT64_MAX;
}

/* What to do: what the command's options can, then the RAM itself. */
static void advise(RamLimit limit, char *text, size_t size) {
  if (options_saving(limit.settings, text, size)) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, ", or ");
  }
  const size_t used = strlen(text);
  snprintf(text + used, size - used, "%s", limit.bytes ? "a larger --ram" : "more free RAM");
}

bool check_ram(uint64_t bytes, RamLimit limit, Error *error) {
  const uint64_t need = bytes + process_resident_bytes(), cap = ram_cap(limit.bytes);
  char need_text[32], cap_text[32], advice[256];
  if (need <= cap) return true;
  advise(limit, advice, sizeof advice);
  return error_set(error, EXIT_USAGE, "this takes %s bytes of memory, but %s %s: try %s",
                   format_bytes(need_text, need),
                   limit.bytes ? "--ram allows only" : "the RAM that is free is only",
                   format_bytes(cap_text, cap), advice);
}
