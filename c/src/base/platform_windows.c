/* platform_windows.c - platform.h on Windows. */
#include "base/posix.h"

#include "base/platform.h"

#if HAVE_WINDOWS
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include <psapi.h>

#include "base/path.h"
#include "base/windows_files.h"

/* Of the start files of MinGW: no argument is a pattern of file names, "What?" least of all. */
int _dowildcard = 0;

/* ---- memory ---- */

/* What Windows 2000 and later tell of this process, in a library that Windows 98 has not; zeros
 * where there is none. */
static PROCESS_MEMORY_COUNTERS memory_counters(void) {
  typedef BOOL WINAPI Ask(HANDLE process, PROCESS_MEMORY_COUNTERS * counters, DWORD size);
  static HMODULE library;
  PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
  if (!library && windows_is_nt()) library = LoadLibraryA("PSAPI.DLL");
  Ask *const ask =
      library ? (Ask *)(void (*)(void))GetProcAddress(library, "GetProcessMemoryInfo") : NULL;
  if (!ask || !ask(GetCurrentProcess(), &counters, sizeof counters))
    counters.PeakWorkingSetSize = counters.WorkingSetSize = 0;
  return counters;
}

uint64_t process_peak_bytes(void) { return memory_counters().PeakWorkingSetSize; }

uint64_t process_resident_bytes(void) { return memory_counters().WorkingSetSize; }

/* Windows 98 counts RAM that caches files as taken, so that what it tells is of no use. */
uint64_t system_available_bytes(void) {
  MEMORYSTATUS status = {.dwLength = sizeof status};
  if (!windows_is_nt()) return 0;
  GlobalMemoryStatus(&status);
  return status.dwAvailPhys < status.dwAvailVirtual ? status.dwAvailPhys : status.dwAvailVirtual;
}

void process_touch_code(void) {}

/* Those of Windows 98 have the highest bit set, all of them. */
long process_id(void) { return (long)(GetCurrentProcessId() & 0x7fffffff); }

/* ---- clock and terminal ---- */

int64_t clock_nanoseconds(void) {
  LARGE_INTEGER rate, now;
  if (!QueryPerformanceFrequency(&rate) || rate.QuadPart <= 0)
    return (int64_t)GetTickCount() * 1000000;
  QueryPerformanceCounter(&now);
  const int64_t seconds = now.QuadPart / rate.QuadPart, rest = now.QuadPart % rate.QuadPart;
  return seconds * 1000000000 + rest * 1000000000 / rate.QuadPart;
}

int64_t clock_milliseconds(void) { return clock_nanoseconds() / 1000000; }

void pause_microseconds(int microseconds) { Sleep((DWORD)(microseconds + 999) / 1000); }

/* Has them pass bytes as they are, which the C library does only for files that are opened so. What
 * a person types stays text: Ctrl-Z ends it. No file takes the place of a closed one here. */
void open_standard_streams(void) {
  FILE *const streams[] = {stdin, stdout, stderr};
  for (int i = is_terminal(stdin) ? 1 : 0; i < 3; i++) _setmode(_fileno(streams[i]), _O_BINARY);
}

bool is_terminal(FILE *stream) {
  const int before = errno;
  DWORD mode;
  const bool terminal = GetConsoleMode((HANDLE)_get_osfhandle(_fileno(stream)), &mode) != 0;
  errno = before;
  return terminal;
}

/* ---- files ---- */

static bool size_of(HANDLE file, int64_t *bytes) {
  DWORD high = 0;
  SetLastError(NO_ERROR);
  const DWORD low = GetFileSize(file, &high);
  *bytes = (int64_t)high << 32 | low;
  return GetFileType(file) == FILE_TYPE_DISK &&
         (low != INVALID_FILE_SIZE || GetLastError() == NO_ERROR);
}

bool file_size(const char *path, int64_t *bytes) {
  const PathKind kind = path_kind(path);
  errno = kind == PATH_FOLDER ? EISDIR : EINVAL;
  if (kind == PATH_FOLDER || kind == PATH_STREAM) return false;
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  const bool good = stream_size(file, bytes);
  fclose(file);
  return good;
}

bool stream_size(FILE *stream, int64_t *bytes) {
  return size_of((HANDLE)_get_osfhandle(_fileno(stream)), bytes);
}
#endif
