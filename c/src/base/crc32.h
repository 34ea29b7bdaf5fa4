/* crc32.h - the checksum of checkpoint sections and trace lines (IEEE 802.3, as in zip and PNG). */
#ifndef CRC32_H
#define CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc (0 to begin) over size bytes. */
uint32_t crc32(uint32_t crc, const void *bytes, size_t size);

#endif
