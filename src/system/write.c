/* Writes all bytes of a buffer to a file descriptor. */
#include <errno.h>
#include <unistd.h>

#include "write.h"


bool mde_write_all (int fd, const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t written = write(fd, bytes, size);
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) {
      bytes += written;
      size -= (size_t)written;
    }
  }
  return true;
}
