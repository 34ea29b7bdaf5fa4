/* methods.c - prints the rows of quantizer.c and optimizer.c. */
#include "commands/commands.h"

#include <stdio.h>

#include "base/numbers.h"
#include "model/quantizer.h"
#include "run/option_groups.h"
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
  char rate[24];
  format_shortest(rate, o->default_rate);
  if (json)
    printf("{\"kind\":\"optimizer\",\"name\":\"%s\",\"formula\":\"%s\",\"bytes\":\"%s\","
           "\"source\":\"%s\"}\n",
           o->name, o->rule, o->bytes, o->source);
  else
    printf("  %-17s %5s %6s   %s (%s)\n", o->name, o->bytes, rate, o->rule, o->source);
}

typedef struct {
  SettingsHead head;
  bool json;
} MethodsSettings;

static const CommandGroup groups[] = {{&json_group, offsetof(MethodsSettings, json)}, {NULL, 0}};

static bool run(const void *settings, Error *error) {
  const MethodsSettings *s = settings;
  (void)error;
  if (!s->json)
    printf("  %-9s %4s %6s   which values weights can take (--scheme); bits per weight: their "
           "information, and as packed\n",
           "scheme", "bits", "packed");
  for (int i = 0; i < SCHEMES; i++) print_scheme(scheme_row((SchemeKind)i), s->json);
  if (!s->json)
    printf(
        "  %-17s %5s %6s   how the matrices learn (--optimizer); bytes per weight in training, and "
        "the rate without --lr\n",
        "optimizer", "bytes", "rate");
  for (int i = 0; i < OPTIMIZERS; i++) print_optimizer(optimizer_row((OptimizerKind)i), s->json);
  return true;
}

const Command methods_command = {
    .name = "methods",
    .summary = "explains the quantization schemes and the optimizers, with their sources",
    .groups = groups,
    .settings_size = sizeof(MethodsSettings),
    .run = run};
