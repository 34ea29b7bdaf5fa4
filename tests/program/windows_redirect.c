/* windows_redirect.c - runs a program with files of Windows as its standard streams, as its shell
 * does: windows_redirect IN OUT PROGRAM [ARGUMENT...], where "" leaves a stream as it is. Output
 * goes behind what is there. */
#include <process.h>
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc < 4) return 99;
  if (argv[1][0] && !freopen(argv[1], "rb", stdin)) return 98;
  if (argv[2][0] && !freopen(argv[2], "ab", stdout)) return 97;
  return (int)_spawnv(_P_WAIT, argv[3], (const char *const *)argv + 3);
}
