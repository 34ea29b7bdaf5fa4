/*
 * probe.c - what the boot tests run inside the emulated laptop: one small act for each word.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 20 };

/* Writes its arguments, one a line, without ending the last line; a word to stderr. */
static int echo(int count, char **words) {
  for (int i = 0; i < count; i++) printf("%s%s", i > 0 ? "\n" : "", words[i]);
  fputs("on stderr\n", stderr);
  return 3;
}

/* Pseudo-random bytes, every value among them, to a file and then a line to stdout. */
static int fill(const char *path, long size) {
  unsigned state = 1;
  FILE *file = fopen(path, "wb");
  if (file == NULL) return 1;
  for (long i = 0; i < size; i++) {
    state = state * 1664525u + 1013904223u;
    putc((int)(state >> 24), file);
  }
  printf("filled %ld\n", size);
  return fclose(file) == 0 ? 0 : 1;
}

/* Copies a file to stdout. */
static int show(const char *path) {
  int c;
  FILE *file = fopen(path, "rb");
  if (file == NULL) return 1;
  while ((c = getc(file)) != EOF) putchar(c);
  return fclose(file) == 0 ? 0 : 1;
}

/* Touches memory until there is no more. */
static int eat(void) {
  for (int eaten = 1;; eaten++) {
    char *block = malloc(BLOCK);
    if (block == NULL) return 1;
    memset(block, 1, BLOCK);
    printf("ate %d\n", eaten);
    fflush(stdout);
  }
}

/* Asks for that many MB at once and touches none of them. */
static int ask(size_t mb) {
  char *volatile block = malloc(mb * BLOCK);
  puts(block == NULL ? "refused" : "granted");
  free(block);
  return 0;
}

static int crash(void) {
  int *volatile nowhere = NULL;
  return *nowhere;
}

static void forever(void) {
  puts("started");
  fflush(stdout);
  for (volatile int i = 0;; i++)
    ;
}

int main(int argc, char **argv) {
  const char *act = argc > 1 ? argv[1] : "";
  if (strcmp(act, "echo") == 0) return echo(argc - 2, argv + 2);
  if (strcmp(act, "fill") == 0 && argc == 4) return fill(argv[2], atol(argv[3]));
  if (strcmp(act, "show") == 0 && argc == 3) return show(argv[2]);
  if (strcmp(act, "ask") == 0 && argc == 3) return ask((size_t)atol(argv[2]));
  if (strcmp(act, "eat") == 0) return eat();
  if (strcmp(act, "crash") == 0) return crash();
  if (strcmp(act, "forever") == 0) forever();
  fprintf(stderr, "probe: unknown act %s\n", act);
  return 2;
}
