/* file_kind.c - a table of how files begin, and the bytes of UTF-16, of which each second is 0. */
#include "run/file_kind.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/utf8.h"

typedef struct {
  const char *begins; /* the file does so, */
  size_t length;      /* with so many bytes */
  const char *what, *advice, *charset;
} Beginning;

#define BEGINS(text) (text), sizeof(text) - 1
static const Beginning beginnings[] = {
    {BEGINS("\xff\xfe\0\0"), "UTF-32", NULL, "UTF-32"},
    {BEGINS("\0\0\xfe\xff"), "UTF-32", NULL, "UTF-32"},
    {BEGINS("\xff\xfe"), "UTF-16", NULL, "UTF-16"},
    {BEGINS("\xfe\xff"), "UTF-16", NULL, "UTF-16"},
    {BEGINS("\x1f\x8b"), "a gzip file", "unpack it with gunzip", NULL},
    {BEGINS("BZh"), "a bzip2 file", "unpack it with bunzip2", NULL},
    {BEGINS("\xfd"
            "7zXZ\0"),
     "an xz file", "unpack it with unxz", NULL},
    {BEGINS("\x28\xb5\x2f\xfd"), "a zstd file", "unpack it with unzstd", NULL},
    {BEGINS("7z\xbc\xaf\x27\x1c"), "a 7z archive", "unpack it with 7z x", NULL},
    {BEGINS("PK\3\4"), "a zip archive, or a document that is one (docx, odt, epub)",
     "unpack it with unzip, or save the document as plain text", NULL},
    {BEGINS("%PDF-"), "a PDF", "make a text of it with pdftotext", NULL},
    {BEGINS("{\\rtf"), "an RTF document", "save it as plain text", NULL},
    {BEGINS("\xd0\xcf\x11\xe0"), "an old Office document", "save it as plain text", NULL},
    {BEGINS("\x7f"
            "ELF"),
     "a program", NULL, NULL},
    {BEGINS("\x89PNG"), "a picture", NULL, NULL},
    {BEGINS("\xff\xd8\xff"), "a picture", NULL, NULL},
};

/* UTF-16 without a mark, where nearly each second byte is 0 and none of the others: how iconv calls
 * it, or null. */
static const char *utf16_of(const uint8_t *bytes, size_t count) {
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < count; i++) zeros[i % 2] += bytes[i] == 0;
  const size_t half = count / 2, most = half - half / 4;
  if (half < 2) return NULL;
  if (zeros[0] == 0 && zeros[1] >= most) return "UTF-16LE";
  return zeros[1] == 0 && zeros[0] >= most ? "UTF-16BE" : NULL;
}

bool file_kind_of(const uint8_t *bytes, size_t count, FileKind *kind) {
  *kind = (FileKind){.standing = standing_of(bytes, count)};
  if (kind->standing != STANDS_OTHER) {
    kind->what = standing_name(kind->standing);
    return true;
  }
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
    const Beginning *b = &beginnings[i];
    if (count < b->length || memcmp(bytes, b->begins, b->length) != 0) continue;
    kind->what = b->what;
    kind->advice = b->advice;
    kind->charset = b->charset;
    return true;
  }
  kind->what = "UTF-16";
  kind->charset = utf16_of(bytes, count);
  return kind->charset != NULL;
}

/* Whether they may be the beginning of a text: UTF-8 without control characters. */
static bool is_text(const uint8_t *bytes, size_t count) {
  for (size_t at = 0; at < count;) {
    uint32_t character = 0;
    const int length = utf8_read(bytes + at, count - at, &character);
    if (length == 0) return count == FILE_KIND_BYTES && count - at < UTF8_LONGEST; /* it is cut */
    if (character < ' ' && (character < '\t' || character > '\r')) return false;
    at += (size_t)length;
  }
  return count > 0;
}

bool file_kind_of_path(const char *path, FileKind *kind) {
  uint8_t bytes[FILE_KIND_BYTES];
  FILE *file = path_kind(path) == PATH_ORDINARY ? fopen(path, "rb") : NULL;
  if (!file) return false;
  const size_t count = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  if (file_kind_of(bytes, count, kind)) return true;
  kind->what = "a text";
  kind->text = is_text(bytes, count);
  return kind->text;
}
