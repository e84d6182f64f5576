/* Writes all bytes of a buffer to a file descriptor. */
#ifndef MDE_SYSTEM_WRITE_H
#define MDE_SYSTEM_WRITE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes all bytes, even if a signal arrives or a pipe is slow. Returns false with errno on
** failure, after which some bytes may have been written. Async-signal-safe. */
bool mde_write_all (int fd, const char *bytes, size_t size);

#endif
