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
