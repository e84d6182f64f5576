/* Makes folders for their owner only: functions of mde.file. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>

#include "compat.h"
#include "folder.h"
#include "owner.h"


/* Makes one folder. Succeeds if it exists already. */
static bool make_one (const char *path) {
  struct stat status;
  int number;
  if (mkdir(path, 0700) == 0) return true;
  number = errno == EEXIST ? ENOTDIR : errno;
  if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) return true;
  errno = number;
  return false;
}


/* Pushes the results of make_folder for an existing folder. [-0, +(1|3), m] */
static int check (lua_State *L, const char *path) {
  int fd, refused;
  do fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return luaL_fileresult(L, 0, path);
  refused = mde_owner_refuse(L, fd, path);
  (void)close(fd);
  return refused > 0 ? refused : luaL_fileresult(L, 1, path);
}


int mde_file_make_folder (lua_State *L) {
  size_t length, i;
  const char *path = luaL_checklstring(L, 1, &length);
  for (i = 1; i < length; i++) {
    if (path[i] != '/' || path[i - 1] == '/') continue;
    lua_pushlstring(L, path, i);
    if (!make_one(lua_tostring(L, -1)))
      return luaL_fileresult(L, 0, lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  return make_one(path) ? check(L, path) : luaL_fileresult(L, 0, path);
}


int mde_file_make_temporary_folder (lua_State *L) {
  const char *parent = getenv("TMPDIR"), *pattern;
  char *path;
  size_t size;
  if (parent == NULL || parent[0] != '/') parent = "/tmp";
  pattern = lua_pushfstring(L, "%s/mde-XXXXXX", parent);
  size = lua_rawlen(L, -1) + 1;
  path = (char *)lua_newuserdatauv(L, size, 0);
  memcpy(path, pattern, size);
  if (mkdtemp(path) == NULL) return luaL_fileresult(L, 0, pattern);
  lua_pushstring(L, path);
  return 1;
}
