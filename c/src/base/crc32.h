/* crc32.h - the checksum of checkpoint sections and trace lines (IEEE 802.3, as in zip and PNG). */
#ifndef CRC32_H
#define CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Continues crc (0 to begin) over size bytes. */
uint32_t crc32(uint32_t crc, const void *bytes, size_t size);

/* The sum of some bytes and of `second_bytes` more behind them, from the sum of each. */
uint32_t crc32_join(uint32_t first, uint32_t second, uint64_t second_bytes);

#endif
