/* token_file.h - the tokens of a text that is too long for memory, in a file.
 *
 *   +0   8   magic "LEGACYTK"
 *   +8   4   version (1)
 *   +12  4   bytes of a token, 1 or 2
 *   +16  4   vocabulary
 *   +20  4   tokens, n
 *   +24  4   CRC-32 of the text's bytes
 *   +28  4   CRC-32 of the tokenizer (tokenizer_crc)
 *   +32  4   CRC-32 of all before
 *   +36      n tokens, little-endian
 *   end-4 4  CRC-32 of the tokens' bytes
 *
 * It is made once and found again by a resumed training, which makes it anew where its sum is
 * wrong. Windows are read where they lie, by seek and read through a buffer of the C library, so
 * memory does not grow with the text. The functions are declared in legacy_llm.h:
 * legacy_llm_token_file_make, _open, _reader, _close.
 */
#ifndef TOKEN_FILE_H
#define TOKEN_FILE_H

#include <stdio.h>

#include "base/bytes.h"
#include "text/text_scan.h"

enum { TOKEN_FILE_HEADER = 36 };

typedef struct legacy_llm_token_file {
  FILE *file;
  const char *path;
  int32_t vocab; /* V; all tokens are below it */
  int32_t width; /* bytes of a token: 1 or 2 */
} TokenFile;

typedef legacy_llm_token_reader TokenReader;

/* ---- how tokens lie in a file, and in memory ---- */

/* Bytes of a token of a vocabulary: 1 where that has at most 256, else 2. */
static inline int32_t token_width(int32_t vocab) { return vocab <= BYTE_TOKENS ? 1 : 2; }

/* Token i of bytes [.., width], little-endian, and where it is put. */
static inline uint16_t get_token(const uint8_t *bytes, int width, size_t i) {
  return width == 1 ? bytes[i] : get_u16(bytes + 2 * i);
}

static inline void put_token(uint8_t *bytes, int width, size_t i, uint16_t token) {
  if (width == 1)
    bytes[i] = (uint8_t)token;
  else
    put_u16(bytes + 2 * i, token);
}

#endif
