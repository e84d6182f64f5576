/* What a process has once: libcurl's own set-up, how often it was forked, and the
** clocks.
**
** Safe to call from several Lua states and threads. libcurl is never cleaned
** up globally: another module of the same process may use it.
*/
#ifndef MDE_GLOBAL_H
#define MDE_GLOBAL_H

#include <stdbool.h>

#include "error.h"

/* Sets libcurl up on the first call. False (with `error` filled) when it can't
** be, or when it is older than 7.87 or without TLS or a threaded resolver:
** the engine relies on these. */
bool mde_global_init (mde_error *error);

/* The system's folder of trusted authorities, if OpenSSL can look for one in there by its
** hash: that takes a connection 4 ms, where reading all of them takes the first one 20 to 30, in
** one go. NULL if there is none. Call mde_global_init first. */
const char *mde_trusted_folder (void);

/* How many forks lie between this process and the one that first called
** mde_global_init: what was made under another number belongs to a parent. Unlike
** getpid it is no system call, of which an engine would make three a request. */
unsigned mde_process_generation (void);

/* Seconds since an arbitrary start; never steps back; time asleep counts
** (CLOCK_BOOTTIME on Linux), so that a closed lid is time that has passed. */
double mde_clock_monotonic (void);

/* Seconds since 1970-01-01T00:00:00Z. May step. */
double mde_clock_wall (void);

#endif
