/* Opens and replaces regular files only, through no link: functions of mde.file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lualib.h>

#include "compat.h"
#include "replace.h"
#include "system/write.h"
#include "text.h"


static const char *kind_of (const char *path) {
  struct stat status;
  if (lstat(path, &status) != 0) return NULL;
  if (S_ISREG(status.st_mode)) return "file";
  if (S_ISLNK(status.st_mode)) return "link";
  return S_ISDIR(status.st_mode) ? "folder" : "other";
}


int mde_file_kind (lua_State *L) {
  lua_pushstring(L, kind_of(luaL_checkstring(L, 1)));
  return 1;
}


#if LUA_VERSION_NUM >= 502  /* LuaJIT hides its files; only the program, in Lua 5.4, opens some */

/* Opens a regular file, and returns its descriptor, or -1 with errno or, if it is of another kind,
** with 0. A FIFO is not waited for, and a device is not read. */
static int open_regular (const char *path, int flags) {
  struct stat status;
  int number, fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd < 0) {
    if (errno == ELOOP || errno == ENXIO) errno = 0;
    return -1;
  }
  number = fstat(fd, &status) != 0 ? errno : 0;
  if (number == 0 && S_ISREG(status.st_mode)) return fd;
  (void)close(fd);
  errno = number;
  return -1;
}


static int close_stream (lua_State *L) {
  luaL_Stream *stream = (luaL_Stream *)luaL_checkudata(L, 1, LUA_FILEHANDLE);
  return luaL_fileresult(L, fclose(stream->f) == 0, NULL);
}


int mde_file_open (lua_State *L) {
  static const char *const modes[] = { "rb", "r+b", "w+b", NULL };
  static const int flags[] = { O_RDONLY, O_RDWR, O_RDWR | O_CREAT };
  const char *path = luaL_checkstring(L, 1);
  const int mode = luaL_checkoption(L, 2, "rb", modes);
  luaL_Stream *stream = (luaL_Stream *)lua_newuserdatauv(L, sizeof *stream, 0);
  int fd;
  stream->closef = NULL;
  luaL_setmetatable(L, LUA_FILEHANDLE);
  fd = open_regular(path, flags[mode]);
  if (fd < 0 && errno == 0) return mde_file_fail(L, "%s: is not a regular file", path);
  if (fd < 0) return luaL_fileresult(L, 0, path);
  stream->f = mode == 2 && ftruncate(fd, 0) != 0 ? NULL : fdopen(fd, modes[mode]);
  if (stream->f == NULL) {
    const int number = errno;
    (void)close(fd);
    errno = number;
    return luaL_fileresult(L, 0, path);
  }
  stream->closef = close_stream;
  return 1;
}

#endif


static int open_new (const char *path) {
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}


/* Opens a new file. Removes first one that a killed process has left. */
static int make_new (const char *path) {
  int fd = open_new(path);
  if (fd >= 0 || errno != EEXIST || unlink(path) != 0) return fd;
  return open_new(path);
}


/* Writes the new file and renames it. On failure removes it and returns -1 with errno. */
static int put (int fd, const char *new, const char *path, const char *bytes, size_t length) {
  int done = mde_write_all(fd, bytes, length) ? fsync(fd) : -1, number = errno;
  if (close(fd) != 0 && done == 0) {
    done = -1;
    number = errno;
  }
  if (done == 0 && rename(new, path) == 0) return 0;
  if (done == 0) number = errno;
  (void)unlink(new);
  errno = number;
  return -1;
}


int mde_file_replace (lua_State *L) {
  size_t length;
  const char *path = luaL_checkstring(L, 1), *bytes = luaL_checklstring(L, 2, &length);
  const char *new = lua_pushfstring(L, "%s.%d.new", path, (int)getpid());
  const char *kind = kind_of(path);
  int fd;
  if (kind != NULL && strcmp(kind, "file") != 0)
    return mde_file_fail(L, "%s: exists, and is not a regular file", path);
  fd = make_new(new);
  if (fd < 0 || put(fd, new, path, bytes, length) != 0) return luaL_fileresult(L, 0, path);
  lua_pushboolean(L, 1);
  return 1;
}
