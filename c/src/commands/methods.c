/* methods.c - prints the rows of quantizer.c and optimizer.c. */
#include "commands/commands.h"

#include <stdio.h>

#include "model/quantizer.h"
#include "train/optimizer.h"

/* Bits of a weight as it is packed, rounding of rows to bytes aside. */
static const char *packed_bits(CodeKind kind) {
  static const char *const bits[] = {
      [CODES_TRITS] = "1.6", [CODES_SIGNS] = "1", [CODES_2BIT] = "2"};
  return bits[kind];
}

static void print_scheme(const SchemeRow *s, bool json) {
  if (json)
    printf("{\"kind\":\"scheme\",\"name\":\"%s\",\"formula\":\"%s\",\"bits\":\"%s\","
           "\"packed_bits\":\"%s\",\"source\":\"%s\"}\n",
           s->name, s->formula, s->bits, packed_bits(s->codes), s->source);
  else
    printf("  %-9s %4s %6s   %s (%s)\n", s->name, s->bits, packed_bits(s->codes), s->formula,
           s->source);
}

static void print_optimizer(const OptimizerRow *o, bool json) {
  if (json)
    printf("{\"kind\":\"optimizer\",\"name\":\"%s\",\"formula\":\"%s\",\"bytes\":\"%s\","
           "\"source\":\"%s\"}\n",
           o->name, o->rule, o->bytes, o->source);
  else
    printf("  %-17s %4s   %s (%s)\n", o->name, o->bytes, o->rule, o->source);
}

bool methods_command(const Options *options, Error *error) {
  (void)error;
  if (!options->json) printf("--scheme: what values weights take; bits of a weight, bits packed\n");
  for (int i = 0; i < SCHEMES; i++) print_scheme(scheme_row((SchemeKind)i), options->json);
  if (!options->json) printf("--optimizer: how they learn; bytes of a weight in training\n");
  for (int i = 0; i < OPTIMIZERS; i++)
    print_optimizer(optimizer_row((OptimizerKind)i), options->json);
  return true;
}
