/* Writes to a file descriptor. */
#ifndef MDE_SYSTEM_WRITE_H
#define MDE_SYSTEM_WRITE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes all of the bytes, also where a signal comes or a pipe is slow. False, with errno: it
** could not, and some may have been written. A signal handler may call it. */
bool mde_write_all (int fd, const char *bytes, size_t size);

#endif
