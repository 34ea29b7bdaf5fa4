/* ram.c - asks the system, and puts a refusal into words. */
#include "run/ram.h"

#include "base/numbers.h"
#include "base/platform.h"

uint64_t ram_cap(const Options *options) {
  const uint64_t free_bytes = system_available_bytes();
  if (options->ram) return options->ram;
  return free_bytes ? free_bytes + process_resident_bytes() : UINT64_MAX;
}

bool check_ram(uint64_t bytes, const Options *options, Error *error) {
  const uint64_t need = bytes + process_resident_bytes(), cap = ram_cap(options);
  char need_text[32], cap_text[32];
  if (need <= cap) return true;
  return error_set(error, EXIT_USAGE,
                   "the memory plan takes %s bytes, the %s is %s: take a smaller --dim, --layers, "
                   "--context or --bigram-rows, --recompute block, a shorter text, or more RAM",
                   format_bytes(need_text, need), options->ram ? "RAM budget" : "free RAM",
                   format_bytes(cap_text, cap));
}
