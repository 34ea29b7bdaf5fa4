/* windows_files.c - CreateFile with what others may do meanwhile, and moves that replace. */
#include "base/posix.h"

#include "base/windows_files.h"

#include "base/path.h"

#if HAVE_WINDOWS
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <windows.h>

/* ---- the system ---- */

bool windows_failed(void) {
  static const struct {
    DWORD code;
    int number;
  } reasons[] = {
      {ERROR_FILE_NOT_FOUND, ENOENT},   {ERROR_PATH_NOT_FOUND, ENOENT},
      {ERROR_INVALID_NAME, ENOENT},     {ERROR_BAD_NETPATH, ENOENT},
      {ERROR_INVALID_DRIVE, ENOENT},    {ERROR_ACCESS_DENIED, EACCES},
      {ERROR_SHARING_VIOLATION, EBUSY}, {ERROR_LOCK_VIOLATION, EBUSY},
      {ERROR_WRITE_PROTECT, EROFS},     {ERROR_FILE_EXISTS, EEXIST},
      {ERROR_ALREADY_EXISTS, EEXIST},   {ERROR_DISK_FULL, ENOSPC},
      {ERROR_HANDLE_DISK_FULL, ENOSPC}, {ERROR_TOO_MANY_OPEN_FILES, EMFILE},
  };
  const DWORD code = GetLastError();
  errno = EIO;
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
    if (reasons[i].code == code) errno = reasons[i].number;
  return false;
}

bool windows_is_nt(void) { return GetVersion() < 0x80000000; }

/* A function of the system that Windows 98 has not, or has for its name alone. */
static FARPROC newer_function(const char *name) {
  const HMODULE kernel = GetModuleHandleA("KERNEL32.DLL");
  return kernel ? GetProcAddress(kernel, name) : NULL;
}

/* ---- opening ---- */

/* A stream of an open file, or of none. */
static FILE *stream_of(HANDLE file) {
  if (file == INVALID_HANDLE_VALUE) {
    windows_failed();
    return NULL;
  }
  const int opened = _open_osfhandle((intptr_t)file, _O_BINARY);
  FILE *stream = opened < 0 ? NULL : _fdopen(opened, "w+b");
  if (stream) return stream;
  if (opened >= 0)
    _close(opened);
  else
    CloseHandle(file);
  errno = EMFILE;
  return NULL;
}

/* That others may take the name of an open file, where the system knows it. */
static DWORD share_its_name(void) { return windows_is_nt() ? FILE_SHARE_DELETE : 0; }

FILE *windows_create(const char *path, bool nameless) {
  const DWORD kind =
      nameless ? FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE : FILE_ATTRIBUTE_NORMAL;
  return stream_of(CreateFileA(path, GENERIC_READ | GENERIC_WRITE,
                               FILE_SHARE_READ | FILE_SHARE_WRITE | share_its_name(), NULL,
                               CREATE_NEW, kind, NULL));
}

FILE *windows_open_locked(const char *path, bool *made) {
  const HANDLE file =
      CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | share_its_name(), NULL,
                  OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
  *made = file != INVALID_HANDLE_VALUE && GetLastError() != ERROR_ALREADY_EXISTS;
  return stream_of(file);
}

bool windows_sync(FILE *stream) {
  const HANDLE file = (HANDLE)_get_osfhandle(_fileno(stream));
  return FlushFileBuffers(file) || GetFileType(file) != FILE_TYPE_DISK || windows_failed();
}

/* ---- names ---- */

bool windows_replace_in_two(const char *from, const char *to) {
  char aside[PATH_BYTES];
  if (MoveFileA(from, to)) return true; /* nothing was there */
  if (snprintf(aside, sizeof aside, "%s.old", from) >= PATH_BYTES) return errno = ENOENT, false;
  DeleteFileA(aside);
  if (!MoveFileA(to, aside)) return windows_failed();
  if (MoveFileA(from, to)) {
    DeleteFileA(aside);
    return true;
  }
  windows_failed();
  MoveFileA(aside, to);
  return false;
}

static bool replace(const char *from, const char *to) {
  typedef BOOL WINAPI Move(LPCSTR from, LPCSTR to, DWORD flags);
  Move *const move = (Move *)(void (*)(void))newer_function("MoveFileExA");
  if (move && move(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) return true;
  if (move && GetLastError() != ERROR_CALL_NOT_IMPLEMENTED) return windows_failed();
  return windows_replace_in_two(from, to);
}

bool windows_replace(const char *from, const char *to) {
  enum { MOST_TRIES = 20, PAUSE = 50 /* milliseconds */ };
  for (int i = 1; !replace(from, to); i++) {
    if ((errno != EACCES && errno != EBUSY) || i == MOST_TRIES) return false;
    Sleep(PAUSE);
  }
  return true;
}

bool windows_link(const char *path, const char *other) {
  typedef BOOL WINAPI Link(LPCSTR other, LPCSTR path, LPSECURITY_ATTRIBUTES unused);
  Link *const link = (Link *)(void (*)(void))newer_function("CreateHardLinkA");
  return link && link(other, path, NULL);
}
#endif
