/*
 * take_disk.c - takes the disks that the arguments name, one after the other, and says on the
 * console, file descriptor 3, where models are kept then. Only a disk whose name begins with "good"
 * can be mounted, and nothing is: mount, umount and mkdir are the ones below.
 */
#define mount pretend_mount
#define umount pretend_umount
#define mkdir pretend_mkdir
#include "../../emu/boot/disks.c"

int pretend_mount(const char *device, const char *folder, const char *kind, unsigned long flags,
                  const void *options) {
  (void)folder, (void)kind, (void)flags, (void)options;
  errno = EINVAL;
  return strncmp(device, "/dev/good", strlen("/dev/good")) == 0 ? 0 : -1;
}

int pretend_umount(const char *folder) {
  (void)folder;
  return 0;
}

int pretend_mkdir(const char *path, mode_t mode) {
  (void)path, (void)mode;
  return 0;
}

int main(int argc, char **argv) {
  const Console console = {"", 3};
  for (int i = 1; i < argc; i++) take_disk(&console, argv[i]);
  return 0;
}
