/* Once per process: the set-up of libcurl, the count of forks, and the clocks.
**
** Safe to call from several Lua states and threads. libcurl is never cleaned
** up globally: another module of the same process may use it.
*/
#ifndef MDE_GLOBAL_H
#define MDE_GLOBAL_H

#include <stdbool.h>

#include "error.h"

/* Sets libcurl up on the first call. False (with `error` filled) if that fails, or
** if libcurl is older than 7.87 or lacks TLS or a threaded resolver: the engine
** requires these. */
bool mde_global_init (mde_error *error);

/* The system's trusted authorities: a folder or a file, of which one is NULL. It is the folder if
** OpenSSL can look one up there by its hash, which takes 4 ms per connection; reading all of them
** takes the first connection 20 to 30 ms. Call mde_global_init first. */
void mde_trusted (const char **file, const char **folder);

/* Counts the forks between this process and the one that first called
** mde_global_init. Resources made under another number belong to a parent. Unlike
** getpid this is no system call; an engine would make three per request. */
unsigned mde_process_generation (void);

/* Seconds since an arbitrary start; never steps back; includes the time that the
** machine was suspended (CLOCK_BOOTTIME on Linux). */
double mde_clock_monotonic (void);

/* Seconds since 1970-01-01T00:00:00Z. May step. */
double mde_clock_wall (void);

#endif
