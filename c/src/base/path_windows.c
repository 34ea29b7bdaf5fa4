/* path_windows.c - path.h on Windows: no links to follow, names in either case, devices by name. */
#include "base/posix.h"

#include "base/path.h"

#if HAVE_WINDOWS
#include <errno.h>
#include <io.h>
#include <string.h>
#include <windows.h>

#include "base/windows_files.h"

/* ---- kinds ---- */

/* The name behind folders and drive. */
static const char *name_of(const char *path) {
  const char *name = path;
  for (; *path; path++)
    if (strchr("/\\:", *path) && path[1]) name = path + 1;
  return name;
}

/* Whether it is a device, which is there in every folder and with any ending ("NUL", "con.txt"), or
 * a pipe. */
static bool is_device(const char *path) {
  static const char *const names[] = {"CON",    "PRN",     "AUX", "NUL",
                                      "CONIN$", "CONOUT$", "COM", "LPT"};
  const char *name = name_of(path);
  const size_t length = strcspn(name, ".: ");
  if (strncmp(path, "\\\\.\\", 4) == 0) return true;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const size_t letters = strlen(names[i]);
    const bool numbered = i >= 6,
               has_number = length == letters + 1 && strchr("123456789", name[letters]);
    if ((numbered ? has_number : length == letters) && _strnicmp(name, names[i], letters) == 0)
      return true;
  }
  return false;
}

bool path_is_link(const char *path) {
  const DWORD symbolic_link = 0xa000000c; /* Windows Vista and later have them */
  WIN32_FIND_DATAA facts;
  if (strpbrk(path, "*?")) return false; /* that would be a pattern */
  const HANDLE search = FindFirstFileA(path, &facts);
  if (search == INVALID_HANDLE_VALUE) return false;
  FindClose(search);
  return (facts.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) &&
         facts.dwReserved0 == symbolic_link;
}

PathKind path_kind(const char *path) {
  if (is_device(path)) return PATH_STREAM;
  const DWORD attributes = GetFileAttributesA(path);
  if (attributes == INVALID_FILE_ATTRIBUTES) return PATH_ABSENT;
  if (attributes & FILE_ATTRIBUTE_DIRECTORY) return PATH_FOLDER;
  return path_is_link(path) ? PATH_OTHER : PATH_ORDINARY;
}

bool path_resolve(const char *path, char resolved[PATH_BYTES]) {
  if (strlen(path) >= PATH_BYTES) return false;
  strcpy(resolved, path);
  return true;
}

/* ---- which file ---- */

/* Opens a file to be asked for its facts and nothing else, whoever has it open. */
static HANDLE open_to_look(const char *path) {
  const DWORD share =
      FILE_SHARE_READ | FILE_SHARE_WRITE | (windows_is_nt() ? FILE_SHARE_DELETE : 0);
  return CreateFileA(path, 0, share, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
}

/* Whether two open files are one: by volume and number, which hold while both are open. */
static bool same_file(HANDLE a, HANDLE b) {
  BY_HANDLE_FILE_INFORMATION facts[2];
  if (GetFileType(a) != FILE_TYPE_DISK || GetFileType(b) != FILE_TYPE_DISK ||
      !GetFileInformationByHandle(a, &facts[0]) || !GetFileInformationByHandle(b, &facts[1]))
    return false;
  return (facts[0].nFileIndexLow != 0 || facts[0].nFileIndexHigh != 0) &&
         facts[0].nFileIndexLow == facts[1].nFileIndexLow &&
         facts[0].nFileIndexHigh == facts[1].nFileIndexHigh &&
         facts[0].dwVolumeSerialNumber == facts[1].dwVolumeSerialNumber;
}

/* The same name from the root of the drive on. */
static bool same_name(const char *a, const char *b) {
  char names[2][PATH_BYTES];
  const DWORD lengths[] = {GetFullPathNameA(a, PATH_BYTES, names[0], NULL),
                           GetFullPathNameA(b, PATH_BYTES, names[1], NULL)};
  return lengths[0] > 0 && lengths[0] < PATH_BYTES && lengths[0] == lengths[1] &&
         _stricmp(names[0], names[1]) == 0;
}

bool path_same(const char *a, const char *b) {
  if (!a || !b || is_device(a) || is_device(b)) return false;
  if (same_name(a, b)) return true;
  const HANDLE files[] = {open_to_look(a), open_to_look(b)};
  const bool same = files[0] != INVALID_HANDLE_VALUE && files[1] != INVALID_HANDLE_VALUE &&
                    same_file(files[0], files[1]);
  for (int i = 0; i < 2; i++)
    if (files[i] != INVALID_HANDLE_VALUE) CloseHandle(files[i]);
  return same;
}

bool path_is_stream(const char *path, FILE *stream) {
  if (!path || is_device(path)) return false;
  const HANDLE file = open_to_look(path);
  if (file == INVALID_HANDLE_VALUE) return false;
  const bool same = same_file(file, (HANDLE)_get_osfhandle(_fileno(stream)));
  CloseHandle(file);
  return same;
}

/* ---- writing ---- */

bool path_may_write(const char *path) {
  const DWORD attributes = GetFileAttributesA(path);
  if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_READONLY)) return true;
  errno = EACCES;
  return false;
}

FILE *path_open_new(const char *path) {
  BY_HANDLE_FILE_INFORMATION facts;
  const HANDLE file = open_to_look(path);
  const bool has_names = file != INVALID_HANDLE_VALUE && GetFileInformationByHandle(file, &facts) &&
                         facts.nNumberOfLinks > 1;
  if (file != INVALID_HANDLE_VALUE) CloseHandle(file);
  if (has_names) remove(path);
  return fopen(path, "wb");
}

FILE *path_open_stream(const char *path) { return fopen(path, "ab"); }

/* ---- the program ---- */

bool path_of_program(const char *called, char path[PATH_BYTES]) {
  const DWORD length = GetModuleFileNameA(NULL, path, PATH_BYTES);
  (void)called; /* the system always tells */
  for (char *at = path; length > 0 && length < PATH_BYTES && *at; at++)
    if (*at == '\\') *at = '/';
  return length > 0 && length < PATH_BYTES;
}
#endif
