/* Reads whole files of other users, without waiting: functions of mde.file.
**
** A pipe, a device or an endless file in place of a file must not block the program.
*/
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "compat.h"
#include "text.h"


/* Opens a resolved path. A file that has replaced the resolved one may be opened, but never through
** a link. */
static int open_real (const char *real) {
  int fd;
  do fd = open(real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
  while (fd < 0 && errno == EINTR);
  return fd;
}


/* Reads until the end or `size` bytes. Returns -1 with errno on failure. */
static ssize_t read_all (int fd, char *bytes, size_t size) {
  size_t length = 0;
  while (length < size) {
    ssize_t got = read(fd, bytes + length, size - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    length += (size_t)got;
  }
  return (ssize_t)length;
}


ssize_t mde_file_read (int fd, char *bytes, size_t most, const char **problem) {
  struct stat status;
  if (fstat(fd, &status) != 0) return -1;
  if (!S_ISREG(status.st_mode)) {
    *problem = "not a regular file";
    return -1;
  }
  return read_all(fd, bytes, most + 1);
}


static int too_long (lua_State *L, const char *path, lua_Integer most) {
  luaL_pushfail(L);
  lua_pushfstring(L, "%s: longer than %d bytes", path, (int)most);
  return 2;
}


int mde_file_text (lua_State *L) {
  const char *path = luaL_checkstring(L, 1), *problem = NULL;
  const lua_Integer most = luaL_checkinteger(L, 2);
  char real[PATH_MAX];
  struct stat status;
  ssize_t length;
  char *bytes;
  int fd, number;
  luaL_argcheck(L, most >= 0 && most < INT_MAX, 2, "not a number of bytes");
  if (realpath(path, real) == NULL || stat(real, &status) != 0)
    return luaL_fileresult(L, 0, path);
  if (status.st_size > most) return too_long(L, path, most);
  /* One byte more than the file has shows if the file grows meanwhile. */
  bytes = (char *)lua_newuserdatauv(L, (size_t)status.st_size + 1, 0);
  fd = open_real(real);
  if (fd < 0) return luaL_fileresult(L, 0, path);
  length = mde_file_read(fd, bytes, (size_t)status.st_size, &problem);
  number = errno;
  (void)close(fd);
  errno = number;
  if (length > (ssize_t)status.st_size) return too_long(L, path, most);
  if (length < 0 && problem == NULL) return luaL_fileresult(L, 0, path);
  if (length < 0) {
    luaL_pushfail(L);
    lua_pushfstring(L, "%s: %s", path, problem);
    return 2;
  }
  lua_pushlstring(L, bytes, (size_t)length);
  lua_pushstring(L, real);
  return 2;
}
