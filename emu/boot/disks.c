/* disks.c - /proc/partitions, mount, umount. */
#include "disks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOUNT_POINT "/disk"
#define ON_DISK MOUNT_POINT "/legacy"
#define IN_MEMORY "/models"

enum { MOST_DISKS = 9, NAME = 32, FLOPPY_KB = 1440, LOOKS_AGAIN = 500 /* milliseconds */ };

typedef struct {
  char name[NAME]; /* as in /dev */
  unsigned long kilobytes;
} Disk;

static char chosen[NAME]; /* "": none */

/* ---- what there is ---- */

bool disks_are_known(void) { return access("/proc/partitions", R_OK) == 0; }

/* CD drives and the kernel's own memory disks keep nothing. */
static bool keeps_nothing(const char *name) {
  return strncmp(name, "sr", 2) == 0 || strncmp(name, "ram", 3) == 0 ||
         strncmp(name, "loop", 4) == 0 || strcmp(name, "fd0") == 0;
}

/* The floppy drive first, which is no partition, then all partitions. Returns their number. */
static int list_disks(Disk disks[MOST_DISKS]) {
  char line[128];
  int count = 0;
  if (access("/dev/fd0", R_OK) == 0) disks[count++] = (Disk){"fd0", FLOPPY_KB};
  FILE *file = fopen("/proc/partitions", "r");
  while (file && fgets(line, sizeof line, file) && count < MOST_DISKS) {
    Disk *disk = &disks[count];
    if (sscanf(line, " %*u %*u %lu %31s", &disk->kilobytes, disk->name) != 2) continue;
    if (!keeps_nothing(disk->name)) count++;
  }
  if (file) fclose(file);
  return count;
}

static void show_disk(const Console *console, int number, const Disk *disk) {
  const unsigned long mb = disk->kilobytes / 1024;
  if (strcmp(disk->name, "fd0") == 0)
    console_print(console, "   %d  fd0     the floppy drive\n", number);
  else if (mb > 0)
    console_print(console, "   %d  %-6s  %lu MB\n", number, disk->name, mb);
  else
    console_print(console, "   %d  %-6s  %lu kB\n", number, disk->name, disk->kilobytes);
}

/* ---- choosing ---- */

/* Mounts a disk as whatever it is; true where that could be done. Names go to the disk at once: on
 * FAT a renamed file has no bytes there before (emu/shell.c). */
static bool mount_disk(const char *name) {
  static const char *const kinds[] = {"vfat", "ext2"};
  char device[NAME + 8];
  snprintf(device, sizeof device, "/dev/%s", name);
  mkdir(MOUNT_POINT, 0755);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (mount(device, MOUNT_POINT, kinds[i], MS_NOATIME | MS_DIRSYNC, NULL) == 0) return true;
  return false;
}

/* Opens the disk for models. Returns why it cannot be used, or NULL. */
static const char *open_disk(const char *name) {
  if (!mount_disk(name))
    return errno == EINVAL ? "it holds no FAT or ext2 file system" : strerror(errno);
  if (mkdir(ON_DISK, 0755) < 0 && errno != EEXIST) {
    const char *why = strerror(errno);
    umount(MOUNT_POINT);
    return why;
  }
  snprintf(chosen, sizeof chosen, "%s", name);
  return NULL;
}

/* Takes the disk. Says why where it cannot, and goes back to the one before. */
static void take_disk(const Console *console, const char *name) {
  char former[NAME];
  memcpy(former, chosen, sizeof former);
  disks_leave();
  const char *why = open_disk(name);
  if (!why) {
    console_print(console, "\nModels are kept on %s now, in its folder `legacy`.\n", name);
    return;
  }
  console_print(console, "\n%s cannot be used: %s.\n", name, why);
  if (former[0]) open_disk(former);
  console_print(console, "Models are kept %s.\n", kept_where());
}

const char disks_title[] = "Choose the disk that models are kept on";

static void show_disks(const Console *console, const Disk *disks, int count) {
  console_page(console, disks_title);
  console_print(console, "Models are kept %s.\n\n", kept_where());
  console_print(console,
                "A disk with a FAT or ext2 file system can keep them. Nothing that is on it "
                "changes,\nbut for a folder `legacy`. A stick may be plugged in now; it takes some "
                "seconds.\n\n");
  for (int i = 0; i < count; i++) show_disk(console, i + 1, &disks[i]);
  console_print(console, "   0  none: keep them in memory\n\nPress a number. ");
}

/* Shows what there is until a key comes, anew whenever that changes. Returns their number. */
static int offer_disks(const Console *console, Disk disks[MOST_DISKS]) {
  int shown = -1;
  do {
    Disk found[MOST_DISKS];
    memset(found, 0, sizeof found); /* so that they can be compared */
    const int count = list_disks(found);
    if (count == shown && memcmp(disks, found, sizeof found) == 0) continue;
    memcpy(disks, found, sizeof found);
    show_disks(console, disks, shown = count);
  } while (!console_has_key(console, LOOKS_AGAIN));
  return shown;
}

void disks_choose(Console *console) {
  Disk disks[MOST_DISKS];
  const int count = offer_disks(console, disks), number = console_key(console) - '0';
  console_print(console, "\n");
  if (number >= 1 && number <= count) {
    take_disk(console, disks[number - 1].name);
  } else if (number == 0) {
    disks_leave();
    console_print(console, "\nModels are kept %s.\n", kept_where());
  }
}

/* ---- using it ---- */

const char *kept_file(const char *name) {
  static char paths[4][64];
  static int turn;
  char *path = paths[turn++ % 4];
  if (!chosen[0]) mkdir(IN_MEMORY, 0755);
  snprintf(path, sizeof paths[0], "%s/%s", chosen[0] ? ON_DISK : IN_MEMORY, name);
  return path;
}

const char *kept_where(void) {
  static char text[96];
  if (!chosen[0]) return "in memory, and gone when the computer is switched off";
  snprintf(text, sizeof text, "on %s, in its folder `legacy`", chosen);
  return text;
}

void disks_leave(void) {
  sync();
  if (chosen[0]) umount(MOUNT_POINT);
  chosen[0] = 0;
}
