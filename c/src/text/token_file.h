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
 * memory does not grow with the text.
 */
#ifndef TOKEN_FILE_H
#define TOKEN_FILE_H

#include "text/data_utils.h"

enum { TOKEN_FILE_HEADER = 36 };

/* Opens the token file of a text (counted, with this tokenizer), first making it where it is not
 * there, or is of another text. file_path must outlive the text. */
bool token_file_open(const char *file_path, const char *text_path, Text *text, Encoder *encoder,
                     Error *error);

/* Closes it, and removes it unless keep. Does nothing where none is open. */
void token_file_close(Text *text, bool keep);

/* Reads width * count bytes of tokens from start on. */
bool token_file_read(const Text *text, int32_t start, int count, uint8_t *bytes, Error *error);

#endif
