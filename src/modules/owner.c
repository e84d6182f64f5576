/* Checks that a file belongs to this process's user or to root. */
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lualib.h>

#include "compat.h"
#include "owner.h"


/* Pushes the user's name, or "user NUMBER" if it has none. [-0, +1, m] */
static const char *push_user (lua_State *L, uid_t user) {
  const struct passwd *entry = getpwuid(user);
  if (entry != NULL) lua_pushstring(L, entry->pw_name);
  else lua_pushfstring(L, "user %d", (int)user);
  return lua_tostring(L, -1);
}


static void push_foreign (lua_State *L, const char *path, uid_t owner) {
  const char *theirs = push_user(L, owner), *ours = push_user(L, geteuid());
  if (geteuid() == 0)
    lua_pushfstring(L, "%s belongs to %s, and this process to %s: run it as %s (without sudo),"
                    " or change the owner", path, theirs, ours, theirs);
  else
    lua_pushfstring(L, "%s belongs to %s, and this process to %s: only files of %s and of root"
                    " are used", path, theirs, ours, ours);
  lua_replace(L, -3);
  lua_pop(L, 1);
}


/* Pushes a message if the file is not ours. [-0, +(0|1), m] */
static bool is_ours (lua_State *L, int fd, const char *path) {
  struct stat status;
  char mode[8];
  if (fstat(fd, &status) != 0) {
    lua_pushfstring(L, "%s: %s", path, strerror(errno));
    return false;
  }
  if (status.st_uid != geteuid() && status.st_uid != 0) {
    push_foreign(L, path, status.st_uid);
    return false;
  }
  if (!(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) ||
      (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return true;
  snprintf(mode, sizeof mode, "%03o", (unsigned)status.st_mode & 0777);
  lua_pushfstring(L, "others can write %s (mode %s): chmod go-w it", path, mode);
  return false;
}


int mde_owner_refuse (lua_State *L, int fd, const char *path) {
  if (is_ours(L, fd, path)) return 0;
  luaL_pushfail(L);
  lua_insert(L, -2);
  lua_pushinteger(L, EPERM);
  return 3;
}


int mde_file_check (lua_State *L) {
  FILE *const *handle = (FILE *const *)luaL_checkudata(L, 1, LUA_FILEHANDLE);
  const char *path = luaL_checkstring(L, 2);
  int refused = mde_owner_refuse(L, fileno(*handle), path);
  if (refused > 0) return refused;
  lua_pushboolean(L, 1);
  return 1;
}
