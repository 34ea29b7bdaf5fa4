/* posix.h - which system this is: HAVE_POSIX, HAVE_WINDOWS, or neither, and what its headers show:
 * the names of POSIX.1-2008, or what Windows 98 and 2000 have. Included before any header of the
 * system. */
#ifndef POSIX_H
#define POSIX_H

#if defined(__unix__) || defined(__APPLE__) || defined(__EMSCRIPTEN__)
#define _POSIX_C_SOURCE 200809L
#define HAVE_POSIX 1
#elif defined(_WIN32)
#define WINVER 0x0410
#define _WIN32_WINNT 0x0410
#define WIN32_LEAN_AND_MEAN
#define HAVE_WINDOWS 1
#endif

#endif
