/* methods.c - the command that prints the tables of schemes and optimizers. */
#include "commands/commands.h"

#include <stdio.h>

#include "base/numbers.h"
#include "run/option_groups.h"

static void print_scheme(const legacy_llm_method *s, bool json) {
  if (json)
    printf("{\"kind\":\"scheme\",\"name\":\"%s\",\"formula\":\"%s\",\"bits\":\"%s\","
           "\"packed_bits\":\"%s\",\"source\":\"%s\"}\n",
           s->name, s->rule, s->bits, s->packed_bits, s->source);
  else
    printf("  %-9s %4s %6s   %s (%s)\n", s->name, s->bits, s->packed_bits, s->rule, s->source);
}

static void print_optimizer(const legacy_llm_method *o, bool json) {
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
    printf("  %-9s %4s %6s   which values weights can take (--scheme); bits: information per "
           "weight; packed: stored bits per weight\n",
           "scheme", "bits", "packed");
  for (int i = 0; i < SCHEMES; i++) {
    const legacy_llm_method scheme = legacy_llm_scheme_method((SchemeKind)i);
    print_scheme(&scheme, s->json);
  }
  if (!s->json)
    printf("  %-17s %5s %6s   how the matrices learn (--optimizer); bytes: per weight in training; "
           "rate: the default of --lr\n",
           "optimizer", "bytes", "rate");
  for (int i = 0; i < OPTIMIZERS; i++) {
    const legacy_llm_method optimizer = legacy_llm_optimizer_method((OptimizerKind)i);
    print_optimizer(&optimizer, s->json);
  }
  return true;
}

const Command methods_command = {
    .name = "methods",
    .summary = "explains the quantization schemes and the optimizers, with their sources",
    .groups = groups,
    .settings_size = sizeof(MethodsSettings),
    .run = run};
