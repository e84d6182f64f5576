/* Reads whole files of other users, without waiting: functions of mde.file.
**
** A pipe, a device or an endless file in place of a file must not block the program.
*/
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
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


int mde_file_fail (lua_State *L, const char *format, ...) {
  va_list arguments;
  luaL_pushfail(L);
  va_start(arguments, format);
  lua_pushvfstring(L, format, arguments);
  va_end(arguments);
  return 2;
}


static int too_long (lua_State *L, const char *path, lua_Integer most) {
  return mde_file_fail(L, "%s: longer than %d bytes", path, (int)most);
}


int mde_file_push (lua_State *L, int fd, char *bytes, size_t room, lua_Integer most,
                   const char *path) {
  struct stat status;
  const bool is_known = fstat(fd, &status) == 0, is_file = is_known && S_ISREG(status.st_mode);
  const ssize_t length = is_file ? read_all(fd, bytes, room + 1) : -1;
  const int number = errno;
  (void)close(fd);
  errno = number;
  if (is_known && !is_file) return mde_file_fail(L, "%s: not a regular file", path);
  if (length < 0) return luaL_fileresult(L, 0, path);
  if ((size_t)length > room) return too_long(L, path, most);
  lua_pushlstring(L, bytes, (size_t)length);
  return 1;
}


int mde_file_text (lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  const lua_Integer most = luaL_checkinteger(L, 2);
  char real[PATH_MAX];
  struct stat status;
  char *bytes;
  int fd, pushed;
  luaL_argcheck(L, most >= 0 && most < INT_MAX, 2, "not a number of bytes");
  if (realpath(path, real) == NULL || stat(real, &status) != 0)
    return luaL_fileresult(L, 0, path);
  if (status.st_size > most) return too_long(L, path, most);
  /* One byte more than the file has shows if the file grows meanwhile. */
  bytes = (char *)lua_newuserdatauv(L, (size_t)status.st_size + 1, 0);
  fd = open_real(real);
  if (fd < 0) return luaL_fileresult(L, 0, path);
  pushed = mde_file_push(L, fd, bytes, (size_t)status.st_size, most, path);
  if (pushed != 1) return pushed;
  lua_pushstring(L, real);
  return 2;
}
