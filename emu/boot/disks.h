/*
 * disks.h - where models are kept: a folder in memory until a person chooses a disk. Knows the
 * partitions that the kernel lists and the floppy drive, and file systems that are FAT or ext2.
 */
#ifndef BOOT_DISKS_H
#define BOOT_DISKS_H

#include <stdbool.h>

#include "console.h"

/* Whether this kernel has drivers for disks. */
bool disks_are_known(void);

/* The title of the page where one is chosen. */
extern const char disks_title[];

/* Lets a person choose the disk that models are kept on, and says what came of it. */
void disks_choose(Console *console);

/* The path of a file of that place, in one of a few buffers that are used in turn. */
const char *kept_file(const char *name);

/* Where models are kept, for people: "in memory, gone when the computer is switched off". */
const char *kept_where(void);

/* Writes everything to the disk and lets go of it. */
void disks_leave(void);

#endif
