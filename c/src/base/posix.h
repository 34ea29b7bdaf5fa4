/* posix.h - whether there is POSIX: HAVE_POSIX, and the POSIX.1-2008 names of the system's headers.
 * Included before any header of the system. */
#ifndef POSIX_H
#define POSIX_H

#if defined(__unix__) || defined(__APPLE__) || defined(__EMSCRIPTEN__)
#define _POSIX_C_SOURCE 200809L
#define HAVE_POSIX 1
#endif

#endif
